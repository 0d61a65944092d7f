package target

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// TestNullServesUntilItsEnd, with connections still open.
func TestNullServesUntilItsEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	lines := make(lineWriter, 1)
	cfg := NullConfig{}
	cfg.Out = lines
	ended := make(chan error, 1)
	go func() { ended <- Null(ctx, cfg) }()
	url := strings.Fields(<-lines)[1]
	resp, err := http.Get(url + "/anything")
	if err != nil || resp.StatusCode != http.StatusOK || resp.ContentLength != 0 {
		t.Errorf("%+v, %v", resp, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
