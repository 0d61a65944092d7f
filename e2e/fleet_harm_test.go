//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// A harm is what befalls one machine of two in the middle of a run, and how the run ends.
type harm struct {
	name, onLoss, duration string
	do                     func(n *tenant, label string)
	lost                   bool // the machine is, to its run
	says                   []string
}

// after mends what was done, a while later.
func after(wait time.Duration, do func(*cloud.Cloud, string)) func(*tenant, string) {
	return func(n *tenant, label string) {
		do(n.cloud, label)
		time.Sleep(wait)
		n.cloud.Mend(label)
	}
}

func harms() []harm {
	return []harm{
		{name: "power loss", onLoss: "redistribute", duration: "40s", do: func(n *tenant, label string) { n.cloud.Kill(label) }, lost: true},
		{name: "cable cut for good", onLoss: "fail", duration: "60s", do: func(n *tenant, label string) { n.cloud.Cut(label) }, lost: true},
		{name: "cable cut for a moment", onLoss: "fail", duration: "20s", do: after(3*time.Second, (*cloud.Cloud).Cut)},
		{name: "silent partition", onLoss: "degrade", duration: "40s", do: func(n *tenant, label string) { n.cloud.Partition(label) }, lost: true},
		{name: "a bad line", onLoss: "fail", duration: "15s", do: func(n *tenant, label string) {
			n.cloud.Delay(label, 40*time.Millisecond)
			n.cloud.Lose(label, 2)
		}},
		{name: "agent killed", onLoss: "fail", duration: "60s", do: func(n *tenant, label string) {
			agents := n.cloud.Processes(label, "agent")
			if len(agents) == 0 {
				n.t.Fatalf("no agent on %s", label)
			}
			_ = syscall.Kill(agents[0], syscall.SIGKILL)
		}, lost: true, says: []string{"killed by signal 9"}},
	}
}

// TestMachinesAreHarmedInTheMiddle: the run ends by its policy and says what happened, and all is given back.
func TestMachinesAreHarmedInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, h := range harms() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			n := newTenant(t, cloud.Config{})
			if n == nil {
				return
			}
			p := n.run(n.file(2, h.duration, h.onLoss), "linode")
			n.into(p, 3*time.Second)
			label := n.cloud.Labels()[1]
			h.do(n, label)
			h.ended(n, p.finish(5*time.Minute), label)
			n.gone()
		})
	}
}

func (h harm) ended(n *tenant, f finished, label string) {
	n.t.Helper()
	f.identity(n.t)
	n.t.Logf("exit %d, %s: %s\n%+v\n%s", f.code, f.summary.Verdict, strings.Join(f.summary.Validity.Reasons, "; "), f.summary.Accounting, f.errs)
	if aborted := f.summary.Verdict == "aborted"; aborted != (h.lost && h.onLoss == "fail") {
		n.t.Errorf("on_loss: %s: it ends as %s", h.onLoss, f.summary.Verdict)
	}
	_, _, other := f.summary.reasons()
	reasons := strings.Join(other, "; ")
	if h.lost {
		for _, part := range append(h.says, "agent "+label+"-1 was lost at ") {
			if !strings.Contains(reasons, part) {
				n.t.Errorf("%q is not in %q", part, reasons)
			}
		}
	} else if load, _ := time.ParseDuration(h.duration); reasons != "" || f.summary.Accounting.Intended != int64(200*load.Seconds()) {
		n.t.Errorf("nothing was lost, and it has %+v, %s", f.summary.Accounting, reasons)
	}
	if !strings.Contains(f.errs, "0 resources are left") || !strings.Contains(f.errs, "nothing is left that costs money") {
		n.t.Errorf("what is left, and what it costs, is not told:\n%s", f.errs)
	}
}

// TestAMachineThatCannotBeSetUpIsReplaced: one whose cable is cut while it is given the program, and one without room for it.
func TestAMachineThatCannotBeSetUpIsReplaced(t *testing.T) {
	t.Parallel()
	const second = "-agent002"
	for name, c := range map[string]struct {
		cfg  cloud.Config
		do   func(*tenant)
		says string
	}{
		"no room": {cfg: cloud.Config{Disk: func(label string) int {
			if strings.HasSuffix(label, second) {
				return 4
			}
			return 512
		}}, says: "there is no room for it"},
		"cable cut": {do: func(n *tenant) {
			label := ""
			eventually(n.t, 2*time.Minute, "the program is pushed", func() bool {
				for _, l := range n.cloud.Labels() {
					if found, _ := filepath.Glob(n.cloud.Path(l, ".cache/loadctl/bin/*/*.part")); len(found) > 0 {
						label = l
					}
				}
				return label != ""
			})
			n.cloud.Cut(label)
		}, says: "it is deleted and replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newTenant(t, c.cfg)
			if n == nil {
				return
			}
			p := n.run(n.file(2, "3s", "fail"), "linode")
			if c.do != nil {
				c.do(n)
			}
			f := p.finish(5 * time.Minute)
			survived(t, f)
			if made := len(n.cloud.API.Calls("POST /linode/instances")); made != 3 || !strings.Contains(f.errs, c.says) {
				t.Errorf("%d machines were asked for; it says\n%s", made, f.errs)
			}
			n.gone()
		})
	}
}

// TestAMachineWithAnotherKeyIsFatal: somebody may be in between. It is told who, nothing is sent, no other is tried in its
// place, and the fleet is given back.
func TestAMachineWithAnotherKeyIsFatal(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{WrongKey: func(label string) bool { return strings.HasSuffix(label, "-agent002") }})
	if n == nil {
		return
	}
	p := n.run(n.file(2, "3s", "fail"), "linode")
	if code := p.wait(5 * time.Minute); code != 1 {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"-agent002", "somebody is in between", "Nothing was sent to it", "nothing is left that costs money"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%q is not in:\n%s", want, p.stderr.String())
		}
	}
	if made := len(n.cloud.API.Calls("POST /linode/instances")); made > 2 {
		t.Errorf("%d machines were asked for", made)
	}
	if n := n.target.counted(t).Requests; n != 0 {
		t.Errorf("the target was asked %d times", n)
	}
	n.gone()
}

// TestAProgramThatIsNotOursAnyMoreIsReplaced: what lies on a machine of a kept fleet is compared before it is run.
func TestAProgramThatIsNotOursAnyMoreIsReplaced(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	file := n.file(2, "3s", "fail")
	up := n.start("fleet", "up", "--keep", "--i-am-authorised", n.cloud.Gateway.String(), file)
	if code := up.wait(5 * time.Minute); code != 0 {
		t.Fatalf("exit %d\n%s", code, up.stderr.String())
	}
	id, label := n.fleetID(), n.cloud.Labels()[0]
	programs, _ := filepath.Glob(n.cloud.Path(label, ".cache/loadctl/bin/*/loadctl"))
	if len(programs) != 1 {
		t.Fatalf("programs on %s: %v", label, programs)
	}
	if err := os.WriteFile(programs[0], []byte("#!/bin/sh\nexit 7\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := n.run(file, id).finish(3 * time.Minute)
	survived(t, f)
	ours, err := os.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := os.ReadFile(programs[0]); err != nil || !bytes.Equal(theirs, ours) {
		t.Errorf("what lies there is not this program: %d bytes, %v", len(theirs), err)
	}
	down := n.start("fleet", "down", id)
	if code := down.wait(3 * time.Minute); code != 0 {
		t.Errorf("exit %d\n%s", code, down.stderr.String())
	}
	n.gone()
}
