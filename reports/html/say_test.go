package html

import (
	"html/template"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// Whether to believe the page stands above all it says.
func TestPageBeginsWithValidity(t *testing.T) {
	body := string(page(t, sample.Healthy()))
	body = body[strings.Index(body, "<body>"):]
	at := -1
	for _, next := range []string{"load report</span>", "MEASUREMENT VALID", "PASS", "<h1>"} {
		i := strings.Index(body, next)
		if i <= at {
			t.Errorf("%q is not in its place", next)
		}
		at = i
	}
}

// The page has the heading of a closed run, who was its limit, and the target's count.
func TestPageSaysWhatTheSummarySays(t *testing.T) {
	r := sample.Run(sample.Story{Closed: true, Seconds: 3})
	least, _ := r.Answers()
	r.Apply(stats.Update{Counted: &stats.TargetCount{Requests: least}})
	v := view.New(r)
	var b strings.Builder
	if err := Render(&b, v); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{view.ClosedHeading, v.LimitedBy.Sentence, v.Conserved.String() + ` <span class="ok">✓ agrees</span>`} {
		page := b.String()
		if !strings.Contains(page, want) && !strings.Contains(page, template.HTMLEscapeString(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
