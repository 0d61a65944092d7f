package scenarios

import (
	"bytes"
	"strconv"
	"unsafe"

	"github.com/tidwall/gjson"
)

// maxDetail bounds how much of a response a failed check quotes.
const maxDetail = 80

// An Answer is what checks look at. They only read it, and keep nothing.
type Answer struct {
	Status int
	Header func(name string) []byte // a header's value by its name in any case, nil when there is none
	Body   []byte
	Size   int64  // of the body as sent, of which Body may be the beginning; 0 = Body is all of it
	More   bool   // Body is the beginning of what the body decodes to
	Unread string // why Body cannot be read; empty = it can
}

// Holds judges one answer. When the check does not hold, detail says what was
// found, such as `got 503`; when it does, nothing is allocated. Of a body that was
// cut only what is certain of the whole is said: what could lie in the rest does
// not hold, and detail names the cut.
func (c *Check) Holds(a *Answer, v *Values) (ok bool, detail string) {
	if a.Unread != "" && c.Kind >= CheckBodyContains {
		return false, a.Unread
	}
	switch c.Kind {
	case CheckStatus:
		if inRanges(c.Status, a.Status) {
			return true, ""
		}
		return false, "got " + strconv.Itoa(a.Status)
	case CheckHeader:
		return c.headerHolds(a.Header(c.Header), v)
	case CheckBodyContains:
		return c.bodyHolds(a, v)
	}
	return c.jsonHolds(a, v)
}

func (a *Answer) isCut() bool { return a.More || a.Size > int64(len(a.Body)) }

// cut says how much of the body a check has seen.
func (a *Answer) cut() string {
	seen := strconv.Itoa(len(a.Body)) + " bytes"
	if n := len(a.Body); n > 0 && n%(1<<20) == 0 {
		seen = strconv.Itoa(n>>20) + " MiB"
	}
	if a.More {
		return "the check saw the first " + seen + " of a body that decodes to more"
	}
	return "the check saw the first " + seen + " of a body of " + strconv.FormatInt(a.Size, 10) + " bytes"
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

func (c *Check) bodyHolds(a *Answer, v *Values) (bool, string) {
	var room [128]byte
	switch {
	case bytes.Contains(a.Body, c.Want.Append(room[:0], v)):
		return true, ""
	case a.isCut():
		return false, a.cut()
	}
	return false, "got " + quote(a.Body)
}

// jsonHolds compares by text: 7 and "7" are the same to it. Numbers written in two
// ways, 1.5 and 1.50, are the same too.
func (c *Check) jsonHolds(a *Answer, v *Values) (bool, string) {
	found := gjson.Get(unsafe.String(unsafe.SliceData(a.Body), len(a.Body)), c.Path)
	switch {
	case a.isCut() && !endsWithin(found, a.Body):
		return false, a.cut()
	case !found.Exists() && !gjson.ValidBytes(a.Body):
		return false, "not JSON: " + quote(a.Body)
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

// endsWithin says whether a value is there with something behind it: one that
// reaches to the cut may go on after it.
func endsWithin(found gjson.Result, body []byte) bool {
	return found.Exists() && found.Index+len(found.Raw) < len(body)
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
