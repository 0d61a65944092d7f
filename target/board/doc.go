// Package board is the memory that the master and the workers of one reference
// service share: what each worker counts, what the master counts, and the settings in
// force. The master makes it, and every worker inherits its file, which has no name:
// nothing is left behind however the processes end.
package board
