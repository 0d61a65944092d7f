package wire

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// maxSpooled bounds one message of a spool, as one of a stream is.
const maxSpooled = 64 << 20

// Seq is the number that a host gave a message, 0 for one that has none.
func Seq(m *loadctlpb.SessionRequest) uint64 {
	switch {
	case m.GetReport() != nil:
		return m.GetReport().GetSeq()
	case m.GetPhaseEvent() != nil:
		return m.GetPhaseEvent().GetSeq()
	case m.GetAgentLost() != nil:
		return m.GetAgentLost().GetSeq()
	case m.GetNotice() != nil:
		return m.GetNotice().GetSeq()
	}
	return m.GetFinished().GetSeq()
}

// A Spool is what a host left on its disk when it ended.
type Spool struct {
	Head     *loadctlpb.SpoolHead
	Messages []*loadctlpb.SessionRequest // by number, each once
	// Broken is why the end of the file could not be read, nil when all could. What came before it stands.
	Broken error
}

// ReadSpool reads the file of a host. Its error says that it is none, or none of this version.
func ReadSpool(from io.Reader) (*Spool, error) {
	in, s := bufio.NewReader(from), &Spool{Head: &loadctlpb.SpoolHead{}}
	if err := NextSpooled(in, s.Head); err != nil {
		return nil, fmt.Errorf("it does not begin as a spool does: %w", err)
	}
	if s.Head.GetProtocol() != Protocol {
		return nil, fmt.Errorf("it was written by loadctl %s (protocol %d), and this one reads protocol %d", s.Head.GetVersion(), s.Head.GetProtocol(), Protocol)
	}
	for {
		m := &loadctlpb.SessionRequest{}
		if err := NextSpooled(in, m); err != nil {
			s.order()
			if !errors.Is(err, io.EOF) {
				s.Broken = err
			}
			return s, nil
		}
		s.Messages = append(s.Messages, m)
	}
}

// order sorts what a host wrote as memory ran short, and drops what it wrote twice.
func (s *Spool) order() {
	s.Messages = slices.DeleteFunc(s.Messages, func(m *loadctlpb.SessionRequest) bool { return Seq(m) == 0 })
	slices.SortStableFunc(s.Messages, func(a, b *loadctlpb.SessionRequest) int { return cmp.Compare(Seq(a), Seq(b)) })
	s.Messages = slices.CompactFunc(s.Messages, func(a, b *loadctlpb.SessionRequest) bool { return Seq(a) == Seq(b) })
}

// NextSpooled reads one message of a spool; io.EOF after the last.
func NextSpooled(in protodelim.Reader, m proto.Message) error {
	return (protodelim.UnmarshalOptions{MaxSize: maxSpooled}).UnmarshalFrom(in, m)
}
