package ceilings

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	tellWithin = 5 * time.Second
	tellsMost  = 1 << 10 // bytes
)

// AskNull asks a null target how long it had a request, in the mean; 0 where it had none.
func AskNull(ctx context.Context, baseURL string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/-/null", nil)
	if err != nil {
		return 0, err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req) // by no proxy
	if err != nil {
		return 0, fmt.Errorf("asking the null target: %w", err)
	}
	defer resp.Body.Close()
	var told struct {
		Requests uint64 `json:"requests"`
		Took     int64  `json:"took_ns"`
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("asking the null target: status %d", resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, tellsMost)).Decode(&told); err != nil {
		return 0, fmt.Errorf("asking the null target: %w", err)
	}
	return time.Duration(told.Took / int64(max(told.Requests, 1))), nil
}
