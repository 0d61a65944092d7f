package scenarios

import (
	"encoding/base64"
	"slices"
)

// joinEncoded adds another template in base64. It stays a flat list: were templates
// parts of templates, no expansion could be proven to keep its room on the stack.
func (t *Template) joinEncoded(o *Template) {
	if o.Static() {
		t.literal(base64.StdEncoding.EncodeToString([]byte(o.text())))
		return
	}
	t.parts = append(t.parts, part{kind: encodeFrom, source: "base64"})
	t.join(o)
	t.parts = append(t.parts, part{kind: encodeTo, source: "base64"})
}

// encode turns what lies behind from into base64, where it is: moved to the end of
// the room it will take, it is read faster than it is overwritten.
func encode(dst []byte, from int) []byte {
	raw := len(dst) - from
	size := base64.StdEncoding.EncodedLen(raw)
	dst = slices.Grow(dst, size-raw)[:from+size]
	copy(dst[from+size-raw:], dst[from:from+raw])
	base64.StdEncoding.Encode(dst[from:], dst[from+size-raw:])
	return dst
}
