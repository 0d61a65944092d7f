package linodetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// Token is the one that is good where Config.Tokens names none.
const Token = "a-token-of-the-simulator"

// Config is how a simulator behaves. Zero is the default that is named.
type Config struct {
	Now    func() time.Time  // its clock: time.Now
	Tokens map[string]string // the good ones, with their scopes as in X-OAuth-Scopes: Token, with all

	Provisioning, Booting time.Duration // how long a new instance is in these
	Detaching             time.Duration // how long a subnet is in use still after its instance is gone
	Unseen                time.Duration // how long lists miss what was made

	Limit int                     // of instances of the account; 0 = none
	Rate  int                     // instances that may be made in 15 s; 0 = any number
	Stuck func(label string) bool // such instances are provisioned for ever

	Interfaces          string // interfaces_for_new_linodes: legacy_config_default_but_linode_allowed
	Backups, Restricted bool

	Public func() netip.Addr // the next public address of an instance or balancer: one of those for benchmarks

	// Changed is told of every instance that was made, rebooted or deleted, before the answer is given.
	Changed func(Change)
	// Rewired is told of every firewall whose rules have changed and every balancer that was made or deleted, likewise.
	Rewired func(kind rental.Kind, label string)
}

// A Simulator is an account and its API. Its methods are safe for concurrent use.
type Simulator struct {
	URL string // of the API, without the version

	t    testing.TB
	cfg  Config
	spec *document // nil = not at hand
	mux  http.Handler

	mu       sync.Mutex
	lastID   int
	all      []*resource       // in the order in which they were made
	released map[int]time.Time // by subnet: when it is free
	makings  []time.Time       // of instances, for Rate
	faults   []*Fault
	calls    []Call
}

// A Call is a request that came.
type Call struct {
	On     string // as "POST /linode/instances/{id}/reboot"
	Path   string
	Body   string
	Status int // that was answered; 0 = nothing was
	At     time.Time
}

// New starts a simulator that ends with the test.
func New(t testing.TB, cfg Config) *Simulator {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tokens == nil {
		cfg.Tokens = map[string]string{Token: "*"}
	}
	if cfg.Interfaces == "" {
		cfg.Interfaces = "legacy_config_default_but_linode_allowed"
	}
	s := &Simulator{t: t, cfg: cfg, lastID: 1000, released: map[int]time.Time{}, spec: describe(t)}
	s.mux = s.handler()
	server := httptest.NewServer(s.mux)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// RoundTrip carries a request without a network, for what runs on the clock of testing/synctest.
func (s *Simulator) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if req.Body == nil {
		req = req.Clone(req.Context())
		req.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	defer func() {
		switch p := recover(); {
		case p == http.ErrAbortHandler: //nolint:errorlint // a value of recover is not wrapped
			resp, err = nil, io.ErrUnexpectedEOF
		case p != nil:
			panic(p)
		}
	}()
	s.mux.ServeHTTP(w, req)
	return w.Result(), nil
}

// A call is a request as its handler sees it.
type call struct {
	*http.Request
	body []byte
	id   int // in the path
	now  time.Time
}

// into reads the body. What cannot be read is left out: the description of the API has told of it.
func (c *call) into(v any) { _ = json.Unmarshal(c.body, v) }

type answer struct {
	status int
	body   any // JSON, but for a string, which is sent as it is
	header map[string]string
	after  func() // runs once the account is as the answer says
}

type object = map[string]any

func good(body any) answer { return answer{status: http.StatusOK, body: body} }

func refused(status int, field, text string) answer {
	reason := object{"reason": text}
	if field != "" {
		reason["field"] = field
	}
	return answer{status: status, body: object{"errors": []any{reason}}}
}

func missing() answer { return refused(http.StatusNotFound, "", "Not found") }

func wrong(field, text string) answer { return refused(http.StatusBadRequest, field, text) }

type handler func(*call) answer

func (s *Simulator) handler() *http.ServeMux {
	m := http.NewServeMux()
	for _, r := range s.routes() {
		method, path, _ := strings.Cut(r.on, " ")
		m.HandleFunc(method+" /{version}"+path, func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) })
	}
	m.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		s.t.Errorf("the simulator knows no %s %s", req.Method, req.URL.Path)
		write(w, missing())
	})
	return m
}

func (s *Simulator) serve(w http.ResponseWriter, req *http.Request, r route) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the client has gone away
	}
	c := &call{Request: req, body: body}
	c.id, _ = strconv.Atoi(req.PathValue("id"))
	s.holds(s.spec.request(req, body), req)
	f := s.befalls(r.on)
	if f.Hang {
		<-req.Context().Done()
	}
	var a answer
	if !f.befalls || f.Done {
		a = s.answer(c, r)
	}
	if f.befalls {
		a = f.answer(s.cfg.Now(), a)
	}
	s.note(c, r, a)
	if a.status == 0 {
		panic(http.ErrAbortHandler) // closes the connection
	}
	if _, text := a.body.(string); !text {
		s.holds(s.spec.response(req, a), req)
	}
	write(w, a)
}

func (s *Simulator) holds(err error, req *http.Request) {
	if err != nil {
		s.t.Errorf("Linode's description of its API has it otherwise: %s %s: %v", req.Method, req.URL.Path, err)
	}
}

// answer does what is asked for, whole before the next.
func (s *Simulator) answer(c *call, r route) answer {
	s.mu.Lock()
	c.now = s.cfg.Now().UTC()
	a, ok := s.admit(c, r)
	if ok {
		a = r.do(c)
	}
	s.mu.Unlock()
	if a.after != nil {
		a.after()
	}
	if a.header == nil {
		a.header = map[string]string{}
	}
	a.header["X-OAuth-Scopes"], a.header["X-Accepted-OAuth-Scopes"] = s.cfg.Tokens[bearer(c.Request)], r.scope
	return a
}

func bearer(req *http.Request) string {
	token, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	return token
}

// admit looks at the token.
func (s *Simulator) admit(c *call, r route) (answer, bool) {
	scopes, ok := s.cfg.Tokens[bearer(c.Request)]
	switch {
	case r.scope == "":
		return answer{}, true
	case !ok:
		return refused(http.StatusUnauthorized, "", "Invalid Token"), false
	case r.scope != anyToken && !allows(scopes, r.scope):
		return refused(http.StatusUnauthorized, "", "Your OAuth token is not authorized to use this endpoint."), false
	}
	return answer{}, true
}

func allows(scopes, need string) bool {
	name, _, _ := strings.Cut(need, ":")
	return slices.ContainsFunc(strings.FieldsFunc(scopes, func(r rune) bool { return r == ' ' || r == ',' }), func(has string) bool {
		return has == "*" || has == need || has == name+":read_write"
	})
}

func write(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json") // exactly: with a charset linodego does not read an error
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.status)
	if text, ok := a.body.(string); ok {
		_, _ = io.WriteString(w, text)
		return
	}
	_ = json.NewEncoder(w).Encode(a.body)
}

func (s *Simulator) note(c *call, r route, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{On: r.on, Path: c.URL.Path, Body: string(c.body), Status: a.status, At: s.cfg.Now()})
}

// Calls are the requests that came, of one operation as "POST /linode/instances", or all for "".
func (s *Simulator) Calls(on string) (calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if on == "" || c.On == on {
			calls = append(calls, c)
		}
	}
	return calls
}

// Left are the labels of what there is, by kind; with no kind named, of all. An account that is empty has none.
func (s *Simulator) Left(kinds ...rental.Kind) (labels []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if len(kinds) == 0 || slices.Contains(kinds, r.kind) {
			labels = append(labels, r.label)
		}
	}
	return labels
}
