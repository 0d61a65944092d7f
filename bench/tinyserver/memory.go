package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memoryFile is where a process finds the memory that all of them count in.
const memoryFile = 3

// A slot is what one loop counts, alone on its cache line.
type slot struct {
	requests, accepts, closes atomic.Uint64
	last                      atomic.Int64 // accept, by the wall clock
	_                         [32]byte
}

// waited counts answers by how long they were held back, to the microsecond.
const waited = 1 << 16

type memory struct {
	slots    []slot
	delays   *[waited]atomic.Uint64
	arrivals *arrivals
}

const (
	delaysSize = waited * 8
	slotsAt    = delaysSize + int(unsafe.Sizeof(arrivals{}))
)

func newMemory(slots int) (*os.File, error) {
	fd, err := unix.MemfdCreate("tinyserver", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "memory")
	return file, file.Truncate(int64(slotsAt + slots*int(unsafe.Sizeof(slot{}))))
}

func openMemory(file *os.File) (*memory, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	b, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	n := (len(b) - slotsAt) / int(unsafe.Sizeof(slot{}))
	return &memory{
		delays:   (*[waited]atomic.Uint64)(unsafe.Pointer(&b[0])),
		arrivals: (*arrivals)(unsafe.Pointer(&b[delaysSize])),
		slots:    unsafe.Slice((*slot)(unsafe.Pointer(&b[slotsAt])), n),
	}, nil
}

// A tally is the sum of all loops.
type tally struct {
	Requests uint64   `json:"requests"`
	Accepts  uint64   `json:"accepts"`
	Open     uint64   `json:"open"`
	Last     int64    `json:"last_accept_unix_ns"`
	Delay    delays   `json:"delay_ms"`
	Arrived  *arrived `json:"arrived,omitempty"`
}

// delays are how long answers were held back.
type delays struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
}

func (m *memory) tally() (t tally) {
	for i := range m.slots {
		s := &m.slots[i]
		closes := s.closes.Load() // before accepts: never more closed than opened
		t.Requests += s.requests.Load()
		t.Accepts += s.accepts.Load()
		t.Open += s.accepts.Load() - closes
		t.Last = max(t.Last, s.last.Load())
	}
	t.Delay, t.Arrived = m.waits(), m.arrivals.told()
	return t
}

func (m *memory) waits() (d delays) {
	sum := 0.0
	for us := range m.delays {
		n := m.delays[us].Load()
		d.Count += n
		sum += float64(n) * float64(us) / 1e3
	}
	if d.Count == 0 {
		return d
	}
	d.Mean = sum / float64(d.Count)
	d.P50, d.P90, d.P99 = m.percentile(d.Count, 50), m.percentile(d.Count, 90), m.percentile(d.Count, 99)
	return d
}

// percentile is the value, in ms, at rank ⌈p·n⌉.
func (m *memory) percentile(n, p uint64) float64 {
	rank, seen := (n*p+99)/100, uint64(0)
	for us := range m.delays {
		if seen += m.delays[us].Load(); seen >= rank {
			return float64(us) / 1e3
		}
	}
	return waited / 1e3
}
