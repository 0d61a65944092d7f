package target

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

type plainHandler struct{}

func (plainHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
func (plainHandler) Probe(*http.Request) bool                         { return false }

type noCounter struct{}

func (noCounter) ConnOpened()     {}
func (noCounter) ConnProbes(bool) {}
func (noCounter) ConnClosed(bool) {}

// drained is a server in this process; what it returns asks it to finish and waits.
func drained(t *testing.T, places int) (url string, begin func(), ended <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := newListener(ln, noCounter{}, 100)
	limited.places.resize(places, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- newServer(limited, plainHandler{}).run(ctx, func() time.Duration { return 20 * time.Second })
	}()
	return ln.Addr().String(), cancel, done
}

func TestADrainAnswersWhatComesOnKeptConnections(t *testing.T) {
	url, begin, ended := drained(t, 10)
	kept, fresh, half := dial(t, url), dial(t, url), dial(t, url)
	kept.send(wholeRequest)
	kept.answered()
	half.send(wholeRequest[:20])
	begin()
	time.Sleep(linger / 5)
	for _, c := range []plainConn{kept, fresh} {
		c.send(wholeRequest)
		if resp := c.answered(); !resp.Close {
			t.Error("it was not told to go")
		}
	}
	time.Sleep(linger + freshGrace) // half of a request is waited for
	half.send(wholeRequest[20:])
	half.answered()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What waits beyond the limit of connections was asked of this server: it is answered too.
func TestADrainTakesWhatWaits(t *testing.T) {
	url, begin, ended := drained(t, 1)
	kept := dial(t, url)
	kept.send(wholeRequest)
	kept.answered()
	var waiting []plainConn
	for range 5 {
		c := dial(t, url)
		c.send(wholeRequest)
		waiting = append(waiting, c)
	}
	begin()
	for _, c := range waiting {
		c.answered()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestADrainDoesNotWaitForIdleConnections(t *testing.T) {
	url, begin, ended := drained(t, 10)
	kept := dial(t, url)
	dial(t, url) // asks nothing
	kept.send(wholeRequest)
	kept.answered()
	began := time.Now()
	begin()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < linger || took > 15*time.Second {
		t.Errorf("took %s: idle connections have %s, and it may take 20s", took, linger)
	}
}
