package target

import (
	"sync"
	"testing"
)

// The counts are read from memory that is given back at the end: whoever still asks then
// must not read on.
func TestTheCountsAreAskedForUntilTheEnd(t *testing.T) {
	r, api, _ := administered(t, of(1))
	var asking sync.WaitGroup
	var answered sync.WaitGroup
	for range 8 {
		answered.Add(1)
		asking.Go(func() {
			first := sync.OnceFunc(answered.Done)
			for {
				if _, err := api.Stats(t.Context()); err != nil {
					return
				}
				first()
			}
		})
	}
	answered.Wait()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	asking.Wait()
}
