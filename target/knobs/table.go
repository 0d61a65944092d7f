package knobs

import "time"

// MostWorkers bounds what a slip of the finger can start.
const MostWorkers = 256

// All are the knobs, by group.
func All() []Knob {
	var all []Knob
	for _, group := range [][]Knob{processes(), upstream(), database(), cache()} {
		all = append(all, group...)
	}
	return all
}

func processes() []Knob {
	const g = "processes"
	return []Knob{
		count("workers", g, func(s *Settings) *int { return &s.Workers }, 0, 0, MostWorkers, "worker processes; 0 = 2 × cores + 1"),
		count("worker_connections", g, func(s *Settings) *int { return &s.WorkerConnections }, 0, 0, 1<<20,
			"connections one worker holds; those beyond wait in its queue; 0 = as many as its file limit allows"),
		count("procs", g, func(s *Settings) *int { return &s.Procs }, 1, 1, 1024, "cores one worker may use"),
		duration("timeout", g, func(s *Settings) *time.Duration { return &s.Timeout }, 30*time.Second, 0,
			"a worker whose heartbeat stops for so long is killed and replaced; 0 = never"),
		duration("graceful_timeout", g, func(s *Settings) *time.Duration { return &s.GracefulTimeout }, 30*time.Second, time.Millisecond,
			"how long a worker may take to finish what it is answering before it is killed"),
		duration("keep_alive", g, func(s *Settings) *time.Duration { return &s.KeepAlive }, 0, 0,
			"an idle connection of a client is closed after it; 0 = never"),
		count("max_requests", g, func(s *Settings) *int { return &s.MaxRequests }, 0, 0, 1<<30, "a worker is replaced after so many requests; 0 = never"),
		count("max_requests_jitter", g, func(s *Settings) *int { return &s.MaxRequestsJitter }, 0, 0, 1<<30,
			"up to so many more, by chance, so that not all workers are replaced at once"),
		duration("work", g, func(s *Settings) *time.Duration { return &s.Work }, 0, 0, "CPU time burnt for each item answered, as an interpreter would"),
		secret("login_password", g, func(s *Settings) *string { return &s.LoginPassword }, "loadctl", "with which any user may log in"),
		secret("session_key", g, func(s *Settings) *string { return &s.SessionKey }, "",
			"by which sessions are signed, the same on every node behind a balancer; empty = one made at the start"),
		toggle("server_timing", g, func(s *Settings) *bool { return &s.ServerTiming }, true, "answers say in Server-Timing where their time went"),
	}
}

func upstream() []Knob {
	const g = "upstream"
	return []Knob{
		address("upstream", g, func(s *Settings) *string { return &s.Upstream }, []string{"http://"},
			"base URL of the upstream; empty = a simulator that is started with the service"),
		duration("upstream_timeout", g, func(s *Settings) *time.Duration { return &s.UpstreamTimeout }, 5*time.Second, time.Millisecond,
			"of the upstream calls of one request, waiting for a connection included"),
		count("upstream_max_connections", g, func(s *Settings) *int { return &s.UpstreamMaxConnections }, 512, 1, 1<<16,
			"upstream connections of a worker, in use and idle"),
		count("upstream_max_per_host", g, func(s *Settings) *int { return &s.UpstreamMaxPerHost }, 0, 0, 1<<16,
			"of these, to one host; 0 = upstream_max_connections"),
		count("upstream_max_idle", g, func(s *Settings) *int { return &s.UpstreamMaxIdle }, 0, 0, 1<<16,
			"of these, kept while idle; 0 = upstream_max_connections"),
		duration("upstream_keepalive_expiry", g, func(s *Settings) *time.Duration { return &s.UpstreamKeepaliveExpiry }, 90*time.Second, 0,
			"an idle upstream connection is closed after it; 0 = at once"),
		duration("upstream_pool_timeout", g, func(s *Settings) *time.Duration { return &s.UpstreamPoolTimeout }, 0, 0,
			"of waiting for an upstream connection; 0 = upstream_timeout"),
	}
}

func database() []Knob {
	const g = "database"
	sql := []string{"sqlite:", "postgres://", "postgresql://"}
	return []Knob{
		word("store", g, func(s *Settings) *string { return &s.Store }, "where items are kept: a SQL database, or Redis as a key-value store", "sql", "kv"),
		address("database_url", g, func(s *Settings) *string { return &s.DatabaseURL }, sql,
			"sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME; empty = a SQLite file of its own, gone at the end"),
		count("pool_size", g, func(s *Settings) *int { return &s.PoolSize }, 5, 1, 1<<14, "database connections a worker keeps"),
		count("max_overflow", g, func(s *Settings) *int { return &s.MaxOverflow }, 10, -1, 1<<14,
			"connections it may open beyond pool_size, closed when they are given back; -1 = any number"),
		duration("pool_timeout", g, func(s *Settings) *time.Duration { return &s.PoolTimeout }, 30*time.Second, time.Millisecond,
			"of waiting for a database connection"),
		duration("query_timeout", g, func(s *Settings) *time.Duration { return &s.QueryTimeout }, 30*time.Second, time.Millisecond,
			"of a call to the database, once it has a connection"),
		duration("pool_recycle", g, func(s *Settings) *time.Duration { return &s.PoolRecycle }, 0, 0, "a connection older than this is replaced; 0 = never"),
		toggle("pool_pre_ping", g, func(s *Settings) *bool { return &s.PoolPrePing }, false, "a connection is tried before each use, and replaced if it is dead"),
		addresses("replicas", g, func(s *Settings) *[]string { return &s.Replicas }, sql, "URLs of read replicas, with spaces between"),
		word("replica_policy", g, func(s *Settings) *string { return &s.ReplicaPolicy }, "which replica reads: each in turn, the one least behind, or none",
			"round_robin", "least_lag", "primary"),
		duration("replica_max_lag", g, func(s *Settings) *time.Duration { return &s.ReplicaMaxLag }, 0, 0,
			"a replica further behind is not read; 0 = any lag is fine"),
		addresses("shards", g, func(s *Settings) *[]string { return &s.Shards }, sql, "URLs of shards, with spaces between, in place of database_url"),
		count("items", g, func(s *Settings) *int { return &s.Items }, 10000, 0, 10_000_000, "items in a new database"),
		address("kv_url", g, func(s *Settings) *string { return &s.KVURL }, []string{"redis://"}, "redis://HOST:PORT/DB of the key-value store"),
	}
}

func cache() []Knob {
	const g = "cache"
	return []Knob{
		word("cache", g, func(s *Settings) *string { return &s.Cache }, "what keeps answers of /cached/…", "none", "memory", "redis", "memcached"),
		address("cache_url", g, func(s *Settings) *string { return &s.CacheURL }, []string{"redis://", "memcached://"},
			"redis://HOST:PORT/DB, or memcached://HOST:PORT[,HOST:PORT]"),
		duration("cache_ttl", g, func(s *Settings) *time.Duration { return &s.CacheTTL }, 30*time.Second, time.Millisecond, "after which an entry is loaded anew"),
		count("cache_size", g, func(s *Settings) *int { return &s.CacheSize }, 10000, 1, 1<<24, "entries of a cache in memory"),
		toggle("cache_lock", g, func(s *Settings) *bool { return &s.CacheLock }, true,
			"one load at a time for each key; whoever asks meanwhile waits for it"),
	}
}
