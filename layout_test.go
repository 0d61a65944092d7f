package loadctl

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is this module's path.
const module = "github.com/loadctl/loadctl"

// floors lists every package. A package imports packages of strictly lower
// floors only, so two packages of one floor never know each other. This is a
// statement of policy: change the code before the table.
var floors = [][]string{
	0: {"stats", "coordinator/secrets", "coordinator/price", "scenarios/arrival", "scenarios/document", "target/queue", "target/counts", "target/catalogue", "proto/loadctlpb"},
	1: {"scenarios", "reports/sample", "reports/brief", "agent/faults", "target/knobs", "coordinator/trial"},
	2: {"scenarios/secure", "agent/vu", "agent/http1", "coordinator/fleet", "coordinator/run", "target/topology", "tuning", "coordinator/virtual", "coordinator/capacity", "coordinator/gate",
		"coordinator/usl", "coordinator/curve", "coordinator/saturation", "coordinator/changepoints", "coordinator/baseline", "coordinator/rental"},
	3: {"proto/wire", "reports/view", "coordinator/plan", "coordinator/tune", "coordinator/frontier", "reports/history", "coordinator/selftest"},
	4: {"agent/loop", "agent/machine", "agent/profile", "coordinator/hosts/local", "coordinator/hosts/ssh", "coordinator/hosts/linode", "coordinator/hosts/linode/linodetest", "coordinator/ceilings", "target/upstream", "target/truth", "target/null", "target/board", "target/store",
		"target/cache", "target/documents", "coordinator/monitor", "coordinator/study", "coordinator/apply", "coordinator/sides",
		"reports/text", "reports/html", "reports/answers", "reports/tui", "reports/junit", "reports/ci", "reports/runfile"},
	5: {"coordinator/hosts/rented", "target/service", "target/workers", "target/admin", "target/balancer", "target/stack"},
	6: {"agent", "agent/host", "coordinator", "target", "coordinator/hosts/placed"},
	7: {"cmd/loadctl"},
}

// purest is the highest pure floor: values in, values out.
const purest = 3

// outside are packages that live beside the house: benchmarks, end-to-end tests and tools.
var outside = []string{"bench/", "e2e/", "tools/"}

// generated is code nobody writes by hand, so nobody is asked for its purity.
const generated = "proto/loadctlpb"

// worldly are the imports a pure package does without.
var worldly = []string{"context", "net", "net/http", "os", "os/exec", "os/signal", "log", "log/slog", "syscall"}

// clocked are the functions of package time that read or wait for the clock.
var clocked = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

type pkg struct {
	ImportPath, Dir, Doc      string
	Imports, GoFiles          []string
	TestImports, XTestImports []string
}

func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func TestLayout(t *testing.T) {
	floorOf := floorTable()
	seen := map[string]bool{}
	for _, p := range list(t) {
		if p.ImportPath == module || isOutside(p.name()) {
			continue
		}
		seen[p.name()] = true
		checkPackage(t, p, floorOf)
	}
	for name := range floorOf {
		if !seen[name] {
			t.Errorf("floors lists %s, which does not exist", name)
		}
	}
}

// TestTargetSharesNothing keeps the yardstick from inheriting the meter's bugs.
func TestTargetSharesNothing(t *testing.T) {
	for _, p := range list(t) {
		if p.name() != "target" && !strings.HasPrefix(p.name(), "target/") {
			continue
		}
		for _, imp := range p.Imports {
			name, ours := strings.CutPrefix(imp, module+"/")
			if ours && !strings.HasPrefix(name, "target/") {
				t.Errorf("%s imports %s: the target shares no code with what measures it", p.name(), name)
			}
		}
	}
}

func floorTable() map[string]int {
	floorOf := map[string]int{}
	for i, names := range floors {
		for _, n := range names {
			floorOf[n] = i
		}
	}
	return floorOf
}

func isOutside(name string) bool {
	return slices.ContainsFunc(outside, func(prefix string) bool {
		return strings.HasPrefix(name+"/", prefix)
	})
}

func checkPackage(t *testing.T, p pkg, floorOf map[string]int) {
	floor, ok := floorOf[p.name()]
	if !ok {
		// Parts of a room live on their room's floor, under its internal folder.
		room, _, inner := strings.Cut(p.name(), "/internal")
		if floor, ok = floorOf[room]; !inner || !ok {
			t.Errorf("%s is on no floor: add it to floors in layout_test.go", p.name())
			return
		}
	}
	if p.Doc == "" && p.name() != generated {
		t.Errorf("%s has no package comment", p.name())
	}
	checkDown(t, p, p.Imports, floor, floorOf)
	checkDown(t, p, slices.Concat(p.TestImports, p.XTestImports), floor+1, floorOf)
	if floor <= purest && p.name() != generated {
		checkPure(t, p)
	}
}

// checkDown reports imports that reach floor below or higher.
func checkDown(t *testing.T, p pkg, imports []string, below int, floorOf map[string]int) {
	for _, imp := range imports {
		name := strings.TrimPrefix(imp, module+"/")
		if to, ours := floorOf[name]; ours && to >= below {
			t.Errorf("%s imports %s (floor %d): imports go down only", p.name(), name, to)
		}
	}
}

func checkPure(t *testing.T, p pkg) {
	for _, imp := range p.Imports {
		if slices.Contains(worldly, imp) {
			t.Errorf("%s is pure and imports %s", p.name(), imp)
		}
	}
	fset := token.NewFileSet()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool { return checkNode(t, fset, n) })
	}
}

func checkNode(t *testing.T, fset *token.FileSet, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		t.Errorf("%s: a pure package starts a goroutine", fset.Position(n.Pos()))
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		if ok && x.Name == "time" && slices.Contains(clocked, n.Sel.Name) {
			t.Errorf("%s: a pure package reads the clock (time.%s)", fset.Position(n.Pos()), n.Sel.Name)
		}
	}
	return true
}

func list(t *testing.T) (pkgs []pkg) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}
