package catalogue

import (
	"fmt"
	"strconv"
	"time"
)

// An Item is a row of the catalogue.
type Item struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Price   int64     `json:"price_cents"`
	Stock   int64     `json:"stock"`
	Version int64     `json:"version"` // 1 when it is added, one more with each change
	Updated time.Time `json:"updated"`
}

// made is when the items were made that nobody added.
var made = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Made is item n of a new catalogue, n ≥ 1; the same in every store.
func Made(n int) Item {
	h := mix(uint64(n))
	return Item{ID: strconv.Itoa(n), Name: fmt.Sprintf("Item %d of the catalogue", n),
		Price: int64(100 + h%9900), Stock: int64(h >> 32 % 1000), Version: 1, Updated: made}
}

// mix is the finaliser of splitmix64: neighbouring numbers give unrelated properties.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Timing is where the time of one call to a store went.
type Timing struct {
	Wait time.Duration // for a connection of the pool
	Took time.Duration // of the statement itself, the connection in hand
}

// Health is the state of one database, as its store sees it.
type Health struct {
	Name   string        `json:"name"` // primary, replica1, shard2, redis
	OK     bool          `json:"ok"`
	Lag    time.Duration `json:"lag_ns"` // of a replica behind its primary
	Detail string        `json:"detail"` // what is wrong, without secrets
}
