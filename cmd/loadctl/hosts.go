package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/scenarios"
)

// localHost is what the host of this machine is called in every run; no other is.
const localHost = "local"

// hostsFlag says which machines run agents.
func hostsFlag(f *pflag.FlagSet, o *runOptions) {
	f.StringVar(&o.fleet, "fleet", "", "`linode` rents machines that run agents, by the file's fleet: block, and gives them back; an ID takes those of a fleet that is up (see docs/fleet.md)")
	f.BoolVarP(&o.yes, "yes", "y", false, "rent without asking")
	f.StringSliceVar(&o.hosts, "hosts", nil, "machines that run agents instead of this one: `URLs` such as ssh://user@h1,ssh://h2:2222 (see docs/hosts.md)")
	f.StringVar(&o.direct, "direct", "", "`ADDRESS[:PORT]` of this machine that those of --hosts dial, instead of being led here by SSH (see docs/hosts.md)")
}

// whoami is the person whose keys and known hosts are used.
func whoami() ssh.Who {
	w := ssh.Who{Agent: os.Getenv("SSH_AUTH_SOCK")}
	w.Home, _ = os.UserHomeDir() // without one, files must be named
	if u, err := user.Current(); err == nil {
		w.User = u.Username
	}
	return w
}

// far says whether other machines than this run the agents.
func (o *runOptions) far() bool { return len(o.hosts) > 0 || o.fleet != "" }

// farFlag is the flag that says so.
func (o *runOptions) farFlag() string {
	if o.fleet != "" {
		return "--fleet"
	}
	return "--hosts"
}

// elsewhere are the machines of --hosts; none = this one, or those of a fleet. What they could not do is said before anything is reached.
func (o *runOptions) elsewhere(s *scenarios.Scenario) ([]ssh.Address, error) {
	if !o.far() {
		return nil, nil
	}
	all, err := ssh.Parse(o.hosts, whoami())
	wrong := []error{err}
	if len(o.hosts) > 0 && o.fleet != "" {
		wrong = append(wrong, errors.New("--hosts and --fleet: the load comes from one of them"))
	}
	if o.fleet != "" && o.fleet != scenarios.FleetLinode && !isFleetID(o.fleet) {
		wrong = append(wrong, fmt.Errorf("%q is neither linode nor the ID of a fleet, which is 8 of a to z and 2 to 7: `loadctl fleet ls` lists those there are", o.fleet))
	}
	if o.fleet == scenarios.FleetLinode && s.Fleet == nil {
		wrong = append(wrong, errors.New("the file does not say what a fleet is to be: it has no fleet: block"))
	}
	if len(o.sources) > 0 {
		wrong = append(wrong, errors.New("--sources names addresses of this machine, and agents run on others: leave it out"))
	}
	if o.tap != "" || o.pprof != "" {
		wrong = append(wrong, errors.New("--tap and --pprof write files where agents run, which is not here: leave them out"))
	}
	for _, u := range s.Uploads() {
		wrong = append(wrong, fmt.Errorf("body_file %s is read where agents run, which is not here: write the body into the scenario", u.File))
	}
	if err := errors.Join(wrong...); err != nil {
		page := map[string]string{"--hosts": "docs/hosts.md says how machines are named and reached", "--fleet": "docs/fleet.md says how machines are rented"}
		return nil, usage(fmt.Errorf("%s: %w", o.farFlag(), err), page[o.farFlag()])
	}
	return all, nil
}

// farAway says whether any of the machines is not this one, as far as its address tells.
func farAway(all []ssh.Address) bool {
	return slices.ContainsFunc(all, func(a ssh.Address) bool { return !onLoopback(a.Host) })
}

func onLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// reachable refuses to start the bundled target for agents that are elsewhere.
func (j *job) reachable() error {
	if j.fleet == "" && !farAway(j.machines) {
		return nil
	}
	return bundledIsHere(j.farFlag())
}

// hostWarnings are what is to be known of a run whose agents are elsewhere.
func (j *job) hostWarnings() (all []string) {
	if j.hired != nil {
		return j.hired.wanted.warningsOf(j.hired.spec)
	}
	t, err := plan.TargetOf(j.baseURL())
	if err == nil && onLoopback(t.Host) && farAway(j.machines) {
		all = append(all, fmt.Sprintf("the target %s is on loopback, which is another on each of --hosts: each machine loads its own", j.baseURL()))
	}
	return all
}

func (j *job) baseURL() string {
	if j.options.BaseURL != "" {
		return j.options.BaseURL
	}
	return j.scenario.Target.BaseURL
}

// place is where the load of a search is made.
func (j *job) place() *study.Place {
	switch {
	case j.fleet != "":
		return &study.Place{Hosts: []string{j.fleetWords(j.scenario)}}
	case len(j.machines) == 0:
		return here()
	}
	return &study.Place{Hosts: machineNames(j.machines)}
}

func machineNames(all []ssh.Address) (names []string) {
	for _, a := range all {
		names = append(names, a.String())
	}
	return names
}

// reach gives the machines that the run is made by, connected to and with the program on them, and what takes leave of
// them. ctx ends the attempt.
func (j *job) reach(ctx context.Context) (all []coordinator.Host, leave func(), err error) {
	if err := j.rent(ctx); err != nil {
		return nil, nil, err
	}
	machines := j.addresses()
	if len(machines) == 0 {
		return []coordinator.Host{local.New(local.Config{Name: localHost, Command: j.hostCommand, Spools: spools()})}, func() {}, nil
	}
	hosts, err := ssh.Connect(ctx, ssh.Config{
		Who: whoami(), Executable: j.exe, ServerName: coordinator.ServerName, Direct: j.dialled.IsValid(), Pushed: j.pushed,
		GivenBack: j.fleet == scenarios.FleetLinode,
	}, machines)
	if err != nil {
		return nil, nil, cannot(err, "docs/hosts.md says what a machine needs")
	}
	for _, h := range hosts {
		all = append(all, h)
	}
	return all, func() { ssh.Close(hosts...) }, nil
}

// addresses are those of the machines that run agents, once they are rented; none = this one.
func (j *job) addresses() []ssh.Address {
	if j.hired != nil {
		return j.hired.addresses()
	}
	return j.machines
}

func (j *job) pushed(to ssh.Address, size, sent int64) {
	fmt.Fprintf(j.errw, "loadctl: pushed itself to %s (%d MiB, as %d)\n", to, size>>20, sent>>20)
}

// notHere refuses to take what machines of --hosts made for a figure of this one.
func notHere(h *study.Head) error {
	if h.Place == nil || len(h.Place.Hosts) == 0 {
		return nil
	}
	return usage(fmt.Errorf("its load was made by %s, and a baseline says of one machine what it made", strings.Join(h.Place.Hosts, ", ")),
		"search again without --hosts")
}

// madeByOthers refuses a run that hosts on other machines made, though these may be twins of this one.
func madeByOthers(about map[string]string) error {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(about)), func(name string) bool { return name == localHost })
	if len(names) == 0 {
		return nil
	}
	return usage(fmt.Errorf("the run was made by %s, and a baseline says of one machine what it made", strings.Join(names, ", ")), "run it again without --hosts or --fleet")
}
