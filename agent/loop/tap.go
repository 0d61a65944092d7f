package loop

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

// tapHead begins what a tap writes.
const tapHead = `# Every request that one loop recorded, in the order in which they ended. Stamps are ns since the run's epoch on
# the agent's clock, connect is ns (TLS included; 0 on a connection that was open before). What never came is empty, as
# are the last three, µs, of an answer without the headers Loadctl-Arrived-Us, Loadctl-True-Us and Loadctl-Late-Us.
phase,name,class,status,intended_ns,scheduled_ns,connected_ns,written_ns,first_byte_ns,done_ns,connect_ns,arrived_us,true_us,late_us
`

// tapped are those headers of an answer that go into its row.
var tapped = [...]string{"Loadctl-Arrived-Us", "Loadctl-True-Us", "Loadctl-Late-Us"}

// tapBuffer is how many bytes of rows are written at a time.
const tapBuffer = 64 << 10

// A tap writes a row for every request that is recorded, to look at each by itself. It
// decides nothing and is of no part of what is measured.
type tap struct {
	to     io.Writer
	rows   []byte   // not yet written
	labels [][]byte // of each cell: its phase and name, and a comma behind each
}

// newTap is nil without anything to write to.
func newTap(c *Config) *tap {
	if c.Tap == nil {
		return nil
	}
	t := &tap{to: c.Tap, rows: make([]byte, 0, tapBuffer+1<<10)}
	t.rows = append(t.rows, tapHead...)
	layout := c.Scenario.Layout
	for _, cell := range layout.Cells {
		t.labels = append(t.labels, label(layout.Phases[cell.Phase].Name, cell.Name))
	}
	return t
}

// label quotes what CSV wants quoted.
func label(phase, name string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{phase, name, ""}) // a Buffer takes all
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// row adds that of a request. The parser has its answer; nil: there was none.
func (t *tap) row(s *stats.Sample, parser *http1.Parser) {
	b := append(t.rows, t.labels[s.Cell]...)
	b = append(b, s.Class.String()...)
	b = append(b, ',')
	if s.Status != 0 {
		b = strconv.AppendInt(b, int64(s.Status), 10)
	}
	for _, at := range [...]stats.Offset{s.Intended, s.Scheduled, s.Connected, s.Written, s.FirstByte, s.Done} {
		b = append(b, ',')
		if at != stats.Never {
			b = strconv.AppendInt(b, int64(at), 10)
		}
	}
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(s.ConnectTime), 10)
	for _, name := range tapped {
		b = append(b, ',')
		if parser != nil {
			b = appendNumber(b, parser.Header(name))
		}
	}
	t.rows = append(b, '\n')
}

// appendNumber adds a header's value if it is a number: a target may send anything, and
// a row is a row.
func appendNumber(b, value []byte) []byte {
	const longest = 18 // digits that an int64 always holds
	if len(value) > longest {
		return b
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return b
		}
	}
	return append(b, value...)
}

// flush writes the rows there are.
func (t *tap) flush() error {
	n, err := t.to.Write(t.rows)
	if err == nil && n < len(t.rows) {
		err = io.ErrShortWrite
	}
	t.rows = t.rows[:0]
	return err
}

// record counts a request that has ended. The parser has its answer; nil: there was none.
func (l *Loop) record(s *stats.Sample, parser *http1.Parser) {
	l.recorder.Record(s)
	if l.tap == nil {
		return
	}
	if l.tap.row(s, parser); len(l.tap.rows) >= tapBuffer {
		l.flushTap()
	}
}

// flushTap writes what the tap has. One that cannot is told of, and no more rows are
// made: what is measured does not depend on them.
func (l *Loop) flushTap() {
	if l.tap == nil {
		return
	}
	err := l.tap.flush()
	l.fresh = false // a disk takes its time
	if err == nil {
		return
	}
	l.tap = nil
	l.tell(Output{Notice: &Notice{
		At: l.clock(), Level: stats.Warning, Kind: "note",
		Text: fmt.Sprintf("the rows of --tap end here: %v; the run goes on without them", err),
	}})
}
