package plan

import (
	"testing"

	"github.com/loadctl/loadctl/scenarios"
)

func TestPoolWords(t *testing.T) {
	for words, p := range map[string]scenarios.Phase{
		"":                                  {Executor: scenarios.ConstantVUs, Over: -1},
		"a new connection for each request": {Executor: scenarios.ConstantVUs, Over: -1, Pool: scenarios.Pool{Reuse: scenarios.ReuseNone}},
		"a new connection for each iteration, reset when they are closed": {Executor: scenarios.ConstantArrivalRate, Over: -1, Pool: scenarios.Pool{Reset: true}},
		"users share connections, at most 1 connection at once, opened at no more than 500/s, closed after 1,000 requests": {
			Executor: scenarios.RampingVUs, Over: -1, Pool: scenarios.Pool{Reuse: scenarios.ReuseShared, Max: 1, ConnectRate: 500, MaxRequests: 1000},
		},
	} {
		if got := poolWords(&p); got != words {
			t.Errorf("%q, want %q", got, words)
		}
	}
}
