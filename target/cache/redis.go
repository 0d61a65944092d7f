package cache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// prefix keeps what is ours apart from what else a server keeps.
const prefix = "loadctl:cache:"

// A redisClient keeps each record under a key of its own.
type redisClient struct{ client *redis.Client }

// newRedis connects to nothing yet. An error does not tell the URL, which may hold a
// password.
func newRedis(url string, patience time.Duration) (*redisClient, string, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, "", errors.New("cache_url: must be like redis://[USER:PASSWORD@]HOST:PORT/DB, DB a number")
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.MaxRetries, o.DialerRetries = -1, 1 // a call that failed is better loaded than tried again
	o.PoolSize, o.ContextTimeoutEnabled = idleConns, true
	o.Protocol, o.DisableIdentity = 2, true // one round trip less for each connection
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	logging.Disable() // it writes every failure to standard error; a server tells of it once
	return &redisClient{redis.NewClient(o)}, o.Addr, nil
}

func (r *redisClient) get(ctx context.Context, key string) ([]byte, error) {
	raw, err := r.client.Get(ctx, prefix+key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return whole(raw), nil
}

func (r *redisClient) put(ctx context.Context, key string, raw []byte, keep time.Duration) error {
	return r.client.Do(ctx, "SET", prefix+key, raw, "PX", millis(keep)).Err()
}

// replace does its work in one step: nothing comes between looking and putting.
const replace = `if redis.call('GET', KEYS[1]) == ARGV[1] then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
	return 1
end
return 0`

func (r *redisClient) swap(ctx context.Context, key string, old, raw []byte, keep time.Duration) (bool, error) {
	if old == nil {
		err := r.client.Do(ctx, "SET", prefix+key, raw, "NX", "PX", millis(keep)).Err()
		if errors.Is(err, redis.Nil) {
			return false, nil
		}
		return err == nil, err
	}
	n, err := r.client.Eval(ctx, replace, []string{prefix + key}, old, raw, millis(keep)).Int()
	return n == 1, err
}

// millis are the whole ones in which a time ends.
func millis(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

func (r *redisClient) drop(ctx context.Context, key string) error {
	return r.client.Del(ctx, prefix+key).Err()
}

func (r *redisClient) ping(ctx context.Context) error { return r.client.Ping(ctx).Err() }

func (r *redisClient) answered(err error) bool {
	var said redis.Error
	return errors.As(err, &said)
}

func (r *redisClient) forget() {} // the client looks at each connection before it uses it

func (r *redisClient) close() error { return r.client.Close() }
