package ssh

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// Kinds of hosts: the id of their run says which they are.
const (
	talker   = "talker"   // dials whoever it was told of, again and again, and does what that says
	stubborn = "stubborn" // does not end when it is asked to
	failing  = "failing"  // ends at once, with a reason
	early    = "early"    // ends before it asks for a certificate
)

// silence is how long a talker goes on without a word.
const silence = 12 * time.Second

func hostMain() int {
	_, _ = syscall.Setsid()
	in, b, a := bufio.NewReader(os.Stdin), &loadctlpb.Bootstrap{}, &loadctlpb.Admission{}
	if err := protodelim.UnmarshalFrom(in, b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	if b.GetRunId() == early {
		fmt.Fprintln(os.Stderr, "not even asked")
		return 3
	}
	fmt.Println("csr " + base64.StdEncoding.EncodeToString([]byte("key-of-"+b.GetHost())))
	if err := protodelim.UnmarshalFrom(in, a); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	switch b.GetRunId() {
	case failing:
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 3000)+"\nno such luck")
		return 3
	case stubborn:
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		time.Sleep(2 * within) // longer than any test waits, and not for ever
		return 0
	}
	for heard := time.Now(); time.Since(heard) < silence; time.Sleep(50 * time.Millisecond) {
		if status, done := converse(b, a, &heard); done {
			return status
		}
	}
	return 5
}

// converse says who it is, and does what it is told.
func converse(b *loadctlpb.Bootstrap, a *loadctlpb.Admission, heard *time.Time) (status int, done bool) {
	c, err := net.DialTimeout("tcp", b.GetCoordinator(), time.Second)
	if err != nil {
		return 0, false
	}
	defer c.Close()
	fmt.Fprintf(c, "%s %d %s %s %s\n", b.GetHost(), os.Getpid(), b.GetServerName(), b.GetCa(), a.GetCertificate())
	for in := bufio.NewScanner(c); in.Scan(); {
		*heard = time.Now()
		switch in.Text() {
		case "end":
			return 0, true
		case "leave":
			if err := os.WriteFile(b.GetSpool(), []byte("what was left"), 0o600); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 4, true
			}
			return 1, true
		case "fail":
			fmt.Fprintln(os.Stderr, "told to fail")
			return 3, true
		}
		fmt.Fprintln(c, in.Text())
	}
	return 0, false
}
