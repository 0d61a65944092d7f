package ssh

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// An untrusted is a machine whose key is not the one that is known. Nothing was told to it, and trying again is no use.
type untrusted struct{ text string }

func (u *untrusted) Error() string { return u.text }

// A known is what files of known hosts say of one machine.
type known struct {
	address    Address
	files      []string
	check      xssh.HostKeyCallback
	algorithms []string // of its keys, to ask for; nil = any
	refused    error    // what check has said last
}

// systemKnownHosts is where an administrator keeps keys for everybody.
const systemKnownHosts = "/etc/ssh/ssh_known_hosts"

// knownOf reads what is known of a machine.
func knownOf(a Address, w Who) (*known, error) {
	k := &known{address: a, files: []string{a.KnownHosts}}
	if a.KnownHosts == "" {
		k.files = slices.DeleteFunc([]string{userKnownHosts(w), systemKnownHosts}, func(f string) bool {
			if !filepath.IsAbs(f) {
				return true // without a home it would be whatever lies where we are
			}
			_, err := os.Stat(f)
			return errors.Is(err, os.ErrNotExist)
		})
	}
	check, err := knownhosts.New(k.files...)
	if err != nil {
		return nil, fmt.Errorf("the file of known hosts: %w; mend it, or name another with ?known_hosts=FILE", err)
	}
	k.check = check
	k.algorithms, err = k.ask()
	return k, err
}

func userKnownHosts(w Who) string { return filepath.Join(w.Home, ".ssh", "known_hosts") }

// ask finds the algorithms of the keys that are known, by asking for a key that nobody has: a machine has keys of several,
// and shows one that is not known unless it is asked for the one that is.
func (k *known) ask() ([]string, error) {
	nobody, err := xssh.NewPublicKey(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))
	if err != nil {
		return nil, err
	}
	e, ok := errors.AsType[*knownhosts.KeyError](k.check(k.address.hostPort(), &net.TCPAddr{IP: net.IPv4zero}, nobody))
	if !ok {
		return nil, nil
	}
	var types []string
	signed := false
	for _, want := range e.Want {
		if isAuthority(want) {
			signed = true
		} else {
			types = append(types, want.Key.Type())
		}
	}
	return algorithmsOf(types, signed), nil
}

// isAuthority says whether a line knows not the key of a machine but of who signs keys of machines.
func isAuthority(k knownhosts.KnownKey) bool {
	f, err := os.Open(k.Filename)
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == k.Line {
			return strings.HasPrefix(strings.TrimSpace(lines.Text()), "@cert-authority")
		}
	}
	return false
}

// algorithmsOf are those by which a machine shows a key of one of the types, and one that was signed by an authority if
// there is one; none for none.
func algorithmsOf(types []string, signed bool) (all []string) {
	if signed {
		all = []string{xssh.CertAlgoED25519v01, xssh.CertAlgoECDSA256v01, xssh.CertAlgoECDSA384v01, xssh.CertAlgoECDSA521v01,
			xssh.CertAlgoRSASHA512v01, xssh.CertAlgoRSASHA256v01}
	}
	for _, t := range types {
		switch {
		case slices.Contains(all, t) || t == xssh.KeyAlgoRSA && slices.Contains(all, xssh.KeyAlgoRSASHA512):
		case t == xssh.KeyAlgoRSA:
			all = append(all, xssh.KeyAlgoRSASHA512, xssh.KeyAlgoRSASHA256)
		default:
			all = append(all, t)
		}
	}
	return all
}

// verify is asked about the key that a machine shows.
func (k *known) verify(host string, remote net.Addr, key xssh.PublicKey) error {
	k.refused = k.judge(k.check(host, remote, key), key)
	return k.refused
}

// judge says what is wrong with a key, and what to do.
func (k *known) judge(err error, key xssh.PublicKey) error {
	if err == nil {
		return nil
	}
	shown := fmt.Sprintf("%s shows the key %s (%s)", k.address.hostPort(), xssh.FingerprintSHA256(key), key.Type())
	if e, ok := errors.AsType[*knownhosts.RevokedError](err); ok {
		return &untrusted{fmt.Sprintf("%s, which %s:%d revokes: do not use this machine", shown, e.Revoked.Filename, e.Revoked.Line)}
	}
	e, ok := errors.AsType[*knownhosts.KeyError](err)
	switch {
	case !ok:
		return &untrusted{fmt.Sprintf("%s: %v", shown, err)}
	case len(e.Want) > 0:
		return &untrusted{shown + k.changed(e.Want)}
	}
	return &untrusted{shown + k.unknown()}
}

func (k *known) unknown() string {
	where, add := strings.Join(k.files, " and "), userKnownHosts(Who{Home: "~"})
	if k.address.KnownHosts != "" {
		add = k.address.KnownHosts
	}
	if where == "" {
		where = "no file of known hosts, as there is none,"
	}
	return fmt.Sprintf(", which %s does not know. Compare it with what `ssh-keygen -lf` says of /etc/ssh/ssh_host_*_key.pub on the machine itself; "+
		"if it is the same: ssh-keyscan -p %d %s >> %s", where, k.address.Port, k.address.Host, add)
}

func (k *known) changed(want []knownhosts.KnownKey) string {
	w := want[0]
	return fmt.Sprintf(", and %s:%d says that its key is %s (%s): it was set up anew, or somebody is in between. Nothing was sent to it. "+
		"If it was set up anew: ssh-keygen -R '%s' -f %s, and get to know it again", w.Filename, w.Line, xssh.FingerprintSHA256(w.Key), w.Key.Type(),
		knownhosts.Normalize(k.address.hostPort()), w.Filename)
}
