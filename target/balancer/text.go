package balancer

import (
	"fmt"
	"strings"
	"time"
)

// A Place is where the files of a running balancer are, and which of its
// backends are out.
type Place struct {
	Dir        string // a directory of its own, absolute
	Generation int    // of the configuration, told by the status of nginx
	// Out are names of backends that a check found dead; only nginx needs to be told.
	Out map[string]bool
}

// A text is a configuration as it grows, indented by its blocks.
type text struct {
	strings.Builder
	depth int
}

func (t *text) line(format string, args ...any) {
	t.WriteString(strings.Repeat("    ", t.depth))
	fmt.Fprintf(t, format, args...)
	t.WriteString("\n")
}

func (t *text) when(yes bool, format string, args ...any) {
	if yes {
		t.line(format, args...)
	}
}

// block writes an nginx block.
func (t *text) block(head string, inside func()) {
	t.line("%s {", head)
	t.depth++
	inside()
	t.depth--
	t.line("}")
}

// section writes a HAProxy section.
func (t *text) section(head string, inside func()) {
	t.line("\n%s", head)
	t.depth++
	inside()
	t.depth--
}

// millis writes a duration as nginx and HAProxy both read it.
func millis(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", (d+time.Millisecond-1)/time.Millisecond)
}

func on(b *bool) bool { return b != nil && *b }

// Text is the whole configuration file of nginx or HAProxy.
func (c Config) Text(m Machine, at Place) string {
	c = c.WithDefaults()
	if c.Kind == HAProxy {
		return c.haproxy(c.Limits(m), m, at)
	}
	return c.nginx(c.Limits(m), m, at)
}
