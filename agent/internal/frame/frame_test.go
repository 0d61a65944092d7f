package frame

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

func hello(version string) *loadctlpb.AgentHello {
	return &loadctlpb.AgentHello{Protocol: 1, Version: version}
}

func TestMessagesSurviveAnySplit(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	sent := []*loadctlpb.AgentHello{hello("one"), {}, hello(string(bytes.Repeat([]byte("x"), 3*step)))}
	for _, m := range sent {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(iotest.HalfReader(bytes.NewReader(b.Bytes())))
	for i, want := range sent {
		var got loadctlpb.AgentHello
		if err := r.Read(&got); err != nil || !proto.Equal(&got, want) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if err := r.Read(&loadctlpb.AgentHello{}); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: got %v, want EOF", err)
	}
}

func TestADeathWithinAMessageIsNotACleanEnd(t *testing.T) {
	var b bytes.Buffer
	if err := NewWriter(&b).Write(hello("v")); err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < b.Len(); cut++ {
		err := NewReader(bytes.NewReader(b.Bytes()[:cut])).Read(&loadctlpb.AgentHello{})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: got %v, want unexpected EOF", cut, err)
		}
	}
}

func TestAnAbsurdLengthIsRefusedBeforeItCosts(t *testing.T) {
	err := NewReader(bytes.NewReader([]byte{0xff, 0xff, 0xff, 0xff})).Read(&loadctlpb.AgentHello{})
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want %v", err, ErrTooLong)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	_ = NewWriter(&b).Write(hello("seed"))
	f.Add(b.Bytes())
	f.Add([]byte{0, 0, 0, 2, 0x08})
	f.Add([]byte{0x03, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in))
		for range len(in) + 1 {
			if r.Read(&loadctlpb.AgentUp{}) != nil {
				break
			}
		}
		if cap(r.buf) > 4*step+2*len(in) {
			t.Errorf("%d bytes of input made a buffer of %d", len(in), cap(r.buf))
		}
	})
}
