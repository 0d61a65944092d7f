package monitor

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/loadctl/loadctl/stats"
)

// A redisSource asks Redis, or what speaks as it does, for INFO.
type redisSource struct{ client *redis.Client }

// newRedis opens nothing yet.
func newRedis(url string, dial dialing) (*redisSource, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("its URL is not as redis://user:password@host:6379/0")
	}
	o.Dialer = dial
	o.PoolSize, o.MaxRetries, o.DialerRetries, o.Protocol, o.DisableIdentity = 1, -1, 1, 2, true
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	redis.SetLogger(silent{}) // what fails is told by read; the terminal is not the library's
	if o.TLSConfig != nil {   // a Dialer of one's own has to do it itself
		o.Dialer = overTLS(dial, o.TLSConfig)
	}
	return &redisSource{redis.NewClient(o)}, nil
}

// silent keeps the library's own lines away: it has one logger for all.
type silent struct{}

// Printf does nothing.
func (silent) Printf(context.Context, string, ...any) {}

func (r *redisSource) read(ctx context.Context) (reading, error) {
	text, err := r.client.Info(ctx).Result()
	if err != nil {
		return reading{}, plainly(ctx, err)
	}
	return readRedis(text)
}

func (r *redisSource) close() { _ = r.client.Close() }

// redisLines are what is shown of INFO.
var redisLines = []struct {
	key           string
	nature        nature
	chart, label  string
	unit          string
	main          bool
	sometimesNone bool
}{
	{"total_commands_processed", counter, "commands", "commands", "/s", true, false},
	{"instantaneous_ops_per_sec", gauge, "commands", "as Redis counts them", "/s", false, false},
	{"connected_clients", gauge, "clients", "connected", "", true, false},
	{"blocked_clients", gauge, "clients", "blocked", "", false, false},
	{"used_memory", gauge, "memory", "used", "bytes", true, false},
	{"used_memory_rss", gauge, "memory", "resident", "bytes", false, false},
	{"maxmemory", gauge, "memory", "limit", "bytes", false, true},
	{"evicted_keys", counter, "keys", "evicted", "/s", true, false},
	{"expired_keys", counter, "keys", "expired", "/s", false, false},
	{"keyspace_hits", counter, "look-ups", "hits", "/s", false, false},
	{"keyspace_misses", counter, "look-ups", "misses", "/s", false, false},
	{"rejected_connections", counter, "connections", "rejected", "/s", true, false},
	{"total_connections_received", counter, "connections", "received", "/s", false, false},
	{"used_cpu_user", counter, "cpu", "user", "cores", false, false},
	{"used_cpu_sys", counter, "cpu", "system", "cores", false, false},
	{"total_net_input_bytes", counter, "network", "received", "bytes/s", false, false},
	{"total_net_output_bytes", counter, "network", "sent", "bytes/s", false, false},
}

// readRedis reads the key:value lines of INFO.
func readRedis(text string) (reading, error) {
	told := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			told[key] = value
		}
	}
	if told["redis_version"] == "" {
		return reading{}, errors.New("the answer to INFO has no redis_version in it")
	}
	r := reading{instance: told["run_id"]}
	value := func(key string) (float64, bool) {
		v, err := strconv.ParseFloat(told[key], 64)
		return v, err == nil
	}
	for _, l := range redisLines {
		v, ok := value(l.key)
		if !ok || l.sometimesNone && v == 0 {
			continue
		}
		s := stats.MonitorSeries{Name: l.key, Chart: l.chart, Label: l.label, Unit: l.unit, Main: l.main}
		r.numbers = append(r.numbers, number{MonitorSeries: s, nature: l.nature, v: v})
	}
	hits, okHits := value("keyspace_hits")
	misses, okMisses := value("keyspace_misses")
	if okHits && okMisses {
		s := stats.MonitorSeries{Name: "hit_percent", Chart: "hits of look-ups", Label: "hits", Unit: "%", Main: true}
		r.numbers = append(r.numbers, number{MonitorSeries: s, nature: quotient, v: 100 * hits, of: hits + misses})
	}
	return r, nil
}
