package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestEmptyTokenSaysHowToGiveIt: what docs/http.md shows was sent as it stood there.
func TestEmptyTokenSaysHowToGiveIt(t *testing.T) {
	file := `vars: {token: ""}
target: {bundled: true}
http: {auth: {bearer: %s}}
users: {u: {tasks: {t: {steps: [{get: /a}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`
	for bearer, want := range map[string]string{
		`"${vars.token}"`: "x.yaml:3:23: bearer: the token is empty (give -e token=… or LOADCTL_VAR_token=…)",
		`""`:              "x.yaml:3:23: bearer: the token is empty",
	} {
		if _, err := Parse("x.yaml", []byte(fmt.Sprintf(file, bearer)), Options{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", bearer, err)
		}
	}
}

// TestNamesOfChecksHoldNoValues: they are in reports, which are shown to others.
func TestNamesOfChecksHoldNoValues(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`vars: {token: hunter2}
target: {bundled: true}
users: {u: {tasks: {t: {steps: [{get: "/a/${vars.token}", check: [
  {header: X-A, contains: "a${vars.token}"}, {header: X-A, equals: "${vars.token}"}, {body: {contains: "${vars.token}"}},
  {json: "$.${vars.token}"}, {json: "$.a", equals: "${vars.token}"}]}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := &s.Users[0].Tasks[0].Steps[0]
	for _, c := range step.Checks {
		if strings.Contains(c.Name, "hunter2") || !strings.Contains(c.Name, "${vars.token}") {
			t.Errorf("check %q", c.Name)
		}
	}
	if step.Name != "/a/${vars.token}" || string(step.Checks[1].Want.Append(nil, &Values{})) != "hunter2" {
		t.Errorf("%q, %q", step.Name, step.Checks[1].Want)
	}
}

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
