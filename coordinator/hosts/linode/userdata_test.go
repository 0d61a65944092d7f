package linode

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

const hostKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB==\n-----END OPENSSH PRIVATE KEY-----"

func seed() Seed {
	return Seed{
		HostKey: hostKey, HostPublic: "ssh-ed25519 AAAAC3Nza+/= host", Keys: []string{"ssh-ed25519 AAAAC3Nza+/= fleet: of # us"},
		Sysctl: map[string]string{"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.tcp_tw_reuse": "1"},
	}
}

// TestUserData is the text as it is; testdata/userdata.txt is written anew by -rewrite.
func TestUserData(t *testing.T) {
	datadriven.RunTest(t, "testdata/userdata.txt", func(t *testing.T, d *datadriven.TestData) string {
		s := seed()
		if d.Cmd == "bare" {
			s.Sysctl = nil
		}
		text, err := s.UserData()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	})
}

// TestUserDataSaysWhatWasGiven: whatever is taken comes back out of the YAML as it was.
func TestUserDataSaysWhatWasGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seed()
		comment := rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "comment")
		s.Keys = []string{strings.TrimSpace("ssh-ed25519 AAAA " + comment)}
		value := rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(t, "value")
		s.Sysctl = map[string]string{"net.a_b": value}
		text, err := s.UserData()
		if err != nil {
			t.Fatal(err)
		}
		var c cloudConfig
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if c.HostKeys.Private != hostKey+"\n" || c.Keys[0] != s.Keys[0] || c.Files[1].Content != "net.a_b = "+value+"\n" {
			t.Fatalf("%+v\n%s", c, text)
		}
	})
}

func TestUserDataTellsAllMistakes(t *testing.T) {
	s := Seed{HostKey: "ssh-rsa", HostPublic: "a\nb", Keys: []string{"ssh-ed25519 AAAA\nruncmd: [x]"}, Sysctl: map[string]string{"a b": "1", "net.a": "1\n2"}}
	_, err := s.UserData()
	for _, want := range []string{"host key:", "public host key:", "keys[0]:", `"a b"`, `"net.a"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
	s = seed()
	for range 200 {
		s.Keys = append(s.Keys, "ssh-ed25519 "+strings.Repeat("A", 80))
	}
	if _, err := s.UserData(); err == nil || !strings.Contains(err.Error(), "16384") {
		t.Errorf("%v", err)
	}
	s.Keys = nil
	if _, err := s.UserData(); err == nil || !strings.Contains(err.Error(), "nobody could log in") {
		t.Errorf("%v", err)
	}
}
