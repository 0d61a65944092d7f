package scenarios

import (
	"net/url"
	"strings"
)

// A TLS is how an https target is spoken to.
type TLS struct {
	CAFile            File   // authorities to trust instead of the system's
	CertFile, KeyFile File   // this client's certificate; both or none
	ServerName        string // asked for and expected; "" = the host of the base URL
	MinVersion        string // "1.2" or "1.3"
	Resume            bool   // take up sessions of earlier connections; default true
	SkipVerify        bool   // take any certificate
}

// Host is the host of the base URL, without brackets, port and final dot.
func (t *Target) Host() string {
	u, err := url.Parse(t.BaseURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Hostname(), ".")
}

// A File is a file the scenario names, by a path relative to it, and where it does.
// Parse does not read it.
type File struct {
	Name      string // "" = none
	Line, Col int
}

var tlsVersions = []string{"1.2", "1.3"}

// tls reads target.tls, which only an https target has. Without it an https target
// has the defaults.
func (p *parser) tls(o *object) {
	t := &p.s.Target
	at, https := o.get("tls"), strings.HasPrefix(t.BaseURL, "https://")
	switch {
	case at != nil && t.BaseURL == "" && t.Bundled:
		p.wrong(at, "target.tls: the bundled target speaks plain HTTP; take tls out, or give an https:// base_url instead of bundled")
	case at != nil && strings.HasPrefix(t.BaseURL, "http://"):
		p.hinted(at, "https://"+strings.TrimPrefix(shorten(t.BaseURL), "http://")+"?", "target.tls needs an https:// base_url, got %s", shorten(t.BaseURL))
	}
	if at != nil || https {
		t.TLS = p.tlsOf(at)
	}
}

// plainTarget says whether the target is known to be one without TLS.
func (p *parser) plainTarget() bool {
	t := &p.s.Target
	return t.TLS == nil && (t.BaseURL == "" && t.Bundled || strings.HasPrefix(t.BaseURL, "http://"))
}

func (p *parser) tlsOf(n *node) *TLS {
	o := p.object(n, "tls", grammar.tls)
	t, version := &TLS{Resume: true}, 0
	o.file("ca_file", &t.CAFile)
	o.file("cert_file", &t.CertFile)
	o.file("key_file", &t.KeyFile)
	o.text("server_name", &t.ServerName)
	o.choice("min_version", tlsVersions, &version)
	o.flag("resume", &t.Resume)
	o.flag("skip_verify", &t.SkipVerify)
	t.MinVersion = tlsVersions[version]
	switch {
	case o.has("cert_file") && !o.has("key_file"):
		p.wrong(o.get("cert_file"), "tls: cert_file needs key_file beside it")
	case o.has("key_file") && !o.has("cert_file"):
		p.wrong(o.get("key_file"), "tls: key_file needs cert_file beside it")
	}
	if at := o.get("server_name"); at != nil && !goodHost(t.ServerName) {
		p.wrong(at, "tls: server_name: %q is not a host name or an address", shorten(t.ServerName))
	}
	if at := o.get("ca_file"); at != nil && t.SkipVerify {
		p.wrong(at, "tls: ca_file says whom to trust, skip_verify not to look: take one of them out")
	}
	return t
}

// file reads the name of a file and notes where it stands.
func (o *object) file(key string, to *File) {
	n := o.get(key)
	if n == nil {
		return
	}
	name, ok := o.r.text(n, key)
	switch {
	case !ok:
	case name == "" || strings.ContainsRune(name, 0):
		o.r.wrong(n, "%s: %q is not the name of a file", key, shorten(name))
	default:
		*to = File{Name: name, Line: n.Line, Col: n.Column}
	}
}
