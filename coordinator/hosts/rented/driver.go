package rented

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A driver does what a rental decides, and tells it what came of that. One goroutine owns the rental; what takes time runs
// beside it, and comes back as an event.
type driver struct {
	cfg        Config
	run        string
	expires    time.Time // zero where all is only given back
	blueprint  blueprint // empty where all is only given back
	generation linode.Generation
	store      *store
	shell      shell
	own        string      // public half of the fleet's key; "" where all is only given back
	adopted    bool        // an earlier life has begun the fleet
	opening    atomic.Bool // what is there is taken up: nothing is made, and nothing given back

	rental *rental.Rental
	mail   *mailbox
	ctx    context.Context // of all that runs beside
	cancel context.CancelFunc
	work   sync.WaitGroup
	done   chan struct{} // closed when the rental is moved no more
	ready  chan struct{} // closed when the fleet is ready, with its addresses

	// Of the goroutine that owns the rental.
	torn      bool                          // a line could not be written, which was told
	unwritten map[string]bool               // by kind and label: its intent is not on the disk
	logins    map[string]context.CancelFunc // by label
	unwatched map[string]bool               // by label: its watchdog was seen to
	stopped   bool                          // nothing more is done
	reminded  time.Time                     // when it was last said that giving back goes on
	told      progress

	mu      sync.Mutex
	view    view
	changed chan struct{} // closed, and made anew, when the view is another
	private map[int]netip.Addr
	shown   map[string]rental.Seen // by kind and label, of what costs money: what the cloud told last
	subnets map[int]int            // by network
	doors   doors
	saying  sync.Mutex
	pushes  chan struct{} // holds one for each under way
	changes chan Change
}

// A view is what others may see of the rental.
type view struct {
	state     rental.State
	resources []rental.Resource
	outcome   rental.Outcome
}

// pushesAtOnce keep a narrow line from serving all so slowly that none is done in time.
const pushesAtOnce = 5

func newDriver(c Config, run string, s *store, r *rental.Rental) *driver {
	d := &driver{
		cfg: c, run: run, store: s, shell: c.shell, rental: r, mail: newMailbox(), done: make(chan struct{}), ready: make(chan struct{}),
		unwritten: map[string]bool{}, logins: map[string]context.CancelFunc{}, unwatched: map[string]bool{},
		changed: make(chan struct{}), private: map[int]netip.Addr{}, shown: map[string]rental.Seen{}, subnets: map[int]int{},
		pushes: make(chan struct{}, pushesAtOnce), changes: make(chan Change, 1024),
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if d.shell == nil {
		d.shell = secure{c}
	}
	return d
}

// start moves the rental until it is over, or stop is called.
func (d *driver) start() {
	go func() {
		defer close(d.done)
		defer d.work.Wait()
		defer d.cancel()
		d.loop()
	}()
}

// stop leaves everything as it is. It waits for what runs beside.
func (d *driver) stop() {
	d.cancel()
	<-d.done
}

func (d *driver) loop() {
	tick := time.NewTicker(d.cfg.tick())
	defer tick.Stop()
	d.step(rental.Tick{})
	for !d.stopped {
		select {
		case <-d.ctx.Done():
			return
		case <-tick.C:
			d.step(rental.Tick{})
			d.remind()
		case <-d.mail.comes:
			for _, e := range d.mail.take() {
				d.step(e)
			}
		}
	}
}

// tick is often enough for the deadlines and paces of a rental.
func (c Config) tick() time.Duration {
	shortest := time.Second
	for _, l := range []time.Duration{c.Limits.CreateEvery, c.Limits.ListEvery, c.Limits.Settle} {
		if l > 0 {
			shortest = min(shortest, l)
		}
	}
	return max(shortest/2, time.Millisecond)
}

// step moves the rental, and does what follows.
func (d *driver) step(e rental.Event) {
	for queue := []rental.Event{e}; len(queue) > 0 && !d.stopped; queue = queue[1:] {
		actions := d.rental.Step(time.Now(), queue[0])
		d.publish()
		for _, a := range actions {
			if d.stopped {
				return
			}
			if answer := d.do(a); answer != nil {
				queue = append(queue, answer)
			}
		}
	}
	d.unwatch()
	if text := d.told.next(time.Now(), d.view); text != "" {
		d.say(text)
	}
	if d.rental.State() == rental.Over {
		d.stopped = true
	}
}

// publish lets others see how things are.
func (d *driver) publish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view = view{d.rental.State(), d.rental.Resources(), d.rental.Outcome()}
	for _, r := range d.view.resources {
		if r.Seen.Type != "" {
			d.shown[string(r.Kind)+r.Label] = r.Seen
		}
	}
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *driver) look() (view, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view, d.changed
}

// await waits until others see what is asked for, but not for ever. It says whether they do.
func (d *driver) await(ctx context.Context, within time.Duration, is func(view) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		v, changed := d.look()
		if is(v) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// do does one action. What is answered at once it gives back.
func (d *driver) do(a rental.Action) rental.Event {
	switch a := a.(type) {
	case rental.Note:
		d.note(a.Line)
	case rental.Create:
		return d.create(a)
	case rental.List:
		d.list(a)
	case rental.Look:
		d.lookAt(a)
	case rental.Delete:
		d.remove(a)
	case rental.Connect:
		d.connect(a)
	case rental.Reboot:
		d.reboot(a)
	case rental.Install:
		d.install(a.Label)
	case rental.Register: // here that is nothing but being installed
		return rental.Registered{Label: a.Label}
	case rental.Become:
		d.become(a.State)
	case rental.Say:
		d.say(a.Text)
	}
	return nil
}

// note has a line on the disk before anything after it is begun. Only of what is to be made it has to be there: what is
// deleted without it is found to be gone.
func (d *driver) note(l rental.Line) {
	if d.halts(l, false) {
		return
	}
	err := d.store.note(l)
	if l.What == rental.NoteCreate {
		d.unwritten[string(l.Kind)+l.Label] = err != nil
	}
	d.halts(l, true)
	if err != nil && !d.torn {
		d.torn = true
		d.say(err.Error() + ": nothing more is rented; what is given back is found by labels and tags")
	}
}

// halts ends the driver as if its process were killed, in tests.
func (d *driver) halts(l rental.Line, written bool) bool {
	if d.cfg.halt == nil || !d.cfg.halt(l, written) {
		return false
	}
	d.stopped = true
	d.cancel()
	return true
}

func (d *driver) become(s rental.State) {
	switch {
	case s == rental.Ready:
		d.work.Go(d.settle)
	case s == rental.GivingBack && d.opening.Load():
		d.stopped = true // whatever it is, it is not for who opens a fleet to end it
	case s == rental.GivingBack:
		for _, end := range d.logins {
			end()
		}
	}
}

// remindEvery is how long giving back is silent at most.
const remindEvery = 30 * time.Second

// remind says that giving back goes on, and what it waits for.
func (d *driver) remind() {
	v, _ := d.look()
	switch {
	case v.state != rental.GivingBack:
	case d.reminded.IsZero():
		d.reminded = time.Now()
	case time.Since(d.reminded) >= remindEvery:
		d.reminded = time.Now()
		d.say(waitsFor(v))
	}
}

func waitsFor(v view) string {
	left := leftOf(v)
	if len(left) == 0 {
		return "still giving back: Linode's lists are waited for, which may show late what there is"
	}
	labels := make([]string, len(left))
	for i, l := range left {
		labels[i] = l.Seen.Label
	}
	return "still giving back: " + strings.Join(labels, ", ")
}

// say tells people, one line at a time.
func (d *driver) say(text string) {
	d.saying.Lock()
	defer d.saying.Unlock()
	if d.cfg.Say != nil {
		d.cfg.Say(text)
	}
}

// sleep says false when the driver has ended before.
func (d *driver) sleep(ctx context.Context, pause time.Duration) bool {
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
