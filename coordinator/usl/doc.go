// Package usl fits the Universal Scalability Law (Gunther 2007)
//
//	X(N) = γN / (1 + α(N−1) + βN(N−1))
//
// to what the trials of a search saw: throughput X with N requests in the target. γ is the
// throughput of one request at a time, α the share of work that waits for its turn, β what each
// pair of requests costs to agree. Above N = √((1−α)/β) more requests at a time are less throughput.
//
// It is context for a capacity, and no capacity: the law knows no limit on response times.
// β shows only where throughput bends down, so that a fit to loads below the peak can be
// perfect and say nothing of the peak. The package refuses to give a peak then, and says why a
// fit is not to be trusted; it refuses to say anything of loads that do not come to rest.
package usl
