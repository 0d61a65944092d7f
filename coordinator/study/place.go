package study

// A Place is the machine that made the load of a study. What is not known is "" or 0.
type Place struct {
	// Host tells machines apart: containers of one have the same.
	Host      string `json:"host"`
	CPU       string `json:"cpu"` // model
	Cores     int    `json:"cores"`
	MemoryMiB int    `json:"memory_mib"`
	Kernel    string `json:"kernel"`
	Governor  string `json:"governor,omitempty"`       // of the clock rate, such as "performance"
	Virtual   string `json:"virtualization,omitempty"` // product name of a virtual machine
	// Hosts are the machines of --hosts, as user@host, that made it instead of the one the search ran on; the rest is
	// unknown then.
	Hosts []string `json:"hosts,omitempty"`
}
