package rental

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawLine(t *rapid.T) Line {
	l := Line{
		At:  storyStart.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "at"))),
		Run: storyRun,
		What: rapid.SampledFrom([]Happening{NoteBegin, NoteCreate, NoteCreated, NoteOurs, NoteDelete, NoteDeleted, NoteGone, NoteEnd}).
			Draw(t, "what"),
	}
	switch l.What {
	case NoteBegin:
		l.Expires, l.Blind = storyStart.Add(time.Hour), rapid.Bool().Draw(t, "blind")
	case NoteEnd:
	default:
		n := drawName(t)
		n.Run = storyRun
		l.Kind, l.Label, l.ID = rapid.SampledFrom(kinds()).Draw(t, "kind"), n.Label(), rapid.IntRange(1, 1e9).Draw(t, "id")
	}
	return l
}

// TestAJournalIsReadAsFarAsItWasWritten: cut anywhere, it gives the lines that were whole, and their length.
func TestAJournalIsReadAsFarAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 1, 8).Draw(t, "lines")
		var text []byte
		ends := []int{0}
		for _, l := range lines {
			text = append(text, l.Encode()...)
			ends = append(ends, len(text))
		}
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		n := 0
		for n < len(lines) && ends[n+1] <= cut {
			n++
		}
		got, whole, err := Decode(text[:cut])
		if err != nil || whole != ends[n] || len(got) != n || n > 0 && !reflect.DeepEqual(got, lines[:n]) {
			t.Fatalf("cut at %d: %d lines of %d, %d bytes of %d, %v", cut, len(got), n, whole, ends[n], err)
		}
	})
}

func TestBadLinesAreToldByTheirNumbers(t *testing.T) {
	good := string(Line{At: storyStart, What: NoteBegin, Run: storyRun}.Encode())
	at := `{"at":"2026-01-02T03:00:00Z","run":"abcdefgh",`
	for _, bad := range []string{"", "no JSON", "{}", "[]", `{"at":"2026-01-02T03:00:00Z","what":"begin"}`, at + `"what":"sell"}`, at + `"what":"begin","token":"x"}`,
		at + `"what":"create"}`, at + `"what":"create","kind":"vpc","label":"web1"}`, at + `"what":"create","kind":"vpc","label":"lc-abcdefgi-net001"}`,
		at + `"what":"create","kind":"disk","label":"lc-abcdefgh-net001"}`, at + `"what":"created","kind":"vpc","label":"lc-abcdefgh-net001"}`,
		at + `"what":"gone","kind":"vpc","label":"lc-abcdefgh-net001","id":-4}`, at + `"what":"begin"} {}`, "\x00\x00\x00"} {
		lines, _, err := Decode([]byte(good + bad + "\n" + good + "no\n" + "to"))
		if err == nil || !strings.Contains(err.Error(), "line 2:") || !strings.Contains(err.Error(), "line 4:") || strings.Contains(err.Error(), "line 3:") {
			t.Errorf("%q: %v", bad, err)
		}
		if len(lines) != 2 {
			t.Errorf("%q: %d lines are good", bad, len(lines))
		}
	}
}

func TestAJournalOfTwoRunsProvesNothing(t *testing.T) {
	_, err := Know([]Line{{At: storyStart, What: NoteBegin, Run: storyRun}, {At: storyStart, What: NoteEnd, Run: "othersrn"}})
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Error(err)
	}
	if _, err = New(Config{Run: storyRun, Journal: []Line{{At: storyStart, What: NoteBegin, Run: "othersrn"}}}); err == nil {
		t.Error("the journal of another run is taken")
	}
}

// TestWhatAJournalKnows follows one label through its life, and a second resource of the same.
func TestWhatAJournalKnows(t *testing.T) {
	label := Prefix(storyRun) + "agent001"
	line := func(after int, what Happening, id int) Line {
		return Line{At: storyStart.Add(time.Duration(after) * time.Second), What: what, Run: storyRun, Kind: Instance, Label: label, ID: id}
	}
	k, err := Know([]Line{
		{At: storyStart, What: NoteBegin, Run: storyRun, Expires: storyStart.Add(time.Hour), Blind: true},
		line(1, NoteCreate, 0), line(2, NoteGone, 0), line(3, NoteCreated, 7), line(4, NoteDelete, 8), line(5, NoteDelete, 7), line(6, NoteDeleted, 7), line(7, NoteGone, 7),
	})
	want := Knowledge{Run: storyRun, Expires: storyStart.Add(time.Hour), Blind: storyStart, Records: []Record{
		{Kind: Instance, Label: label, ID: 7, Intended: storyStart.Add(time.Second), Asked: storyStart.Add(time.Second), Made: storyStart.Add(3 * time.Second), Given: true, Deleted: true, Gone: true},
		{Kind: Instance, Label: label, ID: 8, Made: storyStart.Add(4 * time.Second), Given: true},
	}}
	if err != nil || !reflect.DeepEqual(k, want) {
		t.Errorf("%+v, %v", k, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(Line{At: storyStart, What: NoteBegin, Run: storyRun}.Encode()))
	f.Add([]byte("{}\n{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, whole, _ := Decode(text)
		if whole > len(text) || whole > 0 && text[whole-1] != '\n' {
			t.Fatalf("%d of %d bytes are whole", whole, len(text))
		}
		for _, l := range lines {
			if back, _, err := Decode(l.Encode()); err != nil || len(back) != 1 || !back[0].At.Equal(l.At) {
				t.Fatalf("%+v became %+v, %v", l, back, err)
			}
		}
	})
}
