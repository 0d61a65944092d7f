package tuning

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// A Formula is a little arithmetic over parameters. Its grammar is that of Go's
// expressions, of which it has names, numbers, "text", ( ), + − * /, comparisons, &&, ||, !
// and min(a, b, …), max(a, b, …), ceil(a), floor(a), sqrt(a). What it can be is known
// when the file is read, so that it never fails afterwards.
type Formula struct {
	Text string
	root ast.Expr
}

// A kind is of what a part of a formula gives.
type kind string

const (
	figure kind = "a number"
	words  kind = "text"
	truth  kind = "a comparison"
)

// longestFormula is more than anybody can read.
const longestFormula = 500

// formula reads one that must give a kind.
func (p *reading) formula(n *document.Node, what string, wanted kind) (Formula, bool) {
	if n = p.Present(n); n == nil {
		p.Wrong(n, "%s: is empty", what)
		return Formula{}, false
	}
	text, ok := p.Text(n, what)
	if !ok {
		return Formula{}, false
	}
	if len(text) > longestFormula {
		p.Wrong(n, "%s: has %d characters; at most %d are read", what, len(text), longestFormula)
		return Formula{}, false
	}
	root, err := parser.ParseExpr(text)
	if err != nil {
		p.badSyntax(n, what, text, err)
		return Formula{}, false
	}
	c := &checking{p: p, n: n, what: what}
	got := c.kind(root)
	if !c.wrong && got != wanted {
		c.at(root, "such as pool * workers <= 200", "must be %s, got %s", wanted, got)
	}
	return Formula{text, root}, !c.wrong
}

// badSyntax notes what Go's parser says first: the rest follows from it.
func (p *reading) badSyntax(n *document.Node, what, text string, err error) {
	var list scanner.ErrorList
	column, said := 1, err.Error()
	if errors.As(err, &list) && len(list) > 0 {
		column, said = list[0].Pos.Column, list[0].Msg
	}
	hint := ""
	for _, w := range [][2]string{{"and", "&&"}, {"or", "||"}, {"not", "!"}} {
		if strings.Contains(" "+text, " "+w[0]+" ") {
			hint = "write " + w[1] + " for " + w[0]
			break
		}
	}
	line, col := place(n, text, column-1)
	p.At(line, col, hint, "%s: %q cannot be read: %s", what, document.Shorten(text), said)
}

// place is where a byte of a value stands in the file, as far as that is plain.
func place(n *document.Node, text string, offset int) (line, col int) {
	line, col = max(n.Line, 1), max(n.Column, 1)
	if n.Style&^document.Quoted != 0 || offset < 0 || offset > len(text) {
		return line, col
	}
	if n.Style&document.Quoted != 0 {
		col++
	}
	return line, col + len([]rune(text[:offset]))
}

// A checking walks a formula before it is believed.
type checking struct {
	p     *reading
	n     *document.Node
	what  string
	wrong bool
}

func (c *checking) at(e ast.Node, hint, text string, args ...any) {
	c.wrong = true
	value := c.n.Value
	line, col := place(c.n, value, int(e.Pos())-1)
	c.p.At(line, col, hint, "%s: %s", c.what, fmt.Sprintf(text, args...))
}

// kind says what an expression gives, and notes what is wrong in it.
func (c *checking) kind(e ast.Expr) kind {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.kind(e.X)
	case *ast.BasicLit:
		return c.literal(e)
	case *ast.Ident:
		return c.name(e)
	case *ast.UnaryExpr:
		return c.unary(e)
	case *ast.BinaryExpr:
		return c.binary(e)
	case *ast.CallExpr:
		return c.call(e)
	}
	c.at(e, "", "there are names, numbers, + - * /, comparisons and && || here, nothing else")
	return figure
}

func (c *checking) literal(e *ast.BasicLit) kind {
	if e.Kind == token.STRING {
		if _, err := strconv.Unquote(e.Value); err == nil {
			return words
		}
	}
	if _, ok := document.Number(e.Value); !ok || e.Kind != token.INT && e.Kind != token.FLOAT {
		c.at(e, "", "%s is not a number", document.Shorten(e.Value))
	}
	return figure
}

func (c *checking) name(e *ast.Ident) kind {
	one := c.p.f.Param(e.Name)
	switch {
	case one != nil && one.Numeric:
		return figure
	case one != nil:
		return words
	}
	c.at(e, document.Ask(document.Closest(e.Name, c.p.names)), "unknown param %q", document.Shorten(e.Name))
	return figure
}

func (c *checking) unary(e *ast.UnaryExpr) kind {
	got := c.kind(e.X)
	want, known := map[token.Token]kind{token.SUB: figure, token.ADD: figure, token.NOT: truth}[e.Op]
	if !known || got != want {
		c.at(e, "", "%s cannot stand before %s", e.Op, got)
	}
	return want
}

func (c *checking) binary(e *ast.BinaryExpr) kind {
	before := c.wrong
	left, right := c.kind(e.X), c.kind(e.Y)
	gives := truth
	ok := left == right
	switch e.Op {
	case token.ADD, token.SUB, token.MUL, token.QUO:
		gives, ok = figure, ok && left == figure
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		ok = ok && left == figure
	case token.EQL, token.NEQ:
		ok = ok && left != truth
	case token.LAND, token.LOR:
		ok = ok && left == truth
	default:
		c.at(e, "", "there is no %s here", e.Op)
		return figure
	}
	if !ok && c.wrong == before {
		c.at(e, "", "%s cannot stand between %s and %s", e.Op, left, right)
	}
	return gives
}

// takes says what a function of formulas takes: one number, or some; "" = there is none of that name.
func takes(name string) string {
	switch name {
	case "min", "max":
		return "numbers"
	case "ceil", "floor", "sqrt":
		return "one number"
	}
	return ""
}

func (c *checking) call(e *ast.CallExpr) kind {
	name, ok := e.Fun.(*ast.Ident)
	if !ok {
		c.at(e, "", "this cannot be called")
		return figure
	}
	what := takes(name.Name)
	switch {
	case what == "":
		c.at(e, document.Ask(document.Closest(name.Name, []string{"min", "max", "ceil", "floor", "sqrt"})), "unknown function %q", document.Shorten(name.Name))
	case what == "one number" && len(e.Args) != 1 || len(e.Args) == 0 || e.Ellipsis.IsValid():
		c.at(e, "", "%s takes %s", name.Name, what)
	}
	for _, arg := range e.Args {
		if got := c.kind(arg); got != figure {
			c.at(arg, "", "%s takes numbers, got %s", name.Name, got)
		}
	}
	return figure
}
