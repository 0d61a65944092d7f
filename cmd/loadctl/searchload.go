package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// A searchLoad are the flags that trials of a search are made with, as its study keeps them.
type searchLoad struct {
	Vars     map[string]string `json:"vars,omitempty"`
	Hidden   []string          `json:"hidden,omitempty"` // variables whose values are secrets and not kept
	Target   string            `json:"target,omitempty"`
	Agents   int               `json:"agents,omitempty"`
	Loops    int               `json:"loops,omitempty"`
	Sources  []string          `json:"sources,omitempty"`
	Hosts    []string          `json:"hosts,omitempty"`
	Fleet    string            `json:"fleet,omitempty"` // linode, or the id of one that was up
	Monitors []string          `json:"monitors,omitempty"`
	Seed     uint64            `json:"seed"`
	Pacing   string            `json:"pacing"`
	Tick     time.Duration     `json:"tick_ns,omitempty"`
	Poller   string            `json:"poller"`
	Files    map[string]string `json:"files,omitempty"` // SHA-256 of what bodies are streamed from and of those of TLS, by their names
}

// loadOf keeps the flags that trials are made with. What is secret is asked for again.
func loadOf(j *job) (l searchLoad, err error) {
	vars := maps.Clone(j.scenario.Replaced)
	l = searchLoad{Vars: vars, Target: j.target, Agents: j.agents, Loops: j.loops, Sources: j.sources, Hosts: j.hosts, Fleet: j.fleet, Monitors: j.monitors,
		Seed: j.seed, Pacing: j.pacing, Tick: j.tick, Poller: j.poller}
	for name := range vars {
		if slices.Contains(j.scenario.Secrets, name) {
			l.Hidden = append(l.Hidden, name)
		}
	}
	slices.Sort(l.Hidden)
	for _, name := range l.Hidden {
		delete(vars, name)
	}
	l.Files, err = j.contents()
	return l, err
}

// contents are the SHA-256 of the files that the scenario names.
func (j *job) contents() (map[string]string, error) {
	sums := map[string]string{}
	if t := j.scenario.Target.TLS; t != nil {
		for name, text := range map[string][]byte{t.CAFile.Name: j.tls.CA, t.CertFile.Name: j.tls.Cert, t.KeyFile.Name: j.tls.Key} {
			if name != "" {
				sums[name] = fmt.Sprintf("%x", sha256.Sum256(text))
			}
		}
	}
	for _, u := range j.scenario.Uploads() {
		sum, err := sumOf(u.Path)
		if err != nil {
			return nil, cannot(fmt.Errorf("body_file %s: %w", u.File, err), "")
		}
		sums[u.File] = sum
	}
	return sums, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// onto has options make the load again.
func (l *searchLoad) onto(o *runOptions) error {
	given, err := variables(o.vars, nil)
	if err != nil {
		return err
	}
	for name, value := range l.Vars {
		if _, is := given.Vars[name]; !is {
			o.vars = append(o.vars, name+"="+value)
		}
	}
	if o.fleet != "" && l.Fleet == "" {
		return usage(errors.New("--fleet: the search began without one, and its trials cannot be told beside those of other machines"), "leave it out, or begin another search")
	}
	o.fleet = cmp.Or(o.fleet, l.Fleet)
	o.target, o.agents, o.loops, o.sources, o.hosts, o.monitors = l.Target, l.Agents, l.Loops, l.Sources, l.Hosts, l.Monitors
	o.seed, o.pacing, o.tick, o.poller = l.Seed, l.Pacing, l.Tick, l.Poller
	return nil
}

// same refuses to make another load than the search began with: by other variables, from flags or from the
// environment, or files with other contents. Values are not repeated, as they may be secrets.
func (l *searchLoad) same(j *job) error {
	wrong := l.sameVars(j.scenario)
	files, err := j.contents()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(l.Files)) {
		if files[name] != l.Files[name] {
			wrong = append(wrong, fmt.Errorf("%s, which the scenario names, is not what it was when the search began", name))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "begin another search with it, or put it back")
	}
	return nil
}

func (l *searchLoad) sameVars(s *scenarios.Scenario) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(s.Replaced)) {
		was, had := l.Vars[name]
		switch {
		case slices.Contains(l.Hidden, name):
		case !had:
			wrong = append(wrong, fmt.Errorf("variable %s was the file's own when the search began: leave out -e %s and LOADCTL_VAR_%s", name, name, name))
		case was != s.Replaced[name]:
			wrong = append(wrong, fmt.Errorf("variable %s had another value when the search began, which it goes on with if -e %s is left out", name, name))
		}
	}
	for _, name := range l.Hidden {
		if _, is := s.Replaced[name]; !is {
			wrong = append(wrong, fmt.Errorf("variable %s is a secret, which is not kept: give it again with -e %s=…", name, name))
		}
	}
	return wrong
}

// hiddenFlags are the flags that whoever goes on must give again.
func (l *searchLoad) hiddenFlags() (again string) {
	for _, name := range l.Hidden {
		again += fmt.Sprintf(" -e %s=…", name)
	}
	return again
}

// targetName is the target for people.
func (j *job) targetName() string {
	if j.scenario.Target.Bundled && j.target == "" {
		return "the bundled target"
	}
	return cmp.Or(j.target, j.scenario.Target.BaseURL)
}
