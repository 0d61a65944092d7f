// Package loadctl is the map of the house; it has no code of its own.
//
// loadctl finds out how much load a service holds. A coordinator (coordinator)
// reaches hosts, one process a machine (agent/host); each host runs agent
// processes (agent); each agent runs event loops (agent/loop) that walk virtual
// users (agent/vu) over a frozen scenario (scenarios) at the moments a schedule
// meant them to (scenarios/arrival). What was measured (stats) flows back, is
// merged second by second, judged, and shown (reports).
//
// Many runs make an answer: how much a service holds (coordinator/capacity), whether a
// change made it worse (coordinator/gate), which settings hold most (coordinator/tune). These
// ask for trials and are told what came of them; coordinator/study makes that last.
//
// Deciding is pure, doing is thin: everything on floors 0 to 3 is values in,
// values out. The floors are a test: layout_test.go. docs/architecture.md walks
// one request through the house.
package loadctl
