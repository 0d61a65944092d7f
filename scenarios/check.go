package scenarios

import (
	"bytes"
	"strconv"
	"unsafe"

	"github.com/tidwall/gjson"
)

// maxDetail bounds how much of a response a failed check quotes.
const maxDetail = 80

// Holds judges one response. header gives the value of a header by its name in
// any case, nil when there is none. When the check does not hold, detail says
// what was found, such as `got 503`; when it does, nothing is allocated. The body
// is only read, and not kept.
func (c *Check) Holds(status int, header func(name string) []byte, body []byte, v *Values) (ok bool, detail string) {
	switch c.Kind {
	case CheckStatus:
		if inRanges(c.Status, status) {
			return true, ""
		}
		return false, "got " + strconv.Itoa(status)
	case CheckHeader:
		return c.headerHolds(header(c.Header), v)
	case CheckBodyContains:
		return c.bodyHolds(body, v)
	}
	return c.jsonHolds(body, v)
}

func (c *Check) headerHolds(got []byte, v *Values) (bool, string) {
	if got == nil {
		return false, "no such header"
	}
	var room [128]byte
	want := c.Want.Append(room[:0], v)
	if c.Equals && bytes.Equal(got, want) || !c.Equals && bytes.Contains(got, want) {
		return true, ""
	}
	return false, "got " + quote(got)
}

func (c *Check) bodyHolds(body []byte, v *Values) (bool, string) {
	var room [128]byte
	if bytes.Contains(body, c.Want.Append(room[:0], v)) {
		return true, ""
	}
	return false, "got " + quote(body)
}

// jsonHolds compares by text: 7 and "7" are the same to it. Numbers written in two
// ways, 1.5 and 1.50, are the same too.
func (c *Check) jsonHolds(body []byte, v *Values) (bool, string) {
	found := gjson.Get(unsafe.String(unsafe.SliceData(body), len(body)), c.Path)
	switch {
	case !found.Exists() && !gjson.ValidBytes(body):
		return false, "not JSON: " + quote(body)
	case !found.Exists():
		return false, "not there"
	case c.Kind == CheckJSONExists:
		return true, ""
	}
	var room [128]byte
	if sameText(found, c.Want.Append(room[:0], v)) {
		return true, ""
	}
	return false, "got " + quote([]byte(found.Raw))
}

func sameText(found gjson.Result, want []byte) bool {
	text := found.Raw
	if found.Type == gjson.String {
		text = found.Str
	}
	if text == string(want) {
		return true
	}
	if found.Type != gjson.Number || !bytes.ContainsAny(want, ".eE") && !bytes.ContainsAny([]byte(text), ".eE") {
		return false
	}
	n, err := strconv.ParseFloat(string(want), 64)
	return err == nil && n == found.Num
}

// quote shows the beginning of what a target sent.
func quote(b []byte) string {
	if len(b) > maxDetail {
		return strconv.Quote(string(b[:maxDetail])) + "…"
	}
	return strconv.Quote(string(b))
}
