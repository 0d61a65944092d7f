package saturation

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

func loaded(load float64, parts ...string) Loaded {
	l := Loaded{Load: load, Told: trial.Told{Validity: "valid"}}
	for i, p := range parts {
		l.Saturated = append(l.Saturated, trial.Saturated{Part: p, What: p + ": 8 of 8 busy", From: time.Duration(i+2) * time.Second})
	}
	return l
}

func TestWhatIsAtItsBoundAboveTheCapacityAlone(t *testing.T) {
	invalid := loaded(5000, Generator)
	invalid.Validity = "invalid"
	a := Across([]Loaded{
		loaded(100), loaded(400, Memory), loaded(650, Memory), loaded(690, Memory, Pool), // below, and one where it varies
		loaded(735, Memory, Pool), loaded(745), // of no side
		loaded(800, Pool, Workers, Memory), loaded(1600, Pool, Workers, Memory, CPU), loaded(900, Pool, Memory), invalid,
	}, 720, 760)
	if a.Above != 3 || a.Below != 4 || len(a.Limits) != 2 || a.Limits[0].Part != Pool || a.Limits[0].Firsts != 3 || a.Limits[0].Below != 1 || a.Limits[1].Part != Workers {
		t.Fatalf("%+v", a)
	}
	if len(a.Always) != 1 || a.Always[0].Part != Memory {
		t.Errorf("%+v", a.Always)
	}
	const want = "pool: at its bound in 3 of the 3 trials above the capacity, and in 1 of the 4 trials below (8 of 8 busy, from 2 s on); then workers, in 2; " +
		"memory at the bound below it too, which is not what the capacity comes from alone"
	if a.Text != want {
		t.Errorf("%s\nwant\n%s", a.Text, want)
	}
}

func TestWhatCannotBeSaid(t *testing.T) {
	for want, a := range map[string]Answer{
		"no trial was above":       Across([]Loaded{loaded(100, Pool), loaded(200, Pool)}, 200, 0),
		"nothing that is watched":  Across([]Loaded{loaded(100), loaded(200), loaded(300, CPU)}, 120, 150),
		"above the capacity alone": Across([]Loaded{loaded(100, CPU), loaded(200, CPU)}, 120, 150),
		"in the 1 trial above":     Across([]Loaded{loaded(100), loaded(200)}, 120, 150),
		"pool: at its bound in 2":  Across([]Loaded{loaded(10, Pool), loaded(20, Pool)}, 0, 0),
		"workers: at its bound":    Across([]Loaded{{Load: 10, Told: trial.Told{Broken: "no"}}, loaded(300, Workers)}, 120, 150),
	} {
		if !strings.Contains(a.Text, want) {
			t.Errorf("%q: %q", want, a.Text)
		}
	}
}
