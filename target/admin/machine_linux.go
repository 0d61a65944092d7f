package admin

import (
	"github.com/prometheus/procfs"

	"github.com/loadctl/loadctl/target/counts"
)

// machine are what only the machine knows: connections that found a listening queue
// full, and what went through its network. What cannot be read is left out.
func machine() (all []counts.Metric) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	count := func(name, help string, v float64, labels ...counts.Label) {
		all = append(all, counts.Metric{Name: name, Help: help, Kind: counts.Counter, Labels: labels, Value: v})
	}
	if self, err := fs.Self(); err == nil {
		if net, err := self.Netstat(); err == nil && net.ListenOverflows != nil && net.ListenDrops != nil {
			count("listen_overflows_total", "Connections of this machine that found the queue of their listening socket full.", *net.ListenOverflows)
			count("listen_drops_total", "Connections of this machine that were dropped before they were accepted.", *net.ListenDrops)
		}
	}
	if devices, err := fs.NetDev(); err == nil {
		for _, d := range devices {
			of := counts.Label{Name: "device", Value: d.Name}
			count("network_received_bytes_total", "Received by this machine.", float64(d.RxBytes), of)
			count("network_sent_bytes_total", "Sent by this machine.", float64(d.TxBytes), of)
		}
	}
	return all
}
