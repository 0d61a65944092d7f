package coordinator

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/scenarios"
)

// A witness is a public target that says token of itself, and counts what is opened to it.
type witness struct {
	token  string
	opened int
}

func (w *witness) dial(context.Context, string, string) (net.Conn, error) {
	w.opened++
	ours, theirs := net.Pipe()
	go func() { // ends with the connection
		defer theirs.Close()
		if _, err := http.ReadRequest(bufio.NewReader(theirs)); err == nil {
			fmt.Fprintf(theirs, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(w.token), w.token)
		}
	}()
	return ours, nil
}

// TestMayLoadIsWhatARunWouldSay: before anything is paid for it, and nothing is sent to a target that need not answer for
// itself, or cannot with no token to compare with.
func TestMayLoadIsWhatARunWouldSay(t *testing.T) {
	const allow = "allow_hosts: [service.test]\n"
	for _, c := range []struct {
		name, address, more, token string
		authorised                 []string
		want                       string // "" = it may
		asked                      bool
	}{
		{name: "private", address: "10.0.0.9"},
		{name: "not allowed", address: "203.0.113.9", token: "mine", want: "allow_hosts of the scenario does not name it"},
		{name: "no token", address: "203.0.113.9", more: allow, want: "has to answer for itself"},
		{name: "vouched", address: "203.0.113.9", more: allow, authorised: []string{"service.test"}},
		{name: "proven", address: "203.0.113.9", more: allow, token: "mine", asked: true},
		{name: "another's", address: "203.0.113.9", more: allow, token: "yours", want: "holds another token", asked: true},
	} {
		s, err := scenarios.Parse("t.yaml", []byte(strings.Replace(namedText, ", resolve: {every: 1s}", "", 1)+c.more), scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := &witness{token: "mine"}
		err = MayLoad(t.Context(), Config{Scenario: s, Token: c.token, Authorised: c.authorised, World: World{Dial: w.dial,
			Resolve: func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr(c.address)}, nil
			}}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || (w.opened > 0) != c.asked {
			t.Errorf("%s: %v, opened %d", c.name, err, w.opened)
		}
		if _, mistake := errors.AsType[*UsageError](err); mistake != (c.want != "") {
			t.Errorf("%s: %v is a mistake: %v", c.name, err, mistake)
		}
	}
}
