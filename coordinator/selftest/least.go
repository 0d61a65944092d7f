package selftest

import "github.com/loadctl/loadctl/coordinator/gate"

// Least is the smallest margin, as a share, with which a gate passes a service that did not change nine times in
// ten, by the scatter of its pairs: of the response times that count, the one that scatters most. It is what would be found
// with a margin, less that margin. 0 = not known.
func Least(r *gate.Result) (least float64) {
	for _, m := range r.Metrics {
		if m.Primary && m.Unit == "s" && m.Detects > m.Margin {
			least = max(least, (1+m.Detects)/(1+m.Margin)-1)
		}
	}
	return least
}
