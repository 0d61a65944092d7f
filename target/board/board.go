package board

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/target/counts"
)

// A Board is a head and n slots of memory.
type Board struct {
	file *os.File
	mem  []byte
	n    int
}

// page keeps what different processes write on different pages.
const page = 4096

const (
	headBytes = (int(unsafe.Sizeof(head{})) + page - 1) / page * page
	slotBytes = (int(unsafe.Sizeof(counts.Slot{})) + page - 1) / page * page
)

// A head is what the master writes.
type head struct {
	layout   uint64 // first, so that every version finds it
	master   counts.Master
	settings notice
}

// New makes a board of n slots, all zero. Memory of slots nobody uses costs nothing.
func New(n int) (*Board, error) {
	f, err := namelessFile()
	if err != nil {
		return nil, fmt.Errorf("creating the shared counters: %w", err)
	}
	if err := f.Truncate(int64(headBytes + n*slotBytes)); err != nil {
		f.Close()
		return nil, fmt.Errorf("creating the shared counters: %w", err)
	}
	b, err := mapped(f)
	if err == nil {
		b.head().layout = layout()
		b.Master().Instance.Store(rand.Uint64())
	}
	return b, err
}

// Open maps the board whose file was inherited. It takes over the file. It fails when the
// program that made the board has another idea of it.
func Open(f *os.File) (*Board, error) {
	b, err := mapped(f)
	if err == nil && b.head().layout != layout() {
		_ = b.Close()
		return nil, errOtherVersion
	}
	return b, err
}

var errOtherVersion = errors.New("the program on disk is another version than the master that started this worker: stop the service and start it again")

func mapped(f *os.File) (*Board, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening the shared counters: %w", err)
	}
	n := (int(info.Size()) - headBytes) / slotBytes
	if n < 1 {
		f.Close()
		return nil, fmt.Errorf("opening the shared counters: %d bytes hold no slot", info.Size())
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, headBytes+n*slotBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
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
func (b *Board) Slot(i int) *counts.Slot {
	return (*counts.Slot)(unsafe.Pointer(&b.mem[headBytes+i*slotBytes]))
}

// Master is what the master counts.
func (b *Board) Master() *counts.Master { return &b.head().master }

func (b *Board) head() *head { return (*head)(unsafe.Pointer(&b.mem[0])) }

// Stats reads the whole board.
func (b *Board) Stats() counts.Stats {
	slots := make([]*counts.Slot, b.n)
	for i := range slots {
		slots[i] = b.Slot(i)
	}
	return counts.Read(b.Master(), slots)
}

// Close gives the memory back. No Slot of it may be used afterwards.
func (b *Board) Close() error {
	b.file.Close()
	return unix.Munmap(b.mem)
}
