package scenarios

import "errors"

// What is wrong with a limit that a search is given.
var (
	errNoMetric   = errors.New(`want METRIC: LIMIT, such as "response_time: p(99)<200ms"`)
	errNotCounted = errors.New("a search counts bad requests: it takes response_time: p(N)<LIMIT, failed: rate<SHARE and checks: rate>SHARE")
)
