package stats

import (
	"math"
	"slices"
)

// episodes are how large episodes of bad requests are at limits near the one that is
// asked about.
//
// An episode (what one busy time of a queue makes late, say) is hardly larger when the
// limit falls, while three or ten times as many of them are seen. At the limit alone a
// run that missed the large ones shows both too few bad requests and too little reason
// to doubt that: such runs are what an interval must not believe.
type episodes struct {
	seen, likely []float64 // sizes, as clumping gives them
	told         float64   // how many there were where most were seen
}

// see takes the size from the bins of another limit.
func (e *episodes) see(bins []BinBad) {
	_, bad := total(bins)
	seen, likely := clumping(bins)
	e.seen, e.likely = append(e.seen, seen), append(e.likely, likely)
	e.told = max(e.told, float64(bad)/seen)
}

// size is φ of Interval at a limit with these bins, for which an episode that was not
// seen would have size unseen: as it was seen, which counts episodes, and as it is
// likely to be, which the ends of the interval follow from. If less than enough episodes
// tell, the unseen one counts.
func (e episodes) size(bins []BinBad, unseen float64) (seen, likely float64) {
	_, bad := total(bins)
	k := float64(bad)
	seen, likely = clumping(bins)
	seen, likely = together(seen, e.seen, k), together(likely, e.likely, k)
	if max(e.told, k/seen) < enough {
		seen, likely = max(seen, unseen), max(likely, unseen)
	}
	return seen, likely
}

// together is the size of episodes that a limit and two others tell, if the limit has
// so many bad requests.
//
// The two largest of three count half each, since too small is the dangerous side. Below
// the limit is often more than one reason to be late, though, and larger episodes: the
// more the limit itself has seen, the more it is its own judge.
func together(here float64, near []float64, bad float64) float64 {
	all := append([]float64{here}, near...)
	slices.Sort(all)
	size := all[len(all)-1]
	if len(all) > 2 {
		size = (size + all[len(all)-2]) / 2
	}
	count := bad / size
	return size * math.Pow(min(here/size, 1), count/(count+4*enough))
}

// clumping is the variance of the number of bad requests, over what it would be were
// they independent.
//
// As seen, it is the largest over batches of one bin and its doublings, up to a twentieth
// of the run: shorter batches cut episodes apart, longer ones are too few. That is too
// little where episodes are long for the run, and what doubling has added last, doubling
// again would add once more; but a difference of two variances is a poor guess, so
// that the likely one is in the (geometric) middle. As far as less than twenty bins
// can tell, all is one episode.
func clumping(bins []BinBad) (seen, likely float64) {
	n, bad := total(bins)
	if bad > 0 && span(bins) < sliceCount {
		return float64(bad), float64(bad)
	}
	if bad == 0 || bad == n {
		return 1, 1
	}
	q := float64(bad) / float64(n)
	seen, grown, last := 1.0, 1.0, math.Inf(1)
	rests := restsOf(bins, q)
	for count := float64(span(bins)); count >= sliceCount/2; count /= 2 {
		now := squares(rests) * count / (count - 1) / (float64(bad) * (1 - q))
		if count >= sliceCount {
			seen = max(seen, now)
		}
		grown, last = max(grown, now+max(now-last, 0)), now
		rests = paired(rests)
	}
	return seen, math.Sqrt(seen * max(grown, seen))
}

// A rest is by how many bad requests a batch has more than its share.
type rest struct {
	batch int64
	bad   float64
}

func restsOf(bins []BinBad, q float64) []rest {
	rests := make([]rest, len(bins))
	for i, b := range bins {
		rests[i] = rest{b.Bin - bins[0].Bin, float64(b.Bad) - q*float64(b.N)}
	}
	return rests
}

func squares(rests []rest) (sum float64) {
	for _, r := range rests {
		sum += r.bad * r.bad
	}
	return sum
}

// paired adds up batch 2i and the one after it, in place.
func paired(rests []rest) []rest {
	pairs := rests[:0]
	for _, r := range rests {
		r.batch >>= 1
		if last := len(pairs) - 1; last >= 0 && pairs[last].batch == r.batch {
			pairs[last].bad += r.bad
		} else {
			pairs = append(pairs, r)
		}
	}
	return pairs
}
