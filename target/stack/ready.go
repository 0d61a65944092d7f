package stack

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"sync"
)

var readyLine = regexp.MustCompile(`^READY (\S+) pid=(\d+)(?:.* admin=(\S+))?`)

// A listener passes what a part prints on to its log, and hears its READY line.
type listener struct {
	to io.Writer

	mu   sync.Mutex
	line []byte
	said chan Ready // has room for one
}

func newListener(to io.Writer) *listener { return &listener{to: to, said: make(chan Ready, 1)} }

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, p...)
	for {
		line, rest, found := bytes.Cut(l.line, []byte("\n"))
		if !found {
			break
		}
		l.hear(string(line))
		l.line = bytes.Clone(rest)
	}
	const longest = 1 << 12
	if len(l.line) > longest {
		l.line = nil
	}
	return l.to.Write(p)
}

func (l *listener) hear(line string) {
	m := readyLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	pid, _ := strconv.Atoi(m[2])
	select {
	case l.said <- Ready{URL: m[1], PID: pid, Admin: m[3]}:
	default:
	}
}
