// Package junit writes results as JUnit XML, the form continuous-integration
// servers show: of a run a suite for thresholds and one for validity, of a gate, a capacity or
// a tuning one of its own. A broken threshold and a regression are failures, an invalid
// measurement is an error: the first speaks of the target, the second of the generator. It
// judges nothing: every verdict is the result's own.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

type testsuites struct {
	XMLName  xml.Name    `xml:"testsuites"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr,omitempty"`
	Time     string      `xml:"time,attr"`
	Suites   []testsuite `xml:"testsuite"`
}

type testsuite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr,omitempty"`
	Time       string     `xml:"time,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Properties []property `xml:"properties>property,omitempty"`
	Cases      []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// A testcase carries its message both as attribute and as text: some servers
// read one, some the other.
type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Time    string  `xml:"time,attr"`
	Failure *reason `xml:"failure"`
	Error   *reason `xml:"error"`
	Skipped *reason `xml:"skipped"`
	Out     string  `xml:"system-out,omitempty"`
}

type reason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Render writes the run as JUnit XML.
func Render(w io.Writer, v *view.View) error {
	return write(w, testsuites{Name: v.Info.Scenario, Time: seconds(v), Suites: []testsuite{thresholds(v), validity(v)}})
}

func write(w io.Writer, all testsuites) error {
	for i := range all.Suites {
		s := &all.Suites[i]
		s.count()
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Errors, all.Skipped = all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	b, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(b)+"\n")
	return err
}

func seconds(v *view.View) string { return fmt.Sprintf("%.3f", v.Length.Seconds()) }

func suite(name string, v *view.View) testsuite {
	return testsuite{
		Name: name, Time: seconds(v), Timestamp: v.Info.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []property{{"run_id", v.Info.RunID}, {"tool", v.Info.Tool}, {"scenario_sha256", v.Info.SHA256}, {"target", v.Info.Target}},
	}
}

func (s *testsuite) count() {
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
	}
}

func thresholds(v *view.View) testsuite {
	s := suite("thresholds", v)
	for _, t := range v.Thresholds {
		c := testcase{Class: v.Info.Scenario, Name: t.Name + ": " + t.Expr, Time: seconds(v), Out: "seen: " + t.Observed}
		if !t.Held {
			c.Failure = because("threshold", broken(t))
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

func broken(t view.Threshold) string {
	words := fmt.Sprintf("%s: %s did not hold: %s", t.Name, t.Expr, t.Observed)
	if t.FirstFail != stats.Never {
		words += ", first broken at " + view.Clock(t.FirstFail)
	}
	return words
}

func because(kind, words string) *reason { return &reason{Message: words, Type: kind, Text: words} }

// validity has a case for the measurement and one for how the run ended.
func validity(v *view.View) testsuite {
	s := suite("validity", v)
	c := testcase{Class: v.Info.Scenario, Name: "measurement is valid", Time: seconds(v), Out: strings.Join(v.Validity.Told(), "\n")}
	if v.Validity.Verdict == stats.Invalid {
		c.Error = because("invalid", "the measurement is invalid: "+strings.Join(v.Validity.Told(), "; "))
	}
	ended := testcase{Class: v.Info.Scenario, Name: "run ended as planned", Time: seconds(v), Out: v.Conclusion}
	if v.Verdict == "aborted" || v.Verdict == "unfinished" || v.Verdict == "inconclusive" {
		ended.Error = because(v.Verdict, v.Verdict+": "+v.Reason)
	}
	s.Cases = append(s.Cases, c, ended)
	return s
}
