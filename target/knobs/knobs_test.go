package knobs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDefaultsAreRight(t *testing.T) {
	s := Defaults()
	for _, k := range All() {
		if got := s.Get(k); got != k.Default {
			t.Errorf("%s: %q, not its default %q", k.Name, got, k.Default)
		}
		if k.Help == "" || k.Group == "" || k.Kind == "" {
			t.Errorf("%s is not told: %+v", k.Name, k)
		}
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	if s.PoolSize != 5 || s.MaxOverflow != 10 || s.PoolTimeout != 30*time.Second {
		t.Errorf("SQLAlchemy has 5, 10 and 30s; %+v", s)
	}
}

func TestSettingsAreReadBack(t *testing.T) {
	s, err := Defaults().With(map[string]string{"pool_size": "20", "replicas": "postgres://a/x postgres://b/x",
		"database_url": "postgres://u:secret@c/x", "pool_pre_ping": "true", "pool_timeout": "200ms", "cache": "memory"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Settings
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if names := Changed(s, back); len(names) > 0 {
		t.Errorf("%v did not come back", names)
	}
	if got := strings.Join(Changed(Defaults(), back), " "); got != "database_url pool_size pool_timeout pool_pre_ping replicas cache" {
		t.Errorf("changed: %s", got)
	}
}

func TestMistakesAreToldAllAtOnce(t *testing.T) {
	before := Defaults()
	for _, c := range []struct {
		values map[string]string
		want   []string
	}{
		{map[string]string{"pool_siz": "3", "workers": "many", "cache": "memroy", "timeout": "-1s"},
			[]string{"pool_siz: there is no such setting (did you mean pool_size?)", `workers: must be a whole number, got "many"`,
				`cache: must be one of none, memory, redis, memcached, got "memroy" (did you mean memory?)`, "timeout: must be between 0s and 24h0m0s, got -1s"}},
		{map[string]string{"cache": "redis"}, []string{"cache: redis needs a cache_url that begins with redis://"}},
		{map[string]string{"store": "kv"}, []string{"store: kv needs kv_url"}},
		{map[string]string{"shards": "sqlite:a sqlite:b", "database_url": "sqlite:c", "replicas": "postgres://r/x"},
			[]string{"in place of database_url", "they follow one primary", "only PostgreSQL has them"}},
		{map[string]string{"shards": "sqlite:a"}, []string{"one shard is a database"}},
		{map[string]string{"upstream_max_idle": "600", "upstream_max_per_host": "700", "max_requests_jitter": "5", "upstream_pool_timeout": "6s"},
			[]string{"upstream_max_idle: 600", "upstream_max_per_host: 700", "max_requests_jitter: means nothing", "upstream_pool_timeout: 6s never comes"}},
		{map[string]string{"database_url": "mysql://u:hidden@h/x"}, []string{"database_url: must be a URL that begins with sqlite:"}},
		{map[string]string{"database_url": "postgres//u:hidden@h/x"}, []string{"database_url: must be a URL"}},
		{map[string]string{"replicas": "postgres://a/b nonsense"}, []string{"replicas: number 2: must be a URL"}},
	} {
		after, err := before.With(c.values)
		if err == nil {
			t.Errorf("%v was taken", c.values)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %q is not in\n%v", c.values, want, err)
			}
		}
		if strings.Contains(err.Error(), "hidden") {
			t.Errorf("a password is told: %v", err)
		}
		if len(Changed(before, after)) > 0 {
			t.Errorf("%v: half of it was taken", c.values)
		}
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	for name, value := range map[string]string{"database_url": "postgres://u:secret@h/x", "replicas": "postgres://u:secret@h/x postgres://u@i/x?sslmode=disable&password=secret"} {
		k, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if shown := k.Shown(value); strings.Contains(shown, "secret") || !strings.Contains(shown, "postgres://u") {
			t.Errorf("%s is shown as %s", name, shown)
		}
	}
}
