package scenarios

import (
	"fmt"
	"testing"
)

const timedText = `
target: {base_url: "http://h"}
http: {server_timing: %s}
users:
  u:
    tasks:
      t:
        steps:
          - get: /of-the-file
          - {get: /none, server_timing: false}
          - {get: /some, server_timing: [db, total]}
          - {get: /all, server_timing: true}
phases:
  - {name: warm, executor: constant-vus, vus: 1, duration: 1s, record: false}
  - {name: load, executor: constant-vus, vus: 1, duration: 1s}
`

// TestServerTiming: a step's own goes before the file's, which goes before the command
// line's; only recorded rows are timed.
func TestServerTiming(t *testing.T) {
	for _, c := range []struct {
		file string
		asks bool
		want bool
	}{{"true", false, true}, {"false", false, false}, {"false", true, false}, {"", true, true}, {"", false, false}, {"[a]", false, true}} {
		s, err := Parse("x.yaml", fmt.Appendf(nil, timedText, c.file), Options{ServerTiming: c.asks})
		if err != nil {
			t.Fatal(err)
		}
		timed := map[string]bool{}
		for _, cell := range s.Layout.Cells {
			if cell.Timed && !cell.Recorded {
				t.Errorf("%s is timed and not recorded", cell.Name)
			}
			timed[cell.Name] = cell.Timed
		}
		if timed["/of-the-file"] != c.want || timed["/none"] || !timed["/some"] || !timed["/all"] || s.AsksTiming != c.asks {
			t.Errorf("%q, %t: %v", c.file, c.asks, timed)
		}
	}
}

// TestWantedParts: the whole time is no part of itself, unless it is asked for by name.
func TestWantedParts(t *testing.T) {
	all, some := &Timing{}, &Timing{Names: []string{"db", "total"}}
	for name, want := range map[string][2]bool{"db": {true, true}, "total": {false, true}, "Total": {false, false}, "cache": {true, false}} {
		if got := [2]bool{all.Wants([]byte(name)), some.Wants([]byte(name))}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	name := []byte("total")
	if n := testing.AllocsPerRun(100, func() { all.Wants(name); some.Wants(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
