package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// monitorKeys are the keys of each type of monitor.
var monitorKeys = map[string]string{
	MonitorTarget:     "type name url every headers bearer series",
	MonitorPrometheus: "type name url every headers bearer metrics series",
	MonitorHAProxy:    "type name url every headers bearer metrics series",
	MonitorNginx:      "type name url every headers bearer",
	MonitorPostgreSQL: "type name url every",
	MonitorRedis:      "type name url every",
	MonitorMachine:    "type name every processes",
	MonitorPprof:      "type name url headers bearer profiles phases seconds",
	MonitorCommand:    "type name command process phases seconds ending",
}

// haproxyMetrics are what says most of the hundreds that HAProxy tells.
var haproxyMetrics = []string{
	"haproxy_frontend_current_sessions", "haproxy_frontend_limit_sessions", "haproxy_backend_current_queue", "haproxy_server_current_sessions",
	"haproxy_server_current_queue", "sum(haproxy_backend_http_responses_total{code=5xx})", "haproxy_backend_connection_errors_total",
	"haproxy_server_check_failures_total", "haproxy_frontend_http_requests_total",
}

// monitors reads target.monitor. The bundled target is sampled unless an empty list says
// that nothing is.
func (p *parser) monitors(n *node) {
	empty := n != nil && (n.Kind == sequenceNode && len(n.Content) == 0 || n.Kind == scalarNode && n.Value == "none")
	if empty {
		return
	}
	for _, item := range p.list(n, "target.monitor") {
		p.monitor(p.follow(item))
	}
	all := &p.s.Target.Monitors
	if len(*all) > monitorMost {
		p.wrong(n, "target.monitor: at most %d monitors, got %d", monitorMost, len(*all))
	}
	ours := func(m Monitor) bool { return m.Type == MonitorTarget }
	if p.s.Target.Bundled && !slices.ContainsFunc(*all, ours) {
		m := Monitor{Name: "bundled-target", Type: MonitorTarget, Bundled: true, Every: monitorEveryOurs, MaxSeries: monitorMaxOurs}
		*all = append(*all, m)
	}
}

func (p *parser) monitor(n *node) {
	kind := p.monitorType(n)
	if kind == "" {
		return
	}
	m := Monitor{Name: kind, Type: kind, Every: monitorEvery, MaxSeries: monitorMaxSeries, Length: profileLength}
	if kind == MonitorTarget {
		m.MaxSeries = monitorMaxOurs
	}
	o := p.object(n, kind+" monitor", keys{known: monitorKeys[kind]})
	o.text("name", &m.Name)
	p.monitorName(o, &m)
	p.monitorURL(o, &m)
	p.monitorEvery(o, &m)
	p.monitorHeaders(o, &m)
	p.monitorMetrics(o, &m)
	p.monitorProfiles(o, &m)
	p.monitorCommand(o, &m)
	m.Processes = p.texts(o.get("processes"), "processes")
	all := &p.s.Target.Monitors
	*all = append(*all, m)
	if !m.Samples() {
		p.profiled = append(p.profiled, monitorDraft{len(*all) - 1, o.get("phases")})
	}
}

// monitorType comes first: the other keys depend on it.
func (p *parser) monitorType(n *node) string {
	for _, e := range p.entries(n, "a monitor") {
		if e.Name != "type" {
			continue
		}
		kind, ok := p.text(e.Value, "type")
		if _, known := monitorKeys[kind]; ok && !known {
			p.unknown(e.Value, "type of monitor", shorten(kind), sortedKeys(monitorKeys))
			return ""
		}
		return kind
	}
	if n != nil && n.Kind == mappingNode {
		p.hinted(n, "one of "+strings.Join(sortedKeys(monitorKeys), ", "), `a monitor needs "type"`)
	}
	return ""
}

// monitorName makes names of files and charts: they are unique, and words.
func (p *parser) monitorName(o *object, m *Monitor) {
	taken := func(name string) bool {
		return slices.ContainsFunc(p.s.Target.Monitors, func(x Monitor) bool { return x.Name == name })
	}
	at := o.get("name")
	switch {
	case at != nil && (!isWord(m.Name) || len(m.Name) > 40):
		p.wrong(at, "name: a monitor's name has up to 40 letters, digits, - and _, got %q", shorten(m.Name))
	case at != nil && taken(m.Name):
		p.wrong(at, "name: two monitors are called %s", m.Name)
	}
	for i := 2; taken(m.Name); i++ {
		m.Name = fmt.Sprintf("%s-%d", m.Type, i)
	}
}

// monitorURL reads where a source is. A password in it comes from a variable, which is
// not repeated anywhere.
func (p *parser) monitorURL(o *object, m *Monitor) {
	at := o.get("url")
	if at == nil {
		if slices.Contains(strings.Fields(monitorKeys[m.Type]), "url") && m.Type != MonitorTarget {
			o.require("url")
		}
		return
	}
	read := func() { m.URL, _ = p.text(at, "url") }
	if m.Type == MonitorPostgreSQL || m.Type == MonitorRedis || strings.Contains(at.Value, "?") {
		p.hiding(read) // a password, or a token of a query
	} else {
		read()
	}
	if m.URL == "" {
		return
	}
	if why := wrongURL(m.URL, m.Type); why != "" {
		p.wrong(at, "url of a %s monitor: %s", m.Type, why)
	} else if hasLiteralPassword(at.Value) {
		p.hinted(at, "put it into a variable: vars: {password: \"\"}, ${vars.password} here, and LOADCTL_VAR_password=… when it runs",
			"url of a %s monitor: the file is kept beside the results, and holds a password", m.Type)
	}
}

// hasLiteralPassword says whether the text of a URL, before variables are put in, has a
// password that is no variable.
func hasLiteralPassword(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	user, _, has := strings.Cut(rest, "@")
	_, password, has2 := strings.Cut(strings.ReplaceAll(user, "${vars.", ""), ":")
	_, inQuery, hasQuery := strings.Cut(rest, "password=")
	return has && has2 && password != "" && !strings.Contains(user, "${vars.") || hasQuery && !strings.HasPrefix(inQuery, "${vars.")
}

func (p *parser) monitorEvery(o *object, m *Monitor) {
	o.duration("every", time.Second, &m.Every)
	if m.Every > time.Minute {
		p.wrong(o.get("every"), "every: must be at most 1m, got %s", m.Every)
	}
	o.count("series", 1, &m.MaxSeries)
	if m.MaxSeries > monitorMostSeries {
		p.wrong(o.get("series"), "series: must be at most %d, got %d", monitorMostSeries, m.MaxSeries)
	}
}

// monitorHeaders reads what says who asks: all of it is secret.
func (p *parser) monitorHeaders(o *object, m *Monitor) {
	for _, e := range p.entries(o.get("headers"), "headers") {
		var value string
		var ok bool
		p.hiding(func() { value, ok = p.text(e.Value, "header "+e.Name) })
		switch {
		case !isToken(e.Name) || slices.Contains(framing, strings.ToLower(e.Name)):
			p.wrong(e.Key, "headers: %q cannot be given here", shorten(e.Name))
		case ok && !goodValue(value):
			p.wrong(e.Value, "header %s: line breaks and control characters cannot be sent", e.Name)
		default:
			m.Headers = append(m.Headers, MonitorHeader{e.Name, value})
		}
	}
	at := o.get("bearer")
	if at == nil {
		return
	}
	var token string
	p.hiding(func() { token, _ = p.text(at, "bearer") })
	if token == "" || !goodPath(token) {
		p.hinted(at, giveHint(at), "bearer: the token is empty, or has spaces or control characters")
		return
	}
	m.Headers = append(m.Headers, MonitorHeader{authorization, "Bearer " + token})
}

func (p *parser) monitorMetrics(o *object, m *Monitor) {
	if m.Type == MonitorHAProxy && !o.has("metrics") {
		for _, text := range haproxyMetrics {
			s, _ := ParseSelector(text)
			m.Metrics = append(m.Metrics, s)
		}
	}
	for _, item := range p.list(o.get("metrics"), "metrics") {
		text, ok := p.text(item, "metrics")
		if !ok {
			continue
		}
		s, err := ParseSelector(text)
		if err != nil {
			p.hinted(item, "such as http_requests_total, http_*{handler=/items*} or sum(http_requests_total{status=5??})", "metrics: %v", err)
			continue
		}
		m.Metrics = append(m.Metrics, s)
	}
}
