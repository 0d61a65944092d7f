package baseline

import (
	"fmt"
	"math"
)

// offLoad is by how much the load of a stored run may differ from that of the trials it is compared with.
const offLoad = 0.03

// AtLoad refuses runs at another load, in iterations a second, than what they are compared with: their response
// times are of another question.
func (b *Baseline) AtLoad(rate float64) error {
	off := 0
	for _, r := range b.Runs {
		if math.Abs(r.Rate/rate-1) > offLoad {
			off++
		}
	}
	if off == 0 {
		return nil
	}
	return fmt.Errorf("%d of its %d runs were made at another load than the %.4g/s (half the capacity) at which the candidate is tried: `loadctl baseline measure` makes and adds runs at that rate", off, len(b.Runs), rate)
}

// Values are the figures of a run by the names that a gate has for metrics, in seconds, shares, requests a second and
// cores. What is not known is left out; that no request failed is known.
func (r *Run) Values() map[string]float64 {
	all := map[string]float64{"failed": r.Failed}
	for name, v := range map[string]float64{"p50": r.P50MS / 1000, "p99": r.P99MS / 1000, "throughput": r.Throughput, "cpu": r.CPU} {
		if v > 0 {
			all[name] = v
		}
	}
	return all
}
