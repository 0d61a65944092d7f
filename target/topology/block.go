package topology

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A block is a mapping of the file, from which keys are taken one by one. Reading goes
// on after a mistake, with the default in the place of what was wrong.
type block struct {
	t     *Topology
	field string // "" = the file
	node  *yaml.Node
	keys  []*yaml.Node // in the order of the file
	by    map[string]*yaml.Node
	known []string // asked for so far
}

// mapping reads a node as a mapping; one that is no mapping is a mistake, and empty.
func (t *Topology) mapping(n *yaml.Node, field string) *block {
	b := &block{t: t, field: field, node: n, by: map[string]*yaml.Node{}}
	if n == nil || isNull(n) {
		return b
	}
	t.places[field] = n
	if n.Kind != yaml.MappingNode {
		t.at(n, "%s must be a mapping of keys to values", called(field))
		return b
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if _, twice := b.by[key.Value]; twice {
			t.at(key, "%q is given twice in %s", key.Value, called(field))
			continue
		}
		b.keys = append(b.keys, key)
		b.by[key.Value] = follow(n.Content[i+1])
	}
	return b
}

// follow is what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func called(field string) string {
	if field == "" {
		return "the file"
	}
	return field
}

func (b *block) name(key string) string { return strings.TrimPrefix(b.field+"."+key, ".") }

// take is the value of a key, nil when the file has none.
func (b *block) take(key string) *yaml.Node {
	b.known = append(b.known, key)
	n := b.by[key]
	if n == nil || isNull(n) {
		return nil
	}
	b.t.places[b.name(key)] = n
	return n
}

// rest notes the keys that nobody asked for.
func (b *block) rest() {
	b.t.grammar[b.field] = b.known
	for _, key := range b.keys {
		known := false
		for _, k := range b.known {
			known = known || k == key.Value
		}
		if !known {
			b.t.at(key, "unknown key %q in %s%s", key.Value, called(b.field), meant(key.Value, b.known))
		}
	}
}

// scalar gives the text of one value.
func (b *block) scalar(key string) (string, *yaml.Node) {
	n := b.take(key)
	if n == nil {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode {
		b.t.at(n, "%s must be one value", b.name(key))
		return "", nil
	}
	return n.Value, n
}

func (b *block) text(key string) string {
	text, _ := b.scalar(key)
	return text
}

func (b *block) word(key, def string, words ...string) string {
	text, n := b.scalar(key)
	if n == nil {
		return def
	}
	for _, w := range words {
		if w == text {
			return w
		}
	}
	b.t.at(n, "%s must be one of %s, got %q%s", b.name(key), strings.Join(words, ", "), text, meant(text, words))
	return def
}

func (b *block) whole(key string, def, least, most int) int {
	text, n := b.scalar(key)
	if n == nil {
		return def
	}
	got, err := strconv.Atoi(text)
	switch {
	case err != nil:
		b.t.at(n, "%s must be a whole number, got %q", b.name(key), text)
	case got < least || got > most:
		b.t.at(n, "%s must be between %d and %d, got %d", b.name(key), least, most, got)
	default:
		return got
	}
	return def
}

func (b *block) number(key string) float64 {
	text, n := b.scalar(key)
	if n == nil {
		return 0
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		b.t.at(n, "%s must be a number, got %q", b.name(key), text)
	}
	return f
}

func (b *block) seed(key string) uint64 {
	text, n := b.scalar(key)
	if n == nil {
		return 1
	}
	u, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		b.t.at(n, "%s must be a whole number, got %q", b.name(key), text)
	}
	return u
}

func (b *block) time(key string) time.Duration {
	text, n := b.scalar(key)
	if n == nil {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		b.t.at(n, "%s must be a time such as 500ms or 2s, got %q", b.name(key), text)
	}
	return d
}

func (b *block) yes(key string, def bool) bool {
	text, n := b.scalar(key)
	if n == nil {
		return def
	}
	v, err := strconv.ParseBool(text)
	if err != nil {
		b.t.at(n, "%s must be true or false, got %q", b.name(key), text)
		return def
	}
	return v
}

// values are those of a mapping from names to text; a value that is a list of such is
// joined by spaces.
func (b *block) values(key string) (map[string]string, *block) {
	inner := b.t.mapping(b.take(key), b.name(key))
	all := map[string]string{}
	for _, k := range inner.keys {
		n := inner.by[k.Value]
		b.t.places[inner.name(k.Value)] = k
		if n.Kind != yaml.ScalarNode {
			b.t.at(n, "%s must be one value", inner.name(k.Value))
			continue
		}
		if !isNull(n) {
			all[k.Value] = n.Value
		}
	}
	return all, inner
}

// dollars are kept as they are written: who pays reads them, exactly.
func (b *block) dollars(key string) string {
	text, n := b.scalar(key)
	if n != nil && !regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,6})?$`).MatchString(text) {
		b.t.at(n, "%s must be US dollars such as 5 or 2.50, got %q", b.name(key), text)
		return ""
	}
	return text
}

// prefixes reads a list of networks; an address is one of its own.
func (b *block) prefixes(key string) (all []netip.Prefix) {
	n := b.take(key)
	if n == nil {
		return nil
	}
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, one := range list {
		one = follow(one)
		p, err := netip.ParsePrefix(one.Value)
		if a, errs := netip.ParseAddr(one.Value); errs == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil || one.Kind != yaml.ScalarNode {
			b.t.at(one, "%s must be addresses or networks such as 203.0.113.7 or 203.0.113.0/24, got %q", b.name(key), one.Value)
			continue
		}
		all = append(all, p.Masked())
	}
	return all
}

// address reads host:port.
func (b *block) address(key string) string {
	text, n := b.scalar(key)
	if n == nil {
		return ""
	}
	if _, _, err := split(text); err != nil {
		b.t.at(n, "%s must be host:port, such as 127.0.0.1:8000, got %q", b.name(key), text)
		return ""
	}
	return text
}

// split takes an address apart. It must have a host: parts are told where others are.
func split(address string) (host string, port int, err error) {
	at := strings.LastIndexByte(address, ':')
	if at < 1 {
		return "", 0, fmt.Errorf("no host and port: %q", address)
	}
	n, err := strconv.ParseUint(address[at+1:], 10, 16)
	return address[:at], int(n), err
}

// Port is the address of the i-th (from 0) of several that listen above one another, or
// each at a free port where the first has port 0.
func Port(first string, i int) string {
	host, port, err := split(first)
	if err != nil || port == 0 {
		return first
	}
	return fmt.Sprintf("%s:%d", host, port+i)
}
