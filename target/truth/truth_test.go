package truth

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

const ms = time.Millisecond

// started serves a queue on a free port until the test ends.
func started(t *testing.T, cfg Config) (*Server, string) {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln.(*net.TCPListener)) }()
	t.Cleanup(func() {
		ln.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s, ln.Addr().String()
}

func constant(mean time.Duration, servers int) Config {
	return Config{Queue: queue.Settings{Law: queue.Law{Kind: queue.Const, Mean: mean}, Servers: servers}}
}

// A client is one connection.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, addr string) client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return client{t, c, bufio.NewReader(c)}
}

// A reply is an answer with what its headers say, and the client's clock around it.
type reply struct {
	*http.Response
	body                string
	arrived, took, late int64 // µs
	before, after       int64
}

func (r reply) left() int64 { return r.arrived + r.took }

func (c client) ask(request string) reply {
	c.t.Helper()
	before := time.Now().UnixMicro()
	if _, err := io.WriteString(c, request); err != nil {
		c.t.Error(err)
		return reply{Response: &http.Response{}}
	}
	r := c.read("GET")
	r.before = before
	return r
}

func (c client) read(method string) reply {
	c.t.Helper()
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Error(err)
		return reply{Response: &http.Response{}}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Error(err)
	}
	micros := func(name string) int64 {
		n, _ := strconv.ParseInt(resp.Header.Get(name), 10, 64)
		return n
	}
	return reply{Response: resp, body: string(body), after: time.Now().UnixMicro(),
		arrived: micros(ArrivedHeader), took: micros(TrueHeader), late: micros(LateHeader)}
}

const get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

func post(form string) string {
	return fmt.Sprintf("POST /-/queue HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
}

// slack is for clocks: the server's does not follow the wall clock's corrections.
const slack = 5000

// TestEveryAnswerTellsItsTruth: what headers say fits what the client saw, and all of
// them together are the one queue that was asked for.
func TestEveryAnswerTellsItsTruth(t *testing.T) {
	s, addr := started(t, constant(2*ms, 1))
	var mu sync.Mutex
	var all []reply
	var clients sync.WaitGroup
	for range 6 {
		c := dial(t, addr)
		clients.Go(func() {
			for range 25 {
				r := c.ask(get)
				mu.Lock()
				all = append(all, r)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	plausible(t, all)
	// One server: answers leave in the order of service, each a service after the one
	// before it, or after its arrival.
	slices.SortFunc(all, func(a, b reply) int { return int(a.left() - b.left()) })
	for i, r := range all {
		begun := r.arrived
		if i > 0 {
			begun = max(begun, all[i-1].left())
		}
		if d := r.left() - begun - 2000; d < -3 || d > 3 {
			t.Errorf("answer %d left %d µs from where the queue has it", i, d)
		}
	}
	if st := s.Stats(); st.Arrived != 150 || st.Served != 150 || st.Requests != 150 || st.Inside != 0 ||
		st.Late.Count != 150 || st.Responses["2xx"] != 150 || st.Accepted != 6 {
		t.Errorf("%+v", st)
	}
}

func plausible(t *testing.T, all []reply) {
	t.Helper()
	for _, r := range all {
		if r.StatusCode != 200 || r.took < 2000 || r.late < 0 {
			t.Errorf("%d, true %d µs, late %d µs", r.StatusCode, r.took, r.late)
		}
		if r.arrived < r.before-slack || r.left()+r.late > r.after+slack {
			t.Errorf("asked at %d, arrived %d, left %d, %d late, answered %d", r.before, r.arrived, r.left(), r.late, r.after)
		}
	}
}

// TestTheQueueChangesLive: full, failing, frozen, swallowing, and back.
func TestTheQueueChangesLive(t *testing.T) {
	s, addr := started(t, constant(ms, 1))
	c, admin := dial(t, addr), dial(t, addr)
	change := func(form string) Stats {
		t.Helper()
		var st Stats
		r := admin.ask(post(form))
		if err := json.Unmarshal([]byte(r.body), &st); err != nil || r.StatusCode != 200 {
			t.Fatalf("%s: %d %s", form, r.StatusCode, r.body)
		}
		return st
	}
	if st := change("error-rate=1&servers=2&service=h2&cv=3&mean=2ms&slow=1.5&seed=9&capacity=40"); st.Settings !=
		(Settings{Service: "h2", Mean: "2ms", CV: 3, Servers: 2, Capacity: 40, Slow: 1.5, ErrorRate: 1, Seed: 9}) {
		t.Errorf("%+v", st.Settings)
	}
	if r := c.ask(get); r.StatusCode != 500 || r.took == 0 {
		t.Errorf("%d after %d µs", r.StatusCode, r.took)
	}
	change("error-rate=0&service=const&mean=1ms&slow=1")
	began := time.Now().UnixMicro()
	if st := change("freeze-for=300ms"); !st.Frozen && time.Now().UnixMicro() < began+300_000 {
		t.Error("it is not frozen")
	}
	if r := c.ask(get); r.left() < began+300_000 {
		t.Errorf("an answer left %d µs before the freeze ended", began+300_000-r.left())
	}
	swallows(t, s, c, change)
	if st := s.Stats(); st.Arrived != 3 || st.Swallowed != 1 || st.Failed != 1 || st.Served != 1 {
		t.Errorf("%+v", st)
	}
}

func swallows(t *testing.T, s *Server, c client, change func(string) Stats) {
	t.Helper()
	change("black-hole=true")
	io.WriteString(c, get)
	for end := time.Now().Add(10 * time.Second); s.Stats().Swallowed == 0 && time.Now().Before(end); {
		time.Sleep(ms)
	}
	change("black-hole=false")
	c.SetReadDeadline(time.Now().Add(20 * ms))
	if b, err := c.in.ReadByte(); err == nil {
		t.Errorf("the black hole answered %q", b)
	}
}

// TestTheFullAreRefusedAtOnce while the one inside is served.
func TestTheFullAreRefusedAtOnce(t *testing.T) {
	cfg := constant(time.Minute, 1)
	cfg.Queue.Capacity = 1
	s, addr := started(t, cfg)
	io.WriteString(dial(t, addr), get)
	for end := time.Now().Add(10 * time.Second); s.Stats().Inside == 0 && time.Now().Before(end); {
		time.Sleep(ms)
	}
	if r := dial(t, addr).ask(get); r.StatusCode != 503 || r.took != 0 {
		t.Errorf("%d after %d µs", r.StatusCode, r.took)
	}
}

// TestAFreezeFromTheFirstRequest holds that request, too.
func TestAFreezeFromTheFirstRequest(t *testing.T) {
	cfg := constant(ms, 0)
	cfg.FreezeFor = 50 * ms
	_, addr := started(t, cfg)
	if r := dial(t, addr).ask(get); r.took != 51_000 {
		t.Errorf("true %d µs, want 51000", r.took)
	}
}

func TestMistakesChangeNothing(t *testing.T) {
	s, addr := started(t, constant(ms, 3))
	c := dial(t, addr)
	for form, want := range map[string]string{
		"servers=2&sevrers=1":       "sevrers: there is no such setting; there are black-hole,",
		"servers=2&mean=fast":       "mean: time: invalid duration",
		"servers=2&error-rate=1.5":  "error-rate: must be between 0 and 1",
		"servers=2&freeze-for=-1s":  "freeze: must not be negative",
		"servers=2&capacity=1":      "capacity: must be 0",
		"servers=2&service=h2&cv=1": "cv: must be > 1",
		"servers=2&%":               "reading the form",
	} {
		r := c.ask(post(form))
		if r.StatusCode != 400 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", form, r.StatusCode, r.body)
		}
	}
	if st := s.Stats(); st.Settings.Servers != 3 {
		t.Errorf("%+v", st.Settings)
	}
}

// TestMistakesComeInOrder: the same form is answered the same way each time.
func TestMistakesComeInOrder(t *testing.T) {
	s, err := New(constant(ms, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := s.Change("a=1&b=2&c=3&cv=x&mean=y&seed=z").Error()
	for range 50 {
		if again := s.Change("seed=z&mean=y&cv=x&c=3&b=2&a=1").Error(); again != first {
			t.Fatalf("first\n%s\nand then\n%s", first, again)
		}
	}
}

// TestTheMeanInForceIsTold: with pools it is theirs, and the law's own comes back with it.
func TestTheMeanInForceIsTold(t *testing.T) {
	s, err := New(constant(20*ms, 8))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pools := queue.Pools{Pool: 33, Workers: 57}
	theirs := time.Duration(8 / pools.Throughput() * float64(time.Second)).String()
	for _, c := range []struct{ form, want string }{{"", "20ms"}, {"pool=33&workers=57", theirs}, {"pool=0&workers=0", "20ms"}} {
		if err := s.Change(c.form); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats().Settings.Mean; got != c.want {
			t.Errorf("after %q its mean is %s, want %s", c.form, got, c.want)
		}
	}
}

// TestRequestsOfEveryShape: with bodies, one upon the other, of an old client, to HEAD.
func TestRequestsOfEveryShape(t *testing.T) {
	s, addr := started(t, constant(ms, 1))
	c := dial(t, addr)
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"+get+
		"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"+"GET / HTTP/1.0\r\n\r\n")
	for _, method := range []string{"POST", "GET", "HEAD", "GET"} {
		r := c.read(method)
		if want := map[bool]string{true: "", false: "{\"status\":\"ok\"}\n"}[method == "HEAD"]; r.StatusCode != 200 || r.body != want {
			t.Errorf("%s: %d %q", method, r.StatusCode, r.body)
		}
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("an old client that asks for no more is let go: %v", err)
	}
	c = dial(t, addr)
	io.WriteString(c, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
	if r := c.read("PUT"); r.StatusCode != 100 {
		t.Errorf("%d", r.StatusCode)
	}
	io.WriteString(c, "x")
	if r := c.read("PUT"); r.StatusCode != 200 {
		t.Errorf("%d", r.StatusCode)
	}
	if st := s.Stats(); st.Served != 5 {
		t.Errorf("%+v", st)
	}
}

// TestProbesAreNotForTheQueue, whose only server is busy for a minute.
func TestProbesAreNotForTheQueue(t *testing.T) {
	cfg := constant(time.Minute, 1)
	cfg.AuthToken = "sesame"
	s, addr := started(t, cfg)
	io.WriteString(dial(t, addr), get)
	c := dial(t, addr)
	for path, want := range map[string]string{"/-/stats": `"schema": "loadctl-queue/1"`, "/-/queue": `"servers": 1`,
		"/-/other": "Not Found", "/.well-known/loadctl": "sesame", "/x": `"status": "ok"`} {
		if r := c.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\nLoadctl-Probe: 1\r\n\r\n"); !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
	if st := s.Stats(); st.Requests != 0 || st.Probes != 5 {
		t.Errorf("%+v", st)
	}
}
