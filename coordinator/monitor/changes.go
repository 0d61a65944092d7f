package monitor

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A condition is what somebody does to a target of ours, rather than what it measures. A
// change of it explains what the charts show from then on.
type condition struct {
	Settings map[string]string `json:"settings"`
	Master   struct {
		Workers int64 `json:"workers"`
		Version int64 `json:"settings_version"`
		Reloads int64 `json:"reloads"`
		Crashed int64 `json:"crashed"`
		Hung    int64 `json:"hung"`
	} `json:"master"`
}

// conditionOf is that of an answer; one of another shape has none.
func conditionOf(body []byte) *condition {
	c := &condition{}
	if json.Unmarshal(body, c) != nil {
		return nil
	}
	return c
}

// since are the changes since an earlier condition of the same process, as people say them.
func (c *condition) since(before *condition) (all []string) {
	if c == nil || before == nil {
		return nil
	}
	now, then := &c.Master, &before.Master
	all = turned(before.Settings, c.Settings)
	if now.Version != then.Version && len(c.Settings) == 0 {
		all = append(all, fmt.Sprintf("settings changed (version %d)", now.Version))
	}
	if now.Workers != then.Workers && c.Settings["workers"] == before.Settings["workers"] {
		all = append(all, fmt.Sprintf("workers %d → %d", then.Workers, now.Workers)) // by TTIN or TTOU
	}
	if now.Reloads > then.Reloads {
		all = append(all, "workers reloaded")
	}
	all = append(all, died(now.Crashed-then.Crashed, "died")...)
	return append(all, died(now.Hung-then.Hung, "hung")...)
}

// turned are the settings that differ.
func turned(before, now map[string]string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if then, known := before[name]; known && then != now[name] {
			all = append(all, fmt.Sprintf("%s %s → %s", name, then, now[name]))
		}
	}
	return all
}

func died(n int64, how string) []string {
	switch {
	case n <= 0:
		return nil
	case n == 1:
		return []string{fmt.Sprintf("1 worker %s and was replaced", how)}
	}
	return []string{fmt.Sprintf("%d workers %s and were replaced", n, how)}
}
