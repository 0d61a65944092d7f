package coordinator

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/stats"
)

// countWithin is how long a target may take to tell its count. It is asked while hosts
// start, and holds nothing up at the start of a run.
const countWithin = time.Second

// A tally is what a target of ours tells of itself. Those that loadctl brings (target
// serve, queue and upstream) tell it; of others nothing is known.
type tally struct {
	Schema   string `json:"schema"`
	Instance string `json:"instance"`
	Address  string `json:"address"` // at which it was asked, as it sees it
	Requests uint64 `json:"requests"`
	Probes   uint64 `json:"probes"`
}

// A counting compares a target's count from before a run with that from after it.
type counting struct {
	c      *Coordinator
	at     netip.AddrPort
	before chan tally // holds one when the target has told it
	first  *tally     // what it was when the load began
	cancel func()
	asked  chan struct{} // closed when the target was asked, whatever came of it
}

// end gives up asking, and waits for who does.
func (n *counting) end() {
	n.cancel()
	<-n.asked
}

// countable says whether a target may be asked: on loopback, where nobody else's service
// is reached by mistake, at one address, as two may be two targets or one; in plain HTTP.
func (c *Coordinator) countable(aim plan.Clearance) bool {
	return aim.Kind == plan.Loopback && len(aim.Addresses) == 1 && c.private == nil && c.cfg.Scenario.Target.ResolveEvery == 0
}

// beginCounting asks the target for its count, where that can be had. It is nil where
// it cannot. Whoever begins it calls end.
func (c *Coordinator) beginCounting(ctx context.Context, aim plan.Clearance) *counting {
	if !c.countable(aim) {
		return nil
	}
	n := &counting{c: c, at: aim.Addresses[0], before: make(chan tally, 1), asked: make(chan struct{})}
	ctx, n.cancel = context.WithCancel(ctx)
	go func() {
		defer close(n.asked)
		if t, err := n.ask(ctx); err == nil {
			n.before <- t
		}
	}()
	return n
}

// loadBegins takes the count from before, if it has come: one that is told later may have
// requests of the run in it.
func (n *counting) loadBegins() {
	if n == nil {
		return
	}
	select {
	case t := <-n.before:
		n.first = &t
	default:
	}
}

// finish gives what the target counted since loadBegins, nil when that is not known:
// it was never told, or the target is another now. Of the probes up to so many are
// questions of monitors.
func (n *counting) finish(monitors uint64) *stats.TargetCount {
	if n == nil || n.first == nil {
		return nil
	}
	last, err := n.ask(context.Background())
	if err != nil || last.Instance != n.first.Instance || last.Requests < n.first.Requests || last.Probes <= n.first.Probes {
		return nil
	}
	// A tally counts the question it answers: one of the two lies between them.
	probes := last.Probes - n.first.Probes - 1
	return &stats.TargetCount{Requests: last.Requests - n.first.Requests, Probes: probes - min(probes, monitors)}
}

// ask makes one request, which the target counts as none. Its answer counts only if it
// is of a target of ours, and of the very socket that is loaded: a balancer in between
// would tell the count of one of several.
func (n *counting) ask(ctx context.Context) (t tally, err error) {
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	conn, err := n.c.dial(ctx, n.at)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := fmt.Fprintf(conn, "GET /-/stats HTTP/1.1\r\nHost: %s\r\nUser-Agent: loadctl\r\nLoadctl-Probe: 1\r\nConnection: close\r\n\r\n", n.at); err != nil {
		return t, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 1<<20)), nil)
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	return n.read(resp)
}

func (n *counting) read(resp *http.Response) (t tally, err error) {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || kind != "application/json" {
		return t, fmt.Errorf("status %d, %q: no count", resp.StatusCode, kind)
	}
	if err := json.NewDecoder(resp.Body).Decode(&t); err != nil {
		return t, err
	}
	at, err := netip.ParseAddrPort(t.Address)
	switch {
	case err != nil:
		return t, err
	case !strings.HasPrefix(t.Schema, "loadctl-") || t.Instance == "":
		return t, fmt.Errorf("schema %q, instance %q: no target of ours", t.Schema, t.Instance)
	case at.Port() != n.at.Port() || at.Addr().Unmap() != n.at.Addr().Unmap():
		return t, fmt.Errorf("the target was asked at %s, and answered at %s", n.at, at)
	}
	return t, nil
}
