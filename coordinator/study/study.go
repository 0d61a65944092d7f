package study

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// Schema is that of study.json.
const Schema = "loadctl.study/v1"

// HeadFile is the file by which a directory is known to be a study.
const HeadFile = "study.json"

const (
	trialsFile = "trials.ndjson"
	asideFile  = "aside.ndjson"
	resultFile = "result.json"
	lockFile   = "lock"
	runsFolder = "trials"
)

// A Head says what a study searches. Whoever resumes it makes the same search of it.
type Head struct {
	Schema   string          `json:"schema"`
	ID       string          `json:"id"`
	Kind     string          `json:"kind"` // capacity, gate, tune
	File     string          `json:"file"` // as it was given
	Source   string          `json:"source"`
	Scenario string          `json:"scenario"`
	Tool     string          `json:"tool"`
	Args     []string        `json:"args"`
	Started  time.Time       `json:"started"`
	Options  json.RawMessage `json:"options,omitempty"` // of the kind: all that the search depends on
	Place    *Place          `json:"place,omitempty"`   // nil = not known
}

// A Line is one trial of the journal.
type Line struct {
	Ask  trial.Ask  `json:"ask"`
	Told trial.Told `json:"told"`
}

// A Trier makes one trial. An error ends the study, and what it was making counts as never begun: an
// interrupt, or what no other trial would mend. All else is told in Told.Broken.
type Trier func(ctx context.Context, a trial.Ask) (trial.Told, error)

// A Study is one search on disk. Its methods belong to one goroutine. Reading one writes nothing; who
// changes it holds it, and nobody else can until Close.
type Study struct {
	Head  Head
	dir   string
	lines []Line
	whole int64    // length of the journal without a last line that was being written
	held  *os.File // the lock; nil = it is only read
	file  *os.File // the journal; nil = nothing was written yet
}

// Create makes root/ID and writes the head.
func Create(root string, h Head) (*Study, error) {
	h.Schema = Schema
	dir := filepath.Join(root, h.ID)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("study %s: %w", dir, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("study %s: %w", dir, err)
	}
	s := &Study{Head: h, dir: dir}
	if err := s.hold(); err != nil {
		return nil, fmt.Errorf("study %s: %w", dir, err)
	}
	return s, s.write(HeadFile, h)
}

// Open reads a study that was begun, and changes nothing: it may be under way. A last line that is being
// written, or was when its process died, is left out.
func Open(dir string) (*Study, error) {
	s := &Study{dir: filepath.Clean(dir)}
	text, err := os.ReadFile(filepath.Join(dir, HeadFile))
	if err != nil {
		return nil, fmt.Errorf("no study of loadctl: %w", err)
	}
	if err := json.Unmarshal(text, &s.Head); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, HeadFile), err)
	}
	if s.Head.Schema != Schema {
		return nil, fmt.Errorf("%s has schema %q, this loadctl reads %s", filepath.Join(dir, HeadFile), s.Head.Schema, Schema)
	}
	return s, s.read()
}

func (s *Study) read() error {
	path := filepath.Join(s.dir, trialsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	lines := bufio.NewScanner(bytes.NewReader(whole))
	lines.Buffer(nil, 16<<20)
	s.lines, s.whole = nil, int64(len(whole))
	for n := 1; lines.Scan(); n++ {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		s.lines = append(s.lines, l)
	}
	return lines.Err()
}

// Dir is the study's directory.
func (s *Study) Dir() string { return s.dir }

// RunsDir is where the run directories of its trials are.
func (s *Study) RunsDir() string { return filepath.Join(s.dir, runsFolder) }

// Lines are the trials that were made.
func (s *Study) Lines() []Line { return s.lines }

// Replay tells a search what was found before. It fails where the search asks for other trials
// than were made, or for no more before their end: it is another search, or of another loadctl.
func (s *Study) Replay(search trial.Search) error {
	for i, l := range s.lines {
		a, ok := search.Next()
		if !ok {
			return fmt.Errorf("%s: trial %d was %s, and the search would be over before it now: the file, the flags or loadctl are not those it was begun with",
				filepath.Join(s.dir, trialsFile), i+1, short(l.Ask))
		}
		if !same(a, l.Ask) {
			return fmt.Errorf("%s: trial %d was %s, and would be %s now: the file, the flags or loadctl are not those it was begun with",
				filepath.Join(s.dir, trialsFile), i+1, short(l.Ask), short(a))
		}
		search.Tell(l.Told)
	}
	return nil
}

// Fits is how many of the trials that were made a new search would have made too, in their order. It is
// told of them.
func (s *Study) Fits(search trial.Search) int {
	for i, l := range s.lines {
		a, ok := search.Next()
		if !ok || !same(a, l.Ask) {
			return i
		}
		search.Tell(l.Told)
	}
	return len(s.lines)
}

// Keep has the study go on from its first n trials with other options. The others are put into
// aside.ndjson, as they are no longer what the search would have asked for, and so is no result.
func (s *Study) Keep(n int, options json.RawMessage) error {
	if err := s.Hold(); err != nil {
		return err
	}
	kept, aside := &bytes.Buffer{}, &bytes.Buffer{}
	for i, l := range s.lines {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		to := kept
		if i >= n {
			to = aside
		}
		to.Write(append(b, '\n'))
	}
	if err := s.setAside(aside.Bytes()); err != nil {
		return fmt.Errorf("study %s: %w", s.dir, err)
	}
	s.lines, s.whole, s.Head.Options = s.lines[:n], int64(kept.Len()), options
	return errors.Join(s.File(trialsFile, kept.Bytes()), s.write(HeadFile, s.Head))
}

func (s *Study) setAside(lines []byte) error {
	if err := os.Remove(filepath.Join(s.dir, resultFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, asideFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(lines)
	return errors.Join(err, f.Close())
}

func same(a, b trial.Ask) bool { return bytes.Equal(encoded(a), encoded(b)) }

func encoded(a trial.Ask) []byte { b, _ := json.Marshal(a); return b }

func short(a trial.Ask) string { return strings.TrimSpace(string(encoded(a))) }

// Drive replays what was found before, and goes on until the search is over or try fails. show, if
// any, is told of each trial before and after it was made; told is nil before.
// ErrBusy where another loadctl does so.
func (s *Study) Drive(ctx context.Context, search trial.Search, try Trier, show func(trial.Ask, *trial.Told)) error {
	if err := s.Hold(); err != nil {
		return err
	}
	if err := s.Replay(search); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return fmt.Errorf("study %s: %w", s.dir, err)
	}
	for {
		a, ok := search.Next()
		if !ok {
			return nil
		}
		if err := s.step(ctx, search, a, try, show); err != nil {
			return err
		}
	}
}

func (s *Study) step(ctx context.Context, search trial.Search, a trial.Ask, try Trier, show func(trial.Ask, *trial.Told)) error {
	if show != nil {
		show(a, nil)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	told, err := try(ctx, a)
	if err != nil {
		return err
	}
	if err := s.keep(Line{a, told}); err != nil {
		return fmt.Errorf("study %s: trial %d: %w", s.dir, a.Number, err)
	}
	search.Tell(told)
	if show != nil {
		show(a, &told)
	}
	return nil
}

// keep appends a line, and has it on disk before the search hears of it.
func (s *Study) keep(l Line) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err = s.file.Write(append(b, '\n')); err != nil {
		return err
	}
	s.lines, s.whole = append(s.lines, l), s.whole+int64(len(b))+1
	return s.file.Sync()
}

// Result writes what was found.
func (s *Study) Result(result any) error { return s.write(resultFile, result) }

// ReadResult reads what was found; os.ErrNotExist where it is not over.
func (s *Study) ReadResult(to any) error {
	text, err := os.ReadFile(filepath.Join(s.dir, resultFile))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// File writes a file of a study, such as its report, as a whole.
func (s *Study) File(name string, content []byte) error {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *Study) write(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("study %s: %s: %w", s.dir, name, err)
	}
	return s.File(name, append(b, '\n'))
}
