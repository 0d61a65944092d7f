package target

import (
	"net/http"
	"sync"
)

// A gate lets requests in until it is shut.
type gate struct {
	http.Handler
	inside sync.RWMutex // read-held by each request
	closed bool
}

// ServeHTTP answers by the handler; nothing once the gate is shut.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.inside.RLock()
	defer g.inside.RUnlock()
	if !g.closed {
		g.Handler.ServeHTTP(w, r)
	}
}

// shut waits for the requests that are inside.
func (g *gate) shut() {
	g.inside.Lock()
	defer g.inside.Unlock()
	g.closed = true
}
