package main

import "testing"

func TestAFileIsWhatItsKeysSay(t *testing.T) {
	for text, want := range map[string]string{
		"version: 1\nusers: {}\n":                      "",
		"version: 1\nphases: []\nparams: []\n":         "",
		"version: 1\nscenario: a.yaml\nparams:\n - {}": tuningKind,
		"start: [a]\nurl: http://127.0.0.1:1\n":        sideKind,
		"start: [a]\n":                                 "",
		"":                                             "",
		"x:\n  params: 1\n":                            "",
	} {
		if got := otherKind([]byte(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
