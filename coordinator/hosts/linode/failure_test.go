package linode

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// words are the names of the classes.
var words = []string{"unknown", "wait", "taken", "full", "refused", "wrong", "missing", "in use"}

// TestFailures says of answers what they mean. Lines of the input that look like headers are headers, what follows is
// the body. X-RateLimit-Reset is given in seconds from now.
func TestFailures(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	datadriven.RunTest(t, "testdata/failures.txt", func(t *testing.T, d *datadriven.TestData) string {
		status, err := strconv.Atoi(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		header, body := answerOf(now, d.Input)
		f := classify(d.Cmd, status, header, []byte(body), now)
		if f.Class == rental.Wait {
			return fmt.Sprintf("%s %s: %s\n", words[f.Class], f.After, f.Text)
		}
		return fmt.Sprintf("%s: %s\n", words[f.Class], f.Text)
	})
}

func answerOf(now time.Time, input string) (http.Header, string) {
	header, body := http.Header{}, ""
	for line := range strings.Lines(input) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || body != "" || strings.ContainsAny(name, `{" <`) {
			body += line
			continue
		}
		if s, err := strconv.Atoi(value); err == nil && name == "X-RateLimit-Reset" && s > 0 {
			value = strconv.FormatInt(now.Unix()+int64(s), 10)
		}
		header.Set(name, value)
	}
	return header, body
}

// TestAnyAnswerHasAMeaning: whatever comes, a wait is from a second to an hour, and the text is one line for a terminal.
func TestAnyAnswerHasAMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header := http.Header{}
		for _, name := range []string{"Retry-After", "X-RateLimit-Reset", "Date", "X-RateLimit-Remaining"} {
			header.Set(name, rapid.OneOf(rapid.String(), rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) })).Draw(t, name))
		}
		body := rapid.OneOf(rapid.String(), rapid.Map(rapid.String(), func(s string) string {
			text, _ := json.Marshal(map[string]any{"errors": []any{map[string]any{"reason": s}}})
			return string(text)
		})).Draw(t, "body")
		method := rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE"}).Draw(t, "method")
		f := classify(method, rapid.IntRange(300, 599).Draw(t, "status"), header, []byte(body), time.Now())
		if (f.Class == rental.Wait) != (f.After != 0) || f.Class == rental.Wait && (f.After < time.Second || f.After > time.Hour) {
			t.Fatalf("%s after %s", words[f.Class], f.After)
		}
		if f.Text == "" || strings.ContainsFunc(f.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("text %q", f.Text)
		}
		usedUp(header)
	})
}

// An exemplar is a request and its answer as they were recorded of the API.
type exemplar struct {
	Method, Template, Path string
	Request                json.RawMessage
	Status                 int
	Headers                map[string]string
	Response               json.RawMessage
}

// exemplars skips the test where they are not at hand.
func exemplars(t *testing.T) (all []exemplar) {
	t.Helper()
	f, err := os.Open(filepath.Join(linodetest.Dir(), "fixtures", "exemplars.jsonl"))
	if err != nil {
		t.Skipf("what was recorded of the Linode API is not here (LOADCTL_LINODE_SPEC_DIR): %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e exemplar
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%d exemplars, %v", len(all), err)
	}
	return all
}

// TestRecordedFailures: of what was recorded, only what is gone is Missing, and the rest was our mistake.
func TestRecordedFailures(t *testing.T) {
	for _, e := range exemplars(t) {
		if e.Status < 400 {
			continue
		}
		want := rental.Wrong
		if e.Status == http.StatusNotFound {
			want = rental.Missing
		}
		if f := classify(e.Method, e.Status, nil, e.Response, time.Now()); f.Class != want {
			t.Errorf("%s %s: %s, want %s: %s", e.Method, e.Path, words[f.Class], words[want], e.Response)
		}
	}
}
