package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
	"github.com/loadctl/loadctl/stats"
)

// SLO says what is wrong with limits that a search is given in place of the file's, each
// "METRIC: LIMIT", such as "response_time: p(99)<200ms". The error has all of them.
func (s *Scenario) SLO(texts []string) error {
	var names []string
	for i := range s.Layout.Cells {
		if name := s.Layout.Cells[i].Name; !slices.Contains(names, name) { // it has a row in each phase
			names = append(names, name)
		}
	}
	_, errs := readSLO(texts, names)
	return errors.Join(errs...)
}

// readSLO reads limits on requests of some names.
func readSLO(texts, names []string) (limits []stats.Threshold, wrong []error) {
	for _, text := range texts {
		t, err := parseLimit(text)
		switch {
		case err != nil:
		case t.Tags.Phase != "":
			err = errors.New("a level of a search has no phases of the file")
		case t.Tags.Name != "" && !slices.Contains(names, t.Tags.Name):
			err = fmt.Errorf("unknown name %q (%s)", t.Tags.Name, document.Hint(t.Tags.Name, names))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--slo %q: %w", text, err))
			continue
		}
		limits = append(limits, t)
	}
	return limits, wrong
}

// parseLimit reads "METRIC: LIMIT".
func parseLimit(text string) (stats.Threshold, error) {
	at := strings.LastIndex(text, "}:") + 1
	if at == 0 {
		at = strings.IndexByte(text, ':')
	}
	if at < 0 {
		return stats.Threshold{}, errNoMetric
	}
	t, err := stats.ParseThreshold(text[:at], text[at+1:])
	if err != nil {
		return t, err
	}
	t.SLO = true
	if _, counted := t.BadShare(); !counted {
		return t, errNotCounted
	}
	return t, nil
}
