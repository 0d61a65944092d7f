package monitor

import (
	"testing"

	"github.com/loadctl/loadctl/scenarios"
)

// An endpoint may be anybody's. A type that is not shown, which the text format knows, must
// not end the run that asks for the sum of it.
func TestTheSumOfATypeThatIsNotShownIsNone(t *testing.T) {
	const body = `# TYPE q gauge_histogram
q_bucket{a="1",le="+Inf"} 1
q_count{a="1"} 1
q_bucket{a="2",le="+Inf"} 1
q_count{a="2"} 1
# TYPE up gauge
up 1
`
	r, err := readPrometheus([]byte(body), []scenarios.Selector{{Name: "q", Sum: true}, {Name: "up"}})
	if err != nil || len(r.numbers) != 1 || r.numbers[0].Name != "up" {
		t.Errorf("%v, %v", r, err)
	}
}
