package balancer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseStub(t *testing.T) {
	got, err := parseStub("Active connections: 291 \nserver accepts handled requests\n 16630948 16630948 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n")
	if want := (stub{291, 16630948, 31070465, 106}); got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseStub("<html>404"); err == nil {
		t.Error("a page of HTML is a status")
	}
}

func writeLog(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestTally: every attempt counts, lines come in parts, and a large file is replaced
// without losing one.
func TestTally(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counts.log")
	reopened := 0
	tally := newTally(path, func() { reopened++ })
	defer tally.close()
	catchUp := func() {
		t.Helper()
		if err := tally.catchUp(); err != nil {
			t.Fatal(err)
		}
	}
	writeLog(t, path, "200|a:1|200\n200|a:1, b:2|502, 200\n429|-|-\n502|backends|502\n200|b:")
	catchUp()
	writeLog(t, path, "2|200\n")
	catchUp()
	if a, b := tally.of("a:1"), tally.of("b:2"); a != (count{2, 1}) || b != (count{2, 0}) || tally.refused(429) != 1 {
		t.Errorf("a %+v, b %+v, refused %d", a, b, tally.refused(429))
	}
	tally.most = 1
	catchUp()
	writeLog(t, path+".old", "200|a:1|200\n") // a worker that has not noticed yet
	writeLog(t, path, "200|a:1|200\n")
	catchUp()
	tally.replaced = tally.replaced.Add(-2 * reopening)
	tally.most = mostLog
	catchUp()
	catchUp()
	if a := tally.of("a:1"); a.requests != 4 || reopened != 1 {
		t.Errorf("after a replacement %+v, reopened %d times", a, reopened)
	}
	if _, err := os.Stat(path + ".old"); err == nil {
		t.Error("the old file is left")
	}
}

const haproxySays = `Name: HAProxy
Pid: 4711
Uptime_sec: 3

# pxname,svname,qcur,scur,stot,econ,eresp,wretr,wredis,status,lastchg,check_status,last_chk,hrsp_5xx,conn_tot,req_tot,dreq,
clients,FRONTEND,,3,10,,,,,OPEN,,,,0,10,42,2,
backends,a,1,2,30,1,2,3,4,UP,7,L7OK,,5,,,,
backends,b,0,0,9,0,0,0,0,DOWN 1/2,2,L4CON,Connection refused,0,,,,
backends,BACKEND,1,2,40,1,2,3,4,UP,7,,,5,,40,0,

`

func TestParseStats(t *testing.T) {
	s, err := parseStats(haproxySays)
	if err != nil {
		t.Fatal(err)
	}
	h := newHaproxyTeller("")
	c := Config{Backends: []Backend{{Name: "a"}, {Name: "b"}}}
	h.counted(s)
	s.pid = 4712 // after a reload it counts from zero
	sum := h.counted(s)
	a, b := server(c.Backends[0], s, sum), server(c.Backends[1], s, sum)
	if a.State != "up" || a.Requests != 60 || a.Errors != 6 || *a.Active != 2 || *a.Queue != 1 || *a.Retried != 14 || *a.Answers5xx != 10 {
		t.Errorf("a: %+v", a)
	}
	if b.State != "down" || b.Check != "L4CON Connection refused" || b.ForSeconds != 2 {
		t.Errorf("b: %+v", b)
	}
	if sum["clients/FRONTEND/req_tot"] != 84 {
		t.Errorf("%v", sum)
	}
	for _, bad := range []string{"", "Pid: 3\n", "Pid: x\n# pxname,svname,\na,b,\n", "Pid: 3\n# pxname,svname,\na,b,c,d,e\n"} {
		if _, err := parseStats(bad); err == nil {
			t.Errorf("%q is a status", bad)
		}
	}
}

func TestPrometheus(t *testing.T) {
	s := Status{Connections: Connections{Active: 3, Limit: 100}, Requests: 1 << 40, Backends: []Upstream{
		{Name: "a", State: "up", Requests: 7, Active: ptr(int64(2))}, {Name: "b", State: "down"}, {Name: "c", State: "unchecked"}}}
	text := s.Prometheus()
	for _, want := range []string{
		"# TYPE loadctl_balancer_connections gauge\nloadctl_balancer_connections 3\n",
		"\nloadctl_balancer_requests_total 1099511627776\n",
		"loadctl_balancer_backend_up{backend=\"a\"} 1\nloadctl_balancer_backend_up{backend=\"b\"} 0\n# HELP",
		"loadctl_balancer_backend_active{backend=\"a\"} 2\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	for _, unknown := range []string{"queue", "denied"} {
		if strings.Contains(text, unknown) {
			t.Errorf("tells of %s, which is not known", unknown)
		}
	}
}

func TestThen(t *testing.T) {
	now := small(Nginx, RoundRobin).WithDefaults()
	next, err := now.then(Config{Algorithm: LeastConns, Backends: now.Backends})
	if err != nil || next.Listen != now.Listen || next.Kind != Nginx || next.Algorithm != LeastConns {
		t.Errorf("%+v, %v", next, err)
	}
	other := small(Nginx, RoundRobin)
	other.Listen = "127.0.0.1:0" // the same wish again
	if next, err = now.then(other); err != nil || next.Listen != now.Listen {
		t.Errorf("%s, %v", next.Listen, err)
	}
	_, err = now.then(small(HAProxy, RoundRobin))
	if err == nil || !strings.HasPrefix(err.Error(), "kind: is nginx and cannot become haproxy by a reload") {
		t.Error(err)
	}
	other.Listen = "127.0.0.1:81"
	if _, err = now.then(other); err == nil || !strings.HasPrefix(err.Error(), "listen: is 127.0.0.1:8080 and cannot become 127.0.0.1:81") {
		t.Error(err)
	}
	if _, err = now.then(Config{}); err == nil {
		t.Error("no backends are taken")
	}
}

func TestRunFailsEarly(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		cfg  RunConfig
		want string
	}{
		{RunConfig{}, "backends: must name at least one"},
		{RunConfig{Config: Config{Kind: NodeBalancer, Backends: small(Nginx, RoundRobin).Backends}}, "runs at Linode"},
		{RunConfig{Config: Config{Backends: small(Nginx, RoundRobin).Backends}, Binary: "/no/such/nginx"}, "/no/such/nginx"},
	} {
		if err := Run(ctx, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
