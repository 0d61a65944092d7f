package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// usual are the files, in ~/.ssh, of keys to log in with.
var usual = [...]string{"id_ed25519", "id_ecdsa", "id_rsa"}

// A ring is the keys that a login offers, and why others are not among them. Close ends the talk with ssh-agent, which is
// needed as long as the login takes.
type ring struct {
	keys    []xssh.Signer
	lacking []string
	agent   net.Conn // nil without
}

// Close ends the talk with ssh-agent.
func (r *ring) Close() {
	if r.agent != nil {
		r.agent.Close()
	}
}

// ringOf collects the keys for a machine: the one it names, or else those of ssh-agent and of the usual files.
func ringOf(a Address, w Who) (*ring, error) {
	r := &ring{}
	held := r.ofAgent(w)
	if a.Identity != "" {
		if err := r.only(a.Identity, held); err != nil {
			r.Close()
			return nil, err
		}
		return r, nil
	}
	r.keys = held
	for _, name := range usual {
		if w.Home != "" {
			r.file(filepath.Join(w.Home, ".ssh", name))
		}
	}
	if len(r.keys) == 0 {
		r.Close()
		return nil, fmt.Errorf("there is no key to log in with: %s; ssh-add one, or name its file with ?identity=FILE", strings.Join(r.lacking, ", "))
	}
	return r, nil
}

// agentWithin bounds every answer of ssh-agent together: some ask a person to touch something.
const agentWithin = 8 * time.Second

func (r *ring) ofAgent(w Who) []xssh.Signer {
	if w.Agent == "" {
		r.lacking = append(r.lacking, "no ssh-agent runs (SSH_AUTH_SOCK is not set)")
		return nil
	}
	conn, err := net.DialTimeout("unix", w.Agent, time.Second)
	if err == nil {
		r.agent = conn
		err = conn.SetDeadline(time.Now().Add(agentWithin))
	}
	var keys []xssh.Signer
	if err == nil {
		keys, err = agent.NewClient(conn).Signers()
	}
	if err != nil {
		r.lacking = append(r.lacking, fmt.Sprintf("ssh-agent: %v", err))
	} else if len(keys) == 0 {
		r.lacking = append(r.lacking, "ssh-agent holds none")
	}
	return keys
}

// only takes the key of one file. One with a passphrase is taken from ssh-agent, if that holds it.
func (r *ring) only(file string, held []xssh.Signer) error {
	key, err := read(file)
	secret, is := errors.AsType[*xssh.PassphraseMissingError](err)
	switch {
	case err == nil:
		r.keys = []xssh.Signer{key}
		return nil
	case !is:
		return fmt.Errorf("?identity=%s: %w", file, err)
	}
	for _, k := range held {
		if secret.PublicKey != nil && same(k.PublicKey(), secret.PublicKey) {
			r.keys = []xssh.Signer{k}
			return nil
		}
	}
	return fmt.Errorf("?identity=%s: it has a passphrase, which nobody is asked for: ssh-add it", file)
}

// file adds the key of a usual file, unless ssh-agent holds it already.
func (r *ring) file(path string) {
	key, err := read(path)
	_, secret := errors.AsType[*xssh.PassphraseMissingError](err)
	switch {
	case errors.Is(err, os.ErrNotExist):
		r.lacking = append(r.lacking, path+" is not there")
	case secret:
		r.lacking = append(r.lacking, path+" has a passphrase, which nobody is asked for")
	case err != nil:
		r.lacking = append(r.lacking, err.Error())
	case !slices.ContainsFunc(r.keys, func(k xssh.Signer) bool { return same(k.PublicKey(), key.PublicKey()) }):
		r.keys = append(r.keys, key)
	}
}

func read(path string) (xssh.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := xssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func same(a, b xssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// refused is what a login says whose keys were all refused.
func (r *ring) refused(a Address) error {
	prints := make([]string, len(r.keys))
	for i, k := range r.keys {
		prints[i] = xssh.FingerprintSHA256(k.PublicKey())
	}
	text := fmt.Sprintf("it lets %s log in by none of our keys (%s): add one to ~/.ssh/authorized_keys there (ssh-copy-id), or name another with ?identity=FILE",
		a.User, strings.Join(prints, ", "))
	if len(r.lacking) > 0 {
		text += "; not tried: " + strings.Join(r.lacking, ", ")
	}
	return errors.New(text)
}
