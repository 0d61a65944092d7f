package upstream

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// section is what docs/target.md says of the upstream.
func section(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/target.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "\n## The upstream\n")
	if !ok {
		t.Fatal("docs/target.md has no section about the upstream")
	}
	own, _, _ := strings.Cut(rest, "\n## ")
	return own
}

// rows are those of the table whose head begins so, cell by cell.
func rows(t *testing.T, head string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(section(t), "\n| "+head)
	if !ok {
		t.Fatalf("there is no table %s", head)
	}
	for _, line := range strings.Split(rest, "\n")[2:] {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "| "), " | ") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

// quoted are the words in code of a text.
func quoted(text string) (words []string) {
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// TestTheLawsOnThePage can be used as they stand, have the percentiles that it says, and
// are all there are.
func TestTheLawsOnThePage(t *testing.T) {
	var names []string
	for _, row := range rows(t, "`--delay`") {
		spec := quoted(row[0])[0]
		d := parsed(t, spec)
		for i, u := range []float64{0.5, 0.99, 0.999} {
			got := fmt.Sprintf("%.4g", float64(d.At(u))/float64(time.Millisecond)) + "ms"
			if got != row[2+i] {
				t.Errorf("%s: p%g is %s, the page says %s", spec, u*100, got, row[2+i])
			}
		}
		name, _, _ := strings.Cut(spec, ":")
		names = append(names, name)
	}
	if told := append(slices.Compact(names), "queue"); !slices.Equal(told, laws()) {
		t.Errorf("the page has %s, there are %s", told, laws())
	}
}

// TestEveryLawInTheTextCanBeUsed, and those said to be the same are.
func TestEveryLawInTheTextCanBeUsed(t *testing.T) {
	text := strings.ReplaceAll(section(t), "service=LAW", "service=exponential:5ms")
	specs := regexp.MustCompile("(fixed|exponential|lognormal|pareto|queue):[a-z0-9][a-z0-9:=.,]*").FindAllString(text, -1)
	if len(specs) < 11 {
		t.Fatalf("only %q", specs)
	}
	for _, spec := range specs {
		parsed(t, spec)
	}
	if parsed(t, "exponential:5ms") != parsed(t, "exponential:mean=5ms") || parsed(t, "5ms") != parsed(t, "fixed:5ms") || parsed(t, "0") != parsed(t, "fixed:0s") {
		t.Error("what is said to be the same is not")
	}
}

// TestEverySwitchIsOnThePage, and none that is not there; what it shows of curl is taken.
func TestEverySwitchIsOnThePage(t *testing.T) {
	var told []string
	for _, row := range rows(t, "switch") {
		told = append(told, quoted(row[0])...)
	}
	if want := slices.Sorted(maps.Keys(fields)); !slices.Equal(slices.Sorted(slices.Values(told)), want) {
		t.Errorf("the page has %q, there are %q", told, want)
	}
	shown := 0
	for line := range strings.SplitSeq(section(t), "\n") {
		if !strings.HasPrefix(line, "curl -d") {
			continue
		}
		form := url.Values{}
		for _, m := range regexp.MustCompile(`-d ([a-z-]+)=(\S+)`).FindAllStringSubmatch(line, -1) {
			form.Add(m[1], m[2])
		}
		// curl sends what stands there as it is.
		raw := strings.Join(strings.Split(strings.TrimPrefix(strings.TrimSuffix(line, " http://127.0.0.1:8082/-/upstream"), "curl -d "), " -d "), "&")
		if got, err := url.ParseQuery(raw); err != nil || !reflect.DeepEqual(got, form) {
			t.Errorf("%s says %v, %v", line, got, err)
		}
		if err := New(Config{}).Change(raw); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		shown++
	}
	if shown != 4 {
		t.Errorf("%d changes are shown", shown)
	}
}

// TestEveryCountOnThePageIsCounted under that name, and none of an item's fates is left out.
func TestEveryCountOnThePageIsCounted(t *testing.T) {
	named := map[string]bool{}
	kind := reflect.TypeOf(Stats{})
	for i := range kind.NumField() {
		named[kind.Field(i).Tag.Get("json")] = true
	}
	var told []string
	for _, row := range rows(t, "count in `/-/stats`") {
		told = append(told, quoted(row[0])...)
	}
	for _, name := range told {
		if !named[name] {
			t.Errorf("nothing is called %s", name)
		}
	}
	for _, name := range []string{"served", "failed", "refused", "limited", "resets", "dribbled", "inside"} {
		if !slices.Contains(told, name) {
			t.Errorf("docs/target.md does not tell of %s", name)
		}
	}
}

// TestABurstIsOfASecond rounded up, and a changed limit begins with a full one.
func TestABurstIsOfASecond(t *testing.T) {
	passes := func(s *Simulator) (n int) {
		for range 100 {
			if ask(s, "GET", "/items/1").Code == 200 {
				n++
			}
		}
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{RateLimit: 0.01}})
		for _, c := range []struct {
			form string
			want int
		}{{"", 1}, {"rate-limit=0.01", 0}, {"rate-limit=0.02&rate-burst=5", 5}, {"rate-limit=0.02&rate-burst=5", 0}, {"rate-limit=0.03", 1}, {"rate-limit=0", 100}} {
			if err := s.Change(c.form); err != nil {
				t.Fatal(err)
			}
			if got := passes(s); got != c.want {
				t.Errorf("after %q %d pass, want %d", c.form, got, c.want)
			}
		}
	})
	if got := (Settings{RateLimit: 2.5}).burst(); got != 3 {
		t.Errorf("a burst of %d", got)
	}
}
