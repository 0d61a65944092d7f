package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/target/topology"
)

func newTargetPlan() *cobra.Command {
	var o placeOptions
	c := &cobra.Command{
		Use:   "plan FILE",
		Short: "Say what a topology would be on Linodes: machines, memory, limits, dollars; nothing is ordered",
		Long: "Without --fleet it reckons with prices of " + topology.PricesOf + ". With --fleet linode it says what `target up` would rent: an hour, the minimum, as planned\n" +
			"and the worst case, by live prices where LINODE_TOKEN is set.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			away, err := o.away()
			switch {
			case err != nil:
				return err
			case away:
				return planAway(c, o, args[0])
			}
			t, err := readTopology(args[0])
			if err != nil {
				return err
			}
			p, err := t.Plan()
			if err != nil {
				return cannot(fmt.Errorf("on Linodes: %w", err), "")
			}
			return planTable(c.OutOrStdout(), p)
		},
	}
	o.flags(c.Flags())
	return c
}

func planTable(w io.Writer, p *topology.Plan) error {
	if p.Title != "" {
		fmt.Fprintln(w, p.Title)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "role\tmachines\ttype\tvCPUs\tmemory\tneeded\t$/hour\t$/month\tfor")
	for _, m := range p.Machines {
		cores, memory, needed := "-", "-", "-"
		if m.Type.Memory > 0 {
			cores, memory = fmt.Sprint(m.Type.VCPUs), mib(m.Type.Memory)
		}
		if m.Needed > 0 {
			needed = mib(m.Needed)
		}
		n := float64(m.Count)
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%.4f\t%.2f\t%s\n", m.Role, m.Count, m.Type.Name, cores, memory, needed, n*m.Type.Hour, n*m.Type.Month, m.Why)
	}
	fmt.Fprintf(t, "together\t\t\t\t\t\t%.4f\t%.2f\t\n", p.Hour, p.Month)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, note := range p.Notes {
		fmt.Fprintln(w, "- "+note)
	}
	return nil
}

func mib(n int) string { return fmt.Sprintf("%d MiB", n) }
