package documents

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// Bounds of opening a connection, and of each step of what goes on beside calls.
const (
	dialTimeout = 2 * time.Second
	talkTimeout = 5 * time.Second
)

// manyConns stands for any number of connections.
const manyConns = 1 << 14

// A base is one Redis by some settings.
type base struct {
	settings knobs.Settings
	client   *redis.Client
	beside   *redis.Client // the same, for what goes on beside calls: closing waits for it
	address  string
	pool     *pool
	log      *slog.Logger

	users sync.WaitGroup // calls under way

	life    context.Context // of what goes on beside calls
	end     context.CancelFunc
	work    sync.WaitGroup
	ready   atomic.Bool // the catalogue is there
	mu      sync.Mutex
	attempt *attempt // to fill it, that goes on
	filled  atomic.Int64
	health  healthCache
}

func newBase(set knobs.Settings, counted *counts.Pool, log *slog.Logger) (*base, error) {
	o, err := redis.ParseURL(set.KVURL)
	if err != nil { // which may tell the password
		return nil, errors.New("kv_url: must be like redis://[USER:PASSWORD@]HOST:PORT/DB, DB a number")
	}
	b := &base{settings: set, address: o.Addr, log: log, pool: newPool(set, counted)}
	b.life, b.end = context.WithCancel(context.Background())
	limits(o, set)
	o.Dialer = b.pool.dial
	logging.Disable() // it writes every failure to standard error; a call returns them
	b.client = redis.NewClient(o)
	b.beside = b.client.WithTimeout(min(talkTimeout, set.QueryTimeout))
	return b, nil
}

// limits makes the client's pool keep pool_size connections and close others when they
// are given back. How many there may be is ours to say, so that waiting is measured for
// each call: the client has one more, for health and filling.
func limits(o *redis.Options, set knobs.Settings) {
	o.PoolSize = manyConns
	if set.MaxOverflow >= 0 {
		o.PoolSize = set.PoolSize + set.MaxOverflow + 1
	}
	o.MaxIdleConns, o.PoolTimeout, o.PoolFIFO = set.PoolSize, set.PoolTimeout, true
	o.ConnMaxLifetime, o.ConnMaxIdleTime, o.MinIdleConns = set.PoolRecycle, -1, 0
	o.PipelinePoolSize = -1 // no second pool beside the one that is tuned
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = dialTimeout, set.QueryTimeout, set.QueryTimeout, true
	o.MaxRetries, o.DialerRetries = -1, 1 // a call that is tried again would hide what happened
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func (b *base) close() {
	b.pool.retired.Store(true)
	b.users.Wait()
	b.end()
	b.work.Wait()
	_ = b.client.Close() // whatever it says, nobody uses it any more
}
