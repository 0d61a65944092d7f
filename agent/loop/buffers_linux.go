package loop

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ringBuffers are what the kernel receives into: it takes one when bytes have
// come, so that a connection that waits has none. They are given back as soon as
// the loop has read them.
type ringBuffers struct {
	memory []byte
	shared []byte // entries of 16 bytes the kernel reads
	tail   uint16
	count  int                // there are so many, of
	next   [mostBuffers]int16 // of the same connection, in order of coming
	bytes  [mostBuffers]span  // what is to be read of each
	stamps [mostBuffers]int64
}

// A span is a part of a buffer.
type span struct{ from, to uint16 }

const (
	// The kernel takes buffers in turn, all there are, so that few stay in the cache.
	// Where more has come than they hold, the rest is received with the next wait, and
	// there are twice as many then.
	fewBuffers  = 64
	mostBuffers = 4096 // a power of two
	bufferSize  = 2 << 10
	noBuffer    = int16(-1)
)

// A bufferEntry tells the kernel of a buffer. The tail of the queue is the last
// field of its first entry.
type bufferEntry struct {
	address uint64
	length  uint32
	id      uint16
	tail    uint16
}

// newRingBuffers makes them and tells the ring of them as group 0.
func newRingBuffers(r *ring) (*ringBuffers, error) {
	b := &ringBuffers{}
	var err error
	for m, length := range map[*[]byte]int{&b.memory: mostBuffers * bufferSize, &b.shared: mostBuffers * int(unsafe.Sizeof(bufferEntry{}))} {
		if *m, err = unix.Mmap(-1, 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
			b.close()
			return nil, fmt.Errorf("map buffers: %w", err)
		}
	}
	tell := struct {
		address uint64
		entries uint32
		group   uint16
		flags   uint16
		_       [3]uint64
	}{address: uint64(uintptr(unsafe.Pointer(&b.shared[0]))), entries: mostBuffers}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerBuffers, uintptr(unsafe.Pointer(&tell)), 1, 0, 0); errno != 0 {
		b.close()
		return nil, fmt.Errorf("register buffers: %w", errno)
	}
	b.grow(fewBuffers)
	b.publish()
	return b, nil
}

// grow makes more of them, for publish to tell the kernel.
func (b *ringBuffers) grow(to int) {
	for to = min(to, mostBuffers); b.count < to; b.count++ {
		b.give(int16(b.count))
	}
}

func (b *ringBuffers) entry(i uint16) *bufferEntry {
	return (*bufferEntry)(unsafe.Pointer(&b.shared[uintptr(i)*unsafe.Sizeof(bufferEntry{})]))
}

// give makes a buffer free again; publish tells the kernel.
func (b *ringBuffers) give(id int16) {
	e := b.entry(b.tail & (mostBuffers - 1))
	e.address = uint64(uintptr(unsafe.Pointer(&b.memory[int(id)*bufferSize])))
	e.length, e.id = bufferSize, uint16(id)
	b.tail++
}

// publish writes the new tail after the entries before it. It is a half of a word
// whose other half only we write.
func (b *ringBuffers) publish() {
	e := b.entry(0)
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&e.id)), uint32(e.id)|uint32(b.tail)<<16)
}

// of is the whole of a buffer.
func (b *ringBuffers) of(id int16) []byte {
	return b.memory[int(id)*bufferSize : (int(id)+1)*bufferSize]
}

func (b *ringBuffers) close() {
	for _, m := range [][]byte{b.memory, b.shared} {
		if m != nil {
			_ = unix.Munmap(m)
		}
	}
}
