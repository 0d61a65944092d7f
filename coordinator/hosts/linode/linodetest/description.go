package linodetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// A document is Linode's description of its API. A nil one holds nothing against anything.
type document struct{ *openapi3.T }

// Dir is where Linode's description of its API and what was recorded of it would be: LOADCTL_LINODE_SPEC_DIR, or beside
// the repository.
func Dir() string {
	if dir := os.Getenv("LOADCTL_LINODE_SPEC_DIR"); dir != "" {
		return dir
	}
	root, _ := os.Getwd()
	for up := root; ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(up), "shared", "linode-openapi")
		}
		if up == filepath.Dir(up) {
			return filepath.Join(root, "..", "shared", "linode-openapi")
		}
	}
}

// once reads the document a single time for all simulators of a process, as that takes a while. It never changes.
var once = sync.OnceValues(func() (*document, error) {
	// Linode writes times without a zone.
	openapi3.DefineStringFormatValidator("date-time", openapi3.NewRegexpFormatValidator(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`))
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(Dir(), "corrected-4.189.0.json"))
	if err != nil {
		return nil, err
	}
	return &document{doc}, (&document{doc}).amend()
})

// amend adds what the document, which is of 2024, lacks and nothing recorded has shown: a backend in a VPC that is
// made together with its NodeBalancer. The path for a single node has it.
func (d *document) amend() error {
	body := d.operation(http.MethodPost, "/v4/nodebalancers").RequestBody.Value.Content["application/json"].Schema.Value
	nodes := body.Properties["configs"].Value.Items.Value.Properties["nodes"].Value.Items.Value
	if nodes.Properties == nil {
		return fmt.Errorf("the description of POST /nodebalancers has no nodes")
	}
	nodes.Properties["subnet_id"] = openapi3.NewSchemaRef("", openapi3.NewIntegerSchema())
	return nil
}

func describe(t testing.TB) *document {
	t.Helper()
	path := filepath.Join(Dir(), "corrected-4.189.0.json")
	if _, err := os.Stat(path); err != nil {
		t.Logf("nothing is held against Linode's description of its API, as it is not here (LOADCTL_LINODE_SPEC_DIR): %v", err)
		return nil
	}
	d, err := once()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return d
}

// operation is nil where the document has none. Of two templates the one with fewer variables is meant.
func (d *document) operation(method, path string) *openapi3.Operation {
	var best *openapi3.Operation
	fewest := -1
	for template, item := range d.Paths.Map() {
		op := item.GetOperation(method)
		if n, ok := matches(template, path); ok && op != nil && (fewest < 0 || n < fewest) {
			best, fewest = op, n
		}
	}
	return best
}

// matches counts the variables of a template that a path fits.
func matches(template, path string) (variables int, ok bool) {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return 0, false
	}
	for i := range want {
		switch {
		case strings.HasPrefix(want[i], "{"):
			variables++
		case want[i] != have[i]:
			return 0, false
		}
	}
	return variables, true
}

func (d *document) request(req *http.Request, body []byte) error {
	if d == nil {
		return nil
	}
	op := d.operation(req.Method, req.URL.EscapedPath())
	if op == nil {
		return fmt.Errorf("there is no such operation")
	}
	for _, p := range op.Parameters {
		if err := parameter(p.Value, req); err != nil {
			return err
		}
	}
	if len(body) == 0 || op.RequestBody == nil {
		if op.RequestBody != nil && op.RequestBody.Value.Required {
			return fmt.Errorf("it has no body")
		}
		return nil
	}
	if got := req.Header.Get("Content-Type"); got != "application/json" {
		return fmt.Errorf("the Content-Type is %q", got)
	}
	return fits(op.RequestBody.Value.Content, body, openapi3.VisitAsRequest())
}

func parameter(p *openapi3.Parameter, req *http.Request) error {
	text := req.URL.Query().Get(p.Name)
	if p.In != openapi3.ParameterInQuery || text == "" || p.Schema == nil {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%s is %q", p.Name, text)
	}
	if err := p.Schema.Value.VisitJSON(n); err != nil {
		return fmt.Errorf("%s: %s", p.Name, brief(err))
	}
	return nil
}

func (d *document) response(req *http.Request, a answer) error {
	if d == nil {
		return nil
	}
	op := d.operation(req.Method, req.URL.EscapedPath())
	if op == nil {
		return fmt.Errorf("there is no such operation")
	}
	ref := cmp.Or(op.Responses.Status(a.status), op.Responses.Default())
	if ref == nil && a.status >= 400 {
		return nil // some operations describe good answers only
	}
	if ref == nil {
		return fmt.Errorf("there is no answer %d", a.status)
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		return err
	}
	return fits(ref.Value.Content, body, openapi3.VisitAsResponse())
}

func fits(content openapi3.Content, body []byte, as openapi3.SchemaValidationOption) error {
	media := content["application/json"]
	if media == nil || media.Schema == nil {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	if err := media.Schema.Value.VisitJSON(value, as, openapi3.MultiErrors()); err != nil {
		return fmt.Errorf("%s in %s", brief(err), body)
	}
	return nil
}

// brief is where and what, without the whole schema.
func brief(err error) string {
	var many openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case errors.As(err, &many):
		var all []string
		for _, e := range many {
			all = append(all, brief(e))
		}
		return strings.Join(all, "; ")
	case errors.As(err, &one):
		return fmt.Sprintf("/%s: %s", strings.Join(one.JSONPointer(), "/"), one.Reason)
	}
	return err.Error()
}
