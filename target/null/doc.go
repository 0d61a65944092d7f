// Package null answers every request at once with the same empty 200, so that whoever
// measures it measures little but himself. GET /-/null tells how many it answered and
// how long it had them. It refuses to look at what is asked: it reads of a request only
// where it ends.
package null
