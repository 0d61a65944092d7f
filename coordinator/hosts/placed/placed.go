package placed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
)

// Config is what a topology is started by.
type Config struct {
	Plan
	// Login logs in to a machine that has this program, or gets it.
	Login func(ctx context.Context, to ssh.Address) (Machine, error)
	Told  func(Part) // of each part once it is well, in their order; nil = nobody is
}

// A Part is one that is well.
type Part struct {
	Name, Label string // of the part, and of its machine; "" of a NodeBalancer
	Address     string // for the other parts
	Took        time.Duration
}

// Machines are those of a fleet.
type Machines interface {
	Machines(role string) []rented.Machine
	Balancer(role string) (netip.Addr, bool)
}

// A Service is a topology that runs on its machines.
type Service struct {
	URL     string // to be loaded, from anywhere that linode.from allows
	Private string // the same from within its network; "" = there is none, before a NodeBalancer
	seats   []*seat
}

// Start starts each part on its machine, once the one before is well. Its error says of a part that is not what it said
// last. What was started runs on, then and when ctx ends: the machines are to be given back.
func Start(ctx context.Context, c Config, on Machines) (*Service, error) {
	s := &Service{}
	hosts, err := s.sit(c, on)
	if err == nil {
		err = s.each(func(one *seat) error { return one.prepare(ctx) })
	}
	if err == nil {
		err = s.start(ctx, c, hosts)
	}
	if err == nil {
		err = s.face(ctx, c, on)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// sit gives each part its machine, and says where each is.
func (s *Service) sit(c Config, on Machines) (map[string]netip.Addr, error) {
	hosts := map[string]netip.Addr{}
	var errs []error
	for _, p := range c.Seats {
		of := on.Machines(p.Role)
		if len(of) < p.Number || !of[p.Number-1].Private.IsValid() {
			errs = append(errs, fmt.Errorf("%s: the fleet has no machine for it with a private address", p.Part))
			continue
		}
		m := of[p.Number-1]
		hosts[p.Part] = m.Private
		s.seats = append(s.seats, &seat{Seat: p, at: m, login: func(ctx context.Context) (Machine, error) { return c.Login(ctx, m.SSH) }})
	}
	return hosts, errors.Join(errs...)
}

// each does something on all machines at once.
func (s *Service) each(do func(*seat) error) error {
	errs := make([]error, len(s.seats))
	var all sync.WaitGroup
	for i, one := range s.seats {
		all.Go(func() { errs[i] = do(one) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (s *Service) start(ctx context.Context, c Config, hosts map[string]netip.Addr) error {
	password, key := rand.Text(), rand.Text()
	for _, one := range s.seats {
		order := c.Spread.Order(one.Seat, hosts)
		order.File, order.Text, order.Password, order.SessionKey = c.File, c.Text, password, key
		text, err := json.Marshal(order)
		if err != nil {
			return err
		}
		begin := time.Now()
		if err := one.start(ctx, text); err != nil {
			return err
		}
		if c.Told != nil {
			c.Told(Part{Name: one.Part, Label: one.at.Label, Address: order.At[one.Part], Took: time.Since(begin)})
		}
	}
	return nil
}

// face says where the whole is loaded, and has it answer there.
func (s *Service) face(ctx context.Context, c Config, on Machines) error {
	port := strconv.Itoa(c.Port)
	if c.Front == "" {
		at, has := on.Balancer(Front)
		if !has {
			return errors.New("the fleet has no NodeBalancer")
		}
		s.URL = "http://" + net.JoinHostPort(at.String(), port)
		return Answers(ctx, s.URL+"/health")
	}
	last := s.seats[len(s.seats)-1]
	s.URL = "http://" + net.JoinHostPort(last.at.Public.String(), port)
	s.Private = "http://" + net.JoinHostPort(last.at.Private.String(), port)
	return s.reach(ctx)
}

// reach asks the front from another machine where there is one, as those who load it will.
func (s *Service) reach(ctx context.Context) error {
	if len(s.seats) < 2 {
		return nil // its own machine has asked it
	}
	from := s.seats[0]
	_, err := from.do(ctx, "ask", fmt.Sprintf("exec %s target seat --ask %s/health\n", from.program, s.Private), "WELL", askWithin)
	if err != nil {
		return fmt.Errorf("the service is not reached by its private address: %w", err)
	}
	return nil
}

// askWithin is how long a NodeBalancer may take to find its backends well.
const askWithin = time.Minute

// Answers asks a service how it is until it is well, for a minute.
func Answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	for {
		err := ask(ctx, url)
		if err == nil {
			return nil
		}
		if !pause(ctx, time.Second) {
			return fmt.Errorf("%s was not well within %s: %w", url, askWithin, err)
		}
	}
}

func ask(ctx context.Context, url string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: 5 * time.Second}
	got, err := transport.RoundTrip(q)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return errors.New("it answered " + got.Status)
	}
	return nil
}

// watchEvery is how often parts are listened to.
const watchEvery = 5 * time.Second

// Watch tells what happens to parts until ctx ends, which is nil, or one of them has ended for good. A machine that cannot
// be asked is told once until it can be again.
func (s *Service) Watch(ctx context.Context, tell func(string)) error {
	silent := make([]bool, len(s.seats))
	for pause(ctx, watchEvery) {
		for i, one := range s.seats {
			err := one.listen(ctx, tell)
			switch {
			case ctx.Err() != nil:
				return nil
			case errors.Is(err, errEnded):
				return fmt.Errorf("%s %w", one, one.because(ctx, err))
			case err != nil && !silent[i]:
				tell(fmt.Sprintf("%s cannot be asked how it is: %v", one, err))
			case err == nil && silent[i]:
				tell(fmt.Sprintf("%s can be asked again", one))
			}
			silent[i] = err != nil
		}
	}
	return nil
}

func (s *seat) because(ctx context.Context, err error) error {
	said, _ := s.ask(ctx, last, folder, "part") // what it said is more than nothing, and less than that it ended
	return fmt.Errorf("%w%s", err, strings.TrimRight(indented(said), "\n"))
}

// Close ends the logins. The parts run on.
func (s *Service) Close() {
	for _, one := range s.seats {
		if one.on != nil {
			one.on.Close()
		}
	}
}
