package service

import (
	"fmt"
	"math/rand/v2"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Board is the memory in which the workers of one service count, one Slot each.
// The master creates it and hands its file to every worker; a file without a name,
// so nothing is left behind however the processes end.
type Board struct {
	file *os.File
	mem  []byte
	n    int
}

// slotBytes keeps the slots of two processes on different pages.
const slotBytes = 4096

// NewBoard makes a board of n slots, all zero.
func NewBoard(n int) (*Board, error) {
	f, err := namelessFile()
	if err != nil {
		return nil, fmt.Errorf("creating the shared counters: %w", err)
	}
	if err := f.Truncate(int64(n) * slotBytes); err != nil {
		f.Close()
		return nil, fmt.Errorf("creating the shared counters: %w", err)
	}
	b, err := OpenBoard(f)
	if err == nil {
		b.Slot(0).instance.Store(rand.Uint64())
	}
	return b, err
}

// OpenBoard maps the board whose file was inherited. It takes over the file.
func OpenBoard(f *os.File) (*Board, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening the shared counters: %w", err)
	}
	n := int(info.Size() / slotBytes)
	if n < 1 {
		f.Close()
		return nil, fmt.Errorf("opening the shared counters: %d bytes hold no slot", info.Size())
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, n*slotBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("mapping the shared counters: %w", err)
	}
	return &Board{file: f, mem: mem, n: n}, nil
}

// File is what a worker must inherit to open the board. The board keeps it.
func (b *Board) File() *os.File { return b.file }

// Len is the number of slots.
func (b *Board) Len() int { return b.n }

// Slot is slot i, 0 ≤ i < Len.
func (b *Board) Slot(i int) *Slot {
	return (*Slot)(unsafe.Pointer(&b.mem[i*slotBytes]))
}

// Close gives the memory back. No Slot of it may be used afterwards.
func (b *Board) Close() error {
	b.file.Close()
	return unix.Munmap(b.mem)
}

// A slot must fit its page; the compiler refuses a negative length.
var _ [slotBytes - unsafe.Sizeof(Slot{})]struct{}
