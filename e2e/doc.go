// Package e2e drives the built binary as a person would: real processes, real
// sockets, signals and faults. `make e2e` runs it; nothing here is imported.
// Tests that only count go at once, after all that measure times.
package e2e
