package scenarios

import (
	"maps"
	"testing"
)

// TestVariablesFromTheEnvironment: exactly by name, else by a name that differs in
// case alone, and never by the name of another variable.
func TestVariablesFromTheEnvironment(t *testing.T) {
	type vars = map[string]string
	for name, c := range map[string]struct {
		file   string
		env, e vars
		want   vars
	}{
		"in capitals":          {file: "{rate: 5}", env: vars{"RATE": "20"}, want: vars{"rate": "20"}},
		"of capitals":          {file: "{maxRate: 5}", env: vars{"MAXRATE": "20"}, want: vars{"maxRate": "20"}},
		"exactly":              {file: "{maxRate: 5}", env: vars{"maxRate": "20"}, want: vars{"maxRate": "20"}},
		"exactly comes first":  {file: "{rate: 5}", env: vars{"RATE": "20", "rate": "30", "Rate": "40"}, want: vars{"rate": "30"}},
		"one of several cases": {file: "{rate: 5}", env: vars{"Rate": "40", "RATE": "20", "raTe": "50"}, want: vars{"rate": "20"}},
		"that is another's":    {file: "{rate: 5, RATE: 6}", env: vars{"RATE": "20"}, want: vars{"rate": "5", "RATE": "20"}},
		"of two":               {file: "{rate: 5, Rate: 6}", env: vars{"RATE": "20"}, want: vars{"rate": "20", "Rate": "20"}},
		"the file lacks":       {file: "{rate: 5}", env: vars{"RATES": "20", "": "1"}, want: vars{"rate": "5"}},
		"flags rule":           {file: "{rate: 5}", env: vars{"rate": "20"}, e: vars{"rate": "7"}, want: vars{"rate": "7"}},
		"empty":                {file: "{rate: 5}", env: vars{"RATE": ""}, want: vars{"rate": ""}},
		"is used below":        {file: "{n: 5, m: '${vars.n}0'}", env: vars{"N": "2"}, want: vars{"n": "2", "m": "20"}},
	} {
		t.Run(name, func(t *testing.T) {
			src := "version: 1\nvars: " + c.file + "\ntarget: {base_url: 'http://127.0.0.1:1'}\nusers: {u: {tasks: {t: {steps: [{get: /}]}}}}\n" +
				"phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]\n"
			s, err := Parse("t.yaml", []byte(src), Options{Vars: c.e, Env: c.env})
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(s.Vars, c.want) {
				t.Errorf("got %v, want %v", s.Vars, c.want)
			}
			again, err := Parse("t.yaml", []byte(src), Options{Vars: s.Vars})
			if err != nil || !maps.Equal(again.Vars, s.Vars) {
				t.Errorf("parsed again with what came of it: %v, %v", again, err)
			}
		})
	}
}
