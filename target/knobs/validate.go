package knobs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/target/counts"
)

// Validate reports every combination that cannot be; each value by itself was checked
// when it was set.
func (s Settings) Validate() error {
	return errors.Join(append(s.pools(), append(s.databases(), s.caches()...)...)...)
}

func (s Settings) pools() (errs []error) {
	if s.UpstreamMaxIdle > s.UpstreamMaxConnections {
		errs = append(errs, fmt.Errorf("upstream_max_idle: %d are more than upstream_max_connections (%d)", s.UpstreamMaxIdle, s.UpstreamMaxConnections))
	}
	if s.UpstreamMaxPerHost > s.UpstreamMaxConnections {
		errs = append(errs, fmt.Errorf("upstream_max_per_host: %d are more than upstream_max_connections (%d)", s.UpstreamMaxPerHost, s.UpstreamMaxConnections))
	}
	if s.UpstreamPoolTimeout > s.UpstreamTimeout {
		errs = append(errs, fmt.Errorf("upstream_pool_timeout: %s never comes, as upstream_timeout is %s", s.UpstreamPoolTimeout, s.UpstreamTimeout))
	}
	if s.MaxRequestsJitter > 0 && s.MaxRequests == 0 {
		errs = append(errs, errors.New("max_requests_jitter: means nothing without max_requests"))
	}
	return errs
}

func (s Settings) databases() (errs []error) {
	if s.Store == "kv" {
		if s.KVURL == "" {
			errs = append(errs, errors.New("store: kv needs kv_url"))
		}
		if len(s.Replicas)+len(s.Shards) > 0 {
			errs = append(errs, errors.New("store: kv has neither replicas nor shards"))
		}
		return errs
	}
	if len(s.Shards) == 1 {
		errs = append(errs, errors.New("shards: one shard is a database: name it by database_url"))
	}
	if len(s.Shards) > 0 && s.DatabaseURL != "" {
		errs = append(errs, errors.New("shards: they are in place of database_url; name one of the two"))
	}
	if len(s.Shards) > 0 && len(s.Replicas) > 0 {
		errs = append(errs, errors.New("replicas: they follow one primary, and shards have none; name one of the two"))
	}
	if n := 1 + len(s.Replicas) + len(s.Shards); n > counts.MaxDatabases {
		errs = append(errs, fmt.Errorf("replicas, shards: at most %d databases, got %d", counts.MaxDatabases-1, n-1))
	}
	if len(s.Replicas) > 0 && !strings.HasPrefix(s.DatabaseURL, "postgres") {
		errs = append(errs, errors.New("replicas: only PostgreSQL has them; name the primary by database_url"))
	}
	return errs
}

func (s Settings) caches() (errs []error) {
	if want := s.Cache + "://"; (s.Cache == "redis" || s.Cache == "memcached") && !strings.HasPrefix(s.CacheURL, want) {
		errs = append(errs, fmt.Errorf("cache: %s needs a cache_url that begins with %s", s.Cache, want))
	}
	return errs
}

// Database is the name of database n: primary, replica1, …, shard1, …, or redis of a
// key-value store. Any n has one of its own: other settings may have counted it.
func (s Settings) Database(n int) string {
	switch {
	case s.Store == "kv" && n == 0:
		return "redis"
	case n == 0:
		return "primary"
	case n <= len(s.Replicas):
		return fmt.Sprintf("replica%d", n)
	}
	return fmt.Sprintf("shard%d", n-len(s.Replicas))
}
