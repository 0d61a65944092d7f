package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Config is a stack to be run.
type Config struct {
	Dir   string // named by Folder; Run makes and removes it
	Parts []Part // in the order of their start
	Logs  string // folder of the logs, which stay there; "" = in Dir, gone with it
	// Keep makes a command that calls Keep or, given no argv, Sweep: with the lifeline
	// at descriptor 3 and presence at 4. The part's Stop, Grace and User go with it.
	Keep func(p Part, argv []string, dir string) *exec.Cmd
	// Hurry, when it is closed, ends everything at once; nil = never.
	Hurry <-chan struct{}
	// Told is called for each change of state, one at a time.
	Told func(Event)
	// Ready is called once all parts are well; its error ends Run.
	Ready func(all []Ready) error
}

const (
	defaultWithin = 30 * time.Second
	defaultGrace  = 15 * time.Second
	askAgain      = 50 * time.Millisecond
	sweepLimit    = 20 * time.Second
)

// A stack is what runs.
type stack struct {
	cfg      Config
	logs     string
	sweeper  *exec.Cmd
	lifeline *os.File // of the sweeper, our end
	presence *os.File // which every part holds
	telling  sync.Mutex
	running  []*running
	closing  chan struct{} // closed: nothing is started again
	began    time.Time
}

// Run starts the parts, and keeps them alive until ctx ends: then it ends them in
// reverse order, and returns nil. It fails when a part does not become well, or dies
// too often. Of the stack nothing is left then, but logs where Logs asks for them.
func Run(ctx context.Context, cfg Config) (err error) {
	s, err := open(cfg)
	if err != nil {
		return err
	}
	defer func() {
		s.down()
		err = errors.Join(err, s.close())
	}()
	return s.run(ctx)
}

func open(cfg Config) (*stack, error) {
	if !isPrivate(cfg.Dir) {
		return nil, fmt.Errorf("%q is no folder of a stack", cfg.Dir)
	}
	s := &stack{cfg: cfg, logs: cmp.Or(cfg.Logs, filepath.Join(cfg.Dir, "logs")), closing: make(chan struct{}), began: time.Now()}
	if err := s.sweep(); err != nil {
		return nil, err
	}
	if err := makeFolder(cfg.Dir); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := os.MkdirAll(s.logs, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("gathering logs: %w", err), s.close())
	}
	return s, nil
}

// sweep starts who removes the folder when everybody is gone, before there is one.
func (s *stack) sweep() error {
	lifeTheirs, lifeOurs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer lifeTheirs.Close()
	presentTheirs, presentOurs, err := os.Pipe()
	if err != nil {
		return errors.Join(err, lifeOurs.Close())
	}
	defer presentTheirs.Close()
	s.lifeline, s.presence = lifeOurs, presentOurs
	s.sweeper = s.cfg.Keep(Part{}, nil, s.cfg.Dir)
	s.sweeper.ExtraFiles = []*os.File{lifeTheirs, presentTheirs}
	s.sweeper.Stderr = os.Stderr
	s.sweeper.SysProcAttr = ownGroup()
	if err := s.sweeper.Start(); err != nil {
		return errors.Join(fmt.Errorf("starting who cleans up: %w", err), lifeOurs.Close(), presentOurs.Close())
	}
	return nil
}

func (s *stack) run(ctx context.Context) error {
	failed := make(chan error, len(s.cfg.Parts))
	all := make([]Ready, 0, len(s.cfg.Parts))
	for _, p := range s.cfg.Parts {
		r, err := s.start(ctx, p, failed)
		if r != nil {
			s.running = append(s.running, r)
		}
		if err != nil {
			if ctx.Err() != nil || s.hurried() {
				return nil // asked to end while it began
			}
			return err
		}
		all = append(all, r.ready)
		go r.tend()
	}
	if s.cfg.Ready != nil {
		if err := s.cfg.Ready(all); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.cfg.Hurry:
		return nil
	case err := <-failed:
		return err
	}
}

func (s *stack) hurried() bool {
	select {
	case <-s.cfg.Hurry:
		return true
	default:
		return false
	}
}

// start starts a part for the first time.
func (s *stack) start(ctx context.Context, p Part, failed chan<- error) (*running, error) {
	p.Within, p.Grace = cmp.Or(p.Within, defaultWithin), cmp.Or(p.Grace, defaultGrace)
	log, err := os.OpenFile(filepath.Join(s.logs, p.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("gathering logs: %w", err)
	}
	r := &running{Part: p, stack: s, log: log, failed: failed, stop: make(chan struct{}), done: make(chan struct{})}
	s.tell(Event{Part: p.Name, What: "starting"})
	if err := r.first(ctx); err != nil {
		r.end()
		close(r.done)
		return r, err
	}
	return r, nil
}

// down ends what runs, the last one first.
func (s *stack) down() {
	close(s.closing)
	for _, r := range slices.Backward(s.running) {
		close(r.stop)
		<-r.done
		_ = r.log.Close()
	}
}

// close has the folder removed, and waits for it.
func (s *stack) close() error {
	_ = s.presence.Close()
	_ = s.lifeline.Close()
	late := time.AfterFunc(sweepLimit, func() { _ = s.sweeper.Process.Kill() })
	defer late.Stop()
	_ = s.sweeper.Wait() // what it did not remove is removed here
	return os.RemoveAll(s.cfg.Dir)
}

func (s *stack) tell(e Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.cfg.Told != nil {
		s.cfg.Told(e)
	}
}
