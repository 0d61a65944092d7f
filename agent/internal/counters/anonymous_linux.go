package counters

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// anonymous makes memory with no name in any file system: it is gone with its
// last user, however they end. Its size is sealed, so that neither side can cut
// the other's pages away.
func anonymous(size int) (*os.File, error) {
	fd, err := unix.MemfdCreate("loadctl-counters", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "loadctl-counters")
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		f.Close()
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return f, nil
}
