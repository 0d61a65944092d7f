package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/study"
)

// here is this machine.
func here() *study.Place {
	f := machine.Facts()
	return &study.Place{Host: bootOf(os.ReadFile), CPU: f.Model, Cores: f.Cores, MemoryMiB: int(f.MemoryBytes >> 20), Kernel: strings.TrimPrefix(f.Kernel, "Linux "),
		Governor: lineOf(os.ReadFile, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), Virtual: virtualOf(os.ReadFile)}
}

// lineOf is the one line of a file of the kernel, "" where it is not told.
func lineOf(read func(string) ([]byte, error), path string) string {
	text, err := read(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// virtualOf names the kind of virtual machine that this is, "" of a real one and where it is not told.
func virtualOf(read func(string) ([]byte, error)) string {
	if cpu, err := read("/proc/cpuinfo"); err != nil || !slices.Contains(strings.Fields(string(cpu)), "hypervisor") {
		return ""
	}
	return lineOf(read, "/sys/class/dmi/id/product_name")
}

// bootOf names the start of this machine's kernel: every container of it has the same, which its host name, another for
// each job of a CI server, has not. It is shortened, as it goes into files that are shown to others. "" where it is not told.
func bootOf(read func(string) ([]byte, error)) string {
	id, err := read("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(id)
	return "boot-" + hex.EncodeToString(sum[:6])
}

// fingerprintOf is where the load of a baseline was made. How many agents there are is the load's matter.
func fingerprintOf(p *study.Place) baseline.Fingerprint {
	if p == nil {
		p = here() // of an earlier loadctl: it is set where it was made
	}
	return baseline.Fingerprint{CPU: p.CPU, Cores: p.Cores, MemoryMiB: p.MemoryMiB, Kernel: p.Kernel,
		Governor: p.Governor, Virtualization: p.Virtual, Version: buildID()}
}

// madeElsewhere says that a run was made by another machine than this, by what its run.json tells: then this machine's
// facts are not its.
func madeElsewhere(about map[string]string) error {
	l := machine.Read()
	want := fmt.Sprintf("%s/%s %s, %d cores, %d MiB memory,", l.OS, l.Arch, l.Kernel, l.Cores, l.Memory>>20)
	for _, name := range slices.Sorted(maps.Keys(about)) {
		if !strings.HasPrefix(about[name], want) {
			return fmt.Errorf("the run was made by another machine than this, and a baseline says which: %s: %s; this is %s", name, about[name], strings.TrimSuffix(want, ","))
		}
	}
	return nil
}

// varsGiven are the variables that a recorded command line replaces. Secrets are recorded without their value, and left out.
// What the environment replaced is not recorded.
func varsGiven(args []string) (vars map[string]string) {
	for i, arg := range args {
		text, is := "", false
		switch {
		case i > 0 && (args[i-1] == "-e" || args[i-1] == "--var"):
			text, is = arg, true
		case strings.HasPrefix(arg, "--var="), strings.HasPrefix(arg, "-e="):
			_, text, is = strings.Cut(arg, "=")
		case strings.HasPrefix(arg, "-e") && len(arg) > 2:
			text, is = arg[2:], true
		}
		name, value, sets := strings.Cut(text, "=")
		if !is || !sets || value == hidden {
			continue
		}
		if vars == nil {
			vars = map[string]string{}
		}
		vars[name] = value
	}
	return vars
}
