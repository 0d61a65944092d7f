package monitor

import (
	"fmt"
	"strings"
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

// What is recorded of a run has no number for less than everything.
func TestNoQuantileIsBelowEverything(t *testing.T) {
	const body = `# TYPE h histogram
h_bucket{le="-Inf"} %d
h_bucket{le="+Inf"} %d
h_sum 1
h_count %d
`
	read := func(text string) (reading, error) { return readPrometheus([]byte(text), nil) }
	got := grown(t, read, fmt.Sprintf(body, 0, 0, 0), fmt.Sprintf(body, 10, 10, 10))
	for name, text := range got {
		if strings.Contains(text, "Inf") {
			t.Errorf("%s is %s", name, text)
		}
	}
	expect(t, got, map[string]string{"h count": "5 /s"})
}
