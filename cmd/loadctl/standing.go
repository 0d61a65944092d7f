package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// A standing is the bundled target of a search, which stands through all its trials. Without one
// the target is somebody else's, and is what it is.
type standing struct {
	target *bundled // nil = somebody else's
	dead   atomic.Pointer[error]
}

// stand takes up the fleet of --fleet, so that no trial waits for that, or starts the bundled target where the job's file asks
// for it, and has the job load it.
func stand(ctx context.Context, j *job) (*standing, error) {
	if err := j.rent(ctx); err != nil {
		return nil, err
	}
	s := &standing{}
	if !j.scenario.Target.Bundled || j.target != "" {
		return s, nil
	}
	if err := j.reachable(); err != nil {
		return nil, err
	}
	b, err := startBundled(ctx, j.exe, j.scenario.Target.Workers)
	if err != nil {
		if ctx.Err() != nil {
			return nil, interrupted()
		}
		return nil, cannot(err, "")
	}
	s.target = b
	j.options.BaseURL = b.baseURL
	return s, nil
}

// during makes a trial. One under which the target dies ends at once, and was none.
func (s *standing) during(ctx context.Context, a trial.Ask, try func(context.Context, trial.Ask) (trial.Told, error)) (trial.Told, error) {
	if s.target == nil {
		return try(ctx, a)
	}
	begun := time.Now()
	alive, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	watched := make(chan struct{})
	go func() { // ends with the trial
		defer close(watched)
		select {
		case <-s.target.gone:
			s.died()
			cancel()
		case <-over:
		}
	}()
	told, err := try(alive, a)
	close(over)
	<-watched
	if why := s.dead.Load(); why != nil && ctx.Err() == nil {
		return trial.Told{Broken: (*why).Error(), Took: time.Since(begun)}, nil
	}
	return told, err
}

// died keeps the last words of the target.
func (s *standing) died() {
	s.target.wait()
	err := errors.New("the bundled target ended in the middle of the search")
	if text := s.target.stderr.quoted(); text != "" {
		err = fmt.Errorf("%w%s", err, text)
	}
	s.dead.CompareAndSwap(nil, &err)
}

func (s *standing) stop() {
	if s != nil {
		s.target.stop()
	}
}
