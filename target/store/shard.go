package store

// shardOf is the shard of an item, 0 ≤ shardOf < n: jump consistent hash (J. Lamping,
// E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014) over the 64-bit
// FNV-1a of its id, which splitmix64's finaliser stirs: FNV leaves the high bits of
// short ids alike, and those are the ones that jump. From n to n+1 shards 1/(n+1) of
// the items move, all of them to the new one.
func shardOf(id string, n int) int { return jump(stirred(fnv1a(id)), n) }

func jump(key uint64, n int) int {
	shard, next := 0, 0
	for next < n {
		shard = next
		key = key*2862933555777941757 + 1
		next = int(float64(shard+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return shard
}

func fnv1a(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}

func stirred(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
