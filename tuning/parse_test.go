package tuning

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/scenarios/document"
	"github.com/loadctl/loadctl/target/knobs"
)

// TestStories: files, and all that is wrong with them.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			f, err := Parse("x.yaml", []byte(d.Input))
			if err != nil {
				return err.Error() + "\n"
			}
			return told(f)
		})
	})
}

// told is what a file says, for stories.
func told(f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s: %s, by %s\n", f.Name, f.Scenario, f.Goal, f.Compare)
	for i := range f.Params {
		p := &f.Params[i]
		fmt.Fprintf(&b, "  %s: %v", p.Name, p.Values)
		if p.Start != nil {
			fmt.Fprintf(&b, " by %s of %v", p.Start.Of, p.Start.Facts)
		}
		fmt.Fprintf(&b, ", now %q, cost %v %s\n", p.Current, p.Cost.Each, p.Cost.Unit)
		for _, h := range p.Apply {
			fmt.Fprintf(&b, "    %s within %v\n", h.Kind, h.Within)
		}
	}
	for _, c := range f.Constraints {
		fmt.Fprintf(&b, "  held: %s\n", c.Text)
	}
	return b.String()
}

// TestReadyFiles: what lies here for people can be used as it stands.
func TestReadyFiles(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(name, src)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if _, err := os.Stat(f.Scenario); err != nil {
			t.Errorf("%s: its scenario: %v", name, err)
		}
		if !strings.HasPrefix(string(src), "# ") {
			t.Errorf("%s: does not begin by saying what it is", name)
		}
	}
}

// TestDocumentedFiles: what docs/tuning.md shows can be used as it stands.
func TestDocumentedFiles(t *testing.T) {
	page, err := os.ReadFile("../docs/tuning.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	for _, b := range blocks {
		text, _, _ := strings.Cut(b, "```")
		if _, err := Parse("tuning.md", []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if len(blocks) == 0 {
		t.Error("docs/tuning.md shows no file")
	}
}

const pools = `
scenario: a.yaml
params:
  - {name: pool, values: [4, 8], current: 4, cost: {each: 2, unit: connections}, apply: {target: pool_size}}
  - {name: ttl, values: [1s, 1m], current: 1s, cost: {values: {1s: 1, 1m: 5}}, apply: {target: cache_ttl}}
  - {name: way, values: [first, last], current: first, apply: {target: way}}
`

func read(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse("x.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConstraintsReckonWithNumbersDurationsAndWords(t *testing.T) {
	for text, want := range map[string]bool{
		"pool * 2 <= 16":                         true,
		"pool * 2 < 16":                          false,
		"pool / 0 > 1":                           true, // infinite
		"(pool - 8) / 0 > 1 || ttl == 60":        true,
		`way == "last" && !(pool != 8)`:          true,
		`way != "last"`:                          false,
		"max(pool, ttl, 3) == 60":                true,
		"min(pool, ttl) + -ceil(0.5) == 7":       true,
		"floor(sqrt(pool)) == 2":                 true,
		"pool + 1_000 >= 1e3 and_not_a_name > 1": false,
	} {
		f, err := Parse("x.yaml", []byte(pools+"constraints: ['"+text+"', pool >= 1 || pool < 1]\n"))
		if strings.Contains(text, "not_a_name") {
			if err == nil {
				t.Errorf("%s: was read", text)
			}
			continue
		}
		if err != nil {
			if strings.Contains(err.Error(), "none of the") && !want {
				continue
			}
			t.Errorf("%s: %v", text, err)
			continue
		}
		if ok, why := f.Allowed(map[string]string{"pool": "8", "ttl": "60s", "way": "last"}); ok != want {
			t.Errorf("%s: %v %s", text, ok, why)
		}
	}
}

func TestCostsAreAddedOrByOneFormula(t *testing.T) {
	setting := map[string]string{"pool": "8", "ttl": "60s", "way": "last"}
	if got := read(t, pools).CostOf(setting); got != 21 {
		t.Errorf("8 × 2 and 5: %v", got)
	}
	free := strings.ReplaceAll(strings.ReplaceAll(pools, "cost: {each: 2, unit: connections}, ", ""), "cost: {values: {1s: 1, 1m: 5}}, ", "")
	f := read(t, free+"cost: {of: pool * ttl, unit: connections}\n")
	if got := f.CostOf(setting); got != 480 || f.CostUnit != "connections" {
		t.Errorf("8 × 60: %v %s", got, f.CostUnit)
	}
}

// TestWhatHasNoCostIsNotFree: a formula that divides by nothing is refused where the file lists the value, and
// of a value that is only read from the service it is no number, which a tuning refuses.
func TestWhatHasNoCostIsNotFree(t *testing.T) {
	free := strings.ReplaceAll(strings.ReplaceAll(pools, "cost: {each: 2, unit: connections}, ", ""), "cost: {values: {1s: 1, 1m: 5}}, ", "")
	for formula, value := range map[string]string{"pool / (ttl - 60)": "+Inf", "(ttl - 60) / (ttl - 60)": "NaN", "sqrt(0 - ttl)": "NaN", "-60 / (ttl - 1)": "-Inf"} {
		_, err := Parse("x.yaml", []byte(free+"cost: "+formula+"\n"))
		if err == nil || !strings.Contains(err.Error(), "it is "+value+", which is no number") {
			t.Errorf("%s: %v", formula, err)
		}
	}
	f := read(t, free+"constraints: ttl < 60\ncost: pool / (ttl - 60)\n")
	if got := f.CostOf(map[string]string{"pool": "8", "ttl": "60s", "way": "last"}); !math.IsInf(got, 1) {
		t.Errorf("60s is in force: cost %v", got)
	}
}

func TestSameValuesAreWrittenInManyWays(t *testing.T) {
	for _, one := range []struct {
		a, b string
		want bool
	}{{"1m", "60s", true}, {"8", "8.0", true}, {"60", "1m", false}, {"a", "a", true}, {"a", "b", false}, {"", "0", false}} {
		if got := Same(one.a, one.b); got != one.want {
			t.Errorf("%q and %q: %v", one.a, one.b, got)
		}
	}
}

func TestGridStepsByOneFactor(t *testing.T) {
	if got := strings.Join(LogGrid(4, 128, 6), " "); got != "4 8 16 32 64 128" {
		t.Error(got)
	}
	if got := strings.Join(LogGrid(1, 4, 9), " "); got != "1 2 3 4" {
		t.Error(got)
	}
}

func TestTemplatesPutValuesIn(t *testing.T) {
	f := read(t, strings.Replace(pools, "apply: {target: pool_size}", `apply: {command: [set, "a${value}b", "${ way }", "$${x}", "${env.KEY}"], restart: 'echo ${value:-1}'}`, 1))
	h := f.Params[0].Apply[0]
	var got []string
	for _, w := range h.Run.Words {
		got = append(got, w.Fill(func(name string) string { return "<" + name + ">" }, nil))
	}
	if want := "set a<value>b <way> ${x} <env.KEY>"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if h.Restart.Shell != "echo ${value:-1}" || strings.Join(f.Env(), " ") != "KEY" || h.Within != 30*time.Second {
		t.Errorf("%+v %v", h, f.Env())
	}
}

// FuzzParse: no file makes Parse panic or take long, and what is accepted can be asked
// whatever it has answers for.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("*.yaml")
	for _, name := range files {
		if src, err := os.ReadFile(name); err == nil {
			f.Add(string(src))
		}
	}
	f.Add(pools)
	f.Fuzz(func(t *testing.T, src string) {
		file, err := Parse("x.yaml", []byte(src))
		if wrong, ok := errors.AsType[*document.Errors](err); err != nil && (!ok || len(wrong.Mistakes) == 0 || wrong.Excerpts() == "") {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		setting := map[string]string{}
		for _, p := range file.Params {
			if len(p.Apply) == 0 || p.Start == nil && len(p.Values) < 2 {
				t.Fatalf("%+v", p)
			}
			setting[p.Name] = p.Current
		}
		if c := file.CostOf(setting); math.IsNaN(c) || math.IsInf(c, 0) {
			t.Fatal(c)
		}
		file.Allowed(setting)
		file.Env()
		file.Notes()
		file.CanRestart()
	})
}

// FuzzFormula: no formula panics, when it is read or asked.
func FuzzFormula(f *testing.F) {
	for _, s := range []string{"pool * ttl <= 200", `way == "a" && !(pool < 1)`, "min(pool, 2) > sqrt(-1)", "func(){}()", "a.b[1:2]", "-+!pool", "pool //line x:9", "1_0 < 0x1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("x.yaml", []byte(pools))
		if err != nil {
			t.Fatal(err)
		}
		p := &reading{f: file, names: []string{"pool", "ttl", "way"}}
		for _, k := range []kind{truth, figure} {
			formula, ok := p.formula(&document.Node{Kind: document.ScalarNode, Value: text, Line: 1, Column: 1}, "constraint", k)
			if !ok {
				continue
			}
			switch v := formula.of(file.values(map[string]string{"pool": "8", "ttl": "1m", "way": "a"})).(type) {
			case bool:
				ok = k == truth
			case float64:
				ok = k == figure
			default:
				t.Fatalf("%q gives %v", text, v)
			}
			if !ok {
				t.Fatalf("%q gives another kind", text)
			}
		}
	})
}

// TestKnobsOfReadyFilesExist: a knob that was renamed would be found only once it is turned.
func TestKnobsOfReadyFilesExist(t *testing.T) {
	known := map[string]bool{}
	for _, k := range knobs.All() {
		known[k.Name] = true
	}
	files, _ := filepath.Glob("*.yaml")
	for _, name := range files {
		src, _ := os.ReadFile(name)
		f, err := Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range f.hooks() {
			if h.Kind == Knob && !known[h.Knob] {
				t.Errorf("%s:%d: no knob %s", name, h.Line, h.Knob)
			}
		}
	}
}
