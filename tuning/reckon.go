package tuning

import (
	"go/ast"
	"go/token"
	"math"
	"strconv"

	"github.com/loadctl/loadctl/scenarios/document"
)

// of is what the formula gives: a float64, a string or a bool.
func (f *Formula) of(values map[string]any) any { return give(f.root, values) }

// number is what a formula of numbers gives. It is NaN or infinite where that is no number, such as 1 / 0.
func (f *Formula) number(values map[string]any) float64 {
	v, _ := f.of(values).(float64)
	return v
}

func give(e ast.Expr, values map[string]any) any {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return give(e.X, values)
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
		v, _ := document.Number(e.Value)
		return v
	case *ast.Ident:
		return values[e.Name]
	case *ast.UnaryExpr:
		return negate(e.Op, give(e.X, values))
	case *ast.BinaryExpr:
		return join(e.Op, give(e.X, values), give(e.Y, values))
	case *ast.CallExpr:
		return called(e, values)
	}
	return nil
}

func negate(op token.Token, v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		if op == token.SUB {
			return -v
		}
	}
	return v
}

func join(op token.Token, left, right any) any {
	switch a := left.(type) {
	case float64:
		if b, ok := right.(float64); ok {
			return reckon(op, a, b)
		}
	case string:
		return (left == right) == (op == token.EQL)
	case bool:
		b, _ := right.(bool)
		return map[bool]bool{true: a && b, false: a || b}[op == token.LAND]
	}
	return false
}

func reckon(op token.Token, a, b float64) any {
	switch op {
	case token.ADD:
		return a + b
	case token.SUB:
		return a - b
	case token.MUL:
		return a * b
	case token.QUO:
		return a / b
	case token.LSS:
		return a < b
	case token.LEQ:
		return a <= b
	case token.GTR:
		return a > b
	case token.GEQ:
		return a >= b
	case token.EQL:
		return a == b
	}
	return a != b
}

func called(e *ast.CallExpr, values map[string]any) any {
	name, _ := e.Fun.(*ast.Ident)
	all := make([]float64, len(e.Args))
	for i, arg := range e.Args {
		all[i], _ = give(arg, values).(float64)
	}
	one := all[0]
	switch name.Name {
	case "ceil":
		return math.Ceil(one)
	case "floor":
		return math.Floor(one)
	case "sqrt":
		return math.Sqrt(one)
	}
	for _, v := range all[1:] {
		if (v < one) == (name.Name == "min") {
			one = v
		}
	}
	return one
}
