package ssh

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// An Address is a machine that is reached by its sshd.
type Address struct {
	Name       string // of the host: no other of its list has it, and it is fit for file names and certificates
	User, Host string
	Port       int
	Identity   string // file of the key to log in with; "" = the keys of ssh-agent and the usual files
	KnownHosts string // file of the machine's key; "" = the user's and the system's
}

// String is the address for people, such as root@10.0.0.5:2222.
func (a Address) String() string {
	if a.Port == defaultPort {
		return a.User + "@" + a.Host
	}
	return a.User + "@" + a.hostPort()
}

func (a Address) hostPort() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

const defaultPort = 22

// A Who is the person whose keys and known hosts are used.
type Who struct {
	User  string // to log in as, where an address names none
	Home  string
	Agent string // socket of ssh-agent; "" = none
}

// Parse reads a list of ssh://[user@]host[:port], each with ?identity=FILE and ?known_hosts=FILE where wanted. Machines are
// called by their host; one that is named again is NAME-2, NAME-3, …. Its error says everything that is wrong.
func Parse(texts []string, w Who) ([]Address, error) {
	all := make([]Address, len(texts))
	var wrong []error
	for i, text := range texts {
		a, errs := parse(strings.TrimSpace(text), w)
		for _, err := range errs {
			wrong = append(wrong, fmt.Errorf("host %d, %q: %w", i+1, secretless(text), err))
		}
		all[i] = a
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	name(all)
	return all, nil
}

// wanted is how an address is written.
const wanted = "want ssh://user@host or ssh://user@host:port"

func parse(text string, w Who) (a Address, wrong []error) {
	rest, is := strings.CutPrefix(text, "ssh://")
	if !is {
		return a, []error{errors.New(wanted)}
	}
	u, err := url.Parse("ssh://" + rest)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err != nil {
		return a, []error{fmt.Errorf("%w; %s", err, wanted)}
	}
	a = Address{User: u.User.Username(), Host: strings.ToLower(u.Hostname()), Port: defaultPort}
	if a.User == "" {
		a.User = w.User
	}
	wrong = append(a.port(u.Port()), a.lacks(u)...)
	return a, append(wrong, a.files(u, w)...)
}

func (a *Address) port(text string) []error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return []error{fmt.Errorf("port %s: want 1 to 65535", text)}
	}
	a.Port = n
	return nil
}

func (a *Address) lacks(u *url.URL) (wrong []error) {
	if a.Host == "" {
		wrong = append(wrong, errors.New("it names no machine: "+wanted))
	}
	if a.User == "" {
		wrong = append(wrong, errors.New("it does not say as whom to log in: "+wanted))
	}
	if _, has := u.User.Password(); has {
		wrong = append(wrong, errors.New("passwords are not used: log in by a key, with ssh-agent or ?identity=FILE"))
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		wrong = append(wrong, errors.New("it goes on behind the port: "+wanted))
	}
	return wrong
}

// files are those that the query names.
func (a *Address) files(u *url.URL, w Who) (wrong []error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return []error{err}
	}
	for key, values := range query {
		file := inHome(values[0], w.Home)
		switch {
		case key != "identity" && key != "known_hosts":
			wrong = append(wrong, fmt.Errorf("?%s: want ?identity=FILE or ?known_hosts=FILE", key))
		case len(values) > 1 || file == "":
			wrong = append(wrong, fmt.Errorf("?%s: want one file", key))
		case key == "identity":
			a.Identity = file
		default:
			a.KnownHosts = file
		}
	}
	return wrong
}

// inHome is a path whose ~ the shell has left: it stands in the middle of a word.
func inHome(path, home string) string {
	if rest, is := strings.CutPrefix(path, "~/"); is && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

// secretless is an address without the password that it should not have.
func secretless(text string) string {
	at, scheme := strings.LastIndex(text, "@"), strings.Index(text, "//")
	if scheme < 0 || at < scheme+2 {
		return text
	}
	user, _, secret := strings.Cut(text[scheme+2:at], ":")
	if !secret {
		return text
	}
	return text[:scheme+2] + user + ":…" + text[at:]
}

// name gives every machine a name of its own. One that is called as this machine is in runs without others is not taken for
// it.
func name(all []Address) {
	taken := map[string]bool{here: true}
	for i := range all {
		plain := plainName(all[i].Host)
		all[i].Name = plain
		for n := 2; taken[all[i].Name]; n++ {
			all[i].Name = fmt.Sprintf("%s-%d", plain, n)
		}
		taken[all[i].Name] = true
	}
}

// here is what the host of this machine is called.
const here = "local"

// plainName keeps of a host what names of files and certificates may have.
func plainName(host string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, host)
	if plain = strings.Trim(plain, ".-"); plain == "" {
		return "host"
	}
	return plain
}
