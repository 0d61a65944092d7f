package junit

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
)

func render(t *testing.T, v *view.View) (all testsuites, text string) {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, v); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	return all, b.String()
}

func TestBrokenThreshold(t *testing.T) {
	all, text := render(t, view.New(sample.Run(sample.Troubled())))
	if all.Tests != 6 || all.Failures != 1 || all.Errors != 0 {
		t.Errorf("%d tests, %d failures, %d errors\n%s", all.Tests, all.Failures, all.Errors, text)
	}
	f := all.Suites[0].Cases[0].Failure
	if f == nil || !strings.Contains(f.Message, "p(99)<150ms did not hold: 1.9") || strings.TrimSpace(f.Text) != f.Message {
		t.Errorf("failure %+v", f)
	}
}

func TestUnfinished(t *testing.T) {
	all, text := render(t, view.New(sample.Run(sample.Story{Seconds: 3, Unfinished: true})))
	if all.Errors != 1 {
		t.Errorf("an unfinished run has %d errors\n%s", all.Errors, text)
	}
}

func TestInvalid(t *testing.T) {
	v := view.New(sample.Run(sample.Story{Seconds: 3}))
	v.Validity.Verdict, v.Validity.Reasons = "invalid", []string{"the generator was late by 1 s & more <b>"}
	if all, text := render(t, v); all.Errors != 1 || !strings.Contains(text, "&lt;b&gt;") {
		t.Errorf("%s", text)
	}
}
