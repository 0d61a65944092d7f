package target

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/stack"
)

// An upTable tells people of a stack: a row for each part as it becomes ready, and what
// happens to it later on the log.
type upTable struct {
	Parent
	out   io.Writer
	width int
	begun bool
	last  string // address of the last part
}

func newUpTable(p Parent, parts []stack.Part) *upTable {
	t := &upTable{Parent: p, out: p.Out, width: len("part")}
	if t.out == nil {
		t.out = os.Stdout
	}
	t.Log = cmp.Or(t.Log, slog.New(slog.DiscardHandler))
	for _, part := range parts {
		t.width = max(t.width, len(part.Name))
		t.last, _, _ = strings.Cut(part.Address, " ")
	}
	return t
}

func (t *upTable) told(e stack.Event) {
	switch e.What {
	case "starting":
		t.Log.Info("starting", "part", e.Part)
	case "ready":
		t.row(e)
	case "died":
		t.Log.Warn("part died and is started again", "part", e.Part, "why", e.Text)
	case "restarted":
		t.Log.Warn("part is back", "part", e.Part, "pid", e.PID, "after", e.Took.Round(time.Millisecond))
	}
}

func (t *upTable) row(e stack.Event) {
	if !t.begun {
		fmt.Fprintf(t.out, "%-*s  %7s  %6s  address\n", t.width, "part", "pid", "ready")
		t.begun = true
	}
	admin := ""
	if e.Admin != "" {
		admin = "  admin " + e.Admin
	}
	fmt.Fprintf(t.out, "%-*s  %7d  %5.1fs  %s%s\n", t.width, e.Part, e.PID, e.Took.Seconds(), cmp.Or(e.URL, e.Text), admin)
}

// ready prints the line that a parent waits for: the URL to load, which is that of the
// part that started last, and the process to end.
func (t *upTable) ready(all []stack.Ready) error {
	last := all[len(all)-1]
	admin := ""
	if last.Admin != "" {
		admin = " admin=" + last.Admin
	}
	if _, err := fmt.Fprintf(t.out, "READY %s pid=%d%s\n", cmp.Or(last.URL, t.last), os.Getpid(), admin); err != nil {
		return fmt.Errorf("saying that the target is ready: %w", err)
	}
	return nil
}
