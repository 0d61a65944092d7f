package ssh

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var someone = Who{User: "me", Home: "/home/me"}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse([]string{
		"ssh://root@h1", " ssh://h2:2222 ", "ssh://h1/", "ssh://H1", "ssh://u@[2001:db8::1]:22",
		"ssh://h3?identity=~/keys/id&known_hosts=/etc/known", "ssh://local",
	}, someone)
	if err != nil {
		t.Fatal(err)
	}
	want := []Address{
		{Name: "h1", User: "root", Host: "h1", Port: 22},
		{Name: "h2", User: "me", Host: "h2", Port: 2222},
		{Name: "h1-2", User: "me", Host: "h1", Port: 22},
		{Name: "h1-3", User: "me", Host: "h1", Port: 22},
		{Name: "2001-db8--1", User: "u", Host: "2001:db8::1", Port: 22},
		{Name: "h3", User: "me", Host: "h3", Port: 22, Identity: "/home/me/keys/id", KnownHosts: "/etc/known"},
		{Name: "local-2", User: "me", Host: "local", Port: 22}, // the name of this machine is not to be had
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := got[1].String() + " " + got[4].String(); s != "me@h2:2222 u@2001:db8::1" {
		t.Error(s)
	}
}

func TestParseSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               wanted,
		"h1":                             wanted,
		"http://h1":                      wanted,
		"ssh://":                         "it names no machine",
		"ssh://u@:22":                    "it names no machine",
		"ssh://h1:0":                     "port 0: want 1 to 65535",
		"ssh://h1:65536":                 "port 65536: want 1 to 65535",
		"ssh://h1:ssh":                   "invalid port",
		"ssh://u:pw@h1":                  "passwords are not used",
		"ssh://h1/tmp":                   "it goes on behind the port",
		"ssh://h1#x":                     "it goes on behind the port",
		"ssh://h1?key=x":                 "?key: want ?identity=FILE or ?known_hosts=FILE",
		"ssh://h1?identity=":             "?identity: want one file",
		"ssh://h1?identity=a&identity=b": "?identity: want one file",
		"ssh://h1?%zz":                   "invalid URL escape",
	} {
		_, err := Parse([]string{"ssh://fine", text}, someone)
		if err == nil || !strings.HasPrefix(err.Error(), "host 2, ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	_, err := Parse([]string{"ssh://u:hid@den@h1:99999", "h2"}, Who{})
	if err == nil || strings.Contains(err.Error(), "hid") || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
	if _, err := Parse([]string{"ssh://h1"}, Who{}); err == nil || !strings.Contains(err.Error(), "as whom to log in") {
		t.Error(err)
	}
}

// Whatever is given, names are fit for files and no two are the same.
func TestNamesAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom([]string{"h", "h-2", "H", "::1", "h-2-2"}), rapid.String())).Draw(t, "hosts")
		all := make([]Address, len(hosts))
		for i := range hosts {
			all[i].Host = hosts[i]
		}
		name(all)
		var names []string
		for _, a := range all {
			if a.Name == "" || strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || strings.Trim(a.Name, ".-") != a.Name {
				t.Fatalf("%q is called %q", a.Host, a.Name)
			}
			names = append(names, a.Name)
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != len(all) {
			t.Fatalf("not unique: %q", names)
		}
	})
}

func TestParseNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _ = Parse([]string{"ssh://" + rapid.String().Draw(t, "text")}, someone)
	})
}
