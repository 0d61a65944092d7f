package scenarios

import (
	"slices"
	"strings"
	"time"
)

// keys are the keys of one kind of mapping, separated by spaces: those that can be
// used, and those of the full grammar that are not built yet.
type keys struct{ known, later string }

// An object is a mapping with known keys. Its methods read one key into a
// variable, and leave that alone when the key is absent or wrong.
type object struct {
	r       *reader
	what    string // such as "stage", for messages
	node    *node
	entries []entry
	// meant are the keys that refused ones were probably meant to be.
	meant []string
}

// object reads a mapping and refuses keys it should not have. It is nil-safe: a
// missing node is an object without keys.
func (r *reader) object(n *node, what string, k keys) *object {
	o := &object{r: r, what: what, node: r.follow(n), entries: r.entries(n, what)}
	for _, e := range o.entries {
		o.checkKey(e, strings.Fields(k.known), strings.Fields(k.later))
	}
	return o
}

// brief refuses one value where a mapping is asked for, and shows one; it gives all
// other nodes.
func (r *reader) brief(n *node, what, example string) *node {
	if n = r.present(n); n == nil || n.Kind != scalarNode {
		return n
	}
	r.hinted(n, "such as "+example, "%s must be a mapping of keys to values, got %s", what, describe(n))
	return nil
}

func (o *object) checkKey(e entry, known, later []string) {
	switch {
	case slices.Contains(known, e.name):
	case slices.Contains(later, e.name):
		o.r.wrong(e.key, "%q in %s is not supported yet", e.name, o.what)
		o.meant = known
	default:
		near := closest(e.name, known)
		o.r.hinted(e.key, ask(near), "unknown key %q in %s", shorten(e.name), o.what)
		o.meant = append(o.meant, near)
	}
}

// get gives the value of a key, nil when it is absent or null.
func (o *object) get(key string) *node {
	for _, e := range o.entries {
		if e.name == key {
			return o.r.present(e.value)
		}
	}
	return nil
}

func (o *object) has(key string) bool { return o.get(key) != nil }

// isMapping is false for what was refused already, so that nothing more need be
// said about it.
func (o *object) isMapping() bool { return o.node != nil && o.node.Kind == mappingNode }

// require notes that a key is missing, unless it is there under a wrong name.
func (o *object) require(key string) *node {
	n := o.get(key)
	if n == nil && o.isMapping() && !slices.Contains(o.meant, key) && !o.r.exhausted() {
		o.r.wrong(o.node, "%s needs %q", o.what, key)
	}
	return n
}

// text reads plain text; expressions other than ${vars.x} are refused.
func (o *object) text(key string, to *string) {
	if n := o.get(key); n != nil {
		if text, ok := o.r.text(n, key); ok {
			*to = text
		}
	}
}

// duration reads a duration of at least least.
func (o *object) duration(key string, least time.Duration, to *time.Duration) {
	if n := o.get(key); n != nil {
		if d, ok := o.r.duration(n, key, least); ok {
			*to = d
		}
	}
}

// count reads a whole number of at least least.
func (o *object) count(key string, least int, to *int) {
	if n := o.get(key); n != nil {
		if v, ok := o.r.count(n, key, least); ok {
			*to = v
		}
	}
}

// rate reads a rate a second.
func (o *object) rate(key string, to *float64) {
	if n := o.get(key); n != nil {
		if v, ok := o.r.rate(n, key); ok {
			*to = v
		}
	}
}

// fraction reads 20% or 0.2.
func (o *object) fraction(key string, to *float64) {
	if n := o.get(key); n != nil {
		if v, ok := o.r.fraction(n, key); ok {
			*to = v
		}
	}
}

func (o *object) flag(key string, to *bool) {
	if n := o.get(key); n != nil {
		if v, ok := o.r.flag(n, key); ok {
			*to = v
		}
	}
}

// choice reads one of some words, into its index.
func (o *object) choice(key string, words []string, to *int) {
	n := o.get(key)
	if n == nil {
		return
	}
	text, ok := o.r.text(n, key)
	if !ok {
		return
	}
	if i := slices.Index(words, text); i >= 0 {
		*to = i
		return
	}
	o.r.hinted(n, ask(closest(text, words)), "%s: %q is not one of %s", key, shorten(text), strings.Join(words, ", "))
}
