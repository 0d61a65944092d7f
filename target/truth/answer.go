package truth

import (
	"net/http"
	"strconv"

	"github.com/loadctl/loadctl/target/queue"
)

// The headers of an answer.
const (
	ArrivedHeader = "Loadctl-Arrived-Us"
	TrueHeader    = "Loadctl-True-Us"
	LateHeader    = "Loadctl-Late-Us"
)

// What is said about each fate that is answered.
var replies = [...]struct {
	status int
	body   string
}{
	queue.Served:  {http.StatusOK, `{"status":"ok"}` + "\n"},
	queue.Failed:  {http.StatusInternalServerError, `{"detail":"the queue was told to fail this one"}` + "\n"},
	queue.Refused: {http.StatusServiceUnavailable, `{"detail":"the queue is full"}` + "\n"},
}

func appendAnswer(b []byte, a answer, arrived, late int64) []byte {
	reply := replies[a.job.Fate]
	b = appendHead(b, reply.status, len(reply.body), a.last)
	b = appendHeader(b, ArrivedHeader, arrived)
	b = appendHeader(b, TrueHeader, micros(a.took))
	b = appendHeader(b, LateHeader, late)
	b = append(b, "\r\n"...)
	if a.plain {
		return b
	}
	return append(b, reply.body...)
}

// appendHead begins an answer of JSON; the headers want an empty line after them.
func appendHead(b []byte, status, length int, last bool) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: application/json\r\n"...)
	b = appendHeader(b, "Content-Length", int64(length))
	if last {
		return append(b, "Connection: close\r\n"...)
	}
	return append(b, "Connection: keep-alive\r\n"...) // clients of HTTP/1.0 must be told
}

func appendHeader(b []byte, name string, value int64) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = strconv.AppendInt(b, value, 10)
	return append(b, "\r\n"...)
}
