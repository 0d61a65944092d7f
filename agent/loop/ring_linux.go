package loop

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is one io_uring: requests go in by a queue in shared memory, and what
// became of them comes out by another, so that one system call serves many. It
// is used by one thread, which is the first to submit.
//
// The layouts are those of the kernel's include/uapi/linux/io_uring.h.
type ring struct {
	fd                     int
	enabled                bool
	sqHead, sqTail         *uint32
	cqHead, cqTail         *uint32
	sqMask, cqMask         uint32
	requests               []ringRequest
	results                []ringResult
	tail, submitted        uint32
	queues, requestsMemory []byte
	wait                   ringWait // on the heap: the kernel is told addresses
	timeout                unix.Timespec
}

// A ringRequest is a submission queue entry: 64 bytes.
type ringRequest struct {
	op       uint8
	flags    uint8
	priority uint16
	fd       int32
	offset   uint64
	address  uint64
	length   uint32
	opFlags  uint32
	data     uint64
	group    uint16
	_        uint16
	_        int32
	_        [2]uint64
}

// A ringResult is a completion queue entry: 16 bytes.
type ringResult struct {
	data  uint64
	res   int32 // as the system call would have given it; an error is negative
	flags uint32
}

// ringParams are what a ring is made with, and what the kernel made of it.
type ringParams struct {
	sqEntries, cqEntries, flags, _, _, features, _ uint32
	_                                              [3]uint32
	sq, cq                                         ringOffsets
}

type ringOffsets struct {
	head, tail, mask, _, _, entries, _, _ uint32
	_                                     uint64
}

// ringWait is the extended argument of a wait.
type ringWait struct {
	mask    uint64
	maskLen uint32
	_       uint32
	timeout uint64
}

// Of the kernel's names, those used here.
const (
	opPollAdd = 6
	opRecvmsg = 10
	opClose   = 19
	opSend    = 26
	opRecv    = 27

	requestPicksBuffer = 1 << 5 // IOSQE_BUFFER_SELECT
	requestQuietly     = 1 << 6 // IOSQE_CQE_SKIP_SUCCESS: only failure is told
	multishot          = 1 << 1 // IORING_RECV_MULTISHOT

	resultHasBuffer = 1 << 0 // IORING_CQE_F_BUFFER
	resultHasMore   = 1 << 1 // IORING_CQE_F_MORE

	// One thread submits, and the kernel's part of the work is done by its own waits:
	// nothing interrupts the loop.
	ringSetup = 1<<3 /* CQSIZE */ | 1<<6 /* R_DISABLED */ | 1<<7 /* SUBMIT_ALL */ |
		1<<12 /* SINGLE_ISSUER */ | 1<<13 /* DEFER_TASKRUN */ | 1<<16 /* NO_SQARRAY, Linux 6.6 */

	enterWaits    = 1 << 0
	enterExtended = 1 << 3

	registerEnable  = 12
	registerBuffers = 22 // PBUF_RING

	mapRequests = 0x10000000
)

const (
	ringRequests = 512
	ringResults  = 4096
)

// newRing makes a ring, disabled until its thread enables it: the kernel lets only
// one thread submit, and takes the first for it.
func newRing() (*ring, error) {
	p := ringParams{flags: ringSetup, cqEntries: ringResults}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringRequests, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, errno
	}
	unix.CloseOnExec(int(fd))
	r := &ring{fd: int(fd)}
	var err error
	if r.queues, err = r.mapped(0, int(p.cq.entries+p.cqEntries*uint32(unsafe.Sizeof(ringResult{})))); err != nil {
		r.close()
		return nil, err
	}
	if r.requestsMemory, err = r.mapped(mapRequests, int(p.sqEntries*uint32(unsafe.Sizeof(ringRequest{})))); err != nil {
		r.close()
		return nil, err
	}
	r.find(&p)
	return r, nil
}

func (r *ring) mapped(offset int64, length int) ([]byte, error) {
	return unix.Mmap(r.fd, offset, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
}

// find looks up where in the shared memory everything is.
func (r *ring) find(p *ringParams) {
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queues[at])) }
	r.sqHead, r.sqTail, r.sqMask = word(p.sq.head), word(p.sq.tail), *word(p.sq.mask)
	r.cqHead, r.cqTail, r.cqMask = word(p.cq.head), word(p.cq.tail), *word(p.cq.mask)
	r.requests = unsafe.Slice((*ringRequest)(unsafe.Pointer(&r.requestsMemory[0])), p.sqEntries)
	r.results = unsafe.Slice((*ringResult)(unsafe.Pointer(&r.queues[p.cq.entries])), p.cqEntries)
}

// enable makes the calling thread the one that submits.
func (r *ring) enable() syscall.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerEnable, 0, 0, 0, 0)
	r.enabled = errno == 0
	return errno
}

// request gives the next entry to fill, empty.
func (r *ring) request() *ringRequest {
	for r.tail-atomic.LoadUint32(r.sqHead) > r.sqMask {
		r.submit()
	}
	q := &r.requests[r.tail&r.sqMask]
	*q = ringRequest{}
	r.tail++
	return q
}

// queued is how many requests the kernel was not told of yet.
func (r *ring) queued() uint32 { return r.tail - r.submitted }

// submit tells the kernel of what was queued. What needs no waiting is done when
// it returns, and its failures are among the results.
func (r *ring) submit() {
	if n := r.queued(); n > 0 {
		atomic.StoreUint32(r.sqTail, r.tail)
		done, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(n), 0, 0, 0, 0)
		r.took(done, errno)
	}
}

// took counts what the kernel took of what was queued.
func (r *ring) took(n uintptr, errno syscall.Errno) {
	if errno == 0 {
		r.submitted += uint32(n)
		return
	}
	r.submitted = atomic.LoadUint32(r.sqHead)
}

// look submits, and lets the kernel do what has become ready meanwhile.
func (r *ring) look() syscall.Errno {
	atomic.StoreUint32(r.sqTail, r.tail)
	n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.queued()), 0, enterWaits, 0, 0)
	r.took(n, errno)
	return errno
}

// await submits, and waits for so many results, for at most so long. Told to the
// scheduler, a wait may be long.
func (r *ring) await(results int, nanos int64, told bool) syscall.Errno {
	atomic.StoreUint32(r.sqTail, r.tail)
	r.timeout = unix.NsecToTimespec(nanos)
	r.wait = ringWait{maskLen: 8, timeout: uint64(uintptr(unsafe.Pointer(&r.timeout)))}
	call := unix.RawSyscall6
	if told {
		call = unix.Syscall6
	}
	n, _, errno := call(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.queued()), uintptr(results),
		enterWaits|enterExtended, uintptr(unsafe.Pointer(&r.wait)), unsafe.Sizeof(r.wait))
	r.took(n, errno)
	return errno
}

// each hands out the results there are.
func (r *ring) each(do func(*ringResult)) {
	head := *r.cqHead
	for tail := atomic.LoadUint32(r.cqTail); head != tail; head++ {
		do(&r.results[head&r.cqMask])
	}
	atomic.StoreUint32(r.cqHead, head)
}

func (r *ring) close() {
	for _, m := range [][]byte{r.queues, r.requestsMemory} {
		if m != nil {
			_ = unix.Munmap(m)
		}
	}
	_ = unix.Close(r.fd)
}
