package coordinator

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

const namedText = `version: 1
name: t
target: {base_url: "http://service.test:8080", resolve: {every: 1s}}
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 9s}
`

// A zone answers for the target's name: in the n-th second of the run with its n-th
// list, "" is not found.
type zone struct {
	lists  []string
	silent map[string]bool // nobody answers there
	since  time.Time
}

func (z *zone) resolve(context.Context, string) ([]netip.Addr, error) {
	second := int(time.Since(z.since) / time.Second)
	list := strings.Fields(z.lists[min(second, len(z.lists)-1)])
	if len(list) == 0 {
		return nil, errors.New("no such host")
	}
	var addrs []netip.Addr
	for _, a := range list {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

func (z *zone) dial(_ context.Context, _, addr string) (net.Conn, error) {
	if z.silent[addr] {
		return nil, errors.New("no route to host")
	}
	a, b := net.Pipe()
	_ = b.Close()
	return a, nil
}

// moved runs a scenario against a name whose addresses change second by second.
func moved(t *testing.T, z *zone, change func(*Config)) (*world, *fakeHost) {
	t.Helper()
	h := &fakeHost{name: "a"}
	w := newWorld(t, namedText, h)
	z.since = time.Now()
	w.cfg.World.Resolve, w.cfg.World.Dial = z.resolve, z.dial
	if change != nil {
		change(&w.cfg)
	}
	w.go_(t.Context())
	return w, h
}

func at(addresses ...string) (list []string) {
	for _, a := range addresses {
		list = append(list, a+":8080")
	}
	return list
}

// TestAddressesAreAskedForAgain: agents are told when they change, and only then.
func TestAddressesAreAskedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := moved(t, &zone{lists: []string{"10.0.0.1", "10.0.0.1", "10.0.0.1 10.0.0.2", "10.0.0.2 10.0.0.1", "10.0.0.3"}}, nil)
		w.want("pass", 0)
		want := [][]string{at("10.0.0.1", "10.0.0.2"), at("10.0.0.3")}
		if !slices.EqualFunc(h.readdressed, want, slices.Equal) {
			t.Errorf("agents were told of %v, want %v", h.readdressed, want)
		}
		if e := w.events(); !strings.Contains(e, "new connections go to [10.0.0.3:8080]") {
			t.Error(e)
		}
	})
}

// TestNewAddressesPassTheOldRules: what the name must not reach is not told to agents,
// and the addresses of before are kept.
func TestNewAddressesPassTheOldRules(t *testing.T) {
	for list, why := range map[string]string{
		"169.254.169.254":      "is never loaded",
		"203.0.113.9":          "allow_hosts of the scenario does not name it",
		"10.0.0.1 203.0.113.9": "addresses of several kinds",
		"127.0.0.1":            "was private and is loopback now",
	} {
		bubble(t, func(t *testing.T) {
			w, h := moved(t, &zone{lists: []string{"10.0.0.1", "10.0.0.1", list, list, "10.0.0.1"}}, nil)
			w.want("pass", 0)
			if len(h.readdressed) > 0 {
				t.Errorf("%s: agents were told of %v", list, h.readdressed)
			}
			if e := w.events(); strings.Count(e, why) != 1 || !strings.Contains(e, "the addresses of before are kept") {
				t.Errorf("%s: want %q once in\n%s", list, why, e)
			}
		})
	}
}

// TestNameThatIsNotFoundKeepsItsAddresses, and is told of from when to when.
func TestNameThatIsNotFoundKeepsItsAddresses(t *testing.T) {
	for name, lists := range map[string][]string{
		"for a while": {"10.0.0.1", "10.0.0.1", "10.0.0.1", "", "", "", "10.0.0.1"}, "to the end": {"10.0.0.1", "10.0.0.1", "10.0.0.1", ""},
	} {
		bubble(t, func(t *testing.T) {
			w, h := moved(t, &zone{lists: lists}, nil)
			w.want("pass", 0)
			e := w.events()
			if len(h.readdressed) > 0 || strings.Count(e, "cannot be found") != 1 || !strings.Contains(e, "the target's name was not found ") {
				t.Errorf("%s: %v\n%s", name, h.readdressed, e)
			}
			if name == "for a while" && !strings.Contains(e, "not found 3 times, first at 3s and last at 5s") {
				t.Error(e)
			}
		})
	}
}

// TestNewAddressThatDoesNotAnswerIsLeftOut, as at the start.
func TestNewAddressThatDoesNotAnswerIsLeftOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := moved(t, &zone{
			lists:  []string{"10.0.0.1", "10.0.0.1", "10.0.0.2 10.0.0.3", "10.0.0.2"},
			silent: map[string]bool{"10.0.0.2:8080": true},
		}, nil)
		w.want("pass", 0)
		if want := [][]string{at("10.0.0.3")}; !slices.EqualFunc(h.readdressed, want, slices.Equal) {
			t.Errorf("agents were told of %v, want %v", h.readdressed, want)
		}
		if e := w.events(); !strings.Contains(e, "nobody answers at [10.0.0.2:8080]") {
			t.Error(e)
		}
	})
}

// TestAddressWhereNobodyAnswersIsToldOnce, not each time the name is asked for, in
// whatever order its addresses come; another one is told.
func TestAddressWhereNobodyAnswersIsToldOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, _ := moved(t, &zone{
			lists: []string{"10.0.0.1", "10.0.0.1", "10.0.0.1 10.0.0.2 10.0.0.3", "10.0.0.3 10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2 10.0.0.3",
				"10.0.0.1 10.0.0.4", "10.0.0.1 10.0.0.4", "10.0.0.1", "10.0.0.1 10.0.0.4"},
			silent: map[string]bool{"10.0.0.2:8080": true, "10.0.0.3:8080": true, "10.0.0.4:8080": true},
		}, nil)
		w.want("pass", 0)
		e := w.events()
		if n := strings.Count(e, "nobody answers at"); n != 3 || strings.Count(e, "at [10.0.0.2:8080 10.0.0.3:8080]") != 1 || strings.Count(e, "at [10.0.0.4:8080]") != 2 {
			t.Errorf("told %d times, want the two once and the other again when it is back:\n%s", n, e)
		}
	})
}

// TestNameThatLeavesTheFamilyOfSourcesIsTold: agents stayed where they were, in silence.
func TestNameThatLeavesTheFamilyOfSourcesIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := moved(t, &zone{lists: []string{"10.0.0.1", "10.0.0.1", "fd12::1", "fd12::1", "10.0.0.2", "10.0.0.2"}}, func(c *Config) {
			c.Sources = []netip.Addr{netip.MustParseAddr("10.0.1.1")}
		})
		w.want("pass", 0)
		if want := [][]string{at("10.0.0.2")}; !slices.EqualFunc(h.readdressed, want, slices.Equal) {
			t.Errorf("agents were told of %v, want %v", h.readdressed, want)
		}
		if e := w.events(); strings.Count(e, "the target's name has [[fd12::1]:8080] now, which cannot be reached") != 1 {
			t.Error(e)
		}
	})
}

// TestAgentsWithSourcesStayInTheirFamily: from 10.0.1.1 no IPv6 address is reached.
func TestAgentsWithSourcesStayInTheirFamily(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, h := moved(t, &zone{lists: []string{"10.0.0.1", "10.0.0.1", "10.0.0.1 fd12::1", "10.0.0.2 fd12::1", "fd12::1"}}, func(c *Config) {
			c.Sources = []netip.Addr{netip.MustParseAddr("10.0.1.1")}
		})
		w.want("pass", 0)
		if want := [][]string{at("10.0.0.1"), at("10.0.0.2")}; !slices.EqualFunc(h.readdressed, want, slices.Equal) {
			t.Errorf("agents were told of %v, want %v", h.readdressed, want)
		}
	})
}

// TestNameThatIsNotFoundAtTheStart is no run, and says which name and what to do.
func TestNameThatIsNotFoundAtTheStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, _ := moved(t, &zone{lists: []string{""}}, nil)
		w.want("aborted", 1)
		for _, want := range []string{"target service.test cannot be found: no such host", "getent hosts service.test", "--target"} {
			if w.err == nil || !strings.Contains(w.err.Error(), want) {
				t.Errorf("%v, want %q", w.err, want)
			}
		}
	})
}
