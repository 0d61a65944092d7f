package scenarios

import (
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// An object is document.Object, in the words of this package's parsers.
type object struct {
	*document.Object
	r *reader
}

func (r *reader) object(n *node, what string, k keys) *object {
	return &object{r.doc.Object(n, what, document.Keys{Known: k.known, Later: k.later, Habits: k.habits}), r}
}

func (o *object) get(key string) *node                       { return o.Get(key) }
func (o *object) has(key string) bool                        { return o.Has(key) }
func (o *object) isMapping() bool                            { return o.IsMapping() }
func (o *object) require(key string) *node                   { return o.Require(key) }
func (o *object) text(key string, to *string)                { o.Text(key, to) }
func (o *object) count(key string, least int, to *int)       { o.Count(key, least, to) }
func (o *object) rate(key string, to *float64)               { o.Rate(key, to) }
func (o *object) fraction(key string, to *float64)           { o.Fraction(key, to) }
func (o *object) flag(key string, to *bool)                  { o.Flag(key, to) }
func (o *object) choice(key string, words []string, to *int) { o.Choice(key, words, to) }
func (o *object) duration(key string, least time.Duration, to *time.Duration) {
	o.Duration(key, least, to)
}
