// Package e2e drives the built binary as a person would: real processes, real
// sockets, signals and faults. `make e2e` runs it; nothing here is imported.
package e2e
