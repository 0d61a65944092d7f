package scenarios

import (
	"slices"
	"testing"
)

// TestSecrets are the variables that authorize requests, and what they are made of.
func TestSecrets(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`
vars: {name: a, word: b, salt: c, key: "${vars.salt}-${vars.word}", low: "1", free: d, id: e, session: f}
target: {bundled: true}
http: {headers: {X-Free: "${vars.free}", Cookie: "s=${vars.session}"}}
users: {u: {tasks: {t: {steps: [
  {get: /a, auth: {bearer: "${vars.key}"}},
  {get: "/${vars.free}", headers: {authorization: "x ${vars.id}"}}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`), Options{Vars: map[string]string{"salt": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.Secrets)
	if want := []string{"id", "key", "salt", "session", "word"}; !slices.Equal(s.Secrets, want) {
		t.Errorf("secrets %q, want %q", s.Secrets, want)
	}
}
