package scenarios

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Defaults of http:, as documented on HTTP.
const (
	defaultTimeout        = 10 * time.Second
	defaultConnectTimeout = 3 * time.Second
)

func (p *parser) target(top *object) {
	o := p.object(top.get("target"), "target", grammar.target)
	t := &p.s.Target
	o.text("base_url", &t.BaseURL)
	o.flag("bundled", &t.Bundled)
	o.count("workers", 1, &t.Workers)
	at := o.get("base_url")
	switch {
	case t.Bundled && at != nil && p.o.BaseURL == "":
		p.wrong(at, "target: give base_url, or bundled: true, not both")
	case t.Workers > 0 && !t.Bundled:
		p.wrong(o.get("workers"), "target.workers are those of the bundled target: add bundled: true")
	case at == nil && !t.Bundled && p.o.BaseURL == "" && !meansTarget(top, o):
		p.missingTarget(top, o)
	}
	if p.o.BaseURL != "" {
		t.BaseURL = p.o.BaseURL
	}
	if t.BaseURL != "" {
		t.BaseURL = p.baseURL(at, t.BaseURL)
	}
	p.tls(o)
	p.resolve(o.get("resolve"))
	p.monitors(o.get("monitor"))
}

// resolve reads how often a name is asked for again. An address has none; where the
// base URL is not the file's, it may.
func (p *parser) resolve(n *node) {
	n = p.brief(n, "resolve", "{every: 30s}")
	o := p.object(n, "resolve", grammar.resolve)
	if n == nil {
		return
	}
	t := &p.s.Target
	o.require("every")
	o.duration("every", time.Second, &t.ResolveEvery)
	u, err := url.Parse(t.BaseURL)
	if err != nil || t.BaseURL == "" && !t.Bundled || p.o.BaseURL != "" {
		return
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || t.Bundled {
		p.wrong(n, "target.resolve asks again for the addresses of a name, and the target has none: leave it out")
	}
}

// meansTarget says whether the target is there under a wrong name, which was noted.
func meansTarget(top, o *object) bool {
	return slices.Contains(top.Meant, "target") || slices.Contains(o.Meant, "base_url")
}

func (p *parser) missingTarget(top, o *object) {
	at := top.Node
	if o.Node != nil {
		at = o.Node
	}
	p.wrong(at, `target needs "base_url", such as http://127.0.0.1:8080, or bundled: true`)
}

// baseURL checks a base URL and takes a slash off its end.
func (p *parser) baseURL(n *node, text string) string {
	if host, has := withoutUser(text); has {
		p.hinted(n, "say who asks with http: {auth: {basic: {user: …, password: …}}}", "base_url: no user or password here")
		return host
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		p.wrong(n, "base_url: %q is not a URL", shorten(text))
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "":
		p.hinted(n, "such as http://127.0.0.1:8080", "base_url: must begin with http:// or https://, got %q", shorten(text))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		p.wrong(n, "base_url: no query and no fragment, got %q", shorten(text))
	case !goodHost(u.Hostname()) || !goodPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		p.wrong(n, "base_url: %q has no host that can be asked", shorten(text))
	case !goodPath(u.EscapedPath()):
		p.wrong(n, "base_url: the path has characters that a request line cannot hold")
	default:
		return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/")
	}
	return text
}

// withoutUser takes user and password out of a URL: nothing repeats them. A password
// may hold what should have been escaped, so that the last @ ends it; in a path alone
// there may be one too.
func withoutUser(text string) (string, bool) {
	if u, err := url.Parse(text); err == nil && u.Host != "" && u.User == nil {
		return text, false
	}
	at, scheme := strings.LastIndex(text, "@"), strings.Index(text, "://")
	if scheme < 0 || at < 0 {
		return text[at+1:], at >= 0
	}
	return text[:scheme] + "://" + text[at+1:], true
}

// goodHost accepts an IP address or a name of letters, digits, "-", "_" and ".".
func goodHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && isWord(strings.ReplaceAll(host, ".", "")) && !strings.HasPrefix(host, ".")
}

func goodPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && n >= 1 && n <= 65535
}

// goodPath says whether text can stand in a request line as it is.
func goodPath(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

func (p *parser) http(n *node) {
	o := p.object(n, "http", grammar.http)
	h := &p.s.HTTP
	*h = HTTP{
		Timeout: defaultTimeout, ConnectTimeout: defaultConnectTimeout,
		ExpectStatus: []StatusRange{{200, 299}, {300, 399}},
	}
	p.httpVersion(o)
	o.duration("timeout", time.Millisecond, &h.Timeout)
	o.duration("connect_timeout", time.Millisecond, &h.ConnectTimeout)
	h.Headers, _ = p.authorize(o.get("auth"), p.headers(o.get("headers")))
	p.expect(o.get("expect"), &h.ExpectStatus)
	h.KeepBodies = p.keepBodies(o)
	o.flag("cookies", &h.Cookies)
	p.noCookieHeader(h.Cookies, o.get("headers"), h.Headers)
	p.redirects(o, &h.Redirects)
	if p.o.ServerTiming {
		h.Timing = &Timing{}
	}
	p.timing(o, &h.Timing)
	p.pool = p.readPool(o.get("pool"), poolDraft{reuse: -1})
}

// keepBodies reads which bodies are kept: those that checks look at, or none, which
// refuses such checks. Nothing could show all of them yet.
func (p *parser) keepBodies(o *object) string {
	kept := "needed"
	o.text("keep_bodies", &kept)
	switch at := o.get("keep_bodies"); kept {
	case "needed", "never":
	case "always":
		p.wrong(at, "keep_bodies: always is not supported yet; needed keeps what checks look at")
	default:
		p.hinted(at, ask(closest(kept, []string{"needed", "never"})), "keep_bodies: %q is neither needed nor never", shorten(kept))
	}
	return kept
}

func (p *parser) httpVersion(o *object) {
	version := "1.1"
	o.text("version", &version)
	switch version {
	case "1.1":
	case "2", "2.0", "h2c", "auto", "1.0":
		p.wrong(o.get("version"), "http.version %q is not supported yet; \"1.1\" is", version)
	default:
		p.wrong(o.get("version"), "http.version must be \"1.1\", got %q", shorten(version))
	}
}

func (p *parser) expect(n *node, to *[]StatusRange) {
	o := p.object(n, "expect", grammar.expect)
	if at := o.get("status"); at != nil {
		*to = p.statuses(at)
	}
}

// statuses reads 200, 2xx, 200-204, or a list of these.
func (p *parser) statuses(n *node) []StatusRange {
	items := []*node{n}
	if n.Kind == sequenceNode {
		items = n.Content
	}
	if len(items) == 0 {
		p.wrong(n, "status: the list is empty")
	}
	var all []StatusRange
	for _, item := range items {
		text, ok := p.text(item, "status")
		if !ok {
			continue
		}
		s, good := parseStatus(text)
		if !good {
			p.hinted(item, "such as 200, 2xx or 200-204", "status: %q is not a status", shorten(text))
		}
		all = append(all, s)
	}
	return all
}

func parseStatus(text string) (StatusRange, bool) {
	if class, ok := strings.CutSuffix(strings.ToLower(text), "xx"); ok {
		n, err := strconv.Atoi(class)
		return StatusRange{n * 100, n*100 + 99}, err == nil && n >= 1 && n <= 5
	}
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, errFrom := strconv.Atoi(low)
	to, errTo := strconv.Atoi(high)
	return StatusRange{from, to}, errFrom == nil && errTo == nil && from >= 100 && from <= to && to <= 599
}

// allowHosts reads the hosts a run may load though they are public.
func (p *parser) allowHosts(n *node) {
	for _, item := range p.list(n, "allow_hosts") {
		host, ok := p.text(item, "allow_hosts")
		if !ok {
			continue
		}
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		if !goodHost(host) {
			p.hinted(item, "without scheme, port or path", "allow_hosts: %q is not a host name or an address", shorten(host))
			continue
		}
		p.s.AllowHosts = append(p.s.AllowHosts, host)
	}
}

func (p *parser) agents(n *node) {
	o := p.object(n, "agents", grammar.agents)
	a := &p.s.Agents
	o.count("min", 0, &a.Min)
	loss := int(Fail)
	o.choice("on_loss", []string{"fail", "degrade", "redistribute"}, &loss)
	a.OnLoss = OnLoss(loss)
}
