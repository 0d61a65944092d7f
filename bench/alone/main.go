// Alone runs the loop without host and coordinator: closed users without pauses
// against one address, for a while. It prints its own CPU time and counts, so that
// a change of the loop can be weighed in seconds.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/loop"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

func main() {
	log.SetFlags(0)
	addr := flag.String("addr", "", "address of the target")
	users := flag.Int("users", 64, "closed users")
	rate := flag.Float64("rate", 0, "arrivals a second instead")
	took := flag.Duration("for", 5*time.Second, "how long")
	pacing := flag.String("pacing", "auto", "auto, ticks or precise")
	profile := flag.String("profile", "", "write a CPU profile")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(*addr, *users, *rate, *took, *pacing); err != nil {
		log.Fatalf("alone: %v", err)
	}
}

func scenario(addr string, users int, rate float64, took time.Duration) (*scenarios.Scenario, error) {
	phase := fmt.Sprintf("executor: constant-vus, vus: %d", users)
	if rate > 0 {
		phase = fmt.Sprintf("executor: constant-arrival-rate, rate: %g/s, max_vus: %d", rate, users)
	}
	text := fmt.Sprintf(`
version: 1
name: alone
target: {base_url: "http://%s"}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases: [{name: load, user: u, %s, duration: %v}]
`, addr, phase, took)
	return scenarios.Parse("alone.yaml", []byte(text), scenarios.Options{})
}

func run(addr string, users int, rate float64, took time.Duration, pacing string) error {
	target, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	s, err := scenario(addr, users, rate, took)
	if err != nil {
		return err
	}
	out := make(chan loop.Output, 100)
	l, err := loop.New(loop.Config{
		Scenario: s, Share: arrival.Whole(), Addrs: []netip.AddrPort{target}, Pacing: pacing, Out: out,
	})
	if err != nil {
		return err
	}
	epoch, err := loop.Monotonic()
	if err != nil {
		return err
	}
	l.Do(loop.Start{Epoch: epoch})
	l.Do(loop.Begin{})
	l.Do(loop.Drain{At: took, Deadline: took + 10*time.Second})
	done := make(chan error, 1)
	go func() {
		done <- l.Run()
		close(out)
	}()
	report(collect(out))
	return <-done
}

func collect(out <-chan loop.Output) *stats.Snapshot {
	total := &stats.Snapshot{}
	for o := range out {
		if o.Snapshot != nil {
			total.Append(o.Snapshot)
		}
		if o.Notice != nil {
			log.Print(o.Notice.Text)
		}
	}
	return total
}

func report(total *stats.Snapshot) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	user, sys := u.Utime.Nano(), u.Stime.Nano()
	c := &total.Cells[0]
	n := float64(c.Intended)
	fmt.Printf("%d requests, %v ok, cpu %.3f µs a request (user %.3f, system %.3f), max rss %d KiB\n",
		c.Intended, c.Classes[stats.OK], float64(user+sys)/1e3/n, float64(user)/1e3/n, float64(sys)/1e3/n, u.Maxrss)
	fmt.Printf("response p50 %v p99 %v, service p50 %v p99 %v p99.9 %v, pacer lag p99 %v\n",
		c.Response.Percentile(50), c.Response.Percentile(99), c.Service.Percentile(50), c.Service.Percentile(99),
		c.Service.Percentile(99.9), total.Phases[0].PacerLag.Percentile(99))
}
