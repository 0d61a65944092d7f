package host

import (
	"fmt"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// gogc is how much the heap of an agent may grow, in per cent of what lives, before it
// is collected. On connections that are kept a request allocates nothing; what is left
// behind are reports, some 100 KB a second, so that collecting is as good as free at any
// setting: with 17,000 held connections a loop makes one collection in twenty minutes at
// 50 and none at 400, and 10 against 3 while they are opened (go test -bench Hold17000
// ./agent/loop). What the setting decides is how much of that lies about: Go lets a heap
// grow to 4 MB × GOGC/100 in any case, which at 400 is as much again as all that 17,000
// connections need; at 50 an agent that holds them stays at 23 MB from the first minute
// to the last. Agents that allocate more, as with TLS, pay for 50 with more collections
// and gain more memory. GOGC in the environment is whoever's who set it.
const gogc = "50"

// godebug keeps Go from sending signals to loops. A loop has its thread for good and
// waits in system calls that Go knows nothing of, so that Go takes it for a goroutine
// that runs too long and asks it to give way every 10 ms, by a signal and by a mark that
// functions look at. The mark is enough: loops call functions all the time, and wait a
// millisecond at most. The signals cost 5 % of 5,000 requests a second.
const godebug = "asyncpreemptoff=1"

// runtimeOf sets the Go runtime of an agent up for its work. Go has a thread for each
// loop and one for the rest: the collector's threads must find a processor that no loop
// keeps. The memory limit is the agent's share of half of what this machine has, or its
// control group: near it Go collects as often as it must, and answers in pieces may
// take half of it (agent.forAnswers), so that the kernel has no reason to kill. What the
// person who started the run has set in the environment stays as it is.
func runtimeOf(p *loadctlpb.AgentPlan, agents int, lookup func(string) (string, bool)) (env []string) {
	set := func(name, value string) {
		if _, ok := lookup(name); !ok {
			env = append(env, name+"="+value)
		}
	}
	set("GOGC", gogc)
	set("GODEBUG", godebug)
	set("GOMAXPROCS", fmt.Sprint(max(p.GetLoops(), 1)+1))
	if m := machine.Read().Memory; m > 0 {
		set("GOMEMLIMIT", fmt.Sprint(plan.HeapLimit(m, agents)))
	}
	return env
}
