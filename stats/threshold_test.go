package stats

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseThreshold(t *testing.T) {
	for _, c := range []struct {
		selector, expr string
		want           Threshold
	}{
		{"response_time{name:/items/{id}}", "p(99)<150ms",
			Threshold{Metric: "response_time", Tags: Tags{Name: "/items/{id}"}, Agg: "p", P: 99, Op: "<", Limit: 0.15}},
		{"response_time{name:/items/{id},phase:steady}", "p(99.9)<=1s",
			Threshold{Metric: "response_time", Tags: Tags{Name: "/items/{id}", Phase: "steady"}, Agg: "p", P: 99.9, Op: "<=", Limit: 1}},
		{" service_time { phase : steady , name : /a,9:8080/c } ", " max  <=  1m30s ",
			Threshold{Metric: "service_time", Tags: Tags{Phase: "steady", Name: "/a,9:8080/c"}, Agg: "max", Op: "<=", Limit: 90}},
		{`first_byte_time{name:"a, phase:b"}`, "p( 50 )<1.5ms",
			Threshold{Metric: "first_byte_time", Tags: Tags{Name: "a, phase:b"}, Agg: "p", P: 50, Op: "<", Limit: 0.0015}},
		{"failed", "rate<0.1%", Threshold{Metric: "failed", Agg: "rate", Op: "<", Limit: 0.001}},
		{"checks", "rate>99.9%", Threshold{Metric: "checks", Agg: "rate", Op: ">", Limit: 0.999}},
		{"checks", "rate>=0.5", Threshold{Metric: "checks", Agg: "rate", Op: ">=", Limit: 0.5}},
		{"requests", "rate>=1000/s", Threshold{Metric: "requests", Agg: "rate", Op: ">=", Limit: 1000}},
		{"requests", "value>=9_000", Threshold{Metric: "requests", Agg: "value", Op: ">=", Limit: 9000}},
		{"iterations", "rate>60/min", Threshold{Metric: "iterations", Agg: "rate", Op: ">", Limit: 1}},
		{"requests{status:5xx}", "count==0", Threshold{Metric: "requests", Tags: Tags{Status: "5xx"}, Agg: "count", Op: "=="}},
		{"connections_held{phase:hold}", "min>=50000",
			Threshold{Metric: "connections_held", Tags: Tags{Phase: "hold"}, Agg: "min", Op: ">=", Limit: 50000}},
		{"not_sent", "count!=0", Threshold{Metric: "not_sent", Agg: "count", Op: "!="}},
		{"bytes_received", "rate<10MB/s", Threshold{Metric: "bytes_received", Agg: "rate", Op: "<", Limit: 1e7}},
		{"bytes_sent", "count<1KiB", Threshold{Metric: "bytes_sent", Agg: "count", Op: "<", Limit: 1024}},
		{"pacer_lag{agent:local-1}", "p(99)<1ms",
			Threshold{Metric: "pacer_lag", Tags: Tags{Agent: "local-1"}, Agg: "p", P: 99, Op: "<", Limit: 0.001}},
		{"response_time", "min>0", Threshold{Metric: "response_time", Agg: "min", Op: ">"}},
	} {
		got, err := ParseThreshold(c.selector, c.expr)
		c.want.Expr = strings.TrimSpace(c.expr)
		if err != nil || got != c.want {
			t.Errorf("%s: %s:\n got %+v, %v\nwant %+v", c.selector, c.expr, got, err, c.want)
		}
	}
}

func TestThresholdMistakes(t *testing.T) {
	for _, c := range []struct{ selector, expr, want string }{
		{"respons_time", "p(99)<1s", "did you mean response_time?"},
		{"http_req_duration", "p(99)<1s", `unknown metric "http_req_duration": what k6 calls so is here service_time; limits belong on response_time`},
		{"reaction_time_p", "p(99)<1s", `unknown metric "reaction_time_p" (allowed: response_time,`},
		{"", "p(99)<1s", "metric is missing"},
		{"tls_time", "count<1", "unknown aggregation"},
		{"tls_time{name:/x}", "p(99)<1s", "tag name does not apply"},
		{"response_time{nmae:/x}", "p(99)<1s", `unknown tag "nmae": did you mean name?`},
		{"response_time{url:/x}", "p(99)<1s", "allowed: name, phase, status, agent"},
		{"response_time{status:200}", "p(99)<1s", "tag status does not apply (allowed: name, phase, agent)"},
		{"requests{status:ok}", "count==0", "neither a status such as 503 nor a class such as 5xx"},
		{"requests{status:99}", "count==0", "neither a status"},
		{"response_time{agent:a,name:/x}", "p(99)<1s", "cannot be combined"},
		{"response_time{name:/x", "p(99)<1s", "no closing brace"},
		{"response_time{name:/x,name:/y}", "p(99)<1s", "given twice"},
		{"response_time{name}", "p(99)<1s", "tag:value"},
		{"response_time{}", "p(99)<1s", "tag:value"},
		{"response_time{name:}", "p(99)<1s", "no value"},
		{`response_time{name:"x}`, "p(99)<1s", "not a quoted text"},
		{"response_time", "", "no operator"},
		{"response_time", "p(99)", `no operator; write it as in "p(99)<150ms"`},
		{"response_time", "p(99)=1s", "unknown operator"},
		{"response_time", "p(99)<", "limit is missing"},
		{"response_time", "<1s", "nothing before the operator"},
		{"response_time", "p99<1s", `unknown aggregation "p99": did you mean p(99)?`},
		{"response_time", "p<1s", "unknown aggregation"},
		{"response_time", "mean<1s", "allowed: p(99), avg, med, min, max"},
		{"response_time", "p(0)<1s", "not a percentile"},
		{"response_time", "p(101)<1s", "not a percentile"},
		{"response_time", "p(NaN)<1s", "not a percentile"},
		{"response_time", "p(99<1s", "not a percentile"},
		{"response_time", "p(99)<150", "has no unit: write 150ms or 150s"},
		{"response_time", "p(99)<1 parsec", "not a duration"},
		{"response_time", "p(99)<-1s", "not a duration"},
		{"response_time", "rate<1%", "allowed: p(99), avg"},
		{"failed", "rate<5", "more than the whole"},
		{"failed", "rate<101%", "more than the whole"},
		{"failed", "rate<1e-3", "not a share"},
		{"failed", "p(99)<1s", "allowed: rate, count"},
		{"requests", "rate>1k/s", "not a rate such as 1000/s"},
		{"not_sent", "count==none", "not a plain number"},
		{"bytes_sent", "count<1 parsec", "not a size"},
	} {
		_, err := ParseThreshold(c.selector, c.expr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s: got %v, want …%s…", c.selector, c.expr, err, c.want)
		}
	}
}

func TestCheckFindsWhatTheLayoutLacks(t *testing.T) {
	for _, c := range []struct{ selector, want string }{
		{"response_time{name:/items/{id}}", ""},
		{"response_time{phase:warmup}", ""},
		{"response_time{phase:hold,name:/ping}", ""},
		{"connections_held", ""},
		{"response_time{phase:stedy}", "did you mean steady?"},
		{"response_time{name:/item/{id}}", "did you mean /items/{id}?"},
		{"response_time{phase:warmup,name:/health}", `unknown name "/health"`},
		{"response_time{name:/ping}", "name their phase"},
	} {
		th, err := ParseThreshold(c.selector, map[bool]string{true: "min>=1", false: "p(99)<1s"}[c.selector == "connections_held"])
		if err != nil {
			t.Fatal(err)
		}
		err = th.Check(testLayout())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want …%s…", c.selector, err, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	s := begin(Info{})
	s.wants(t, "response_time", "p(99)<1s", "no data", false)
	s.span(0, 0, 0, time.Second)
	s.ok(warmupItems, 50, 3*time.Second)
	s.close()
	s.span(1, time.Second, time.Second, Never)
	s.ok(steadyItems, 95, 40*time.Millisecond)
	s.ok(steadyHealth, 100, 2*time.Millisecond)
	for _, class := range []Class{HTTPError, CheckFailed, Timeout, ConnError, NotSent} {
		x := failed(steadyItems, class, 0, 300*time.Millisecond, "")
		if class == HTTPError {
			x.Status = 503
		}
		if class == CheckFailed {
			x.Status, x.ChecksFailed = 200, 1
		}
		if class == NotSent {
			x.Scheduled, x.Connected, x.Written, x.FirstByte = Never, Never, Never, Never
		}
		s.request(x)
	}
	s.rec.Iteration(1, IterIntended)
	s.rec.Iteration(1, IterCompleted)
	s.ok(holdBeats, 10, 7*time.Millisecond)
	s.close()

	s.wants(t, "response_time", "p(95)<50ms", "40ms", true)
	s.wants(t, "response_time", "p(99)<150ms", "infinite", false)
	s.wants(t, "response_time{name:/health}", "p(99.9)<=2ms", "2ms", true)
	s.wants(t, "response_time{name:/health}", "avg<2ms", "2ms", false)
	s.wants(t, "response_time{name:/items/{id}}", "max<1h", "infinite", false)
	s.wants(t, "response_time{name:/items/{id}}", "avg<1h", "infinite", false)
	s.wants(t, "response_time{name:/items/{id}}", "min<1h", "40ms", true)
	s.wants(t, "response_time{name:/items/{id}}", "med<1h", "40ms", true)
	s.wants(t, "response_time{phase:warmup}", "p(50)<1s", "3s", false)
	s.wants(t, "response_time{phase:hold,name:/ping}", "p(50)<10ms", "7ms", true)
	s.wants(t, "response_time{agent:local-1}", "p(50)<1s", "2ms", true)
	s.wants(t, "response_time{agent:local-1}", "max<1s", "infinite", false)
	s.wants(t, "service_time{name:/items/{id}}", "max<1s", "300ms", true)
	s.wants(t, "first_byte_time{name:/health}", "max<1s", "2ms", true)
	s.wants(t, "pacer_lag", "max<1ms", "0s", true)
	s.wants(t, "pool_wait", "max<1ms", "0s", true)
	s.wants(t, "connect_time", "max<1ms", "no data", false)
	s.wants(t, "failed", "rate<2%", "2.5%", false)
	s.wants(t, "failed{name:/health}", "rate==0%", "0%", true)
	s.wants(t, "failed{agent:local-1}", "rate<2%", "2.5%", false)
	s.wants(t, "failed", "count<=5", "5", true)
	s.wants(t, "checks", "rate>99%", "99.49%", true)
	s.wants(t, "requests", "count==199", "199", true)
	s.wants(t, "requests", "rate>=199/s", "199/s", true)
	s.wants(t, "requests{status:503}", "count==0", "1", false)
	s.wants(t, "requests{status:2xx}", "count==196", "196", true)
	s.wants(t, "iterations", "count==1", "1", true)
	s.wants(t, "iterations{phase:steady}", "rate>=1/s", "1/s", true)
	s.wants(t, "not_sent", "count==0", "1", false)
	s.wants(t, "not_sent", "rate<1%", "0.5%", true)
	s.wants(t, "bytes_received{name:/health}", "count==10kB", "10kB", true)
	s.wants(t, "bytes_sent{name:/health}", "rate>1B/s", "5kB/s", true)
}

func TestFirstFailIsKept(t *testing.T) {
	s := begin(Info{})
	th, _ := ParseThreshold("failed", "rate<1%")
	th.AbortOnFail, th.Delay = true, 2*time.Second
	for i := range 3 {
		if i == 0 {
			s.request(failed(steadyItems, Timeout, 0, time.Second, ""))
		}
		s.ok(steadyItems, i*200, time.Millisecond)
		s.close()
		verdicts := JudgeAll([]Threshold{th}, s.Run)
		s.Apply(Update{Verdicts: verdicts})
		v := verdicts[0]
		if v.FirstFail != time.Second || v.Held != (i > 0) {
			t.Errorf("second %d: %+v", i, v)
		}
		if v.Aborts(s.Now()) {
			t.Errorf("second %d: aborts", i)
		}
	}
	broken := Verdict{Threshold: th}
	if broken.Aborts(time.Second) || !broken.Aborts(2*time.Second) {
		t.Error("the delay before an abort is not kept")
	}
	broken.NoData = true
	if broken.Aborts(time.Hour) {
		t.Error("aborts without data")
	}
}

func TestDistTakesFailuresAsInfinite(t *testing.T) {
	d := Dist{OK: histogramOf(time.Millisecond, 2*time.Millisecond, 3*time.Millisecond), Infinite: 1}
	if at, inf := d.Percentile(75); inf || at < 3*time.Millisecond {
		t.Errorf("p75 %s %v", at, inf)
	}
	if _, inf := d.Percentile(76); !inf {
		t.Error("p76 is not among the failures")
	}
	if d.CountAbove(1500*time.Microsecond) != 3 || d.Count() != 4 {
		t.Error("counts")
	}
	before := d.OK.Count()
	sum := d
	sum.Merge(d)
	sum.Merge(d)
	if d.OK.Count() != before || sum.Count() != 12 {
		t.Errorf("merging changed a part: %d, %d", d.OK.Count(), sum.Count())
	}
	if _, inf := (Dist{}).Percentile(99); inf {
		t.Error("nothing is infinite")
	}
}

func TestShort(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"10s": 10 * time.Second, "1m": time.Minute, "1m1s": 61 * time.Second, "1h0m": time.Hour,
		"142ms": 141_950_123, "1.5ms": 1_500_400, "0s": 0, "999ns": 999,
	} {
		if got := short(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// FuzzParseThreshold: it never panics, and what it reads is printed so that it is
// read again the same.
func FuzzParseThreshold(f *testing.F) {
	f.Add("response_time{name:/items/{id},phase:steady}", "p(99)<150ms")
	f.Add(`requests{status:5xx}`, "count==0")
	f.Add(`bytes_sent{name:"a\",b:c"}`, "rate>1_000KiB/s")
	f.Add("failed", "rate<=0.1 %")
	f.Fuzz(func(t *testing.T, selector, expr string) {
		th, err := ParseThreshold(selector, expr)
		if err != nil {
			return
		}
		again, err := ParseThreshold(th.Selector(), th.Expr)
		if err != nil || again != th {
			t.Fatalf("%q %q: %+v came back as %+v, %v", selector, expr, th, again, err)
		}
		if math.IsNaN(th.Limit) || math.IsInf(th.Limit, 0) || th.Limit < 0 {
			t.Fatalf("limit %v", th.Limit)
		}
	})
}
