package target

import (
	"github.com/prometheus/procfs"

	"github.com/loadctl/loadctl/target/counts"
)

// seen notes what the system knows of this process.
func seen(p *counts.Process) {
	self, err := procfs.Self()
	if err != nil {
		return
	}
	if stat, err := self.Stat(); err == nil {
		p.RSS.Store(int64(stat.ResidentMemory()))
	}
	if n, err := self.FileDescriptorsLen(); err == nil {
		p.Files.Store(int64(n))
	}
	if io, err := self.IO(); err == nil {
		p.DiskRead.Store(int64(io.ReadBytes))
		p.DiskWrite.Store(int64(io.WriteBytes))
	}
}
