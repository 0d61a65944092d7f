package knobs

import (
	"strings"
	"testing"
	"time"
)

func TestAFileIsRead(t *testing.T) {
	values, err := File([]byte("# of a service\npool_size: 20\npool_timeout: 200ms\npool_pre_ping: true\ncache_url:\nreplicas:\n  - postgres://a/x\n  - postgres://b/x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pool_size": "20", "pool_timeout": "200ms", "pool_pre_ping": "true", "cache_url": "", "replicas": "postgres://a/x postgres://b/x"} {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, empty := range []string{"", "# nothing\n", "null\n"} {
		if values, err := File([]byte(empty)); err != nil || len(values) > 0 {
			t.Errorf("%q: %v, %v", empty, values, err)
		}
	}
}

func TestMistakesInAFileAreToldWithTheirLines(t *testing.T) {
	_, err := File([]byte("workers: 3\npool_siz: 3\ntimeout: [a, b]\ncache: {ttl: 3}\nprocs: 0\nworkers: 4\n"))
	for _, want := range []string{"line 2: pool_siz: there is no such setting (did you mean pool_size?)", "line 3: timeout: must be a duration",
		"line 4: cache: must be one value", "line 5: procs: must be between", "workers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err := File([]byte("- workers\n")); err == nil || !strings.Contains(err.Error(), "line 1: must be lines such as") {
		t.Error(err)
	}
	if _, err := File([]byte("workers: [\n")); err == nil {
		t.Error("no YAML was taken")
	}
}

func TestTheFirstLayerWins(t *testing.T) {
	s, err := Layered(map[string]string{"workers": "3"}, map[string]string{"workers": "4", "timeout": "9s"})
	if err != nil || s.Workers != 3 || s.Timeout != 9*time.Second || s.PoolSize != Defaults().PoolSize {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestNamesElsewhere(t *testing.T) {
	k, err := Find("pool_size")
	if err != nil || k.Flag() != "pool-size" || k.Variable() != "LOADCTL_TARGET_POOL_SIZE" {
		t.Error(k.Flag(), k.Variable(), err)
	}
}
