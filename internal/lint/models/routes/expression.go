package routes

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// value is what a part of an expression is for Traefik. It compares an integer with an integer, never with a fraction.
type value string

const (
	integer   value = "an integer"
	fraction  value = "a fraction"
	text      value = "a text"
	condition value = "a condition"
	ofInteger value = "something that is an integer"
	ofFrac    value = "something that is a fraction"
	ofText    value = "something that is a text"
)

// word is a function of an expression.
type word struct {
	takes []value
	is    value
}

// The functions of the expressions of a circuitBreaker and of buffering (vulcand/oxy cbreaker/predicates.go and buffer/threshold.go).
var (
	circuitWords = map[string]word{
		"LatencyAtQuantileMS": {[]value{fraction}, ofInteger},
		"NetworkErrorRatio":   {nil, ofFrac},
		"ResponseCodeRatio":   {[]value{integer, integer, integer, integer}, ofFrac},
	}
	bufferingWords = map[string]word{
		"RequestMethod":  {nil, ofText},
		"IsNetworkError": {nil, condition},
		"Attempts":       {nil, ofInteger},
		"ResponseCode":   {nil, ofInteger},
	}
)

// wrongExpression is why Traefik cannot read an expression, as vulcand/predicate does; empty when it can.
func wrongExpression(in string, words map[string]word) string {
	e, err := parser.ParseExpr(in)
	if err != nil {
		return err.Error()
	}
	is, problem := evaluate(e, words)
	if problem == "" && is != condition {
		problem = string(is) + " is no condition"
	}
	return problem
}

func evaluate(e ast.Expr, words map[string]word) (value, string) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return evaluate(e.X, words)
	case *ast.BinaryExpr:
		x, problem := evaluate(e.X, words)
		if problem != "" {
			return "", problem
		}
		y, problem := evaluate(e.Y, words)
		if problem != "" {
			return "", problem
		}
		return joined(e.Op, x, y)
	}
	return argument(e, words)
}

func joined(op token.Token, x, y value) (value, string) {
	compared := map[value]value{ofInteger: integer, ofFrac: fraction, ofText: text}[x]
	switch op {
	case token.LAND, token.LOR:
		if x == condition && y == condition {
			return condition, ""
		}
		return "", fmt.Sprintf("%s joins %s and %s", op, x, y)
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		if compared == "" || compared != y || compared == text && op != token.EQL && op != token.NEQ {
			return "", fmt.Sprintf("%s compares %s with %s", op, x, y)
		}
		return condition, ""
	}
	return "", fmt.Sprintf("%s is not supported", op)
}

// argument is a call or a literal, with nothing around it.
func argument(e ast.Expr, words map[string]word) (value, string) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return literal(e)
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		if !ok {
			return "", "a name is expected before ("
		}
		w, ok := words[name.Name]
		if !ok {
			return "", "there is no function " + name.Name
		}
		if len(e.Args) != len(w.takes) {
			return "", fmt.Sprintf("%s has %d arguments, not %d", name.Name, len(w.takes), len(e.Args))
		}
		for i, a := range e.Args {
			if is, problem := argument(a, words); problem != "" || is != w.takes[i] {
				return "", fmt.Sprintf("argument %d of %s has to be %s", i+1, name.Name, w.takes[i])
			}
		}
		return w.is, ""
	}
	return "", "what is neither a call nor a value is not supported"
}

func literal(e *ast.BasicLit) (value, string) {
	var err error
	var is value
	switch e.Kind {
	case token.INT:
		is = integer
		_, err = strconv.Atoi(e.Value)
	case token.FLOAT:
		is = fraction
		_, err = strconv.ParseFloat(e.Value, 64)
	case token.STRING:
		is = text
		_, err = strconv.Unquote(e.Value)
	default:
		return "", e.Value + " is not supported"
	}
	if err != nil {
		return "", e.Value + " cannot be read"
	}
	return is, ""
}
