package null

import (
	"bytes"
	"strconv"
	"strings"
)

// A request is what has to be known of one to answer it.
type request struct {
	length int64 // of the body
	waits  bool  // for 100 Continue before it sends it
	last   bool  // of its connection
	probe  bool  // it asks about the server
	wrong  bool  // its end cannot be known
}

const endOfLine = "\r\n"

// read takes the head of a request off the begin of b; size is 0 while it is not whole.
func read(b []byte) (r request, size int) {
	end := bytes.Index(b, []byte(endOfLine+endOfLine))
	if end < 0 {
		return request{}, 0
	}
	size = end + 2*len(endOfLine)
	line, fields, _ := bytes.Cut(b[:end], []byte(endOfLine))
	r.probe = bytes.HasPrefix(line, []byte("GET /-/null "))
	r.last = bytes.HasSuffix(line, []byte(" HTTP/1.0"))
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte(endOfLine))
		r.field(line)
	}
	return r, size
}

// field looks at a header line. Most begin with a letter of none that matters.
func (r *request) field(line []byte) {
	if len(line) == 0 || strings.IndexByte("cetCET", line[0]) < 0 {
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, err := strconv.ParseUint(string(value), 10, 62)
		r.length, r.wrong = int64(n), r.wrong || err != nil
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		r.wrong = true
	case bytes.EqualFold(name, []byte("Expect")):
		r.waits = bytes.EqualFold(value, []byte("100-continue"))
	case bytes.EqualFold(name, []byte("Connection")):
		r.last = r.last || bytes.EqualFold(value, []byte("close"))
	}
}
