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

// TestPageSaysWhatIsNotSure beside a limit, and where its interval is.
func TestPageSaysWhatIsNotSure(t *testing.T) {
	for mark, story := range map[bool]sample.Story{false: sample.Healthy(), true: sample.Troubled()} {
		body := string(page(t, story))
		for _, said := range []string{`<span class="warn">not sure</span>`, "<br><small>in a long run "} {
			if strings.Contains(body, said) != mark {
				t.Errorf("%q: %v, want %v", said, !mark, mark)
			}
		}
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

// TestWhyIsToldOnceAndEpisodesAreWhole: the page is for people, summary.json for scripts.
func TestWhyIsToldOnceAndEpisodesAreWhole(t *testing.T) {
	v := view.New(sample.Run(sample.Story{Seconds: 3}))
	v.Validity = stats.Validity{Verdict: stats.Degraded, Reasons: []string{"late; meanwhile it stood still", "no core; meanwhile it stood still"}}
	v.Sure = view.Sure{{P: 99, Episodes: 8.258}, {P: 99.9, Episodes: 0.4252}}
	var b strings.Builder
	if err := Render(&b, v); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<li>late; meanwhile it stood still</li><li>no core</li>", `<td class="n">8<td>indicative`, `<td class="n">&lt; 1<td>indicative`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	s := v.Summary()
	if s.Validity.Reasons[1] != v.Validity.Reasons[1] || s.Confidence[0].Episodes != 8.258 {
		t.Errorf("%q, %+v", s.Validity.Reasons, s.Confidence[0])
	}
}
