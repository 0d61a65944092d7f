package junit

import (
	"fmt"
	"time"
)

// A Frame is what stands around the result of a search.
type Frame struct {
	Scenario string // the class of every case: GitLab shows it as the suite
	Search   string // the id of its directory
	Tool     string
	Target   string
	Started  time.Time
}

// suiteOf is a suite of a search that took so long, with all its cases.
func (f Frame) suiteOf(name string, took time.Duration, cases []testcase) testsuites {
	length := fmt.Sprintf("%.3f", took.Seconds())
	for i := range cases {
		cases[i].Class, cases[i].Time = f.Scenario, length
	}
	return testsuites{Name: f.Scenario, Time: length, Suites: []testsuite{{
		Name: name, Time: length, Timestamp: f.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []property{{"search", f.Search}, {"tool", f.Tool}, {"target", f.Target}}, Cases: cases,
	}}}
}

func skipped(words string) *reason { return &reason{Message: words, Text: words} }
