package plan

// Facts are what was read of a machine that load is to come from. What could not be
// read is unknown, and nothing is concluded from it.
type Facts struct {
	Machine          // the figures a run places agents by
	PortsRead bool   // else PortLow and PortHigh are those most kernels start with
	Kernel    string // with its version, such as "Linux 6.12.3"

	SoftFiles  Figure // one process may open before it asks for more: what the shell gives its programs
	NrOpen     Figure // the most that the limit of one process can be raised to
	SystemMax  Figure // files of all processes together
	Backlog    Figure // net.core.somaxconn
	SynBacklog Figure // net.ipv4.tcp_max_syn_backlog

	EpollWatches          Figure // fs.epoll.max_user_watches
	TCPPages, TCPPagesNow Figure // of the queues of all sockets: the most (the third of net.ipv4.tcp_mem), and now

	ConntrackMax, ConntrackCount Figure

	Model         string // of the processor; "" = not known
	MemoryFree    Figure // bytes
	CPUs          int    // this process may be put on; 0 = not known
	CgroupVersion int    // 0 = none found
	CPUQuota      Figure // thousandths of a core
	CgroupMemory  Figure // bytes
	PidsMax       Figure // processes and threads of the control group
	PidsNow       Figure

	Clock  string   // clock source; "" = not known
	Clocks []string // that could be chosen
}

// A Figure is a number that a machine was asked for. The zero Figure is unknown.
type Figure struct {
	N  uint64
	Is Knowledge
}

// Knowledge is what is known of a figure.
type Knowledge uint8

// What can be known of a figure.
const (
	Unknown   Knowledge = iota
	Known               // N is it
	Unlimited           // there is no limit
	Absent              // the machine has no such thing
)

// Exactly is a figure that was read.
func Exactly(n uint64) Figure { return Figure{N: n, Is: Known} }

// String writes the figure for people.
func (f Figure) String() string {
	switch f.Is {
	case Known:
		return thousands64(f.N)
	case Unlimited:
		return "no limit"
	case Absent:
		return "none"
	}
	return "unknown"
}

// below says whether the figure is known to be less than n.
func (f Figure) below(n uint64) bool { return f.Is == Known && f.N < n }
