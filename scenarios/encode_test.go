package scenarios

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// TestEncodeInPlace: of any length, behind anything, with room to spare or without.
func TestEncodeInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "before")
		raw := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "raw")
		dst := make([]byte, 0, len(before)+len(raw)+rapid.IntRange(0, 60).Draw(t, "room"))
		dst = append(append(dst, before...), raw...)
		want := string(before) + base64.StdEncoding.EncodeToString(raw)
		if got := string(encode(dst, len(before))); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// TestAuthorizationOfEachUserAllocatesNothing: it is made for every request.
func TestAuthorizationOfEachUserAllocatesNothing(t *testing.T) {
	both := &Template{parts: []part{{kind: vuID}, {literal: []byte(":word")}}}
	h := literalTemplate("Basic ")
	h.joinEncoded(both)
	r := arrival.NewRand(1)
	v := &Values{Rand: &r, VU: 17}
	dst := make([]byte, 0, 200)
	if n := testing.AllocsPerRun(100, func() { dst = h.Append(dst[:0], v) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("17:word")); string(dst) != want {
		t.Errorf("got %q, want %q", dst, want)
	}
}
