package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/rental"
)

const fleetLong = `Rents machines at Linode that make load, says what they cost, and gives them back. What a fleet is to be stands in
the fleet: block of a scenario. ` + "`loadctl run FILE --fleet linode`" + ` rents, runs and gives back in one go; a fleet of
` + "`fleet up --keep`" + ` serves several runs within the hours that are paid.

Needs LINODE_TOKEN, an API token; LINODE_URL names another API. docs/fleet.md is the guide.`

func newFleet() *cobra.Command {
	c := &cobra.Command{Use: "fleet", Short: "Rent machines that make load, see what they cost, give them back", Long: fleetLong}
	down := newFleetDown()
	down.Args = fleetIDs
	c.AddCommand(newFleetUp(), newFleetLs(), down, newFleetReap(), newFleetPrice())
	return c
}

// fleetIDs refuses what is no ID of a fleet.
func fleetIDs(_ *cobra.Command, ids []string) error {
	var wrong []error
	for _, id := range ids {
		if !isFleetID(id) {
			wrong = append(wrong, fmt.Errorf("%q is no ID of a fleet", id))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "an ID is 8 of a to z and 2 to 7, such as abcd2345; `loadctl fleet ls` lists those there are")
	}
	return nil
}

// isFleetID says whether a text has the form of one.
func isFleetID(text string) bool { return rental.Run8(text) == text }

// tokenHint says which token is enough.
const tokenHint = "make one at https://cloud.linode.com/profile/tokens with the scopes linodes:read_write, firewall:read_write, account:read_only and images:read_only " +
	"(network: private also vpc:read_write and ips:read_only), and set LINODE_TOKEN to it; docs/security.md says what each is for"

// fleetsOf is where the fleets of this person are kept, and how the cloud is asked. Without a token it is not asked.
func fleetsOf(say func(string)) (c rented.Config, err error) {
	state, err := stateDir()
	if err != nil {
		return c, cannot(err, "")
	}
	c = rented.Config{Dir: filepath.Join(state, "fleets"), Say: say, Version: buildID()}
	if c.Executable, err = os.Executable(); err != nil {
		return c, cannot(fmt.Errorf("finding this program: %w", err), "")
	}
	if token := os.Getenv("LINODE_TOKEN"); token != "" {
		c.Cloud, err = linode.New(linode.Config{Token: token, URL: os.Getenv("LINODE_URL"), Version: os.Getenv("LINODE_API_VERSION"), Agent: "loadctl/" + version})
	}
	if err != nil {
		return c, usage(fmt.Errorf("the Linode API of LINODE_TOKEN and LINODE_URL: %w", err), tokenHint)
	}
	return c, nil
}

// theCloud is fleetsOf for what cannot be done without the cloud.
func theCloud(say func(string)) (rented.Config, error) {
	c, err := fleetsOf(say)
	if err == nil && c.Cloud == nil {
		err = usage(errors.New("LINODE_TOKEN is not set: Linode is asked with an API token"), tokenHint)
	}
	return c, err
}

// sayer tells what a fleet does, for people.
func sayer(errw io.Writer) func(string) {
	return func(text string) { fmt.Fprintln(errw, "loadctl:", text) }
}

// tellOffer shows what would be rented, and what it costs.
func tellOffer(w io.Writer, s rented.Spec, o rented.Offer) {
	fmt.Fprintf(w, "%s for %s, %s:\n", countOf(machinesOf(s), "machine", "machines"), s.For, lifeWords(s))
	for line := range strings.Lines(o.Estimate.String()) {
		fmt.Fprint(w, "  ", line)
	}
	if s.MaxCost > 0 {
		fmt.Fprintf(w, "  max_cost_usd: %s covers the worst case\n", s.MaxCost)
	}
	for _, text := range o.Warnings {
		fmt.Fprintln(w, "  warning:", text)
	}
}

func machinesOf(s rented.Spec) (n int) {
	for _, m := range s.Machines {
		n += m.Count
	}
	return n
}

func lifeWords(s rented.Spec) string {
	if s.Planned == 0 || s.Planned == s.TTL {
		return "for " + spanOf(s.TTL)
	}
	return fmt.Sprintf("for about %s, and %s at most", spanOf(s.Planned), spanOf(s.TTL))
}

// spanOf is a time as people plan it.
func spanOf(d time.Duration) string {
	if d >= time.Minute {
		d = d.Round(time.Minute)
	}
	text := d.Round(time.Second).String()
	if cut, is := strings.CutSuffix(text, "m0s"); is {
		text = cut + "m"
	}
	if cut, is := strings.CutSuffix(text, "h0m"); is {
		text = cut + "h"
	}
	return text
}

// agreed asks whether to rent. Who has said so by --yes, or how much it may cost by max_cost_usd, is not asked: what may
// cost more is not rented at all.
func agreed(ctx context.Context, in io.Reader, errw io.Writer, s rented.Spec, yes bool) error {
	if yes || s.MaxCost > 0 {
		return nil
	}
	f, is := in.(*os.File)
	if !is || !term.IsTerminal(int(f.Fd())) {
		return usage(errors.New("nobody is there to be asked whether to rent this"), "say --yes, or max_cost_usd in the file, which nothing is rented beyond")
	}
	fmt.Fprint(errw, "rent it? [y/N] ")
	answer := make(chan string, 1)
	go func() { // left to the end of the process where nobody answers
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case text := <-answer:
		if text == "y" || text == "yes" {
			return nil
		}
		return &failure{exitInterrupted, errors.New("nothing was rented"), ""}
	case <-ctx.Done():
		return &failure{exitInterrupted, errors.New("interrupted; nothing was rented"), ""}
	}
}

// A renting is a fleet that is being made or given back by this process, with a person before it.
type renting struct {
	fleets   rented.Config
	controls *controls
	errw     io.Writer
}

// up rents a fleet. The first interrupt gives back what there is; the second leaves it, and says what that is.
func (r *renting) up(ctx context.Context, id string, s rented.Spec, o rented.Offer) (*rented.Fleet, error) {
	r.fleets.Leave = r.controls.hurry
	f, err := rented.Up(ctx, r.fleets, id, s, o)
	return f, r.unrented(ctx, err)
}

// unrented is why there is no fleet. What is left of it is told here: an interrupt is told otherwise by those above.
func (r *renting) unrented(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		fmt.Fprintln(r.errw, "loadctl: interrupted:", err)
		return ended(exitInterrupted)
	}
	return cannot(err, "docs/fleet.md says what a fleet needs")
}

// down gives a fleet back, and says what is left and what it has cost. An interrupt tells how to do that later; another ends
// it there.
func (r *renting) down(id string, down func(context.Context) (rented.Account, error)) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := r.controls.insisted.Load()
	r.controls.then(func() {
		if r.controls.insisted.Load()-before > 1 {
			cancel()
			return
		}
		fmt.Fprintf(r.errw, "loadctl: still giving fleet %s back; interrupt once more to leave it, and give it back by: loadctl fleet down %s\n", id, id)
	})
	defer r.controls.then(nil)
	a, err := down(ctx)
	tellAccount(r.errw, id, a)
	if err != nil {
		code := exitFailed
		if ctx.Err() != nil {
			code = exitInterrupted
		}
		return &failure{code, fmt.Errorf("fleet %s is not given back: %w", id, err), "try again with: loadctl fleet down " + id}
	}
	return nil
}

// tellAccount says how a fleet ended, in one line where all is well.
func tellAccount(errw io.Writer, id string, a rented.Account) {
	bill := a.Bill.String()
	if a.Bill.Alive == 0 && !a.Clean() { // which cannot say that nothing costs any more
		bill = a.Bill.Total.String() + " so far without transfer"
	}
	fmt.Fprintf(errw, "loadctl: fleet %s: %s left; %s\n", id, countOf(max(a.Bill.Alive, len(a.Left)), "resource is", "resources are"), bill)
	for _, l := range a.Left {
		fmt.Fprintln(errw, "  left:", l)
	}
	for _, l := range a.Alone {
		fmt.Fprintln(errw, "  not ours by both marks, look after it yourself:", l)
	}
	for _, kind := range a.Unchecked {
		fmt.Fprintf(errw, "  no list could confirm that no %s is left\n", kind)
	}
}

// clockOf is a moment for people: the day is told where it is not today's.
func clockOf(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}
