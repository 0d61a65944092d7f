package balancer

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test ./target/balancer -update writes it anew):\n%s", name, diff)
	}
}

var (
	laptop = Machine{Cores: 4, Files: 20_000, Backlog: 4096, Ports: 28_232}
	place  = Place{Dir: "/run/balancer", Generation: 1}
)

func small(kind Kind, algorithm Algorithm) Config {
	return Config{Kind: kind, Listen: "127.0.0.1:8080", Algorithm: algorithm,
		Backends: []Backend{{Address: "127.0.0.1:8001"}, {Address: "127.0.0.1:8002"}}}
}

func full(t *testing.T) Config {
	t.Helper()
	src, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Read("full.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Judge(b.Config); err != nil {
		t.Fatal(err)
	}
	return b.Config
}

func TestConfigurations(t *testing.T) {
	for _, kind := range []Kind{Nginx, HAProxy} {
		golden(t, string(kind)+"-small.conf", small(kind, RoundRobin).Text(laptop, place))
		c := full(t)
		c.Kind = kind
		root := laptop
		root.User, root.Group = "nobody", "nogroup"
		golden(t, string(kind)+"-full.conf", c.Text(root, Place{Dir: "/run/balancer", Generation: 7, Out: map[string]bool{"web2": true}}))
	}
}

// TestDocumentedConfigurations: what docs/balancers.md shows is what is made.
func TestDocumentedConfigurations(t *testing.T) {
	page, err := os.ReadFile("../../docs/balancers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"full.yaml", "nginx-small.conf", "haproxy-small.conf"} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "\n"+string(want)+"```") {
			t.Errorf("docs/balancers.md does not show testdata/%s as it is", file)
		}
	}
}

func TestAlgorithms(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		algorithm Algorithm
		want      string
	}{
		{Nginx, LeastConns, "\n        least_conn;\n"},
		{Nginx, Source, "\n        hash $remote_addr consistent;\n"},
		{Nginx, RandomTwo, "\n        random two least_conn;\n"},
		{HAProxy, RoundRobin, "\n    balance roundrobin\n"},
		{HAProxy, LeastConns, "\n    balance leastconn\n"},
		{HAProxy, Source, "\n    balance source\n    hash-type consistent"},
		{HAProxy, RandomTwo, "\n    balance random(2)\n"},
	} {
		if got := small(c.kind, c.algorithm).Text(laptop, place); !strings.Contains(got, c.want) {
			t.Errorf("%s %s lacks %q", c.kind, c.algorithm, c.want)
		}
	}
}

// TestWeightsOfARing: HAProxy's random and source need many points for even arcs, in
// the proportions that were asked for.
func TestWeightsOfARing(t *testing.T) {
	c := small(HAProxy, RandomTwo)
	c.Backends[0].Weight = 3
	got := c.Text(laptop, place)
	if !strings.Contains(got, "server b1 127.0.0.1:8001 weight 255\n") || !strings.Contains(got, "server b2 127.0.0.1:8002 weight 85\n") {
		t.Errorf("weights 3 and 1:\n%s", got)
	}
}

func TestValidate(t *testing.T) {
	bad := Config{
		Kind: "ngnix", Listen: "localhost:http", Algorithm: "random",
		Backends: []Backend{{Name: "x y", Address: "127.0.0.1"}, {Name: "a", Address: "127.0.0.1:80; deny all", Weight: 300}, {Name: "a", Address: "h:0", MaxConnections: -1}},
		Check:    Check{Method: "POST", Path: "/a b", Interval: time.Second, Timeout: 2 * time.Second, Fall: -1, Rise: 101},
		Passive:  Passive{MaxFails: -1}, KeepAlive: KeepAlive{Connections: -3}, Timeouts: Timeouts{Read: -time.Second},
		TLS: TLS{Certificate: "a b.pem"}, RateLimit: RateLimit{Burst: 3, Status: 418}, Workers: 65, Connections: -1,
	}
	var fields []string
	for _, p := range Problems(bad.Validate()) {
		fields = append(fields, p.Field)
	}
	want := []string{"kind", "algorithm", "listen", "listen", "backends[0].name", "backends[0].address", "backends[1].address", "backends[1].weight",
		"backends[2].address", "backends[2].max_connections", "backends[2].name", "check.method", "check.path", "check.timeout", "check.fall", "check.rise",
		"timeouts.read", "passive.max_fails", "tls.certificate", "tls.key", "rate_limit.burst", "rate_limit.status", "workers", "connections", "keep_alive.connections"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("%s\n%v", diff, bad.Validate())
	}
	if err := (Config{}).Validate(); err == nil || err.Error() != "backends: must name at least one" {
		t.Errorf("the zero value: %v", err)
	}
}

// TestNothingEscapes: no word of a configuration can become another directive.
func TestNothingEscapes(t *testing.T) {
	for _, evil := range []string{"x;y", "x\ny", "x y", "x{", "x}", "x#", `x"`, "x'", "x$y", "x\\y", ""} {
		c := small(Nginx, RoundRobin)
		c.Backends[0].Address = evil + ":80"
		if evil != "" && c.Validate() == nil {
			t.Errorf("address %q is taken", c.Backends[0].Address)
		}
		c = small(Nginx, RoundRobin)
		c.Check.Path = "/" + evil
		if evil != "" && c.Validate() == nil {
			t.Errorf("check.path %q is taken", c.Check.Path)
		}
		c = small(Nginx, RoundRobin)
		c.TLS = TLS{Certificate: "/a/" + evil, Key: "/a/" + evil}
		if evil != "" && c.Validate() == nil {
			t.Errorf("tls.certificate %q is taken", c.TLS.Certificate)
		}
	}
}

func TestBackupsBesideAHash(t *testing.T) {
	c := small(Nginx, Source)
	c.Backends[1].Backup = true
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "backends[1].backup: nginx has no backups beside the algorithm source") {
		t.Errorf("nginx: %v", err)
	}
	c.Kind = HAProxy
	if err := c.Validate(); err != nil {
		t.Errorf("HAProxy: %v", err)
	}
}

// TestMistakesOfAFile: each with its place, and what was probably meant.
func TestMistakesOfAFile(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"balancer:\n  algoritm: source\n  backends: [{address: 'h:1'}]\n", `f.yaml:2:3: unknown key "algoritm" in the block (did you mean "algorithm"?)`},
		{"balancer:\n  backends: [{adress: 'h:1', address: 'h:1'}]\n", `f.yaml:2:15: unknown key "adress" in backends[0] (did you mean "address"?)`},
		{"balancer:\n  algorithm: leastconnections\n  backends: [{address: 'h:1'}]\n", `f.yaml:2:14: algorithm: must be round_robin, least_connections, source, random_two, got "leastconnections" (did you mean "least_connections"?)`},
		{"balancer:\n  backends: [{address: 'h:1', weight: two}]\n", `f.yaml:2:39: backends[0].weight must be a whole number, got "two"`},
		{"balancer:\n  backends: [{address: 'h:1'}]\n  check: {interval: 2}\n", `f.yaml:3:21: check.interval must be a time such as 500ms or 2s, got "2"`},
		{"balancer:\n  backends: 3\n", "f.yaml:2:13: backends must be a list"},
		{"balancer:\n  check: {}\n", "f.yaml:2:3: backends: must name at least one"},
		{"balancer:\n  kind: nginx\n  kind: nginx\n  backends: [{address: 'h:1'}]\n", `f.yaml:3:3: "kind" is given twice in the block`},
		{"balancer: [\n", "f.yaml:2:1: while parsing a flow node did not find expected node content"},
		{"balancr:\n  kind: nginx\n", "f.yaml:1:1: unknown key \"balancr\" in the block (did you mean \"balancer\"?)\nf.yaml:1:1: the file has no balancer: block"},
		{"", "f.yaml:1:1: the file is empty (it needs a balancer: block)"},
	} {
		b, err := Read("f.yaml", []byte(c.src))
		if err == nil {
			err = b.Judge(b.Config)
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

// TestTruthInAFile: every word that YAML takes for true is one.
func TestTruthInAFile(t *testing.T) {
	for word, want := range map[string]bool{"true": true, "True": true, "false": false} {
		b, err := Read("f.yaml", []byte("balancer: {backends: [{address: 'h:1', backup: "+word+"}]}"))
		if err != nil || b.Config.Backends[0].Backup != want || len(b.mistakes) > 0 {
			t.Errorf("%s: %+v, %v", word, b.Config.Backends, err)
		}
	}
}

// TestHopelessFiles: what is far too much is said once.
func TestHopelessFiles(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"balancer: {backends: [" + strings.Repeat("{},", 3000) + "]}", "f.yaml:1:22: backends: must name at least one and at most 2000, got 3000"},
		{"balancer: {backends: [" + strings.Repeat("{},", 60_000) + "]}", "the file has too many values, or its aliases unfold without end"},
		{"balancer: {" + strings.Repeat("x: 1,", 1000) + "}", `unknown key "x" in the block`},
	} {
		b, err := Read("f.yaml", []byte(c.src))
		if err == nil {
			err = b.Judge(b.Config)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") > maxMistakes+10 {
			t.Errorf("%s…: %.500v", c.src[:30], err)
		}
	}
}

func FuzzRead(f *testing.F) {
	src, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("balancer: &a\n  backends: [*a, *a]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := Read("f.yaml", src)
		if err != nil {
			if m := new(Mistakes); !errors.As(err, &m) || len(m.All) == 0 {
				t.Fatalf("%v is no mistake of the file", err)
			}
			return
		}
		if b.Judge(b.Config) == nil {
			_ = b.Config.Text(laptop, place)
		}
	})
}

func TestParseBackend(t *testing.T) {
	got, err := ParseBackend("10.0.0.1:80,name=a,weight=2,max_connections=9,backup")
	if want := (Backend{"a", "10.0.0.1:80", 2, 9, true}); got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"h:1,weigt=2":    `backend "h:1,weigt=2": unknown option "weigt": name, weight, max_connections, backup (did you mean "weight"?)`,
		"h:1,weight=0":   `backend "h:1,weight=0": weight must be a whole number from 1, got "0"`,
		"h:1,backup=yes": `backend "h:1,backup=yes": backup takes no value, got "yes"`,
	} {
		if _, err := ParseBackend(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLimits(t *testing.T) {
	c := small(Nginx, RoundRobin)
	l := c.Limits(laptop)
	// 20000 files less 128 and 16 for each of four workers; two for each client.
	if l.Workers != 4 || l.Connections != 19_808 || l.Clients != 39_616 || l.Backlog != 4096 || l.Files != 20_000 {
		t.Errorf("nginx: %+v", l)
	}
	c.Kind = HAProxy
	if l = c.Limits(laptop); l.Connections != 9902 || l.Clients != 9902 {
		t.Errorf("HAProxy: %+v", l)
	}
	c.Connections = 50_000
	if l = c.Limits(laptop); l.Clients != 9902 || !strings.Contains(strings.Join(l.Why, "\n"), "of the 50000 clients configured the machine holds 9902") {
		t.Errorf("more than it holds: %+v", l)
	}
	c.Connections = 100
	if l = c.Limits(laptop); l.Clients != 100 || l.Connections != 100 {
		t.Errorf("fewer: %+v", l)
	}
	if l = c.Limits(Machine{Cores: 1, Files: 1 << 30}); l.Connections != 100 {
		t.Errorf("no file limit: %+v", l)
	}
	c.Connections = 0
	if l = c.Limits(Machine{Cores: 1, Files: 1 << 30}); l.Connections > mostConnections {
		t.Errorf("no file limit: %+v", l)
	}
}

// TestRateWindow: what HAProxy allows in its window is the rate times the window, and
// the burst above the rate of a second fits into it.
func TestRateWindow(t *testing.T) {
	for _, r := range []RateLimit{{Requests: 5}, {Requests: 5, Burst: 3}, {Requests: 0.5, Burst: 1}, {Requests: 1e6, Burst: 1e6}} {
		if got := float64(r.most()) / r.window().Seconds(); math.Abs(got/r.Requests-1) > 1e-6 || r.most() < r.Burst+1 {
			t.Errorf("%+v: %d in %s is %g a second", r, r.most(), r.window(), got)
		}
	}
}

// TestNoZoneEscapes: the zone of an IPv6 address may be any text to Go.
func TestNoZoneEscapes(t *testing.T) {
	for _, zone := range []string{"a b", "a;b", "a{", "a\nb", "eth0"} {
		c := small(Nginx, RoundRobin)
		c.Backends[0].Address = "[fe80::1%" + zone + "]:80"
		if c.Validate() == nil {
			t.Errorf("address %q is taken", c.Backends[0].Address)
		}
		c = small(HAProxy, RoundRobin)
		c.Listen = "[fe80::1%" + zone + "]:80"
		if c.Validate() == nil {
			t.Errorf("listen %q is taken", c.Listen)
		}
	}
	c := small(Nginx, RoundRobin)
	c.Listen, c.Backends[0].Address = "[::1]:8080", "[2001:db8::1]:80"
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// TestNoFolderEscapes: a path that is made absolute, and one of the machine's own, are
// written into configurations too.
func TestNoFolderEscapes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my files; here")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	if made, err := privateDir(laptop, "x-"); err == nil || !strings.Contains(err.Error(), "set TMPDIR to") {
		t.Errorf("%q, %v", made, err)
	}
	t.Chdir(dir)
	c := small(Nginx, RoundRobin)
	c.TLS = TLS{Certificate: "cert.pem", Key: "key.pem"}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := c.absolute()
	if err == nil || !strings.Contains(err.Error(), "tls.certificate: must be a path without spaces") {
		t.Errorf("%+v, %v", got.TLS, err)
	}
}
