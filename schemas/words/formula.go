// Package words writes the catalogue as a person reads it, in Kazakh, Russian or
// English: formulas with the names of their series, and a page of all indicators.
// It computes nothing.
package words

import (
	"fmt"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// Lang is a language of the catalogue.
type Lang string

// The languages of the catalogue.
const (
	Kazakh  Lang = "kk"
	Russian Lang = "ru"
	English Lang = "en"
)

// Of returns the name in the language.
func (l Lang) Of(n schemas.Names) string {
	switch l {
	case Kazakh:
		return n.KK
	case Russian:
		return n.RU
	case English:
	}
	return n.EN
}

// pick returns the text in the language.
func (l Lang) pick(kk, ru, en string) string { return l.Of(schemas.Names{KK: kk, RU: ru, EN: en}) }

// Formula writes the whole formula of an indicator with the names of what it uses:
// 100 × «Active SMEs» / «Registered SMEs».
func Formula(c *schemas.Catalogue, ind *schemas.Indicator, l Lang) string {
	s := part(c, ind.Numerator, ind.NumeratorDims, l)
	if ind.Rollup == "quantile" {
		s = fmt.Sprintf(l.pick("%s мәндерінің %s-квантилі", "квантиль %[2]s от значений %[1]s", "quantile %[2]s of the values of %[1]s"), s, number(ind.Quantile))
	}
	if ind.Denominator != "" {
		den := part(c, ind.Denominator, ind.DenominatorDims, l)
		s = group(s, ind.Numerator) + " / " + group(den, ind.Denominator)
	}
	if ind.Factor != 1 && ind.Factor != 0 {
		s = number(ind.Factor) + " × " + s
	}
	return s
}

// group puts what has an operator into brackets.
func group(words, formula string) string {
	tree, err := parser.Parse(formula)
	if err != nil {
		return words
	}
	if n, ok := tree.Node.(*ast.BinaryNode); ok && n.Operator != "*" {
		return "(" + words + ")"
	}
	return words
}

func part(c *schemas.Catalogue, formula string, dims auyl.Dims, l Lang) string {
	w := writer{c: c, l: l}
	tree, err := parser.Parse(formula)
	if err != nil {
		return formula // the catalogue was checked: it does not come to that
	}
	s := w.node(tree.Node, 0)
	if dims != "" {
		s += " [" + string(dims) + "]"
	}
	return s
}

// number writes a factor as people do: a long one is a fraction of which one is
// the numerator, such as seconds to minutes.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if inverse := 1 / f; len(s) > 8 && inverse == float64(int64(inverse)) {
		return "1/" + strconv.FormatInt(int64(inverse), 10)
	}
	return s
}

type writer struct {
	c *schemas.Catalogue
	l Lang
}

// node writes a part of a formula; within is how tightly the operator around it
// binds.
func (w writer) node(n ast.Node, within int) string {
	if name, ok := schemas.DottedName(n); ok {
		return w.name(name)
	}
	switch n := n.(type) {
	case *ast.BinaryNode:
		op, binds := w.operator(n.Operator)
		right := binds
		if n.Operator == "-" {
			right++ // a - (b - c)
		}
		s := w.node(n.Left, binds) + " " + op + " " + w.node(n.Right, right)
		if binds < within {
			s = "(" + s + ")"
		}
		return s
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return fmt.Sprintf(w.l.pick("(%s) емес", "не (%s)", "not (%s)"), w.node(n.Node, 0))
		}
		return "−" + w.node(n.Node, 9)
	case *ast.CallNode:
		name, _ := schemas.DottedName(n.Callee)
		return w.call(name, n.Arguments)
	case *ast.BuiltinNode:
		return w.call(n.Name, n.Arguments)
	}
	return n.String()
}

func (w writer) operator(op string) (text string, binds int) {
	switch op {
	case "or", "||":
		return w.l.pick("немесе", "или", "or"), 1
	case "and", "&&":
		return w.l.pick("және", "и", "and"), 2
	case "<=":
		return "≤", 3
	case ">=":
		return "≥", 3
	case "==":
		return "=", 3
	case "!=":
		return "≠", 3
	case "+":
		return op, 4
	case "-":
		return "−", 4
	case "*":
		return "×", 5
	}
	return op, 3
}

func (w writer) name(id string) string {
	if s := w.c.SeriesOf(auyl.SeriesID(id)); s != nil {
		return "«" + w.l.Of(s.Names) + "»"
	}
	if p := w.c.Parameter(id); p != nil {
		return "«" + w.l.Of(p.Names) + "»"
	}
	return id
}

func (w writer) call(name string, args []ast.Node) string {
	in := make([]any, len(args))
	for i, a := range args {
		in[i] = w.node(a, 0)
	}
	var kk, ru, en string
	switch name {
	case "ytd":
		kk, ru, en = "%s (1 қаңтардан бастап)", "%s (с 1 января)", "%s (since 1 January)"
	case "start":
		kk, ru, en = "%s (кезең басында)", "%s (на начало периода)", "%s (at the start of the period)"
	case "mean":
		kk, ru, en = "%s (кезең басы мен соңының орташасы)", "%s (среднее начала и конца периода)", "%s (mean of start and end of the period)"
	case "prev":
		kk, ru, en = "%s (алдыңғы кезеңде)", "%s (в предыдущем периоде)", "%s (in the period before)"
	case "prev_year":
		kk, ru, en = "%s (бір жыл бұрын)", "%s (год назад)", "%s (a year before)"
	case "max":
		kk, ru, en = "үлкені (%s; %s)", "большее из (%s; %s)", "the larger of (%s; %s)"
	case "min":
		kk, ru, en = "кішісі (%s; %s)", "меньшее из (%s; %s)", "the smaller of (%s; %s)"
	case "days":
		kk, ru, en = "кезеңдегі күндер саны", "число дней периода", "days of the period"
	case "months":
		kk, ru, en = "кезеңдегі айлар саны", "число месяцев периода", "months of the period"
	case "annual":
		kk, ru, en = "(жылдағы күндер / кезеңдегі күндер)", "(дней в году / дней в периоде)", "(days of the year / days of the period)"
	default:
		return fmt.Sprint(append([]any{name}, in...)...)
	}
	return fmt.Sprintf(w.l.pick(kk, ru, en), in...)
}
