// Package truth serves a queue whose truth is known (target/queue) over HTTP/1.1,
// so that whoever measures it can be held against what really was.
//
// The queue lives in virtual time: a request is stamped when it arrives, in the
// kernel where that is possible, and the moment at which its answer is to leave is
// decided at once. A thread of its own sends each answer at its moment. When it is
// late, this answer alone is late, by so much as a header of it says; the queue is
// never. It refuses to work: no request costs more than its bytes, whatever service
// it is said to have had.
package truth
