package apply

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestValueInForceThatCannotBeReckonedWithIsRefused: it would cost nothing, and hold every constraint.
func TestValueInForceThatCannotBeReckonedWithIsRefused(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "auto") }))
	defer s.Close()
	for param, want := range map[string]string{
		"values: [2, 4, 8], apply: {env_file: {path: web.env, key: N}}":                                                  `n (x.yaml:4): N in {dir}/web.env is auto, which is no number, as the values to try are: set it to one first, or say current: "auto" where neither`,
		"values: {start: workers, cores: 8}, apply: {env_file: {path: web.env, key: N}}":                                 `N in {dir}/web.env is auto, which is no number, as the values to try are: set it to one first`,
		"values: [2, 4, 8], apply: {target: way}":                                                                        "the target's setting way is auto, which is no number",
		"values: [2, 4, 8], apply: {command: 'true'}, read: {command: 'echo auto'}":                                      "the answer of command: echo auto is auto, which is no number",
		"values: [2, 4, 8], apply: {command: 'true'}, read: {http: {url: '" + s.URL + "'}}":                              "the answer of GET " + s.URL + " is auto, which is no number",
		"values: [small, large], cost: {values: {small: 1, large: 2}}, apply: {env_file: {path: web.env, key: N}}":       `N in {dir}/web.env is auto, which has no cost: say current: "auto", and under cost (line 4) what it costs`,
		"values: [2, 4, 8], current: auto, apply: {env_file: {path: web.env, key: N}}":                                   "",
		"values: [small, large], apply: {env_file: {path: web.env, key: N}}":                                             "",
		"values: [small, large], current: auto, cost: {values: {small: 1, large: 2, auto: 3}}, apply: {command: 'true'}": "",
	} {
		r := newRoom(t, "scenario: a.yaml\n\nparams:\n  - {name: n, "+param+"}\n", func(c *Config) {
			c.Target = &target{knobs: map[string]string{"way": "auto"}}
		})
		r.write("web.env", "N=auto\n", 0o600)
		_, err := r.Incumbent(t.Context())
		if want = strings.ReplaceAll(want, "{dir}", filepath.Clean(r.dir)); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s:\n%v", param, err)
		}
		r.journalIs(false)
	}
}
