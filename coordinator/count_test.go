package coordinator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/stats"
)

// A tallier is a server that tells a count as a target of ours does.
type tallier struct {
	*httptest.Server
	text             atomic.Pointer[string] // what it tells; nil: its count
	requests, probes atomic.Uint64
}

func newTallier(t *testing.T) *tallier {
	t.Helper()
	s := &tallier{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.probes.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if text := s.text.Load(); text != nil {
			fmt.Fprint(w, *text)
			return
		}
		fmt.Fprintf(w, `{"schema":"loadctl-queue/1","instance":"a","address":%q,"requests":%d,"probes":%d}`, s.address(), s.requests.Load(), s.probes.Load())
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tallier) address() netip.AddrPort {
	return netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://"))
}

// begin is a counting of a server that was asked before the load.
func (s *tallier) begin(t *testing.T) *counting {
	t.Helper()
	w := newWorld(t, fmt.Sprintf(countedText, s.address()), &fakeHost{name: "h"})
	w.cfg.World.Dial = nil
	c, err := New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := c.beginCounting(t.Context(), plan.Clearance{Kind: plan.Loopback, Addresses: []netip.AddrPort{s.address()}})
	if n == nil {
		t.Fatal("a loopback target is not asked")
	}
	<-n.asked
	n.loadBegins()
	t.Cleanup(n.end)
	return n
}

const countedText = `
version: 1
name: counted
target: {base_url: "http://%s"}
users: {u: {tasks: {get: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 1, duration: 1s}]
`

func TestTargetTellsWhatItCounted(t *testing.T) {
	s := newTallier(t)
	s.requests.Store(7)
	n := s.begin(t)
	s.requests.Add(100)
	s.probes.Add(3)
	got := n.finish(0)
	if got == nil || *got != (stats.TargetCount{Requests: 100, Probes: 3}) {
		t.Errorf("%+v, want 100 requests, and 3 probes beside those of the counting", got)
	}
}

// Nothing is known of a target that is none of ours, that is not the socket that was
// loaded, or that began anew.
func TestCountsOfOthersAreNotTaken(t *testing.T) {
	ours := `{"schema":"loadctl-queue/1","instance":%q,"address":%q,"requests":1,"probes":1}`
	for name, text := range map[string]func(at netip.AddrPort) string{
		"no JSON":        func(netip.AddrPort) string { return "<html>" },
		"other schema":   func(at netip.AddrPort) string { return fmt.Sprintf(`{"schema":"x","instance":"a","address":%q}`, at) },
		"no instance":    func(at netip.AddrPort) string { return fmt.Sprintf(ours, "", at) },
		"behind another": func(netip.AddrPort) string { return fmt.Sprintf(ours, "a", "127.0.0.1:1") },
		"no address":     func(netip.AddrPort) string { return `{"schema":"loadctl-queue/1","instance":"a","requests":1}` },
	} {
		s := newTallier(t)
		told := text(s.address())
		s.text.Store(&told)
		if n := s.begin(t); n.first != nil || n.finish(0) != nil {
			t.Errorf("%s: taken as %+v", name, n.first)
		}
	}
	s := newTallier(t)
	n := s.begin(t)
	anew := fmt.Sprintf(ours, "b", s.address())
	if s.text.Store(&anew); n.finish(0) != nil {
		t.Error("a target that was started again was compared with what it was before")
	}
	s = newTallier(t)
	n = s.begin(t)
	if s.Close(); n.finish(0) != nil {
		t.Error("a target that is gone was compared")
	}
}

// Only a target on loopback is asked what nobody wrote into the scenario, and only where
// there is one.
func TestOthersAreNotAsked(t *testing.T) {
	s := newTallier(t)
	c := s.begin(t).c
	one, two := s.address(), netip.MustParseAddrPort("[::1]:80")
	for name, aim := range map[string]plan.Clearance{
		"private":       {Kind: plan.Private, Addresses: []netip.AddrPort{one}},
		"public":        {Kind: plan.Public, Addresses: []netip.AddrPort{one}},
		"two addresses": {Kind: plan.Loopback, Addresses: []netip.AddrPort{one, two}},
	} {
		if n := c.beginCounting(t.Context(), aim); n != nil {
			n.end()
			t.Errorf("%s: it was asked", name)
		}
	}
	var nobody *counting
	if nobody.loadBegins(); nobody.finish(0) != nil {
		t.Error("nobody counted")
	}
}
