package scenarios

import (
	"strings"
	"testing"
)

// TestRequestBytes: the mean by shares of users, weights of tasks and steps, with bodies that are streamed.
func TestRequestBytes(t *testing.T) {
	file := func(users, phases string) string {
		return "version: 1\nname: t\ntarget: {base_url: \"http://127.0.0.1:8080\"}\nusers: {" + users + "}\nphases: [" + phases + "]\n"
	}
	const phase = "{name: p, executor: constant-arrival-rate, user: u, rate: 10/s, max_vus: 40, duration: 5s}"
	size := func(text string) int {
		t.Helper()
		s, err := Parse("t.yaml", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.RequestBytes()
	}
	short := size(file("u: {tasks: {a: {steps: [{get: /a}]}}}", phase))
	if short < 40 || short > 200 {
		t.Fatalf("a short request has %d bytes", short)
	}
	body := strings.Repeat("x", 1000)
	long := size(file("u: {tasks: {a: {steps: [{post: /a, body: "+body+"}]}}}", phase))
	if long < short+1000 || long > short+1100 {
		t.Errorf("with a body of 1,000 bytes %d, without %d", long, short)
	}
	weighed := size(file("u: {tasks: {a: {weight: 3, steps: [{get: /a}]}, b: {steps: [{post: /a, body: "+body+"}]}}}", phase))
	if want := (3*short + long) / 4; weighed < want-1 || weighed > want+1 {
		t.Errorf("three short and one long: %d, want %d", weighed, want)
	}
	stream := size(file("u: {tasks: {a: {steps: [{post: /a, body_size: 3000}]}}}", phase))
	if stream < short+3000 || stream > short+3120 {
		t.Errorf("with a streamed body of 3,000 bytes %d", stream)
	}
	if got := size(file("u: {tasks: {a: {steps: [{get: /a}]}}}", "{name: h, executor: held-connections, user: u, connections: 5, hold: 5s}")); got != 0 {
		t.Errorf("nothing is asked, and a request has %d bytes", got)
	}
}
