package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const shop = `
version: 1
name: shop
target: {base_url: "https://shop.example:8443/v1", tls: {skip_verify: true}}
http: {timeout: 4s, headers: {X-Key: abc}}
users:
  reader:
    wait_time: {constant: 2s}
    tasks:
      item:
        steps:
          - {get: "/items/${rand.int(1, 9)}", check: [{json: $.id}], expect: {status: [418]}}
          - think: {constant: 3s}
          - {post: /cart, body: "hello"}
  buyer:
    network: {write_rate: 100B/s}
    tasks: {buy: {steps: [{put: /order, body_size: 64KiB, expect_continue: true}]}}
phases:
  - {name: warm, executor: constant-arrival-rate, user: reader, rate: 500/s, duration: 5s, record: false}
  - name: browse
    executor: constant-arrival-rate
    user: reader
    rate: 300/s
    arrivals: uniform
    duration: 60s
    max_vus: 3
    pool: {reuse: none, max: 2, connect_rate: 5/s}
  - {name: order, executor: ramping-arrival-rate, user: buyer, stages: [{target: 200/s, duration: 60s}], start: {with: browse}}
thresholds:
  response_time{phase:browse}: [{threshold: p(99)<40ms, abort_on_fail: true}]
  tls_time: [p(99)<1s]
  failed: [rate<1%]
`

func trial(t *testing.T, text string, o Trial) *Scenario {
	t.Helper()
	s, err := Parse("shop.yaml", []byte(text), Options{Trial: &o})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestATrialSendsTheSameRequests, as bare as can be, to another target.
func TestATrialSendsTheSameRequests(t *testing.T) {
	s := trial(t, shop, Trial{BaseURL: "http://127.0.0.1:9", Rate: 800, MaxVUs: 50, Warm: time.Second, Length: 2 * time.Second})
	if s.Target.BaseURL != "http://127.0.0.1:9" || s.Target.TLS != nil || s.HTTP.Timeout != 4*time.Second {
		t.Errorf("target %+v, time-out %v", s.Target, s.HTTP.Timeout)
	}
	if got := s.PlannedDuration(); got != 3*time.Second {
		t.Errorf("lasts %v", got)
	}
	browse, order := s.Phases[2], s.Phases[3]
	// 300 iterations of two requests beside 200 of one: three quarters of all requests.
	if len(s.Phases) != 4 || browse.Profile.Peak() != 300 || order.Profile.Peak() != 200 || !browse.Record || s.Phases[0].Record {
		t.Errorf("phases %+v", s.Phases)
	}
	if browse.Pool != (Pool{Reuse: ReuseNone}) || browse.MaxVUs != 50 || browse.Arrivals.String() != "uniform" {
		t.Errorf("browse %+v", browse)
	}
	first := &s.Users[browse.User].Tasks[0].Steps[0]
	if len(first.Checks) > 0 || first.NeedBody || !inRanges(first.Expect, 200) || inRanges(first.Expect, 418) {
		t.Errorf("expects %v, checks %v", first.Expect, first.Checks)
	}
	for u := range s.Users {
		for i, step := range s.Users[u].Tasks[0].Steps {
			if step.Think.Kind != NoWait || s.Users[u].Wait.Kind != NoWait || step.Network != (Network{}) {
				t.Errorf("user %d waits at step %d: %+v", u, i, step)
			}
		}
	}
	buy := &s.Users[order.User].Tasks[0].Steps[0]
	if buy.Extra.Upload.Size != 64<<10 || buy.Extra.Await == 0 {
		t.Errorf("upload %+v", buy.Extra)
	}
}

// TestATrialIsJudgedAsTheRun: how late the generator may be follows from the limits of
// times, and nothing else of them is left.
func TestATrialIsJudgedAsTheRun(t *testing.T) {
	s := trial(t, shop, Trial{BaseURL: "http://127.0.0.1:9", Rate: 800, Length: time.Second})
	if got := s.SmallestResponseLimit(); got != 40*time.Millisecond {
		t.Errorf("smallest limit %v", got)
	}
	for _, l := range s.Thresholds {
		if l.AbortOnFail || l.Tags.Phase != "" {
			t.Errorf("%+v", l)
		}
	}
}

// TestAClosedTrial has users who ask as soon as they are answered.
func TestAClosedTrial(t *testing.T) {
	s := trial(t, shop, Trial{BaseURL: "http://127.0.0.1:9", Users: 60, Length: time.Second})
	reader, buyer := s.Phases[0], s.Phases[1]
	if reader.Executor != ConstantVUs || reader.Profile.Peak() != 30 || buyer.Profile.Peak() != 30 {
		t.Errorf("%+v", s.Phases)
	}
}

// TestATrialOfHeartbeats sends the step that beats, and no other, and may be as late as
// the file's load.
func TestATrialOfHeartbeats(t *testing.T) {
	const text = `
version: 1
name: held
target: {bundled: true}
users: {client: {tasks: {beat: {steps: [{get: /beat}]}, rest: {steps: [{get: /never}]}}}}
phases:
  - {name: hold, executor: held-connections, user: client, connections: 600, hold: 60s, heartbeat: {task: beat, every: 6s}}
`
	s := trial(t, text, Trial{BaseURL: "http://127.0.0.1:9", Rate: 100, Length: time.Second})
	if p := s.Phases[0]; len(s.Layout.Cells) != 1 || s.Layout.Cells[0].Name != "/beat" || p.Profile.Peak() != 100 || s.Target.Bundled || s.Beat() != 6*time.Second {
		t.Errorf("%+v %+v", s.Layout.Cells, s.Phases)
	}
}

// TestATrialNeedsRequests: a file that only holds connections has none.
func TestATrialNeedsRequests(t *testing.T) {
	if s, _ := Parse("idle.yaml", []byte(idle), Options{}); s.Asks() {
		t.Error("nothing is asked, and a trial is to be made of it")
	}
	if s, _ := Parse("shop.yaml", []byte(shop), Options{}); !s.Asks() {
		t.Error("a shop asks")
	}
}

const idle = `
version: 1
name: idle
target: {bundled: true}
users: {client: {tasks: {beat: {steps: [{get: /beat}]}}}}
phases: [{name: hold, executor: held-connections, connections: 10, hold: 1s}]
`

// TestRequestsAreKnownAgain whatever the load is, and not when they are others.
func TestRequestsAreKnownAgain(t *testing.T) {
	key := func(from, to string) string {
		if !strings.Contains(shop, from) {
			t.Fatalf("no %s", from)
		}
		s, err := Parse("shop.yaml", []byte(strings.ReplaceAll(shop, from, to)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.RequestsKey()
	}
	same := key("shop", "shop")
	for from, to := range map[string]string{
		"duration: 60s": "duration: 90s", "rate: 300/s": "rate: 301/s", "p(99)<40ms": "p(99)<41ms", "constant: 3s": "constant: 1s", "abc": "xyz", "max_vus: 3": "max_vus: 4",
	} {
		if key(from, to) != same && !strings.HasPrefix(from, "rate") {
			t.Errorf("%s: other requests", to)
		}
	}
	for from, to := range map[string]string{
		"hello": "hello world", "/cart": "/basket", "64KiB": "65KiB", "reuse: none": "reuse: user", "put:": "post:", "abc": "abcd", "rate: 300/s": "rate: 30/s",
	} {
		if key(from, to) == same {
			t.Errorf("%s: the same requests", to)
		}
	}
}

// TestUntried names what a trial leaves out though it costs time.
func TestUntried(t *testing.T) {
	for text, want := range map[string]string{shop: "[TLS checks]", idle: "[]"} {
		s, err := Parse("x.yaml", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(s.Untried()); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestLimitsAreToTheNanosecond: 1.001 s was 1.000999999 s, so that what was counted as
// slower than the limit was not.
func TestLimitsAreToTheNanosecond(t *testing.T) {
	for _, limit := range []time.Duration{150 * time.Millisecond, 1001 * time.Millisecond, 1003 * time.Millisecond} {
		s, err := Parse("x.yaml", []byte(minimal("{get: /}")+"thresholds: {response_time: [p(99)<"+limit.String()+"]}\n"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Layout.Limits; len(got) != 1 || got[0] != limit {
			t.Errorf("%s: %v", limit, got)
		}
	}
}
