package monitor

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loadctl/loadctl/stats"
)

// TestWhatSomebodyChangedIsTold: a chart whose level moves does not say that somebody
// turned a knob, or that a worker died.
func TestWhatSomebodyChangedIsTold(t *testing.T) {
	const told = `{"schema": "loadctl-target/1", "instance": "%s", "settings": %s, "master": {"workers": %d, "settings_version": %d, "reloads": %d, "crashed": %d, "hung": 0}}`
	began := fmt.Sprintf(told, "a", `{"pool_size": "5", "workers": "2"}`, 2, 1, 0, 0)
	for name, c := range map[string]struct {
		then string
		want []string
	}{
		"nothing":          {began, nil},
		"a setting":        {fmt.Sprintf(told, "a", `{"pool_size": "1", "workers": "2"}`, 2, 2, 0, 0), []string{"pool_size 5 → 1"}},
		"the workers":      {fmt.Sprintf(told, "a", `{"pool_size": "5", "workers": "4"}`, 4, 2, 0, 0), []string{"workers 2 → 4"}},
		"one by TTIN":      {fmt.Sprintf(told, "a", `{"pool_size": "5", "workers": "2"}`, 3, 1, 0, 0), []string{"workers 2 → 3"}},
		"what is not told": {fmt.Sprintf(told, "a", `{}`, 2, 2, 0, 0), []string{"settings changed (version 2)"}},
		"a reload":         {fmt.Sprintf(told, "a", `{"pool_size": "5", "workers": "2"}`, 2, 1, 1, 0), []string{"workers reloaded"}},
		"deaths":           {fmt.Sprintf(told, "a", `{"pool_size": "5", "workers": "2"}`, 2, 1, 0, 2), []string{"2 workers died and were replaced"}},
		"another process":  {fmt.Sprintf(told, "b", `{"pool_size": "1", "workers": "9"}`, 9, 5, 3, 3), nil},
	} {
		l := &ledger{most: 10}
		for i, text := range []string{began, c.then} {
			r, err := readTarget([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			l.enter(stats.Offset(i), r)
		}
		if !slices.Equal(l.changes, c.want) {
			t.Errorf("%s: %q, want %q", name, l.changes, c.want)
		}
	}
}
