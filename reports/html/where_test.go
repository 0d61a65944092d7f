package html

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
)

// TestPageSaysWhereTheTimeWent: a bar and its figures for each name, where it was asked.
func TestPageSaysWhereTheTimeWent(t *testing.T) {
	s := sample.Healthy()
	s.Timed = true
	v := view.New(sample.Run(s))
	b := page(t, s)
	for i := range v.Where {
		w := &v.Where[i]
		if !bytes.Contains(b, []byte("<title id=\"where-"+string(rune('0'+i))+"-t\">Where the time of "+w.Label()+" went</title>")) {
			t.Errorf("%s is not drawn", w.Label())
		}
		for _, want := range []string{w.MeanText(0, w.Bands[0].Response), w.MeanText(1, w.Bands[1].Rest)} {
			if !bytes.Contains(b, []byte(`<td class="n">`+want)) {
				t.Errorf("%s: %s is not said", w.Label(), want)
			}
		}
	}
	if text := string(b); !strings.Contains(text, "target: upstream") || !strings.Contains(text, "together longer than they took") {
		t.Error("parts or doubts are missing")
	}
	if bytes.Contains(page(t, sample.Healthy()), []byte(`id="where"`)) {
		t.Error("a run that did not ask has a section of it")
	}
}
