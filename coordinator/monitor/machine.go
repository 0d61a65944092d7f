package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/blockdevice"

	"github.com/loadctl/loadctl/stats"
)

// A machineSource is the machine that loadctl runs on, by /proc, and processes of it.
type machineSource struct {
	proc      procfs.FS
	disks     blockdevice.FS
	processes []*process
}

func newMachine(processes []string) (*machineSource, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, errors.New("it reads /proc, which this system does not have")
	}
	disks, err := blockdevice.NewDefaultFS()
	if err != nil {
		return nil, errors.New("it reads /sys, which this system does not have")
	}
	m := &machineSource{proc: fs, disks: disks}
	for _, p := range processes {
		m.processes = append(m.processes, &process{wanted: p})
	}
	return m, nil
}

func (m *machineSource) close() {}

// read takes what there is: a container may hide parts of it, and processes may come later.
func (m *machineSource) read(context.Context) (reading, error) {
	var r reading
	var errs []error
	for _, part := range []func() ([]number, error){m.cpu, m.memory, m.disk, m.network, m.tcp, m.found} {
		numbers, err := part()
		r.numbers = append(r.numbers, numbers...)
		errs = append(errs, err)
	}
	if len(r.numbers) == 0 {
		return r, errors.Join(errs...)
	}
	return r, nil
}

func figure(name, chart, label, unit string, n nature, v float64, main bool) number {
	return number{MonitorSeries: stats.MonitorSeries{Name: name, Chart: chart, Label: label, Unit: unit, Main: main}, nature: n, v: v}
}

// cpu is cores' worth of work, by what they did: the shares of a machine add up to its cores.
func (m *machineSource) cpu() ([]number, error) {
	s, err := m.proc.Stat()
	if err != nil {
		return nil, err
	}
	c := s.CPUTotal
	busy := c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ + c.Steal
	core := func(label string, v float64, main bool) number {
		return figure("cpu."+label, "CPU", label, "cores", counter, v, main)
	}
	return []number{
		core("busy", busy, true), core("user", c.User+c.Nice, false), core("system", c.System, false), core("softirq", c.IRQ+c.SoftIRQ, false),
		core("iowait", c.Iowait, false), core("steal", c.Steal, true),
		figure("cpu.cores", "CPU", "cores", "cores", gauge, float64(len(s.CPU)), false),
	}, nil
}

func (m *machineSource) memory() ([]number, error) {
	info, err := m.proc.Meminfo()
	if err != nil {
		return nil, err
	}
	if info.MemTotalBytes == nil || info.MemAvailableBytes == nil {
		return nil, errors.New("no memory")
	}
	total, available := float64(*info.MemTotalBytes), float64(*info.MemAvailableBytes)
	return []number{
		figure("memory.used", "memory", "used", "bytes", gauge, total-available, true),
		figure("memory.total", "memory", "total", "bytes", gauge, total, false),
	}, nil
}

const sector = 512

// disk adds up whole disks: partitions, loops and what is made of other disks would
// count twice.
func (m *machineSource) disk() ([]number, error) {
	all, err := m.disks.ProcDiskstats()
	if err != nil {
		return nil, err
	}
	var read, written, busy float64
	for _, d := range all {
		if !wholeDisk(d.DeviceName) {
			continue
		}
		read += sector * float64(d.ReadSectors)
		written += sector * float64(d.WriteSectors)
		busy = max(busy, float64(d.IOsTotalTicks))
	}
	return []number{
		figure("disk.read", "disk", "read", "bytes/s", counter, read, false),
		figure("disk.written", "disk", "written", "bytes/s", counter, written, true),
		figure("disk.busy", "busiest disk", "busy", "%", counter, busy/10, false), // of milliseconds in a second
	}, nil
}

func wholeDisk(name string) bool {
	for _, not := range []string{"loop", "ram", "dm-", "md", "zram", "sr", "fd"} {
		if strings.HasPrefix(name, not) {
			return false
		}
	}
	if strings.HasPrefix(name, "nvme") || strings.HasPrefix(name, "mmcblk") {
		return !strings.Contains(name, "p")
	}
	return name != "" && (name[len(name)-1] < '0' || name[len(name)-1] > '9')
}

// network tells loopback apart: a target on this machine is loaded over it.
func (m *machineSource) network() ([]number, error) {
	devices, err := m.proc.NetDev()
	if err != nil {
		return nil, err
	}
	var in, out, inside float64
	for _, d := range devices {
		if d.Name == "lo" {
			inside += float64(d.RxBytes)
			continue
		}
		in, out = in+float64(d.RxBytes), out+float64(d.TxBytes)
	}
	return []number{
		figure("network.received", "network", "received", "bytes/s", counter, in, true),
		figure("network.sent", "network", "sent", "bytes/s", counter, out, true),
		figure("network.loopback", "network", "loopback", "bytes/s", counter, inside, false),
	}, nil
}

func (m *machineSource) tcp() ([]number, error) {
	self, err := m.proc.Self()
	if err != nil {
		return nil, err
	}
	net, err := self.Netstat()
	if err != nil {
		return nil, err
	}
	snmp, err := self.Snmp()
	if err != nil {
		return nil, err
	}
	var all []number
	for _, x := range []struct {
		label string
		v     *float64
	}{
		{"listen overflows", net.ListenOverflows}, {"listen drops", net.ListenDrops}, {"segments sent again", snmp.RetransSegs},
	} {
		if x.v != nil {
			all = append(all, figure("tcp."+strings.ReplaceAll(x.label, " ", "_"), "TCP trouble", x.label, "/s", counter, *x.v, true))
		}
	}
	return all, nil
}

// found are the processes that are wanted.
func (m *machineSource) found() (all []number, err error) {
	if len(m.processes) == 0 {
		return nil, nil
	}
	running, err := m.proc.AllProcs()
	if err != nil {
		return nil, err
	}
	for _, p := range m.processes {
		used := p.look(running)
		if used.count == 0 {
			continue // a gap: where nothing runs, nothing is known
		}
		name := "process." + p.wanted
		all = append(all,
			figure(name+".cpu", "CPU of processes", p.wanted, "cores", counter, p.cpu, true),
			figure(name+".rss", "memory of processes", p.wanted, "bytes", gauge, used.rss, true),
			figure(name+".count", "processes", p.wanted, "", gauge, float64(used.count), false))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no process of the names that are asked for runs here")
	}
	return all, nil
}
