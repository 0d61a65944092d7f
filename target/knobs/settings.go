package knobs

import "time"

// Settings are all knobs of a service. Pools, caches and limits are each worker's own,
// as in any service of several processes: a pool_size of 5 with 4 workers is up to 20
// connections.
type Settings struct {
	// Processes.
	Workers           int           // worker processes
	WorkerConnections int           // connections one worker may hold; 0 = as its file limit allows
	Procs             int           // cores one worker may use
	Timeout           time.Duration // a worker whose heartbeat stops for so long is killed; 0 = never
	GracefulTimeout   time.Duration // what a worker may take to finish before it is killed
	KeepAlive         time.Duration // an idle client connection is closed after it; 0 = never
	MaxRequests       int           // a worker is replaced after so many; 0 = never
	MaxRequestsJitter int           // up to so many more, by chance, so that not all are replaced at once
	Work              time.Duration // CPU time burnt for every request of an item: what an interpreter would take
	LoginPassword     string        // with which any user may log in
	SessionKey        string        // by which sessions are signed; "" = made by the master
	ServerTiming      bool          // answers say where their time went

	// Upstream.
	Upstream                string        // base URL; "" = the simulator that is started with the service
	UpstreamTimeout         time.Duration // of the calls of one request, waiting for the pool included
	UpstreamMaxConnections  int           // in use and idle
	UpstreamMaxPerHost      int           // of these, to one host and port; 0 = UpstreamMaxConnections
	UpstreamMaxIdle         int           // kept while idle; 0 = UpstreamMaxConnections
	UpstreamKeepaliveExpiry time.Duration // after which an idle one is closed
	UpstreamPoolTimeout     time.Duration // of waiting for a connection; 0 = UpstreamTimeout

	// Database.
	Store         string        // sql or kv
	DatabaseURL   string        // "" = a SQLite file of its own; sqlite:PATH; postgres://…
	PoolSize      int           // connections kept
	MaxOverflow   int           // connections more, closed when they are given back; -1 = any number
	PoolTimeout   time.Duration // of waiting for a connection
	QueryTimeout  time.Duration // of a call, once it has a connection
	PoolRecycle   time.Duration // a connection older than this is replaced; 0 = never
	PoolPrePing   bool          // a connection is tried before it is used
	Replicas      []string      // URLs of read replicas
	ReplicaPolicy string        // round_robin, least_lag or primary
	ReplicaMaxLag time.Duration // a replica further behind is not read; 0 = any lag
	Shards        []string      // URLs of shards, in place of DatabaseURL
	Items         int           // items in a new database
	KVURL         string        // redis://… of the key-value store

	// Cache.
	Cache     string        // none, memory, redis or memcached
	CacheURL  string        // redis://… or memcached://host:port[,host:port]
	CacheTTL  time.Duration // after which an entry is loaded anew
	CacheSize int           // entries of a cache in memory
	CacheLock bool          // one load at a time for each key: the others wait for it
}
