package rented

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A Standing is a fleet as it is told by the disk and by the cloud.
type Standing struct {
	ID, For     string
	Machines    int       // instances and balancers that exist
	Since       time.Time // when the first was made
	Expires     time.Time // zero = not told
	Ended       time.Time // when nothing was left of it; zero = not yet, or not known
	Bill        price.Bill
	Here, There bool // known on this disk; seen in the cloud
	Busy        bool // a process of this machine holds it
	Resources   []rental.Seen
}

// all finds whatever bears a mark of any run.
func everyRun() linode.Query { return linode.Query{Tag: "loadctl", Prefix: "lc-"} }

// List tells of all fleets, of the disk and of the cloud, oldest first. Where the cloud is asked, what it does not show of a
// journal is taken to be gone. With an error, which tells what could not be read, it gives what could.
func List(ctx context.Context, c Config) ([]Standing, error) {
	all, lines, err := c.onDisk()
	prices, _ := catalogue(ctx, nil)
	now := time.Now()
	if c.Cloud != nil {
		seen, listed := c.Cloud.Everything(ctx, everyRun())
		if err = errors.Join(err, listed); listed == nil {
			prices, _ = catalogue(ctx, c.Cloud)
			r := rental.Reap(now, seen)
			for _, h := range slices.Concat(r.Expired, r.Live) {
				there(all, h)
			}
		}
		c.price(all, lines, prices, now, listed == nil)
	} else {
		c.price(all, lines, prices, now, false)
	}
	return sorted(all), err
}

// onDisk are the fleets that have a journal here.
func (c Config) onDisk() (map[string]*Standing, map[string][]rental.Line, error) {
	all, lines := map[string]*Standing{}, map[string][]rental.Line{}
	entries, err := os.ReadDir(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	errs := []error{err}
	for _, e := range entries {
		id := e.Name()
		text, err := os.ReadFile(filepath.Join(c.Dir, id, journalFile))
		if rental.Run8(id) != id || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		read, _, bad := rental.Decode(text)
		known, mixed := rental.Know(read)
		errs = append(errs, err, named(id, errors.Join(bad, mixed)))
		b, _ := readBlueprint(filepath.Join(c.Dir, id)) // one that is missing only says less
		all[id] = &Standing{ID: id, For: b.For, Expires: known.Expires, Here: true, Busy: held(filepath.Join(c.Dir, id, lockFile))}
		if lines[id] = read; known.Ended {
			all[id].Ended = read[len(read)-1].At
		}
	}
	return all, lines, errors.Join(errs...)
}

func named(id string, err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errors.New("fleet "+id+":"), err)
}

// there adds what the cloud tells of a fleet.
func there(all map[string]*Standing, h rental.Holding) {
	s := all[h.Run]
	if s == nil {
		s = &Standing{ID: h.Run}
		all[h.Run] = s
	}
	s.There, s.Resources = true, h.Resources
	if h.Expires.After(s.Expires) {
		s.Expires = h.Expires
	}
}

// price reckons what each has cost. Of the machines that a journal knows, those are gone that the cloud, if it was asked,
// does not show.
func (c Config) price(all map[string]*Standing, lines map[string][]rental.Line, prices price.Catalogue, now time.Time, asked bool) {
	for id, s := range all {
		b, _ := readBlueprint(filepath.Join(c.Dir, id))
		held := holdings(lines[id], b.facts)
		if asked {
			held = checked(held, s.Resources, now)
		}
		for _, h := range held {
			if h.Deleted.IsZero() {
				s.Machines++
			}
			if s.Since.IsZero() || !h.Created.IsZero() && h.Created.Before(s.Since) {
				s.Since = h.Created
			}
		}
		s.Bill = prices.Bill(now, held)
	}
}

// checked corrects what a journal tells by what the cloud shows.
func checked(held []price.Held, seen []rental.Seen, now time.Time) []price.Held {
	costs := func(s rental.Seen) bool { return s.Kind == rental.Instance || s.Kind == rental.Balancer }
	for i, h := range held {
		if h.Deleted.IsZero() && !slices.ContainsFunc(seen, func(s rental.Seen) bool { return costs(s) && s.Label == h.Name }) {
			held[i].Deleted = now
		}
	}
	for _, s := range seen {
		i := slices.IndexFunc(held, func(h price.Held) bool { return h.Name == s.Label && h.Deleted.IsZero() })
		switch {
		case !costs(s):
		case i < 0:
			held = append(held, price.Held{Name: s.Label, Type: s.Type, Region: s.Region, Created: s.Created})
		default:
			held[i].Type, held[i].Region = s.Type, s.Region
		}
	}
	return held
}

func sorted(all map[string]*Standing) (list []Standing) {
	for _, s := range all {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Standing) int {
		if order := a.Since.Compare(b.Since); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Reaped is what Reap has done, and left.
type Reaped struct {
	Gone   []Account
	Live   []rental.Holding // and those whose time is over, but a process of this machine holds them
	Broken []rental.Left
}

// Reap gives back all fleets whose time is over, by the cloud's lists alone. Its error says what of them is left.
func Reap(ctx context.Context, c Config) (Reaped, error) {
	if err := c.able(); err != nil {
		return Reaped{}, err
	}
	seen, err := c.Cloud.Everything(ctx, everyRun())
	if err != nil {
		return Reaped{}, err
	}
	found := rental.Reap(time.Now(), seen)
	r := Reaped{Live: found.Live, Broken: found.Broken}
	var errs []error
	for _, h := range found.Expired {
		a, err := Down(ctx, c, h.Run)
		if errors.Is(err, ErrHeld) {
			r.Live = append(r.Live, h)
			continue
		}
		r.Gone, errs = append(r.Gone, a), append(errs, err)
	}
	return r, errors.Join(errs...)
}
