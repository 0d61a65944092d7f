package machine

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/stats"
)

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: LO 100 0 0 0 0 0 0 LO 100 0 0 0 0 0 0
  eth0: IN 200 0 DROP 0 0 0 0 OUT 300 0 5 0 0 0 0`

// told is what a machine with two cores tells, with some figures replaced.
func told(pairs ...string) map[string]string {
	r := strings.NewReplacer(pairs...)
	return map[string]string{
		"proc/stat":         r.Replace("cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 B0 0 0 I0 0 0 S0 T0 0 0\ncpu1 B1 0 0 I1 0 0 S1 T1 0 0\nintr 5\nctxt 7"),
		"proc/pressure/cpu": r.Replace("some avg10=0.12 avg60=0.00 avg300=0.00 total=WAIT\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9"),
		"proc/net/snmp":     r.Replace("Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm OutSegs RetransSegs InErrs\nTcp: 1 SEGS AGAIN 0"),
		"proc/net/netstat":  r.Replace("TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 FULL LOST\nIpExt: InNoRoutes\nIpExt: 4"),
		"proc/net/dev":      r.Replace(netDev),
	}
}

// TestMachineOverASecond: two cores, one of them busy for 60 ticks of 100 with 20 of softirq,
// the other stolen for half.
func TestMachineOverASecond(t *testing.T) {
	m := Meter{speed: map[string]uint64{"eth0": 1e6}}
	before := told("B0", "1000", "I0", "500", "S0", "30", "T0", "0", "B1", "70", "I1", "5000", "S1", "0", "T1", "10",
		"WAIT", "1000000", "SEGS", "5000", "AGAIN", "7", "FULL", "3", "LOST", "4", "LO", "9000000", "IN", "100", "OUT", "0", "DROP", "0")
	after := told("B0", "1040", "I0", "540", "S0", "50", "T0", "0", "B1", "70", "I1", "5050", "S1", "0", "T1", "60",
		"WAIT", "1250000", "SEGS", "5900", "AGAIN", "17", "FULL", "3", "LOST", "6", "LO", "90000000", "IN", "250100", "OUT", "750000", "DROP", "2")
	if v := m.take(countersOf(files(before), 5e9)); v != (stats.MachineVitals{}) {
		t.Errorf("the first look knows %+v", v)
	}
	want := stats.MachineVitals{
		Cores: stats.Read[uint64](2), Busy: stats.Read(0.6), BusiestCore: stats.Read(0.6), Steal: stats.Read(0.25), SoftIRQ: stats.Read(0.2),
		Pressure: stats.Read(0.25), Segments: stats.Read[uint64](900), Retransmitted: stats.Read[uint64](10),
		ListenOverflows: stats.Read[uint64](0), ListenDrops: stats.Read[uint64](2),
		Packets: stats.Read[uint64](0), Drops: stats.Read[uint64](2), LinkShare: stats.Read(0.75), Received: stats.Read[uint64](250000), Sent: stats.Read[uint64](750000),
	}
	if diff := cmp.Diff(want, m.take(countersOf(files(after), 6e9))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAMachineThatTellsNothing: what no file tells is not known, and so is a counter that
// began anew.
func TestAMachineThatTellsNothing(t *testing.T) {
	var m Meter
	m.take(countersOf(files(nil), 1e9))
	if v := m.take(countersOf(files(nil), 2e9)); v != (stats.MachineVitals{}) {
		t.Errorf("nothing was told, and it knows %+v", v)
	}
	m = Meter{last: counters{at: 1, segments: stats.Read[uint64](50), cores: []coreTicks{{busy: 9, all: 9}}}}
	v := m.take(counters{at: 1e9, segments: stats.Read[uint64](20), cores: []coreTicks{{busy: 9, all: 9}, {busy: 9, all: 9}}})
	if v.Segments.Known || v.Busy.Known {
		t.Errorf("counters began anew and a core came, and it knows %+v", v)
	}
}

func TestMachineOfThisMachine(t *testing.T) {
	var m Meter
	if v := m.Read(); v.Cores.Known {
		t.Errorf("the first look knows %+v", v)
	}
	m.last.at -= int64(time.Second) // as if it had been a second ago
	if v := m.Read(); !v.Segments.Known || !v.Packets.Known {
		t.Errorf("%+v", v)
	}
	if v := m.Read(); v != (stats.MachineVitals{}) {
		t.Errorf("nothing can be told of so short a time, and it knows %+v", v)
	}
}

func TestSpeedOfLinks(t *testing.T) {
	root := files(map[string]string{
		"sys/class/net/eth0/speed": "1000", "sys/class/net/eth0/device": "",
		"sys/class/net/eth1/speed": "-1", "sys/class/net/eth1/device": "",
		"sys/class/net/eth2/speed": "4294967295", "sys/class/net/eth2/device": "",
		"sys/class/net/tun0/speed": "10",
	})
	for name, want := range map[string]uint64{"eth0": 125_000_000, "eth1": 0, "eth2": 0, "tun0": 0, "eth9": 0} {
		if got := linkSpeed(root, name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestThrottled(t *testing.T) {
	const one = "sys/fs/cgroup/"
	for name, c := range map[string]struct {
		files  map[string]string
		times  stats.Reading[uint64]
		waited stats.Reading[time.Duration]
	}{
		"version 2, a group and one above it": {map[string]string{
			"proc/self/cgroup": "0::/a/b", one + "cgroup.controllers": "cpu",
			one + "a/b/cpu.stat": "usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 150000",
			one + "a/cpu.stat":   "usage_usec 9\nnr_periods 4\nnr_throttled 1\nthrottled_usec 50000",
			one + "cpu.stat":     "usage_usec 9",
		}, stats.Read[uint64](3), stats.Read(200 * time.Millisecond)},
		"version 1": {map[string]string{
			"proc/self/cgroup":     "1:cpu,cpuacct:/a",
			one + "cpu/a/cpu.stat": "nr_periods 4\nnr_throttled 2\nthrottled_time 150000000",
			one + "cpu/cpu.stat":   "nr_periods 0\nnr_throttled 0\nthrottled_time 0",
		}, stats.Read[uint64](2), stats.Read(150 * time.Millisecond)},
		"version 2 without the controller": {files: map[string]string{
			"proc/self/cgroup": "0::/a", one + "cgroup.controllers": "", one + "a/cpu.stat": "usage_usec 9",
		}},
		"none": {},
	} {
		times, waited := findCgroup(files(c.files)).throttled()
		if times != c.times || waited != c.waited {
			t.Errorf("%s: %+v, %+v", name, times, waited)
		}
	}
}

// TestCoresOfAnyFile: one that ends in the middle of its cores tells of none.
func TestCoresOfAnyFile(t *testing.T) {
	one := coreTicks{busy: 1 + 2 + 3 + 6 + 7, softIRQ: 7, steal: 8, all: 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8}
	for file, want := range map[string][]coreTicks{
		"":      nil,
		"cpu":   nil,
		"cpu\n": nil,
		"cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu": nil,
		"cpu  1 2\ncpu0 1 2 3 4 5 6 7 8 0 0":                      {one},
		"cpu0 1 2 3 4 5 6 7 8":                                    {one},
		"cpu0 1 2 3 4 5 6 7 8\ncpu1 1 2":                          nil,
		"cpu0 1 2 3 4 5 6 7 8\nintr 9\ncpu1 1 2 3 4 5 6 7 8":      {one},
	} {
		got := coresOf(fstest.MapFS{"proc/stat": {Data: []byte(file)}})
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(coreTicks{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", file, diff)
		}
	}
}
