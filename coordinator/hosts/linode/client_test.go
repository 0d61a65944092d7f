package linode

import (
	"strings"
	"testing"
)

// TestNewTellsAllMistakes, and takes http only where nobody is on the way.
func TestNewTellsAllMistakes(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string // words of the error, apart by |; "" = none
	}{
		{Config{Token: "t"}, ""},
		{Config{Token: "t", URL: "http://127.0.0.1:80"}, ""},
		{Config{Token: "t", URL: "http://[::1]:80"}, ""},
		{Config{Token: "t", URL: "http://localhost"}, ""},
		{Config{URL: "nowhere"}, "token:|url:"},
		{Config{Token: "two words", URL: "://"}, "token:|url:"},
		{Config{Token: "t", URL: "http://api.linode.com"}, "must be https"},
		{Config{Token: "t\n", URL: "ftp://api.linode.com"}, "token:|url:"},
	} {
		_, err := New(c.cfg)
		if (err != nil) != (c.want != "") {
			t.Errorf("%+v: %v", c.cfg, err)
			continue
		}
		for word := range strings.SplitSeq(c.want, "|") {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%+v: %v, want %q", c.cfg, err, word)
			}
		}
	}
}

// TestEnvironmentIsNotObeyed: what linodego reads of it would send the token elsewhere, or print keys; one of its
// variables would end the program.
func TestEnvironmentIsNotObeyed(t *testing.T) {
	t.Setenv("LINODE_URL", "http://[")
	if _, err := New(Config{Token: "t"}); err == nil || !strings.Contains(err.Error(), "LINODE_URL") {
		t.Errorf("%v", err)
	}
	t.Setenv("LINODE_URL", "http://elsewhere.example")
	t.Setenv("LINODE_API_VERSION", "v9")
	t.Setenv("LINODE_CA", "/nowhere")
	r := newRoom(t)
	if _, err := r.Regions(t.Context()); err != nil {
		t.Error(err)
	}
}
