package upstream

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The bodies that never change.
const (
	okBody         = `{"status":"ok"}` + "\n"
	notFoundBody   = `{"detail":"Not Found"}` + "\n"
	notAllowedBody = `{"detail":"Method Not Allowed"}` + "\n"
	failedBody     = `{"detail":"the simulator was told to fail this one"}` + "\n"
)

// answer counts and writes one complete response. It counts first: whoever has
// read an answer finds it counted.
func (s *Simulator) answer(w http.ResponseWriter, status int, body string) {
	s.counts.answered[status/100].Add(1)
	writeJSON(w, status, []byte(body))
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; its answer is counted all the same
}

// appendItem is an item of about 100 bytes, the same for the same id.
func appendItem(b []byte, kind, id string) string {
	quoted, _ := json.Marshal(id) // a string always marshals
	b = append(b, `{"id":`...)
	b = append(b, quoted...)
	b = append(b, `,"kind":"`...)
	b = append(b, kind...)
	b = append(b, `","name":"Item of the catalogue","price":"19.90","stock":`...)
	b = strconv.AppendUint(b, hash(id)%1000, 10)
	return string(append(b, "}\n"...))
}

// hash gives an id its made-up properties.
func hash(id string) uint64 {
	h := uint64(len(id))
	for i := range len(id) {
		h = mix(h ^ uint64(id[i]))
	}
	return h
}
