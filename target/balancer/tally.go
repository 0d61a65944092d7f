package balancer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A count is what the log of nginx tells of one address, or of no backend at all.
type count struct{ requests, errors int64 }

// A tally counts the lines of nginx's log, `status|address, address|status, status`:
// nginx itself counts by backend only where it is paid for.
type tally struct {
	path   string
	reopen func() // has nginx write a new file at path
	most   int64  // bytes of a file before it is replaced

	mu       sync.Mutex
	file     *os.File
	read     *bufio.Reader
	part     string // of a line that is not whole yet
	size     int64
	replaced time.Time // zero: is not being replaced
	counts   map[string]*count
	denied   map[int]int64 // answers that no backend gave, by status
}

const (
	mostLog = 64 << 20
	// reopening is how long after a replacement workers may still write to the old file.
	reopening = 3 * time.Second
)

func newTally(path string, reopen func()) *tally {
	return &tally{path: path, reopen: reopen, most: mostLog, counts: map[string]*count{}, denied: map[int]int64{}}
}

// catchUp counts what was written since the last time.
func (t *tally) catchUp() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(); err != nil {
		return err
	}
	if err := t.lines(); err != nil {
		return fmt.Errorf("reading the log of nginx: %w", err)
	}
	return t.replace()
}

func (t *tally) open() error {
	if t.file != nil {
		return nil
	}
	f, err := os.Open(t.path)
	if err != nil {
		return fmt.Errorf("reading the log of nginx: %w", err)
	}
	t.file, t.size = f, 0
	t.read = bufio.NewReaderSize(f, 1<<16)
	return nil
}

func (t *tally) lines() error {
	for {
		line, err := t.read.ReadString('\n')
		t.size += int64(len(line))
		if err != nil {
			t.part += line
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		t.line(t.part + line)
		t.part = ""
	}
}

func (t *tally) line(line string) {
	f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
	if len(f) != 3 {
		return
	}
	if f[1] == "-" {
		status, _ := strconv.Atoi(f[0])
		t.denied[status]++
		return
	}
	statuses := attempts(f[2])
	for i, address := range attempts(f[1]) {
		c := t.counts[address]
		if c == nil {
			c = &count{}
			t.counts[address] = c
		}
		c.requests++
		if i < len(statuses) && (statuses[i] == "502" || statuses[i] == "504") {
			c.errors++
		}
	}
}

// attempts parts what nginx writes of each backend asked for one request.
func attempts(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// replace has a file that has grown large replaced, and reads the old one until
// nobody writes to it any more.
func (t *tally) replace() error {
	switch {
	case t.replaced.IsZero() && t.size >= t.most:
		if err := os.Rename(t.path, t.path+".old"); err != nil {
			return fmt.Errorf("replacing the log of nginx: %w", err)
		}
		t.reopen()
		t.replaced = time.Now()
	case !t.replaced.IsZero() && time.Since(t.replaced) > reopening:
		t.file.Close()
		os.Remove(t.path + ".old")
		t.file, t.replaced, t.part = nil, time.Time{}, ""
	}
	return nil
}

// of is the count of an address, and how often status was answered by no backend.
func (t *tally) of(address string) count {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.counts[address]; c != nil {
		return *c
	}
	return count{}
}

func (t *tally) refused(status int) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.denied[status]
}

func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}
