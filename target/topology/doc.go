// Package topology is a whole service as one file tells it: upstream, database, cache,
// nodes and balancer. It reads the file, says everything that is wrong with it at its
// place, works out what one part must allow for another, what the same would be on
// Linodes, and which machine would be which part.
//
// It starts nothing and looks at no machine. What only the upstream and the balancer
// know of their blocks is judged by them, see Topology.Fault.
package topology
