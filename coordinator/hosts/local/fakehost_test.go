package local

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// hostKind is the variable that makes this binary a host of a kind.
const hostKind = "LOADCTL_LOCAL_TEST_HOST"

// Kinds of hosts. Obedient, stubborn and brief ones begin with what they were told.
const (
	obedient = "obedient" // ends with its lifeline
	stubborn = "stubborn" // does not
	brief    = "brief"    // ends at once, well
	failing  = "failing"  // ends at once, with a reason
	early    = "early"    // ends before it asks for a certificate
	mute     = "mute"     // asks for none, and stays
	leaving  = "leaving"  // leaves something, and ends
	parent   = "parent"   // starts an obedient host, and tells its pid
)

func hostMain(kind string) int {
	if kind == early {
		fmt.Fprintln(os.Stderr, "not even asked")
		return 3
	}
	if kind == mute {
		time.Sleep(10 * within)
		return 0
	}
	if kind == parent {
		return parentMain()
	}
	lifeline := os.NewFile(Lifeline, "lifeline")
	in, b, a := bufio.NewReader(lifeline), &loadctlpb.Bootstrap{}, &loadctlpb.Admission{}
	if err := protodelim.UnmarshalFrom(in, b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	fmt.Fprintln(lifeline, "csr "+base64.StdEncoding.EncodeToString([]byte("key-of-"+b.GetHost())))
	if err := protodelim.UnmarshalFrom(in, a); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	if kind == failing {
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 2*tailBytes)+"\nno such luck")
		return 3
	}
	fmt.Printf("told %s %s %s %s %s %s\n", b.GetCoordinator(), b.GetServerName(), b.GetRunId(), b.GetHost(), b.GetCa(), a.GetCertificate())
	fmt.Printf("seen %q %q\n", os.Args, os.Environ())
	switch kind {
	case leaving:
		if err := errors.Join(os.MkdirAll(filepath.Dir(b.GetSpool()), 0o700), os.WriteFile(b.GetSpool(), []byte("what was left"), 0o600)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 4
		}
	case obedient:
		_, _ = io.Copy(io.Discard, in)
	case stubborn:
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
		time.Sleep(10 * within) // longer than any test waits, and not for ever
	}
	return 0
}

// parentMain is a coordinator that will be killed.
func parentMain() int {
	h := New(Config{Name: "a", Command: command(obedient, os.Stdout)})
	if err := h.Start(context.Background(), "127.0.0.1:1", "r1", nil, certifies); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	fmt.Println("pid", h.PID())
	_ = h.Wait()
	return 0
}

// certifies gives what these hosts ask for.
func certifies(request []byte) ([]byte, error) { return append([]byte("CERT-for-"), request...), nil }

// command makes this binary a host that writes to out.
func command(kind string, out io.Writer) func() *exec.Cmd {
	return func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), hostKind+"="+kind)
		c.Stdout = out
		return c
	}
}
