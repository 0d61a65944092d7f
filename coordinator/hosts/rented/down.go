package rented

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// Down gives a fleet back by its journal, or without one by labels and tags: only the token is needed. With no id of its
// own it is a mistake. When ctx ends first it returns at once, and its error says what is left.
func Down(ctx context.Context, c Config, id string) (Account, error) {
	if err := c.able(); err != nil {
		return Account{}, err
	}
	st, err := c.holdAnyhow(id)
	if err != nil {
		return Account{}, err
	}
	if err := c.heard(ctx, id); err != nil {
		st.release()
		return Account{}, fmt.Errorf("fleet %s: nothing was given back: %w", id, err)
	}
	d, err := giveBack(c, st, id)
	if err != nil {
		st.release()
		return Account{}, fmt.Errorf("fleet %s: %w", id, err)
	}
	d.start()
	return d.fall(ctx)
}

// heard asks whether the cloud hears us, before a long wait for it: a token that is refused is told at once, and a name that
// nobody knows may be a mistake.
func (c Config) heard(ctx context.Context, id string) error {
	seen, err := c.Cloud.Everything(ctx, queryOf(id))
	switch {
	case err != nil && linode.FailureOf(err).Class == rental.Refused:
		return err
	case err != nil:
		c.say(fmt.Sprintf("%v: it is asked again for up to %s", err, c.back()))
	case len(seen) == 0 && !c.exists(id):
		c.say("fleet " + id + " is not known here, and nothing of it is seen at Linode: was another meant? What may have been made just now is waited for")
	}
	return nil
}

// back is how long giving back may take.
func (c Config) back() time.Duration { return cmp.Or(c.Limits.BackWithin, rental.BackWithin) }

// holdAnyhow does without a directory that cannot be had: what bears a fleet's marks is found without.
func (c Config) holdAnyhow(id string) (*store, error) {
	st, err := c.hold(id)
	if err == nil || errors.Is(err, ErrHeld) || rental.Run8(id) != id {
		return st, err
	}
	c.say(err.Error() + ": it is given back by labels and tags")
	return &store{dir: filepath.Join(c.Dir, id)}, nil
}

func (c Config) say(text string) {
	if c.Say != nil {
		c.Say(text)
	}
}

// giveBack makes the driver of a fleet that is to go.
func giveBack(c Config, st *store, id string) (*driver, error) {
	var lines []rental.Line
	if st.lock != nil {
		lines = st.trusted(id, c.say)
	}
	r, err := rental.New(rental.Config{Run: id, Journal: lines, Limits: c.Limits})
	if err != nil {
		return nil, err
	}
	d := newDriver(c, id, st, r)
	d.blueprint, _ = readBlueprint(st.dir) // for prices; lists tell them too
	return d, nil
}

// trusted reads a journal. One that is damaged, or of another fleet, is put aside.
func (s *store) trusted(id string, say func(string)) []rental.Line {
	lines, err := s.read()
	if err == nil && len(lines) > 0 && lines[0].Run != id {
		err = fmt.Errorf("%s: it is of fleet %s", s.at(journalFile), lines[0].Run)
	}
	if err == nil {
		return lines
	}
	say(err.Error() + ": it is put aside, and the fleet given back by labels and tags")
	if err := s.aside(".bad-" + time.Now().UTC().Format("20060102T150405")); err != nil {
		say(err.Error())
	}
	return nil
}

// newID is a name that nobody has.
func newID() string { return rental.Run8(rand.Text()) }

// exists says whether a fleet has a directory here.
func (c Config) exists(id string) bool {
	_, err := os.Stat(filepath.Join(c.Dir, id, journalFile))
	return err == nil
}
