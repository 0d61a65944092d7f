// Package counters is the memory an agent shares with its host. The agent's
// loops count straight into it; the host reads it after any death, which is what
// makes the accounting exact when an agent is killed without a word. It holds
// nothing but 64-bit words and knows no layout.
package counters

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const wordBytes = 8

// A Block is a mapped piece of shared memory.
type Block struct{ mem []byte }

// Create makes memory for that many words, all zero, and a file that stands for
// it. The file is what a child inherits; the block stays readable after the file
// is closed and after every other process that mapped it is dead.
func Create(words int) (*Block, *os.File, error) {
	f, err := anonymous(size(words))
	if err != nil {
		return nil, nil, fmt.Errorf("making shared counters: %w", err)
	}
	b, err := Map(f, words)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return b, f, nil
}

// Map maps the memory f stands for. It refuses a file too small for the words,
// since touching what is not there would be fatal. f may be closed afterwards.
func Map(f *os.File, words int) (*Block, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("mapping shared counters: %w", err)
	}
	if info.Size() < int64(size(words)) {
		return nil, fmt.Errorf("mapping shared counters: %d bytes, need %d", info.Size(), size(words))
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, size(words), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping shared counters: %w", err)
	}
	return &Block{mem: mem}, nil
}

// size is never 0, since nothing cannot be mapped.
func size(words int) int { return max(words, 1) * wordBytes }

// Split gives n equal runs of words, one a loop. They alias the block and must
// not be used after Close.
func (b *Block) Split(n int) [][]uint64 {
	words := unsafe.Slice((*uint64)(unsafe.Pointer(&b.mem[0])), len(b.mem)/wordBytes)
	each := len(words) / n
	parts := make([][]uint64, n)
	for i := range parts {
		parts[i] = words[i*each : (i+1)*each : (i+1)*each]
	}
	return parts
}

// Close unmaps the block. Closing twice is harmless.
func (b *Block) Close() error {
	if b == nil || b.mem == nil {
		return nil
	}
	mem := b.mem
	b.mem = nil
	if err := unix.Munmap(mem); err != nil {
		return fmt.Errorf("unmapping shared counters: %w", err)
	}
	return nil
}
