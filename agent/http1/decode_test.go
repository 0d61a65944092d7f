package http1

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
)

// coded is a text in each way a server may send it.
func coded(t testing.TB, c string, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch c {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	default:
		w, _ = flate.NewWriter(&b, flate.BestSpeed)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode(t *testing.T) {
	full := strings.Repeat("y", MaxKeptBody)
	var d Decoder
	for range 2 { // readers are used again
		for name, c := range map[string]struct {
			coding Coding
			body   []byte
			cut    bool
			want   string
			more   bool
			err    error
		}{
			"gzip":              {Gzip, coded(t, "gzip", "hello"), false, "hello", false, nil},
			"two members":       {Gzip, append(coded(t, "gzip", "hel"), coded(t, "gzip", "lo")...), false, "hello", false, nil},
			"deflate":           {Deflate, coded(t, "zlib", "hello"), false, "hello", false, nil},
			"deflate, unframed": {Deflate, coded(t, "flate", "hello"), false, "hello", false, nil},
			"empty":             {Gzip, nil, false, "", false, nil},
			"empty inside":      {Gzip, coded(t, "gzip", ""), false, "", false, nil},
			"all there is room": {Gzip, coded(t, "gzip", full), false, full, false, nil},
			"more":              {Gzip, coded(t, "gzip", full+"z"), false, full, true, nil},
			"a bomb":            {Deflate, coded(t, "zlib", strings.Repeat(full, 50)), false, full, true, nil},
			"broken off":        {Gzip, coded(t, "gzip", "hello")[:15], false, "", false, ErrCoded},
			"cut":               {Deflate, coded(t, "zlib", "hello, hello")[:12], true, "hello, hello"[:0], true, nil},
			"wrong sum":         {Gzip, append(coded(t, "gzip", "hello")[:20], 1, 2, 3, 4, 5, 0, 0, 0), false, "", false, ErrCoded},
			"not gzip":          {Gzip, []byte("hello, this is plain"), false, "", false, ErrCoded},
			"not deflate":       {Deflate, []byte("\xff\xffhello"), false, "", false, ErrCoded},
			"br":                {Brotli, []byte("x"), false, "", false, ErrBrotli},
			"zstd":              {Zstd, []byte("x"), false, "", false, ErrZstd},
			"unknown":           {Unknown, []byte("x"), false, "", false, ErrCoding},
		} {
			text, more, err := d.Decode(c.coding, c.body, c.cut)
			if name == "cut" { // how far it goes is the library's affair
				text = text[:0]
			}
			if string(text) != c.want || more != c.more || !errors.Is(err, c.err) {
				t.Errorf("%s: %d bytes %.20q, more %v, %v", name, len(text), text, more, err)
			}
		}
	}
	if cap(d.text) > MaxKeptBody {
		t.Errorf("%d bytes kept", cap(d.text))
	}
}

func TestCoding(t *testing.T) {
	for lines, want := range map[string]Coding{
		"X: y": Plain, "Content-Encoding: gzip": Gzip, "CONTENT-ENCODING:X-GZIP": Gzip, "content-encoding: deflate ": Deflate,
		"Content-Encoding: identity": Plain, "Content-Encoding:": Plain, "Content-Encoding: br": Brotli, "Content-Encoding: zstd": Zstd,
		"Content-Encoding: gzip, br": Unknown, "Content-Encoding: gzip\r\nContent-Encoding: gzip": Unknown, "Content-Encoding: compress": Unknown,
		"Content-Encoding: identity, gzip": Gzip,
	} {
		var p Parser
		p.Reset(Options{})
		interim := "HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\n\r\n"
		if _, done, err := p.Feed([]byte(interim + "HTTP/1.1 200 OK\r\n" + lines + "\r\nContent-Length: 0\r\n\r\n")); !done || err != nil || p.Coding != want {
			t.Errorf("%q: %v, want %v (%v)", lines, p.Coding, want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range []string{"gzip", "zlib", "flate"} {
		f.Add(coded(f, c, "hello, hello, hello"), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, cut bool) {
		var d Decoder
		for c := Plain; c <= Unknown; c++ {
			text, more, err := d.Decode(c, body, cut)
			if len(text) > MaxKeptBody || err != nil && (text != nil || more) {
				t.Fatalf("%v: %d bytes, more %v, %v", c, len(text), more, err)
			}
		}
	})
}
