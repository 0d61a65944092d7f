package document

import (
	"slices"
	"strings"
	"time"
)

// Keys are the keys of one kind of mapping, separated by spaces: those that can be
// used, and those of the full grammar that are not built yet.
type Keys struct {
	Known, Later string
	Habits       map[string]Habit // by the key that is refused: one of Later, or of another tool
}

// A Habit is what to write instead of a key that people know from elsewhere.
type Habit struct {
	Key string // that it stands for in the same mapping, which then does not lack it; "" = none
	Say string // the hint
}

// An Object is a mapping with known keys. Its methods read one key into a
// variable, and leave that alone when the key is absent or wrong.
type Object struct {
	What    string // such as "stage", for messages
	Node    *Node
	Entries []Entry
	// Meant are the keys that refused ones were probably meant to be.
	Meant []string
	r     *Reader
}

// Object reads a mapping and refuses keys it should not have. It is nil-safe: a
// missing node is an object without keys.
func (r *Reader) Object(n *Node, what string, k Keys) *Object {
	o := &Object{r: r, What: what, Node: r.Follow(n), Entries: r.Mapping(n, what)}
	for _, e := range o.Entries {
		o.checkKey(e, k)
	}
	return o
}

// Brief refuses one value where a mapping is asked for, and shows one; it gives all
// other nodes.
func (r *Reader) Brief(n *Node, what, example string) *Node {
	if n = r.Present(n); n == nil || n.Kind != ScalarNode {
		return n
	}
	r.Hinted(n, "such as "+example, "%s must be a mapping of keys to values, got %s", what, Describe(n))
	return nil
}

func (o *Object) checkKey(e Entry, k Keys) {
	known, habit := strings.Fields(k.Known), k.Habits[e.Name]
	switch {
	case slices.Contains(known, e.Name):
	case slices.Contains(strings.Fields(k.Later), e.Name):
		o.r.Hinted(e.Key, habit.Say, "%q in %s is not supported yet", e.Name, o.What)
		o.Meant = append(o.Meant, known...)
	case habit.Say != "":
		o.r.Hinted(e.Key, habit.Say, "unknown key %q in %s", e.Name, o.What)
		o.Meant = append(o.Meant, habit.Key)
	default:
		o.r.Hinted(e.Key, Hint(e.Name, known), "unknown key %q in %s", Shorten(e.Name), o.What)
		o.Meant = append(o.Meant, Closest(e.Name, known))
	}
}

// Get gives the value of a key, nil when it is absent or null.
func (o *Object) Get(key string) *Node {
	for _, e := range o.Entries {
		if e.Name == key {
			return o.r.Present(e.Value)
		}
	}
	return nil
}

func (o *Object) Has(key string) bool { return o.Get(key) != nil }

// IsMapping is false for what was refused already, so that nothing more need be
// said about it.
func (o *Object) IsMapping() bool { return o.Node != nil && o.Node.Kind == MappingNode }

// Require notes that a key is missing, unless it is there under a wrong name.
func (o *Object) Require(key string) *Node {
	n := o.Get(key)
	if n == nil && o.IsMapping() && !slices.Contains(o.Meant, key) && !o.r.Exhausted() {
		o.r.Wrong(o.Node, "%s needs %q", o.What, key)
	}
	return n
}

// Text reads plain text; expressions other than ${vars.x} are refused.
func (o *Object) Text(key string, to *string) {
	if n := o.Get(key); n != nil {
		if text, ok := o.r.Text(n, key); ok {
			*to = text
		}
	}
}

// Duration reads a duration of at least least.
func (o *Object) Duration(key string, least time.Duration, to *time.Duration) {
	if n := o.Get(key); n != nil {
		if d, ok := o.r.Duration(n, key, least); ok {
			*to = d
		}
	}
}

// Count reads a whole number of at least least.
func (o *Object) Count(key string, least int, to *int) {
	if n := o.Get(key); n != nil {
		if v, ok := o.r.Count(n, key, least); ok {
			*to = v
		}
	}
}

// Rate reads a rate a second.
func (o *Object) Rate(key string, to *float64) {
	if n := o.Get(key); n != nil {
		if v, ok := o.r.Rate(n, key); ok {
			*to = v
		}
	}
}

// Fraction reads 20% or 0.2.
func (o *Object) Fraction(key string, to *float64) {
	if n := o.Get(key); n != nil {
		if v, ok := o.r.Fraction(n, key); ok {
			*to = v
		}
	}
}

func (o *Object) Flag(key string, to *bool) {
	if n := o.Get(key); n != nil {
		if v, ok := o.r.Flag(n, key); ok {
			*to = v
		}
	}
}

// Choice reads one of some words, into its index.
func (o *Object) Choice(key string, words []string, to *int) {
	n := o.Get(key)
	if n == nil {
		return
	}
	text, ok := o.r.Text(n, key)
	if !ok {
		return
	}
	if i := slices.Index(words, text); i >= 0 {
		*to = i
		return
	}
	o.r.Hinted(n, Ask(Closest(text, words)), "%s: %q is not one of %s", key, Shorten(text), strings.Join(words, ", "))
}
