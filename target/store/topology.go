package store

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A topology is the databases of one version of the settings. It never changes; the next
// one takes over those that stay as they are.
type topology struct {
	settings knobs.Settings
	primary  *database // nil with shards
	replicas []*replica
	shards   []*database
	monitor  *monitor // nil without replicas

	turn  atomic.Uint64
	users sync.WaitGroup // calls under way
}

// places are the databases that settings name. Own is the file of an empty URL.
func places(s knobs.Settings, own string) (all []place) {
	if len(s.Shards) > 0 {
		for i, url := range s.Shards {
			all = append(all, place{number: i + 1, role: fmt.Sprintf("shard%d", i+1), shard: i + 1, shards: len(s.Shards), url: url})
		}
		return all
	}
	url := s.DatabaseURL
	if url == "" {
		url = "sqlite:" + own
	}
	all = append(all, place{role: "primary", shard: 1, shards: 1, url: url})
	for i, url := range s.Replicas {
		all = append(all, place{number: i + 1, role: fmt.Sprintf("replica%d", i+1), url: url})
	}
	return all
}

// build makes the topology of settings, with what stays of another one. Made are the
// databases that are new in it.
func build(s knobs.Settings, own string, pools []*counts.Pool, log *slog.Logger, old *topology) (t *topology, made []*database, err error) {
	t = &topology{settings: s}
	for _, at := range places(s, own) {
		if at.number >= len(pools) {
			return nil, made, fmt.Errorf("%s: there are counts for %d databases only", at.role, len(pools))
		}
		d := old.at(at)
		if d == nil {
			if d, err = newDatabase(at, limitsOf(s), s.Items, pools[at.number], log); err != nil {
				return nil, made, err
			}
			made = append(made, d)
		}
		t.put(d, old)
	}
	return t, made, nil
}

// at is the database of a place, if it has been there before.
func (t *topology) at(p place) *database {
	for _, d := range t.databases() {
		if d.place == p {
			return d
		}
	}
	return nil
}

func (t *topology) put(d *database, old *topology) {
	switch {
	case d.shard == 0:
		t.replicas = append(t.replicas, old.replicaOf(d))
	case len(t.settings.Shards) > 0:
		t.shards = append(t.shards, d)
	default:
		t.primary = d
	}
}

// replicaOf goes on with what is known of a replica.
func (t *topology) replicaOf(d *database) *replica {
	if t != nil {
		for _, r := range t.replicas {
			if r.database == d {
				return r
			}
		}
	}
	return &replica{database: d}
}

func (t *topology) databases() (all []*database) {
	if t == nil {
		return nil
	}
	if t.primary != nil {
		all = append(all, t.primary)
	}
	for _, r := range t.replicas {
		all = append(all, r.database)
	}
	return append(all, t.shards...)
}

// watched starts the monitor, or goes on with the one of old.
func (t *topology) watched(old *topology) {
	if len(t.replicas) == 0 {
		return
	}
	if old != nil && old.primary == t.primary && slices.Equal(old.replicas, t.replicas) {
		t.monitor = old.monitor
		return
	}
	t.monitor = watch(t.primary, t.replicas)
}

// home is the database that keeps an item.
func (t *topology) home(id string) *database {
	if len(t.shards) > 0 {
		return t.shards[shardOf(id, len(t.shards))]
	}
	return t.primary
}

// A source is where to read: a replica has more to it than its database.
type source struct {
	*database
	replica *replica
}

// sources are the databases to read, in the order in which to try them: the replica whose
// turn it is, the primary, and the other replicas for when the primary is down.
func (t *topology) sources() []source {
	if len(t.replicas) == 0 {
		return []source{{database: t.primary}}
	}
	all := make([]standing, len(t.replicas))
	for i, r := range t.replicas {
		all[i] = r.standing()
	}
	sources := make([]source, 0, len(all)+1)
	for _, i := range choose(t.settings, all, time.Now(), t.turn.Add(1)) {
		sources = append(sources, source{t.replicas[i].database, t.replicas[i]})
	}
	return slices.Insert(sources, min(1, len(sources)), source{database: t.primary})
}
