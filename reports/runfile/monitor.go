package runfile

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// targetFile holds what monitors told, beside the record of the run: it may be long, and
// nothing of it is needed to replay the rest.
const targetFile = "target.jsonl.gz"

// TargetSchema names the format of target.jsonl.gz: a header, then a line for each thing
// that a monitor told.
const TargetSchema = "loadctl.target/v1"

// A told is one line of target.jsonl.gz.
type told struct {
	Monitor string            `json:"monitor"`
	Kind    string            `json:"kind,omitempty"` // of its first line
	EveryS  float64           `json:"every_s,omitempty"`
	T       *float64          `json:"t,omitempty"`      // seconds after the start
	Series  []toldSeries      `json:"series,omitempty"` // those that are new
	Values  map[string]figure `json:"values,omitempty"` // by name
	Failed  string            `json:"failed,omitempty"`
	Profile *toldProfile      `json:"profile,omitempty"`
}

type toldSeries struct {
	Name  string `json:"name"`
	Chart string `json:"chart"`
	Label string `json:"label"`
	Unit  string `json:"unit,omitempty"`
	Main  bool   `json:"main,omitempty"`
	Cap   string `json:"cap,omitempty"`
	AtCap string `json:"at_cap,omitempty"`
}

type toldProfile struct {
	File  string  `json:"file"`
	Kind  string  `json:"kind"`
	Phase string  `json:"phase"`
	TookS float64 `json:"took_s"`
	Bytes int64   `json:"bytes"`
}

// A figure is a number that may be infinite: above the last bound of a histogram.
type figure float64

// MarshalJSON writes "+Inf" where JSON has no number.
func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(f), 1) {
		return []byte(`"+Inf"`), nil
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *figure) UnmarshalJSON(b []byte) error {
	if string(b) == `"+Inf"` {
		*f = figure(math.Inf(1))
		return nil
	}
	var v float64
	err := json.Unmarshal(b, &v)
	*f = figure(v)
	return err
}

func seconds(at stats.Offset) *float64 {
	s := math.Round(at.Seconds()*1e6) / 1e6
	return &s
}

func toldOf(n *stats.MonitorNews) told {
	t := told{Monitor: n.Monitor}
	switch {
	case n.Begun != nil:
		t.Kind, t.EveryS = n.Begun.Kind, n.Begun.Every.Seconds()
	case n.Sample != nil:
		t.T, t.Values = seconds(n.Sample.At), map[string]figure{}
		for _, s := range n.Sample.Series {
			t.Series = append(t.Series, toldSeries(s))
		}
		for name, v := range n.Sample.Values {
			t.Values[name] = figure(v)
		}
	case n.Failed != nil:
		t.T, t.Failed = seconds(n.Failed.At), n.Failed.Why
	case n.Profile != nil:
		p := n.Profile
		t.T, t.Profile = seconds(p.At), &toldProfile{p.File, p.Kind, p.Phase, p.Took.Seconds(), p.Bytes}
	}
	return t
}

func (t *told) news() (*stats.MonitorNews, error) {
	n := &stats.MonitorNews{Monitor: t.Monitor}
	switch {
	case t.Monitor == "":
		return nil, errors.New("no monitor")
	case t.Kind != "":
		n.Begun = &stats.MonitorBegun{Kind: t.Kind, Every: offset(t.EveryS)}
	case t.T == nil:
		return nil, errors.New("no time")
	case t.Failed != "":
		n.Failed = &stats.MonitorFailure{At: offset(*t.T), Why: t.Failed}
	case t.Profile != nil:
		p := t.Profile
		n.Profile = &stats.MonitorProfile{File: p.File, Kind: p.Kind, Phase: p.Phase, At: offset(*t.T), Took: offset(p.TookS), Bytes: p.Bytes}
	default:
		n.Sample = &stats.MonitorSample{At: offset(*t.T), Values: map[string]float64{}}
		for _, s := range t.Series {
			n.Sample.Series = append(n.Sample.Series, stats.MonitorSeries(s))
		}
		for name, v := range t.Values {
			n.Sample.Values[name] = float64(v)
		}
	}
	return n, nil
}

func offset(seconds float64) stats.Offset {
	return stats.Offset(math.Round(seconds * float64(time.Second)))
}

// A side is target.jsonl.gz while it is written. There is none before the first line.
type side struct {
	file *os.File
	zip  *gzip.Writer
}

// monitored records what a monitor told.
func (w *Writer) monitored(n *stats.MonitorNews) {
	if w.err != nil {
		return
	}
	if w.side == nil {
		w.fail(w.openSide())
		if w.side == nil {
			return
		}
	}
	b, err := json.Marshal(toldOf(n))
	if err == nil {
		_, err = w.side.zip.Write(append(b, '\n'))
	}
	w.fail(err)
}

func (w *Writer) openSide() error {
	file, err := os.Create(filepath.Join(w.dir, targetFile))
	if err != nil {
		return err
	}
	w.side = &side{file, zipTo(file)}
	b, err := json.Marshal(schemaLine{TargetSchema, strings.TrimSuffix(filepath.Base(w.dir), partial)})
	if err == nil {
		_, err = w.side.zip.Write(append(b, '\n'))
	}
	return err
}

// flush pushes what was told to disk.
func (s *side) flush() error {
	if s == nil {
		return nil
	}
	return s.zip.Flush()
}

func (s *side) close() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.zip.Close(), s.file.Sync(), s.file.Close())
}

// openTold adds to a run what its monitors told, where there were any.
func openTold(dir string, r *stats.Run, whole bool) error {
	path := filepath.Join(dir, targetFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := readTold(f, r, whole); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func readTold(from io.Reader, r *stats.Run, whole bool) error {
	in, err := openLinesOf(from, TargetSchema)
	if !whole && err != nil && (errors.Is(err, io.EOF) || brokeOff(err)) {
		return nil
	}
	if err != nil {
		return err
	}
	for n := 2; ; n++ {
		b, err := in.next()
		if errors.Is(err, io.EOF) || err != nil && !whole && brokeOff(err) {
			return nil
		}
		var t told
		if err == nil {
			err = json.Unmarshal(b, &t)
		}
		var news *stats.MonitorNews
		if err == nil {
			news, err = t.news()
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		r.Apply(stats.Update{Monitor: news})
	}
}
