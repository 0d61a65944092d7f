package stats

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseThreshold reads one threshold: its selector and one expression, such as
// "response_time{name:/items/{id}}" and "p(99)<150ms".
//
//	selector   = metric [ "{" tag { "," tag } "}" ]
//	tag        = ( "name" | "phase" | "status" | "agent" ) ":" value
//	value      = quoted | text        text may hold braces and colons, and commas
//	                                  that no "word:" follows
//	expression = aggregation operator limit
//	aggregation= "p(" number ")" | "avg" | "med" | "min" | "max"
//	           | "rate" | "count" | "value"
//	operator   = "<" | "<=" | ">" | ">=" | "==" | "!="
//	limit      = number [ unit ]      unit of a time: ns us µs ms s m h, never left
//	                                  out; of a share: %; of a rate: /s /min;
//	                                  of bytes: B kB MB GB KiB MiB GiB, with /s
//
// Spaces between the parts do not matter. An error says what is allowed instead.
func ParseThreshold(selector, expr string) (Threshold, error) {
	t := Threshold{Expr: strings.TrimSpace(expr)}
	m, err := parseSelector(&t, selector)
	if err != nil {
		return Threshold{}, err
	}
	if err := parseExpr(&t, m, t.Expr); err != nil {
		return Threshold{}, fmt.Errorf("%s %s: %w", m.name, quoted(expr), err)
	}
	return t, nil
}

func parseSelector(t *Threshold, selector string) (metric, error) {
	name, tags, tagged := strings.Cut(strings.TrimSpace(selector), "{")
	t.Metric = strings.TrimSpace(name)
	m, err := findMetric(t.Metric)
	if err != nil || !tagged {
		return m, err
	}
	tags, closed := strings.CutSuffix(tags, "}")
	if !closed {
		return m, fmt.Errorf("%s: the tags have no closing brace", quoted(selector))
	}
	for _, pair := range splitTags(tags) {
		if err := parseTag(&t.Tags, m, pair); err != nil {
			return m, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return m, checkTags(m, t.Tags)
}

func findMetric(name string) (metric, error) {
	all := metrics()
	i := slices.IndexFunc(all, func(m metric) bool { return m.name == name })
	switch {
	case i >= 0:
		return all[i], nil
	case name == "":
		return metric{}, errors.New("the metric is missing")
	case k6Metrics()[name] != "":
		return metric{}, fmt.Errorf("unknown metric %s: what k6 calls so is here %s", quoted(name), k6Metrics()[name])
	}
	return metric{}, unknown("metric", name, Metrics())
}

// k6Metrics are names many will write from habit. They differ in meaning, so they
// are not borrowed.
func k6Metrics() map[string]string {
	return map[string]string{
		"http_req_duration":        "service_time; limits belong on response_time, which waiting does not hide from",
		"http_req_waiting":         "first_byte_time",
		"http_req_blocked":         "pool_wait",
		"http_req_connecting":      "connect_time",
		"http_req_tls_handshaking": "tls_time",
		"http_req_failed":          "failed",
		"http_reqs":                "requests",
		"dropped_iterations":       "not_sent",
		"data_received":            "bytes_received",
		"data_sent":                "bytes_sent",
	}
}

// splitTags cuts at commas that a "word:" follows; others belong to the value.
func splitTags(s string) (pairs []string) {
	start, inQuotes := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case inQuotes && s[i] == '\\':
			i++
		case s[i] == '"':
			inQuotes = !inQuotes
		case s[i] == ',' && !inQuotes && startsTag(s[i+1:]):
			pairs = append(pairs, s[start:i])
			start = i + 1
		}
	}
	return append(pairs, s[start:])
}

func startsTag(s string) bool {
	word, _, ok := strings.Cut(s, ":")
	word = strings.TrimSpace(word)
	return ok && word != "" && !strings.ContainsFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
}

func parseTag(tags *Tags, m metric, pair string) error {
	key, value, ok := strings.Cut(pair, ":")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	field := tags.field(key)
	switch {
	case !ok:
		return fmt.Errorf("tag %s is not written as tag:value", quoted(pair))
	case field == nil:
		return unknown("tag", key, []string{"name", "phase", "status", "agent"})
	case !slices.Contains(strings.Fields(m.tags), key):
		return fmt.Errorf("tag %s does not apply (allowed: %s)", key, listed(strings.Fields(m.tags)))
	case *field != "":
		return fmt.Errorf("tag %s is given twice", key)
	}
	if strings.HasPrefix(value, `"`) {
		text, err := strconv.Unquote(value)
		if err != nil {
			return fmt.Errorf("tag %s: %s is not a quoted text", key, value)
		}
		value = text
	}
	if value == "" {
		return fmt.Errorf("tag %s has no value", key)
	}
	*field = value
	return nil
}

func (t *Tags) field(key string) *string {
	switch key {
	case "name":
		return &t.Name
	case "phase":
		return &t.Phase
	case "status":
		return &t.Status
	case "agent":
		return &t.Agent
	}
	return nil
}

// checkTags refuses combinations nothing is counted by.
func checkTags(m metric, t Tags) error {
	if t.Agent != "" && (t.Name != "" || t.Phase != "" || t.Status != "") {
		return fmt.Errorf("%s: tag agent cannot be combined with others, because agents are counted as a whole", m.name)
	}
	if _, to := statusRange(t.Status); t.Status != "" && to < 0 {
		return fmt.Errorf("%s: status %s is neither a status such as 503 nor a class such as 5xx", m.name, quoted(t.Status))
	}
	return nil
}

func parseExpr(t *Threshold, m metric, expr string) error {
	at := strings.IndexAny(expr, "<>=!")
	if at < 0 {
		return errors.New("there is no operator; write it as in " + m.example())
	}
	name, rest := strings.TrimSpace(expr[:at]), expr[at:]
	for _, op := range []string{"<=", ">=", "==", "!=", "<", ">"} {
		if limit, ok := strings.CutPrefix(rest, op); ok {
			t.Op = op
			return parseParts(t, m, name, strings.TrimSpace(limit))
		}
	}
	return fmt.Errorf("unknown operator (allowed: < <= > >= == !=); write it as in %s", m.example())
}

func parseParts(t *Threshold, m metric, name, limit string) error {
	agg, err := parseAgg(t, m, name)
	if err != nil {
		return err
	}
	t.Limit, err = parseLimit(limit, agg.unit)
	return err
}

func parseAgg(t *Threshold, m metric, name string) (aggregation, error) {
	t.Agg = name
	if inner, ok := strings.CutPrefix(name, "p("); ok {
		t.Agg = "p"
		if err := parsePercentile(t, inner); err != nil {
			return aggregation{}, err
		}
	}
	if agg, ok := m.agg(t.Agg); ok && (t.Agg != "p" || t.P > 0) {
		return agg, nil
	}
	if name == "" {
		return aggregation{}, errors.New("there is nothing before the operator; write it as in " + m.example())
	}
	return aggregation{}, unknown("aggregation", name, m.aggNames())
}

func parsePercentile(t *Threshold, inner string) error {
	digits, closed := strings.CutSuffix(inner, ")")
	p, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !closed || err != nil || !(p > 0) || p > 100 {
		return fmt.Errorf("p(%s is not a percentile; write p(99), with a number above 0 and up to 100", inner)
	}
	t.P = p
	return nil
}

func (m metric) agg(name string) (aggregation, bool) {
	i := slices.IndexFunc(m.aggs, func(a aggregation) bool { return a.name == name })
	if i < 0 {
		return aggregation{}, false
	}
	return m.aggs[i], true
}

func (m metric) aggNames() (names []string) {
	for _, a := range m.aggs {
		name := a.name
		if name == "p" {
			name = "p(99)"
		}
		names = append(names, name)
	}
	return names
}

// example is an expression that would be right for the metric.
func (m metric) example() string {
	limit := map[unit]string{
		seconds: "150ms", fraction: "0.1%", count: "100", perSec: "1000/s", bytesCount: "10MB", bytesPerSec: "10MB/s",
	}
	return quoted(m.aggNames()[0] + "<" + limit[m.aggs[0].unit])
}

func quoted(s string) string {
	const longest = 80
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return strconv.Quote(s)
}

// tagText writes a tag's value so that it is read back the same.
func tagText(value string) string {
	if value == strings.TrimSpace(value) && !strings.Contains(value, `"`) && len(splitTags("x:"+value)) == 1 {
		return value
	}
	return strconv.Quote(value)
}
