package main

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// TestASocketThatBrokeInterruptedATuning: Go tells of SIGPIPE whatever was written to, once somebody listens for it, and a
// host that left at the end of a trial was taken for a reader of the output who had gone.
func TestASocketThatBrokeInterruptedATuning(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	c.untilUnread()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	far.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := conn.Write([]byte("x")); errors.Is(err, syscall.EPIPE) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the connection does not break")
		}
	}
	select {
	case <-c.early.Done():
		t.Error("it was an interrupt")
	case <-time.After(200 * time.Millisecond):
	}
}
