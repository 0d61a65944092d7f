package scenarios

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/scenarios/document"
	"github.com/loadctl/loadctl/stats"
)

// places are the sections of docs/scenario.md that have the tables of each kind of mapping, by
// its name in grammar.
var places = map[string]string{
	"file": "The file", "target": "target", "resolve": "target.resolve", "tls": "target.tls", "http": "http", "pool": "pool",
	"auth": "auth", "basic": "basic", "expect": "expect", "user": "A user", "network": "network", "wait": "Pauses", "think": "Pauses",
	"task": "A task", "step": "A step", "check": "A check", "body": "A check", "phase": "A phase", "start": "start", "stage": "stages",
	"heartbeat": "heartbeat", "threshold": "Limits", "agents": "agents", "fleet": "fleet",
}

// kinds are the mappings of grammar by name. An unexported field can be read as text alone.
func kinds(t *testing.T) map[string]document.Keys {
	t.Helper()
	all, of := map[string]document.Keys{}, reflect.ValueOf(grammar)
	for i := range of.NumField() {
		k := of.Field(i)
		all[of.Type().Field(i).Name] = document.Keys{Known: k.FieldByName("known").String(), Later: k.FieldByName("later").String()}
	}
	if len(all) < 20 || all["step"].Known != grammar.step.known {
		t.Fatalf("grammar cannot be read: %v", all)
	}
	return all
}

// A reference is a page with tables: rows by section and by the first word of the table.
type reference struct {
	text   string
	tables map[string]map[string][][]string
}

var words = regexp.MustCompile("`([^`]+)`")

func readReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("../docs/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	r := reference{string(text), map[string]map[string][][]string{}}
	section, table, code := "", "", false
	for line := range strings.Lines(r.text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
		case code:
		case strings.HasPrefix(line, "#"):
			section, table = strings.TrimSpace(strings.TrimLeft(line, "#")), ""
		case !strings.HasPrefix(line, "|"):
			table = ""
		case table == "":
			table = cells(line)[0]
		case !strings.HasPrefix(line, "|---"):
			r.add(section, table, cells(line))
		}
	}
	return r
}

func (r reference) add(section, table string, row []string) {
	if r.tables[section] == nil {
		r.tables[section] = map[string][][]string{}
	}
	r.tables[section][table] = append(r.tables[section][table], row)
}

func cells(line string) (all []string) {
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}

// named are the words in one column of a table, in the type of code.
func named(rows [][]string, column int) (all []string) {
	for _, row := range rows {
		for _, m := range words.FindAllStringSubmatch(row[column], -1) {
			all = append(all, m[1])
		}
	}
	return all
}

// same compares two sets of words.
func same(t *testing.T, what string, page, parser []string) {
	t.Helper()
	for _, w := range parser {
		if !slices.Contains(page, w) {
			t.Errorf("docs/scenario.md, %s: %s is not there", what, w)
		}
	}
	for _, w := range page {
		if !slices.Contains(parser, w) {
			t.Errorf("docs/scenario.md, %s: %s is no word of the parser", what, w)
		}
	}
}

// TestReferenceHasEveryKey, and none that there is not.
func TestReferenceHasEveryKey(t *testing.T) {
	page, want := readReference(t), map[string][]string{}
	for name, k := range kinds(t) {
		if places[name] == "" {
			t.Errorf("where on docs/scenario.md are the keys of %s?", name)
		}
		want[places[name]] = append(want[places[name]], strings.Fields(k.Known)...)
	}
	for _, known := range monitorKeys {
		want["target.monitor"] = append(want["target.monitor"], strings.Fields(known)...)
	}
	for section, known := range want {
		same(t, section, named(page.tables[section]["key"], 0), known)
	}
	for section, tables := range page.tables {
		if len(tables["key"]) > 0 && want[section] == nil {
			t.Errorf("docs/scenario.md has keys of %s, which the parser does not know", section)
		}
	}
	same(t, "target.monitor", named(monitorTypes(page), 1), sortedKeys(monitorKeys))
}

// monitorTypes is the row of type.
func monitorTypes(page reference) [][]string {
	for _, row := range page.tables["target.monitor"]["key"] {
		if row[0] == "`type`" {
			return [][]string{row}
		}
	}
	return nil
}

// TestKeysAreInTheGrammar: keys that are written elsewhere would escape the tests above.
func TestKeysAreInTheGrammar(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`\bkeys\{`)
	for _, f := range files {
		text, _ := os.ReadFile(f.Name())
		free := strings.ReplaceAll(string(text), "keys{known: monitorKeys[kind]}", "")
		if strings.HasSuffix(f.Name(), ".go") && !strings.HasSuffix(f.Name(), "_test.go") && f.Name() != "keys.go" && literal.MatchString(free) {
			t.Errorf("%s has keys that are not in grammar", f.Name())
		}
	}
}

func TestReferenceHasEveryExecutor(t *testing.T) {
	page := readReference(t)
	rows := page.tables["Executors"]["executor"]
	same(t, "Executors", named(rows, 0), executors)
	for i, name := range executors {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "`"+name+"`" })
		if at >= 0 {
			same(t, name, named(rows[at:at+1], 1), strings.Fields(executorKeys[i]))
		}
	}
	if all := "`" + strings.Join(strings.Fields(anyPhase), "`, `") + "`"; !strings.Contains(page.text, all) {
		t.Errorf("docs/scenario.md does not say that every phase has %s", all)
	}
}

func TestReferenceHasEveryExpression(t *testing.T) {
	want := []string{"vars.NAME", "$${"}
	for _, e := range expressions {
		want = append(want, e.name)
		if _, ok := new(reader).compile(nil, "", e.example); !ok || !strings.HasPrefix(e.example, "${"+e.name) {
			t.Errorf("%s is no example of %s", e.example, e.name)
		}
	}
	var told []string
	for _, text := range named(readReference(t).tables["Expressions"]["expression"], 0) {
		name, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}"), "(")
		told = append(told, name)
	}
	same(t, "Expressions", told, want)
}

// TestReferenceHasEveryMetric, with what can be asked of it and its tags.
func TestReferenceHasEveryMetric(t *testing.T) {
	rows := readReference(t).tables["Limits"]["metric"]
	same(t, "Limits", named(rows, 0), stats.Metrics())
	for _, row := range rows {
		for _, metric := range named([][]string{row}, 0) {
			aggs := named([][]string{row}, 1)
			same(t, metric, aggs, aggregationsOf(metric))
			same(t, metric, named([][]string{row}, 3), tagsOf(metric, aggs[0]))
		}
	}
}

// limited says whether there can be such a limit, in any unit.
func limited(selector, aggregation string) bool {
	for _, limit := range []string{"1s", "1%", "1/s", "1", "1MB", "1MB/s"} {
		if _, err := stats.ParseThreshold(selector, strings.ReplaceAll(aggregation, "(N)", "(99)")+"<"+limit); err == nil {
			return true
		}
	}
	return false
}

func aggregationsOf(metric string) (all []string) {
	for _, a := range []string{"p(N)", "avg", "med", "min", "max", "rate", "count", "value"} {
		if limited(metric, a) {
			all = append(all, a)
		}
	}
	return all
}

func tagsOf(metric, aggregation string) (all []string) {
	for tag, value := range map[string]string{"name": "/", "phase": "p", "status": "5xx", "agent": "a"} {
		if limited(metric+"{"+tag+":"+value+"}", aggregation) {
			all = append(all, tag)
		}
	}
	return all
}

// TestReferenceHasWhatIsNotThereYet.
func TestReferenceHasWhatIsNotThereYet(t *testing.T) {
	want := map[string]bool{}
	for _, k := range kinds(t) {
		for _, later := range strings.Fields(k.Later) {
			want[later] = true
		}
	}
	told := slices.DeleteFunc(named(readReference(t).tables["Not there yet"]["where"], 1), func(w string) bool { return w == "body" })
	same(t, "Not there yet", told, slices.Collect(maps.Keys(want)))
}

// TestHabitsAreRefusedKeys that stand for others which there are.
func TestHabitsAreRefusedKeys(t *testing.T) {
	of := reflect.ValueOf(grammar)
	for i := range of.NumField() {
		known, habits := strings.Fields(of.Field(i).FieldByName("known").String()), of.Field(i).FieldByName("habits")
		for _, name := range habits.MapKeys() {
			key, say := habits.MapIndex(name).FieldByName("Key").String(), habits.MapIndex(name).FieldByName("Say").String()
			if slices.Contains(known, name.String()) || key != "" && !slices.Contains(known, key) || say == "" {
				t.Errorf("%s: %s stands for %q: %s", of.Type().Field(i).Name, name, key, say)
			}
		}
	}
}
