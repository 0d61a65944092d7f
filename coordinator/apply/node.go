package apply

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"

	"github.com/loadctl/loadctl/tuning"
)

// rents says that each value of a parameter has a machine of its own. Nothing of it was there before the tuning: what is put
// back is the absence of any.
func (a *Applier) rents(param string) bool {
	p := a.file.Param(param)
	return p != nil && slices.ContainsFunc(p.Apply, func(h tuning.Hook) bool { return h.Kind == tuning.LinodePlan })
}

// plan is the step that has a machine of the value's plan in the place of the one before; to restore is to give back all.
func (a *Applier) plan(j job, p *tuning.Param, h *tuning.Hook) step {
	if j.restore {
		return step{[]*tuning.Param{p}, h, "linode-plan: give back", "", func(ctx context.Context) (string, error) {
			a.node = Node{}
			return "", a.cfg.Nodes.GiveBack(ctx)
		}}
	}
	return step{[]*tuning.Param{p}, h, "linode-plan: " + h.Node.Region, "", func(ctx context.Context) (said string, err error) {
		a.node = Node{}
		node, err := a.cfg.Nodes.Fresh(ctx, *h.Node, j.values[p.Name])
		if err != nil {
			return "", err
		}
		a.node = node
		if h.Node.Setup != nil {
			if said, err = a.run(ctx, h, h.Node.Setup, a.valuesFor(j, p)); err != nil {
				return said, fmt.Errorf("setup: %w", err)
			}
		}
		if err = a.answers(ctx); err != nil {
			return said, err
		}
		return said, nil
	}}
}

// answers waits for the service of the machine that was rented to accept connections.
func (a *Applier) answers(ctx context.Context) error {
	u, err := url.Parse(a.service())
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return a.healthy(ctx, "tcp://"+net.JoinHostPort(u.Hostname(), port))
}

// Service is the base URL of the service on the machine that was rented last; "" where there is none.
func (a *Applier) Service() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.service()
}

func (a *Applier) service() string {
	n := a.file.Node()
	if n == nil || a.node.Address == "" {
		return ""
	}
	return n.Target.Fill(a.valuesFor(job{}, nil), nil)
}

// of is what a name stands for.
func (n Node) of(name string) string {
	return map[string]string{
		tuning.NodeAddress: n.Address, tuning.NodeUser: n.User, tuning.NodeIdentity: n.Identity, tuning.NodeKnownHosts: n.KnownHosts,
	}[name]
}
