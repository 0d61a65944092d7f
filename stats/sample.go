package stats

import "time"

// A Sample is one request that ended. Its six stamps are taken on one monotonic
// clock; a stamp that was not reached is Never.
type Sample struct {
	Cell  int // index into Layout.Cells
	Class Class
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Err says what went wrong for Timeout, ConnError and CheckFailed, as a short
	// constant such as "connection reset" (never with an address or an id in it).
	Err string
	// Detail is an example's detail, such as the path asked for or what a check found.
	// It is read only during Record, and copied if it is kept; nil is fine.
	Detail []byte
	// Reused says that the connection was open before; only a new one has a connect time.
	Reused bool

	Intended  Offset // when the schedule meant the request to start
	Scheduled Offset // when the pacer took it up
	Connected Offset // when it had a connection
	Written   Offset // first byte written
	FirstByte Offset // first byte of the answer
	Done      Offset // last byte, error, or deadline

	// ConnectTime is how long opening the connection took, a TLS handshake included; 0
	// on a reused connection.
	ConnectTime time.Duration

	BytesIn, BytesOut          int64
	ChecksPassed, ChecksFailed int

	// Told are parts of its own time that the target told, where the row is Timed; each
	// name comes once. ToldOddly says that some of what it told cannot be understood.
	Told      []Told
	ToldOddly bool
}

// ResponseTime is how long the user waited: done − intended.
func (s *Sample) ResponseTime() time.Duration { return s.Done - s.Intended }

// ServiceTime is how long the target took once asked: done − first byte written.
// ok is false when nothing was written.
func (s *Sample) ServiceTime() (d time.Duration, ok bool) {
	return s.Done - s.Written, s.Written != Never
}

// FirstByteTime is first byte − first byte written; ok is false without an answer.
func (s *Sample) FirstByteTime() (d time.Duration, ok bool) {
	return s.FirstByte - s.Written, s.FirstByte != Never && s.Written != Never
}

// PacerLag is scheduled − intended: the generator's own lateness.
func (s *Sample) PacerLag() (d time.Duration, ok bool) {
	return s.Scheduled - s.Intended, s.Scheduled != Never
}

// PoolWait is connected − scheduled less the connect itself: waiting for a free
// connection, which is the configured concurrency's doing.
func (s *Sample) PoolWait() (d time.Duration, ok bool) {
	return s.Connected - s.Scheduled - s.ConnectTime, s.Connected != Never && s.Scheduled != Never
}
