package rented

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// Validate tells all that is wrong with a Spec, as far as nobody has to be asked.
func (s Spec) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.TTL <= 0 {
		add("ttl: must be > 0, as after it anybody may give the fleet back, got %s", s.TTL)
	}
	if s.Planned < 0 || s.Planned > s.TTL {
		add("planned: must be from 0 to the ttl, %s, got %s", s.TTL, s.Planned)
	}
	if len(s.Machines) == 0 {
		add("machines: there are none: name at least one")
	}
	for i, p := range s.From {
		if !p.IsValid() {
			add("from[%d]: must be a network such as 192.0.2.1/32", i)
		}
	}
	agents := len(blueprint{Spec: s}.each(Agent))
	if s.MinAgents < 0 || s.MinAgents > agents {
		add("min agents: must be 0 to %d, the agents that are wanted, got %d", agents, s.MinAgents)
	}
	for i, m := range s.Machines {
		errs = append(errs, m.wrong(fmt.Sprintf("machines[%d]", i))...)
	}
	for i := range s.Balancers {
		errs = append(errs, s.wrongBalancer(i)...)
	}
	return errors.Join(append(errs, s.wrongWholes()...)...)
}

// mostOfRole is as many as labels can number.
const mostOfRole = 9999

func (m Machines) wrong(at string) (errs []error) {
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	if !isRole(m.Role) {
		add("role: must be 1 to 12 lower case letters, got %q", m.Role)
	}
	if m.Count < 1 || m.Count > mostOfRole {
		add("count: must be 1 to %d, got %d", mostOfRole, m.Count)
	}
	if m.Region == "" {
		add("region: must name one of Linode's, such as us-ord")
	}
	if m.Type == "" {
		add("type: must name one of Linode's plans, such as g6-dedicated-4")
	}
	if m.Image == "" {
		add("image: must name one of Linode's, such as linode/debian12")
	}
	if m.Reach > rental.ToRun {
		add("reach: %d is none", m.Reach)
	}
	if m.Sent < 0 {
		add("sent: must be >= 0, got %d bytes a second", m.Sent)
	}
	sample := linode.Seed{HostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat("A", 400), HostPublic: "ssh-ed25519 AAAA", Sysctl: m.Sysctl}
	sample.Keys = []string{"ssh-ed25519 " + strings.Repeat("A", 68)}
	if _, err := sample.UserData(); err != nil {
		add("sysctl: %w", err)
	}
	return errs
}

func isRole(s string) bool {
	return len(s) >= 1 && len(s) <= 12 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

func (s Spec) wrongBalancer(i int) (errs []error) {
	l := s.Balancers[i]
	add := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("balancers[%d]."+format, append([]any{i}, args...)...))
	}
	if !isRole(l.Role) {
		add("role: must be 1 to 12 lower case letters, got %q", l.Role)
	}
	if j := slices.IndexFunc(s.Balancers, func(o Balancer) bool { return o.Role == l.Role }); j < i {
		add("role: %q is that of balancers[%d] too", l.Role, j)
	}
	if !s.Private {
		add("before: a NodeBalancer reaches machines by private addresses only: ask for these")
	}
	if !slices.ContainsFunc(s.Machines, func(m Machines) bool { return m.Role == l.Before && m.Region == l.Region }) {
		add("before: there are no machines of role %q in region %q", l.Before, l.Region)
	}
	if l.Class != "common" && l.Class != "premium" {
		add("class: must be common or premium, got %q", l.Class)
	}
	if l.Port < 1 || l.Port > 65535 {
		add("port: must be 1 to 65535, got %d", l.Port)
	}
	if l.Listen.Port < 1 || l.Listen.Port > 65535 {
		add("listen.port: must be 1 to 65535, got %d", l.Listen.Port)
	}
	return errs
}

// mostRules a firewall may have, in and out together.
const mostRules = 25

// wrongWholes is what is wrong with roles as a whole.
func (s Spec) wrongWholes() (errs []error) {
	b := blueprint{Spec: s}
	for _, role := range b.roles() {
		if n := len(b.each(role)); n > mostOfRole {
			errs = append(errs, fmt.Errorf("machines: of role %q there must be at most %d, got %d", role, mostOfRole, n))
		}
		if n := len(b.in(role, everybody())) + len(b.out(role)); n > mostRules {
			errs = append(errs, fmt.Errorf("machines: the firewall of role %q has %d rules, and %d is the most: declare fewer", role, n, mostRules))
		}
	}
	if n := len(b.networks()); n > 255 {
		errs = append(errs, fmt.Errorf("machines: are in %d regions, and 255 is the most", n))
	}
	return errs
}
