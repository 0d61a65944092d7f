package ceilings

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestANullTargetTellsItsMean(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		want   time.Duration
		fails  bool
	}{
		{200, `{"requests": 4, "took_ns": 36000}`, 9 * time.Microsecond, false},
		{200, `{"requests": 0, "took_ns": 0}`, 0, false},
		{200, "", 0, true},
		{404, `{"requests": 4, "took_ns": 36000}`, 0, true},
	} {
		path := ""
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.Path
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.text)
		}))
		got, err := AskNull(t.Context(), s.URL)
		s.Close()
		if got != c.want || (err != nil) != c.fails || path != "/-/null" {
			t.Errorf("%d %s: %v, %v, asked at %s", c.status, c.text, got, err, path)
		}
		if _, err := AskNull(t.Context(), s.URL); err == nil {
			t.Error("a target that is gone told something")
		}
	}
}
