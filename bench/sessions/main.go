// Sessions weighs what a thousand hosts cost one coordinator: CPU time and memory of its process, and how late it closes
// the windows of a second.
//
// A round is three processes. This one starts a coordinator: the real room, with the sink of a run (stats.Run and the
// run's files). That starts a fleet, a process with a session for each host, which calls the coordinator by gRPC with
// certificates of the run, as hosts do, and hands in a report a second: 20 series with histograms and bins of 50 to 500
// requests each. There are no agents behind it: what a host's agents do is not the coordinator's to pay. All counts are
// known beforehand, and what the coordinator merged is held against them to the last request and bucket.
//
// The fleet runs on the same cores and is weighed apart. What others take of the machine is told beside.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/proc"
)

type options struct {
	shape
	rounds  int
	results string
	cpu     string
	heap    string
	dry     bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("sessions: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// command is the program in one of its three parts.
func command(ctx context.Context, args []string) error {
	part := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		part, args = args[0], args[1:]
	}
	switch part {
	case fleetPart:
		return fleet(ctx, os.Stdin, os.Stdout)
	case "coordinator":
		return coordinate(ctx, parse(args))
	}
	return all(ctx, parse(args))
}

func parse(args []string) (o options) {
	flags := flag.NewFlagSet("sessions", flag.ExitOnError)
	flags.IntVar(&o.Hosts, "hosts", 1000, "hosts")
	flags.IntVar(&o.Agents, "agents", 1, "of each host")
	flags.IntVar(&o.Series, "series", 20, "rows of the scenario")
	flags.IntVar(&o.Seconds, "seconds", 60, "of load")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds")
	flags.StringVar(&o.results, "results", "bench/results", "folder for sessions.json and sessions.md")
	flags.StringVar(&o.cpu, "cpuprofile", "", "write a CPU profile of the coordinator's steady stretch here")
	flags.StringVar(&o.heap, "heapprofile", "", "write a heap profile of the coordinator at the end of the load here")
	flags.BoolVar(&o.dry, "dry", false, "write no results")
	_ = flags.Parse(args)
	return o
}

// all makes the rounds, each in processes of its own.
func all(ctx context.Context, o options) error {
	t := table{shape: o.shape, Machine: thisMachine(), Day: time.Now().UTC().Format(time.DateOnly)}
	for i := range o.rounds {
		r, err := round(ctx, o)
		if err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
		fmt.Println(r)
		t.Rounds = append(t.Rounds, r)
	}
	t.Verdicts = t.verdicts()
	fmt.Print(t.text())
	if o.dry {
		return nil
	}
	return t.write(filepath.Join(o.results, "sessions"))
}

// round runs one coordinator with its fleet.
func round(ctx context.Context, o options) (r weight, err error) {
	exe, err := os.Executable()
	if err != nil {
		return r, err
	}
	ctx, stop := context.WithTimeout(ctx, time.Duration(o.Seconds)*time.Second+5*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, exe, "coordinator", "-hosts", strconv.Itoa(o.Hosts), "-agents", strconv.Itoa(o.Agents),
		"-series", strconv.Itoa(o.Series), "-seconds", strconv.Itoa(o.Seconds), "-cpuprofile", o.cpu, "-heapprofile", o.heap)
	c.Stderr = os.Stderr
	before := proc.Now()
	said, err := c.Output()
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(said, &r)
	r.Steal, r.Others = before.Taken()
	return r, err
}

// coordinate is the coordinator's process: it says what it took as JSON.
func coordinate(ctx context.Context, o options) error {
	w, err := weigh(ctx, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(w)
}
