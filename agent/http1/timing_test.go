package http1

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// timed reads an answer with these header lines, in one piece.
func timed(t testing.TB, lines ...string) *Parser {
	t.Helper()
	p := new(Parser)
	p.Reset(Options{KeepHead: true})
	text := "HTTP/1.1 200 OK\r\n" + strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
	if _, done, err := p.Feed([]byte(text)); err != nil || !done {
		t.Fatalf("%q: %v", text, err)
	}
	return p
}

func told(all []Timing, whole bool) string {
	text := ""
	for _, t := range all {
		text += fmt.Sprintf("%s %d ", t.Name, t.Took.Nanoseconds())
	}
	if !whole {
		text += "?"
	}
	return strings.TrimSpace(text)
}

func TestTimings(t *testing.T) {
	for header, want := range map[string]string{
		"pool;dur=0.12, upstream;dur=3.41,db;dur=2": "pool 120000 upstream 3410000 db 2000000",
		"":                             "",
		" , ,a;dur=1,":                 "a 1000000",
		"cache":                        "cache 0",
		`cache;desc="a, b; dur=9"`:     "cache 0",
		`a;desc="\"x\", b";dur=1,c`:    "a 1000000 c 0",
		`a ; DUR = "1.5" ; dur=2`:      "a 1500000",
		"a;dur=1e-3, b;dur=2E+2":       "a 1000 b 200000000",
		"a;dur=3600000":                "a 3600000000000",
		"up;dur=3, db;dur=1, up;dur=8": "up 8000000 db 1000000",
		"Up;dur=3, up;dur=8":           "Up 3000000 up 8000000",
		"a;dur, b;dur=1":               "b 1000000 ?",
		"a;dur=-1, b;dur=1":            "b 1000000 ?",
		"a;dur=3600000.1, b":           "b 0 ?",
		"a;dur=NaN, b;dur=Inf":         "?",
		"a;dur=0x1p4, b;dur=1_0":       "?",
		"a;dur=1ms":                    "?",
		"two words;dur=1, b":           "b 0 ?",
		";dur=1":                       "?",
		`a;desc="open, b;dur=2`:        "a 0 ?",
		`a;dur="`:                      "?",
		"a;dur=1.0000001":              "a 1000000",
		"a;dur=." + strings.Repeat("0", 40) + "1": "?",
	} {
		if got := told(timed(t, "server-timing: "+header).Timings(nil)); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	several := timed(t, "Server-Timing: a;dur=1", "X: y", "SERVER-TIMING:b;dur=2", "Server-Timing: a;dur=3")
	if got := told(several.Timings([]Timing{{[]byte("c"), time.Second}})); got != "c 1000000000 a 3000000 b 2000000" {
		t.Errorf("of several lines: %q", got)
	}
	if got := told(timed(t, "X: y").Timings(nil)); got != "" {
		t.Errorf("of none: %q", got)
	}
}

// TestTimingsAreBounded: whatever a target sends, a few of them are read.
func TestTimingsAreBounded(t *testing.T) {
	p := timed(t, "Server-Timing: "+strings.Repeat("a;dur=1,", 5000))
	if all, whole := p.Timings(nil); len(all) != 1 || whole {
		t.Errorf("%d, %t", len(all), whole)
	}
	many := ""
	for i := range 5000 {
		many += fmt.Sprintf("n%d,", i)
	}
	if all, whole := timed(t, "Server-Timing: "+many).Timings(nil); len(all) != maxTimings || whole {
		t.Errorf("%d, %t", len(all), whole)
	}
}

func TestTimingsAllocateNothing(t *testing.T) {
	p := timed(t, `Server-Timing: pool;dur=0.12, upstream;dur=3.41;desc="a, b", db;dur=12.5, cache`)
	var all []Timing
	read := func() { all, _ = p.Timings(all[:0]) }
	read()
	if n := testing.AllocsPerRun(1000, read); n != 0 {
		t.Errorf("%v allocations an answer", n)
	}
}

// FuzzTimings: every time told is one that can be, every name a token that comes once, and
// what was told and written anew is read the same.
func FuzzTimings(f *testing.F) {
	f.Add(`pool;dur=0.12, upstream;dur=3.41;desc="a, \"b", cache`)
	f.Add(`a;desc="`)
	f.Fuzz(func(t *testing.T, header string) {
		p := Parser{head: []byte("HTTP/1.1 200 OK\r\nServer-Timing: " + header + "\r\n")}
		all, _ := p.Timings(nil)
		names, again := map[string]bool{}, []string{}
		for _, one := range all {
			if one.Took < 0 || one.Took > maxTook || !isToken(one.Name) || names[string(one.Name)] {
				t.Fatalf("%q: %s %s", header, one.Name, one.Took)
			}
			names[string(one.Name)] = true
			again = append(again, fmt.Sprintf("%s;dur=%.6f", one.Name, float64(one.Took)/1e6))
		}
		p.head = []byte("HTTP/1.1 200 OK\r\nServer-Timing: " + strings.Join(again, ", ") + "\r\n")
		got, whole := p.Timings(nil)
		if !whole || told(got, true) != told(all, true) {
			t.Fatalf("%q, anew %q", told(all, true), told(got, whole))
		}
	})
}
