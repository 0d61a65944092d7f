package scenarios

import (
	"testing"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// TestPartsAreTheWhole: a request put together from its parts is the frozen one, and
// draws the same values.
func TestPartsAreTheWhole(t *testing.T) {
	for _, step := range []string{
		`get: "/a?${rand.int(1,9999)}"`, `post: /a`, `put: /b, body: plain`, `head: /c, headers: {X: "${rand.uuid}"}`,
		`patch: "/${rand.uuid}", headers: {X: "${rand.int(1,99999)}"}, json: {n: "${rand.int(1,99999)}"}`,
	} {
		s, err := Parse("x.yaml", []byte(`{target: {base_url: "http://h/base"}, http: {cookies: true, auth: {basic: {user: "${vu.id}", password: x}}}, `+
			`users: {u: {tasks: {t: {steps: [{`+step+`}]}}}}, phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]}`), Options{})
		if err != nil {
			t.Fatal(err)
		}
		one := &s.Users[0].Tasks[0].Steps[0]
		for seed := range uint64(20) {
			first, second := arrival.NewRand(seed), arrival.NewRand(seed)
			whole := one.AppendRequest(nil, &Values{Rand: &first})
			v := &Values{Rand: &second}
			parts, path := one.AppendStart(nil, v, nil, false)
			parts = one.AppendEnd(parts, v, false)
			if string(whole) != string(parts) || first != second || path[0] != '/' {
				t.Errorf("%s:\n%q\n%q, path %q", step, whole, parts, path)
			}
		}
	}
}
