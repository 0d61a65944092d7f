package study

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// A ladder asks for n trials at rising rates and adds up what it is told.
type ladder struct {
	n, at int
	sum   uint64
}

func (l *ladder) Next() (trial.Ask, bool) {
	return trial.Ask{Number: l.at + 1, Load: trial.Load{Rate: float64(l.at + 1)}}, l.at < l.n
}

func (l *ladder) Tell(t trial.Told) { l.at, l.sum = l.at+1, l.sum*3+t.Requests }

func rates(_ context.Context, a trial.Ask) (trial.Told, error) {
	return trial.Told{Requests: uint64(a.Rate)}, nil
}

// TestAStudyThatWasKilledGoesOn after any trial, with half a line on disk, to the same result.
func TestAStudyThatWasKilledGoesOn(t *testing.T) {
	whole := &ladder{n: 6}
	s, err := Create(t.TempDir(), Head{ID: "x", Kind: "capacity"})
	if err != nil || s.Drive(t.Context(), whole, rates, nil) != nil {
		t.Fatal(err)
	}
	for dies := range 6 {
		s, err := Create(t.TempDir(), Head{ID: "x", Kind: "capacity"})
		if err != nil {
			t.Fatal(err)
		}
		stop := errors.New("killed")
		err = s.Drive(t.Context(), &ladder{n: 6}, func(ctx context.Context, a trial.Ask) (trial.Told, error) {
			if a.Number > dies {
				return trial.Told{}, stop
			}
			return rates(ctx, a)
		}, nil)
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		s.Close() // as a kill does
		f, _ := os.OpenFile(filepath.Join(s.Dir(), trialsFile), os.O_APPEND|os.O_WRONLY, 0)
		_, _ = f.WriteString(`{"ask":{"number":`)
		f.Close()
		again, err := Open(s.Dir())
		if err != nil || again.Head.Kind != "capacity" || len(again.Lines()) != dies {
			t.Fatalf("%v, %+v", err, again)
		}
		got := &ladder{n: 6}
		if err := again.Drive(t.Context(), got, rates, nil); err != nil || got.sum != whole.sum {
			t.Errorf("killed after %d: %v, %d instead of %d", dies, err, got.sum, whole.sum)
		}
	}
}

// TestAnotherSearchIsRefused rather than told what it did not ask for.
func TestAnotherSearchIsRefused(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil || s.Drive(t.Context(), &ladder{n: 2}, rates, nil) != nil {
		t.Fatal(err)
	}
	if err := s.Replay(&ladder{n: 9, at: 4}); err == nil || !strings.Contains(err.Error(), "trials.ndjson: trial 1 was") {
		t.Error(err)
	}
}

func TestResultsAreReadBack(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]int
	if err := s.ReadResult(&got); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := s.Result(map[string]int{"a": 1}); err != nil || s.ReadResult(&got) != nil || got["a"] != 1 {
		t.Error(err, got)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty directory is a study")
	}
}

// TestTrialsAreSetAside that a search with other options would not have made; those before them are
// kept, and what was found with them is no more.
func TestTrialsAreSetAside(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil || s.Drive(t.Context(), &ladder{n: 5}, rates, nil) != nil || s.Close() != nil || s.Result(1) != nil {
		t.Fatal(err)
	}
	s, err = Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Fits(&ladder{n: 3}); n != 3 {
		t.Errorf("%d fit a search that is over after 3", n)
	}
	if n := s.Fits(&ladder{n: 9, at: 4}); n != 0 {
		t.Errorf("%d fit another search", n)
	}
	if err := errors.Join(s.Keep(3, []byte(`{"budget":9}`)), s.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.Dir())
	if err != nil || len(again.Lines()) != 3 || !strings.Contains(string(again.Head.Options), "9") {
		t.Errorf("%v, %+v", err, again)
	}
	aside, err := os.ReadFile(filepath.Join(s.Dir(), asideFile))
	if err != nil || strings.Count(string(aside), "\n") != 2 || !errors.Is(again.ReadResult(new(int)), os.ErrNotExist) {
		t.Errorf("%v\n%s", err, aside)
	}
	whole := &ladder{n: 5}
	if err := again.Drive(t.Context(), whole, rates, nil); err != nil || whole.at != 5 || len(again.Lines()) != 5 {
		t.Errorf("%v, %+v", err, whole)
	}
}

// TestTwoCannotGoOnWithOneStudy: both would load the target, and each would clear away what the other makes.
func TestTwoCannotGoOnWithOneStudy(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	never := func(context.Context, trial.Ask) (trial.Told, error) {
		t.Error("a trial is made")
		return trial.Told{}, nil
	}
	if err := again.Drive(t.Context(), &ladder{n: 2}, never, nil); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if err := again.Keep(0, nil); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if err := errors.Join(s.Drive(t.Context(), &ladder{n: 2}, rates, nil), s.Close()); err != nil {
		t.Fatal(err)
	}
	after := &ladder{n: 3}
	if err := again.Drive(t.Context(), after, rates, nil); err != nil || after.at != 3 || len(again.Lines()) != 3 {
		t.Errorf("%v, %+v, %d lines: what the other found is not known", err, after, len(again.Lines()))
	}
}

// TestReadingAStudyChangesNothing: it may be under way, or lie where nobody may write.
func TestReadingAStudyChangesNothing(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil || s.Drive(t.Context(), &ladder{n: 2}, rates, nil) != nil || s.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir(), trialsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := append(text, `{"ask":{"num`...)
	if err := os.WriteFile(path, half, 0o444); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.Dir())
	if err != nil || len(again.Lines()) != 2 {
		t.Fatalf("%v, %+v", err, again)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(half) {
		t.Errorf("%v: %d bytes were %d", err, len(now), len(half))
	}
}

// TestASearchThatEndsBeforeItsTrialsIsRefused: it is another one, and said nothing of it.
func TestASearchThatEndsBeforeItsTrialsIsRefused(t *testing.T) {
	s, err := Create(t.TempDir(), Head{ID: "x"})
	if err != nil || s.Drive(t.Context(), &ladder{n: 4}, rates, nil) != nil {
		t.Fatal(err)
	}
	if err := s.Replay(&ladder{n: 2}); err == nil || !strings.Contains(err.Error(), "trial 3 was") {
		t.Error(err)
	}
}
