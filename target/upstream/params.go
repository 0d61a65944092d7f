package upstream

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/knobs"
)

// params are what stands behind the name of a law, `k=v,k=v`, and what is wrong with it.
type params struct {
	values map[string]string
	keys   []string // no other may appear
	wrong  []error
}

// read splits a text. All the keys must appear but those with a ? behind them. A law of
// one key may leave the key out.
func read(text string, keys ...string) *params {
	p := &params{values: map[string]string{}}
	for _, key := range keys {
		p.keys = append(p.keys, strings.TrimSuffix(key, "?"))
	}
	for part := range strings.SplitSeq(text, ",") {
		p.put(strings.TrimSpace(part))
	}
	for i, key := range p.keys {
		if key == keys[i] && !p.has(key) {
			p.wrong = append(p.wrong, fmt.Errorf("%s is missing", key))
		}
	}
	return p
}

func (p *params) put(part string) {
	key, value, ok := strings.Cut(part, "=")
	if !ok && len(p.keys) == 1 {
		key, value = p.keys[0], part
	}
	switch {
	case part == "": // the end of the text, or nothing at all
	case !slices.Contains(p.keys, key):
		p.wrong = append(p.wrong, fmt.Errorf("takes only %s, not %q%s", strings.Join(p.keys, ", "), key, knobs.Meant(key, p.keys)))
	case p.has(key):
		p.add(key, "is there twice")
	default:
		p.values[key] = value
	}
}

func (p *params) has(key string) bool { _, ok := p.values[key]; return ok }

func (p *params) add(key, format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

// time is the duration of a key; 0 when there is none.
func (p *params) time(key string) time.Duration {
	if !p.has(key) {
		return 0
	}
	d, err := parseTime(p.values[key])
	if err != nil {
		p.add(key, "%w", err)
		delete(p.values, key) // there is no more to say of it
	}
	return d
}

func (p *params) number(key string) float64 {
	f, err := strconv.ParseFloat(p.values[key], 64)
	if err != nil && p.has(key) {
		p.add(key, "%q is no number", p.values[key])
		delete(p.values, key)
	}
	return f
}

func (p *params) whole(key string) int {
	n, err := strconv.Atoi(p.values[key])
	if err != nil && p.has(key) {
		p.add(key, "%q is no whole number", p.values[key])
		delete(p.values, key)
	}
	return n
}

// quantiles are a median and a 99th percentile that a law can have.
func (p *params) quantiles() (p50, p99 time.Duration) {
	p50, p99 = p.time("p50"), p.time("p99")
	if p.has("p50") && p50 <= 0 {
		p.add("p50", "must be > 0, got %s", p50)
	}
	if p.has("p50") && p.has("p99") && p99 < p50 {
		p.add("p99", "must not be below p50 (%s), got %s", p50, p99)
	}
	return p50, p99
}
