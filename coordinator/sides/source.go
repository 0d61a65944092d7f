package sides

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Kind is what a side is.
type Kind int

// The kinds.
const (
	Service Kind = iota + 1 // up already, at URL
	Started                 // by Command
	Run                     // recorded: a run directory
	Name                    // a baseline's name
)

// A Source is one side, as `--baseline` and `--candidate` name it.
type Source struct {
	Kind    Kind
	Text    string   // as it was given
	URL     string   // of a Service, and of what is Started
	Command *Command // of what is Started
	Dir     string   // of a Run
}

// Live says whether a side can be loaded now.
func (s *Source) Live() bool { return s.Kind == Service || s.Kind == Started }

// prefix is before the name of a file that says how a side is started.
const prefix = "cmd:"

// name is what a baseline may be called: it is a file's name.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// IsName says whether a baseline may be called so: it is a part of a file's name.
func IsName(text string) bool { return name.MatchString(text) }

// Read says what a side is: a URL, `cmd:FILE`, a run directory, or else a baseline's name.
func Read(text string) (Source, error) {
	s := Source{Text: text}
	if file, ok := strings.CutPrefix(text, prefix); ok {
		return s.started(file)
	}
	if strings.Contains(text, "://") {
		s.Kind, s.URL = Service, text
		return s, checkURL(text)
	}
	if info, err := os.Stat(text); err == nil && info.IsDir() {
		s.Kind, s.Dir = Run, filepath.Clean(text)
		return s, nil
	}
	if like := meant(text); like != "" {
		return s, fmt.Errorf("%q is no URL, no cmd:FILE and no name of a baseline: did you mean %s?", text, like)
	}
	if !IsName(text) {
		return s, fmt.Errorf("%q is no URL (http://…), no cmd:FILE, and no name of a baseline", text)
	}
	s.Kind = Name
	return s, nil
}

// hostPort is an address as it is written without a scheme.
var hostPort = regexp.MustCompile(`^[A-Za-z0-9.-]+:[0-9]{1,5}(/.*)?$`)

// meant guesses what lacks its prefix: a file, or a host with a port.
func meant(text string) string {
	like := strings.HasSuffix(text, ".yaml") || strings.HasSuffix(text, ".yml") || !IsName(text) // a baseline may be called as a file that happens to be there
	if info, err := os.Stat(text); like && err == nil && info.Mode().IsRegular() {
		return prefix + text
	}
	if hostPort.MatchString(text) {
		return "http://" + text
	}
	return ""
}

func (s Source) started(file string) (Source, error) {
	src, err := readSome(file)
	if err != nil {
		return s, err
	}
	s.Kind = Started
	if s.Command, err = Parse(file, src); err != nil {
		return s, err
	}
	s.URL = s.Command.URL
	return s, nil
}

// mostRead is more than the parser takes, which then says so: a device has no end.
const mostRead = 2 << 20

func readSome(file string) (src []byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostRead))
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return err
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q: want http:// or https://", text)
	case u.Host == "":
		return fmt.Errorf("%q names no host", text)
	case u.User != nil:
		return errors.New("a URL with a password in it would be shown: put it in the scenario's target.auth")
	}
	return nil
}

// address is the host and port of a URL.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// places are all addresses that a URL may mean: localhost is of both kinds.
func places(text string) []string {
	at := address(text)
	if u, err := url.Parse(text); err == nil && strings.EqualFold(u.Hostname(), "localhost") {
		_, port, _ := net.SplitHostPort(at)
		return []string{at, net.JoinHostPort("::1", port)}
	}
	return []string{at}
}

// meet says whether two URLs may mean one address.
func meet(a, b string) bool {
	return slices.ContainsFunc(places(a), func(at string) bool { return slices.Contains(places(b), at) })
}
