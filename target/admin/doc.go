// Package admin is how people and tools look into a running target and change it: an
// HTTP API for the master of the workers, its metrics for Prometheus and OTLP, and the
// client that the command line uses. It decides nothing of its own: it asks a Master.
package admin
