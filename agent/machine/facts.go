package machine

import (
	"os"
	"runtime"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// Local is this machine as a run with one local host knows it.
func Local() plan.Machine {
	l := Read()
	return plan.Machine{
		Name: "local", OS: l.OS, Cores: l.Cores, MaxFiles: l.MaxFiles, MemoryBytes: l.Memory,
		PortLow: l.PortLow, PortHigh: l.PortHigh, Reserved: l.Reserved, TwReuse: l.TwReuse,
	}
}

// Facts reads all that doctor judges. What cannot be read stays unknown.
func Facts() plan.Facts {
	f := plan.Facts{Machine: Local(), Kernel: kernel(), CPUs: runtime.NumCPU()}
	_, _, f.PortsRead = portRange()
	look(&f, os.DirFS("/"), os.Getppid())
	return f
}
