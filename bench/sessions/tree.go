package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// The tree on paper: each aggregator is a coordinator of so many hosts that hands their sum on, as a host does its agents'.
const (
	onPaper       = 10_000
	ofAnAggregate = 100
)

// sizes are bytes of messages, as they are sent.
type sizes struct {
	report float64 // of a host with one agent
	row    float64 // of it, what the agent says of itself
	sum    float64 // of the hosts of an aggregator added up, without those rows
}

func (s shape) sizes() (n sizes, err error) {
	sc, err := s.scenario("127.0.0.1:1")
	if err != nil {
		return n, err
	}
	var sum stats.SnapshotSum
	for i := range ofAnAggregate {
		one := inWindow(measured(sc.Layout, s, i%variants), 0)
		h := healthOf(one, sc.Layout, s)
		h.Name = "host-0001-1"
		if i < variants {
			row := float64(proto.Size(wire.EncodeAgentWindow(&h)))
			n.row += row / variants
			n.report += (float64(proto.Size(wire.EncodeSnapshot(one))) + row) / variants
		}
		sum.Add(one)
	}
	n.sum = float64(proto.Size(wire.EncodeSnapshot(sum.Snapshot())))
	return n, nil
}

// tree is the arithmetic of 10,000 hosts, by what a session costs in µs of CPU time a second. What a message costs is taken
// to go with its bytes: all that is done to it goes through them.
func (t table) tree(n sizes, micros float64) string {
	perByte := micros / n.report
	aggregators := float64(onPaper) / ofAnAggregate
	whole := n.sum + ofAnAggregate*n.row
	var b strings.Builder
	row := func(what, how, is string) { fmt.Fprintf(&b, "| %s | %s | %s |\n", what, how, is) }
	b.WriteString("| | arithmetic | |\n|---|---|---|\n")
	row("a host's report", "measured", kilo(n.report))
	row("of it, its agent's own row", "measured", kilo(n.row))
	row("100 hosts' reports added up, without their agents' rows", "measured", kilo(n.sum))
	row("CPU time of a report", "measured", fmt.Sprintf("%.0f µs, %.1f ns a byte", micros, 1e3*perByte))
	row("into an aggregator", fmt.Sprintf("100 × %s/s", kilo(n.report)), mega(ofAnAggregate*n.report)+"/s")
	row("an aggregator", fmt.Sprintf("100 × %.0f µs", micros), fmt.Sprintf("%.2f cores", ofAnAggregate*micros/1e6))
	row("into the root, with every agent's row", fmt.Sprintf("%.0f × (%s + 100 × %s)/s", aggregators, kilo(n.sum), kilo(n.row)), mega(aggregators*whole)+"/s")
	row("the root, with every agent's row", fmt.Sprintf("%s/s × %.1f ns", mega(aggregators*whole), 1e3*perByte), fmt.Sprintf("%.2f cores", aggregators*whole*perByte/1e6))
	row("into the root, with a row for each aggregator", fmt.Sprintf("%.0f × (%s + %s)/s", aggregators, kilo(n.sum), kilo(n.row)), mega(aggregators*(n.sum+n.row))+"/s")
	row("the root, with a row for each aggregator", fmt.Sprintf("%s/s × %.1f ns", mega(aggregators*(n.sum+n.row)), 1e3*perByte), fmt.Sprintf("%.2f cores", aggregators*(n.sum+n.row)*perByte/1e6))
	row("without a tree", fmt.Sprintf("10,000 × %.0f µs", micros), fmt.Sprintf("%.1f cores", onPaper*micros/1e6))
	return b.String()
}

func kilo(n float64) string { return fmt.Sprintf("%.1f kB", n/1e3) }

func mega(n float64) string { return fmt.Sprintf("%.1f MB", n/1e6) }
