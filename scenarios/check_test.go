package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

func oneCheck(t testing.TB, check string) *Check {
	t.Helper()
	s := oneStep(t, `{get: /, check: [`+check+`]}`)
	return &s.Checks[0]
}

func headersOf(name string) []byte {
	return map[string][]byte{"content-type": []byte("application/json"), "empty": {}}[strings.ToLower(name)]
}

func TestChecks(t *testing.T) {
	const body = `{"id": 7, "name": "x\u00fc", "a": [{"b.c": 1.50, "null": null, "t": true}], "big": 12345678901234567890, "o": {"0": "zero"}, "@this": 1, "#": 2}`
	tests := []struct {
		check string
		ok    bool
		found string
	}{
		{`{status: 200}`, true, ""},
		{`{status: [201, 3xx]}`, false, "got 200"},
		{`{header: Content-Type}`, true, ""},
		{`{header: Empty}`, true, ""},
		{`{header: Etag}`, false, "no such header"},
		{`{header: content-type, equals: application/json}`, true, ""},
		{`{header: content-type, contains: json}`, true, ""},
		{`{header: content-type, equals: json}`, false, `got "application/json"`},
		{`{body: {contains: '"id": 7'}}`, true, ""},
		{`{body: {contains: nope}}`, false, "got \"{"},
		{`{json: $.id, equals: 7}`, true, ""},
		{`{json: $.id, equals: 7.0}`, true, ""},
		{`{json: $.id, equals: "${vu.id}"}`, true, ""},
		{`{json: $.id, equals: 8}`, false, `got "7"`},
		{`{json: $.name, equals: xü}`, true, ""},
		{`{json: "$.a[0]['b.c']", equals: 1.5}`, true, ""},
		{`{json: "$.a[0].null"}`, true, ""},
		{`{json: "$.a[0].null", equals: "null"}`, true, ""},
		{`{json: "$.a[0].t", equals: true}`, true, ""},
		{`{json: "$.a[1]"}`, false, "not there"},
		{`{json: "$.big", equals: 12345678901234567890}`, true, ""},
		{`{json: "$.big", equals: 12345678901234567891}`, false, `got "12345678901234567890"`},
		{`{json: "$.o['0']", equals: zero}`, true, ""},
		{`{json: "$['@this']", equals: 1}`, true, ""},
		{`{json: "$['#']", equals: 2}`, true, ""},
		{`{json: "$"}`, true, ""},
		{`{json: $.missing}`, false, "not there"},
	}
	for _, test := range tests {
		c := oneCheck(t, test.check)
		ok, found := c.Holds(&Answer{Status: 200, Header: headersOf, Body: []byte(body)}, &Values{VU: 7})
		if ok != test.ok || !strings.HasPrefix(found, test.found) {
			t.Errorf("%s: %v %q, want %v %q", test.check, ok, found, test.ok, test.found)
		}
	}
}

func TestChecksThatHoldAllocateNothing(t *testing.T) {
	body := []byte(`{"id": "7", "main_item": {"id": 7, "name": "plain"}}`)
	value := []byte("application/json")
	a := &Answer{Status: 200, Header: func(string) []byte { return value }, Body: body}
	v := &Values{VU: 7}
	for _, check := range []string{
		`{status: 200}`, `{header: A, contains: json}`, `{body: {contains: main}}`,
		`{json: $.main_item}`, `{json: $.id, equals: 7}`, `{json: $.main_item.name, equals: plain}`, `{json: $.main_item.id, equals: "${vu.id}"}`,
	} {
		c := oneCheck(t, check)
		n := testing.AllocsPerRun(100, func() {
			if ok, found := c.Holds(a, v); !ok {
				t.Fatal(check, found)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", check, n)
		}
	}
}

// TestCheckOfACutBodySaysSo: it was judged as if the first 1 MiB were all of it.
func TestCheckOfACutBodySaysSo(t *testing.T) {
	body := []byte(`{"id": 12, "name": "ab", "list": [1, 2, {"x": true}], "last": 34` + strings.Repeat(" ", 1<<20))[:1<<20]
	const cut = "the check saw the first 1 MiB of a body of 1200000 bytes"
	for _, test := range []struct {
		check string
		ok    bool
		found string
	}{
		{`{body: {contains: '"id": 12'}}`, true, ""},
		{`{body: {contains: nope}}`, false, cut},
		{`{json: $.id}`, true, ""},
		{`{json: $.id, equals: 12}`, true, ""},
		{`{json: $.id, equals: 13}`, false, `got "12"`},
		{`{json: "$.list[2].x", equals: true}`, true, ""},
		{`{json: $.missing}`, false, cut},
		{`{json: $.missing, equals: 1}`, false, cut},
		{`{json: $}`, false, cut},
		{`{status: 200}`, true, ""},
		{`{status: 201}`, false, "got 200"},
	} {
		a := &Answer{Status: 200, Header: headersOf, Body: body, Size: 1_200_000}
		ok, found := oneCheck(t, test.check).Holds(a, &Values{})
		if ok != test.ok || found != test.found {
			t.Errorf("%s: %v %q, want %v %q", test.check, ok, found, test.ok, test.found)
		}
	}
}

// TestCheckOfACutBodyIsNeverWrong: wherever a body is cut, what is said of its
// beginning is said of the whole, unless nothing can be said.
func TestCheckOfACutBodyIsNeverWrong(t *testing.T) {
	const whole = ` {"a": {"b": [10, "x\"y", {"c": null}, -1.5e3, []]}, "d.e": "caf\u00e9", "f": true, "g": [[1], [22, 333]], "h": {}} `
	for _, check := range []string{
		`{json: "$.a.b[0]", equals: 1}`, `{json: "$.a.b[0]", equals: 10}`, `{json: "$.a.b[1]", equals: 'x"y'}`, `{json: "$.a.b[1]", equals: x}`,
		`{json: "$.a.b[2].c", equals: null}`, `{json: "$.a.b[3]", equals: -1}`, `{json: "$.a.b[3]", equals: -1500}`, `{json: "$.a.b[4]"}`,
		`{json: "$.a.b[5]"}`, `{json: "$['d.e']", equals: café}`, `{json: "$['d.e']", equals: caf}`, `{json: $.f, equals: true}`, `{json: $.f, equals: t}`,
		`{json: "$.g[1][1]", equals: 33}`, `{json: "$.g[1][1]", equals: 333}`, `{json: $.h}`, `{json: $.i}`, `{json: $}`, `{json: $.a}`, `{body: {contains: caf}}`,
	} {
		c := oneCheck(t, check)
		holds, all := c.Holds(&Answer{Body: []byte(whole)}, &Values{})
		for i := range len(whole) {
			ok, found := c.Holds(&Answer{Body: []byte(whole[:i]), Size: int64(len(whole))}, &Values{})
			undecided := strings.HasPrefix(found, "the check saw")
			if !undecided && (ok != holds || found != all) {
				t.Errorf("%s of %q: %v %q, and of the whole %v %q", check, whole[:i], ok, found, holds, all)
			}
		}
	}
}

func TestJSONPaths(t *testing.T) {
	for path, want := range map[string]string{
		"$.a": "a", "$.a[0].b": "a.0.b", `$["a.b"]`: `a\.b`, "$": "@this", "$.a-b_c": "a-b_c",
		"a": "", "$..a": "", "$.*": "", "$[*]": "", "$[?(@.a)]": "", "$.": "", "$[": "", `$["`: "", "$[1:2]": "", "$.a.": "", "$a": "",
	} {
		got, err := compilePath(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"id": 7, "a": [1, {"b": null}]}`), "$.a[1].b")
	f.Add([]byte(`{"id": "\u00`), "$.id")
	f.Add([]byte(`[[[[[`), "$[0][0]")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		compiled, err := compilePath(path)
		if err != nil {
			return
		}
		for _, kind := range []CheckKind{CheckJSONEquals, CheckJSONExists, CheckBodyContains} {
			c := Check{Kind: kind, Path: compiled, Want: literalTemplate("7")}
			if ok, found := c.Holds(&Answer{Status: 200, Header: headersOf, Body: body}, &Values{}); !ok && found == "" {
				t.Fatal("does not hold, and says not why")
			} else if len(found) > 600 {
				t.Fatal(fmt.Sprint("a long detail: ", len(found)))
			}
		}
	})
}
