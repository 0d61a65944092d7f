package host

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// spooled gives a host a spool, which is not there yet.
func spooled(t *testing.T) (path string, change func(*Config)) {
	path = filepath.Join(t.TempDir(), "run", "spool")
	return path, func(c *Config) { c.Spool = path }
}

func readSpool(t *testing.T, path string) *wire.Spool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire.ReadSpool(bytes.NewReader(b))
	if err != nil || s.Broken != nil {
		t.Fatal(err, s.Broken)
	}
	return s
}

// TestAHostThatIsCutOffLeavesWhatItMeasured: neither what was not confirmed nor what its agents told while
// they ended is lost with the stream.
func TestAHostThatIsCutOffLeavesWhatItMeasured(t *testing.T) {
	t.Parallel()
	path, keep := spooled(t)
	w, s := started(t, plain, 2, 0, keep, func(c *Config) { c.Silence = 8 * time.Second }) // longer than getting ready takes
	for i := range 3 {
		s.measure(i)
		if seq, _, _ := s.window(); i == 0 {
			s.ack(seq)
		}
	}
	w.wantEnd("nothing was heard of the coordinator for 8s")
	left := readSpool(t, path)
	if h := left.Head; h.GetRunId() != "r1" || h.GetHost() != "a" || h.GetVersion() != version {
		t.Errorf("head %v", h)
	}
	var total stats.Snapshot
	for i, m := range left.Messages {
		if seq := wire.Seq(m); seq != uint64(i+2) {
			t.Errorf("message %d has number %d", i, seq)
		}
		if m.GetReport() != nil {
			total.Merge(decoded(t, w, m.GetReport()))
		}
	}
	if got := total.Cells[0].Intended; got != 2*2*perWindow {
		t.Errorf("%d requests are left, want %d", got, 2*2*perWindow)
	}
	if last := left.Messages[len(left.Messages)-1]; len(last.GetFinished().GetAgents()) != 2 {
		t.Errorf("the last word is %v", last)
	}
}

// TestAHostThatWasHeardLeavesNothing, nor does one that has measured nothing.
func TestAHostThatWasHeardLeavesNothing(t *testing.T) {
	t.Parallel()
	path, keep := spooled(t)
	w, s := started(t, plain, 1, 0, keep, func(c *Config) { c.Memory = 1 })
	for i := range 5 {
		s.measure(i)
		seq, _, _ := s.window()
		s.ack(seq)
	}
	s.stop()
	s.finished()
	w.wantEnd("")
	nothingAt(t, path)

	path, keep = spooled(t)
	w, _ = started(t, plain, 1, 0, keep)
	w.cancel()
	w.wantEnd("context canceled")
	nothingAt(t, path)
}

func nothingAt(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there: %v", path, err)
	}
}

// TestAHostThatCanKeepNoMoreEnds says which disk is full, before it measures what nobody will know.
func TestAHostThatCanKeepNoMoreEnds(t *testing.T) {
	t.Parallel()
	path, keep := spooled(t)
	w, s := started(t, plain, 1, 0, keep, func(c *Config) { c.Memory, c.SpoolLimit = 1, 500 })
	for i := range 20 {
		s.measure(i)
	}
	w.wantEnd(path + " is full")
	if w.err == nil || !strings.Contains(w.err.Error(), "messages more are lost") {
		t.Errorf("%v", w.err)
	}
}

// TestABoxKeepsAllInOrder, whatever of it is in memory: what the coordinator took, and what is left at the end, are all
// messages once each.
func TestABoxKeepsAllInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "box")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "run", "spool")
		b, received := newOutbox(), uint64(0)
		b.spill(&spool{path: path, limit: 1 << 20, head: &loadctlpb.SpoolHead{Protocol: wire.Protocol}}, rapid.IntRange(1, 200).Draw(t, "memory"))
		hear := func(n int) {
			for _, m := range b.take() {
				if n--; n < 0 {
					return // the stream broke
				}
				if seq := wire.Seq(m); seq == received+1 {
					received = seq
				} else if seq > received {
					t.Fatalf("message %d came after %d", seq, received)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				text := strings.Repeat("x", rapid.IntRange(0, 80).Draw(t, "size"))
				b.add(func(seq uint64) *loadctlpb.SessionRequest {
					return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_AgentLost{AgentLost: &loadctlpb.AgentLost{Seq: seq, Why: text}}}
				})
			},
			"send":  func(*rapid.T) { hear(1 << 20); b.ack(received) },
			"break": func(t *rapid.T) { hear(rapid.IntRange(0, 3).Draw(t, "heard")); b.resume(received) },
			"": func(t *rapid.T) {
				if most := b.most + 100; b.bytes > most {
					t.Fatalf("%d bytes in memory", b.bytes)
				}
			},
		})
		left, err := b.leave()
		if err != nil || left != int(b.last-received) {
			t.Fatalf("%d left (%v) of %d, of which %d were taken", left, err, b.last, received)
		}
		if left == 0 {
			return
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		s, err := wire.ReadSpool(file)
		if err != nil || s.Broken != nil {
			t.Fatal(err, s.Broken)
		}
		for _, m := range s.Messages {
			if seq := wire.Seq(m); seq == received+1 {
				received = seq
			}
		}
		if received != b.last {
			t.Fatalf("all up to %d of %d is known", received, b.last)
		}
	})
}
