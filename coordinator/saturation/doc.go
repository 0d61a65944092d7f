// Package saturation says which part of a system was at its bound first: the generator, a
// balancer, workers, a pool, an upstream, a database, the cores or the memory of a machine, as far
// as the run and its monitors tell, on the run's own time axis. Of many trials it says what is at its
// bound above the capacity and not below it, which is what people want to know of a capacity.
//
// Being at a bound is no proof of being the cause: what waits for a slow part fills up too,
// only later. So the order in time is told with it. The package refuses to name what nobody
// watched, and to take a moment for a state.
package saturation
