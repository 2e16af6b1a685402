package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/auyl-kz/auyl"
)

var errOperator = errors.New("only + - *, comparisons with and, or, not, and the functions of docs/indicators-language.md are understood; a ratio has a denominator of its own")

// formula is what an expression uses.
type formula struct {
	used   []used
	faults []formulaFault
}

// used is one place of a name, or of a function that takes none.
type used struct {
	name     string
	function string // that takes the name: ytd, start, mean; or days, months, annual
	at       int    // characters before it
}

// formulaFault is a fault of an expression, at so many characters.
type formulaFault struct {
	at      int
	message string
}

func (f *formula) bad(n ast.Node, format string, args ...any) {
	f.faults = append(f.faults, formulaFault{n.Location().From, fmt.Sprintf(format, args...)})
}

// names returns the names that are used, in the order of first use.
func (f *formula) names() []string {
	var out []string
	for _, u := range f.used {
		if u.name != "" && !slices.Contains(out, u.name) {
			out = append(out, u.name)
		}
	}
	return out
}

// err returns the first fault, of a text that is no formula over series.
func (f *formula) err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return errors.New(f.faults[0].message)
}

// functionArgs are the functions of formulas and how many arguments they take.
func functionArgs() map[string]int {
	return map[string]int{"ytd": 1, "start": 1, "mean": 1, "prev": 1, "prev_year": 1, "max": 2, "min": 2, "days": 0, "months": 0, "annual": 0}
}

// parseFormula reads an expression with the functions of formulas; a condition
// over the attributes of events has min and max alone.
func parseFormula(text string, condition bool) *formula {
	f := &formula{}
	if strings.TrimSpace(text) == "" {
		return f
	}
	tree, err := parser.Parse(text)
	if err != nil {
		f.faults = append(f.faults, formulaFault{message: "not an expression: " + strings.SplitN(err.Error(), "\n", 2)[0]})
		return f
	}
	known := functionArgs()
	if condition {
		known = map[string]int{"max": 2, "min": 2}
	}
	f.walk(tree.Node, known)
	return f
}

func (f *formula) walk(n ast.Node, known map[string]int) {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		name, ok := DottedName(n)
		if !ok {
			f.bad(n, "%s: %v", n, errOperator)
			return
		}
		f.used = append(f.used, used{name: name, at: n.Location().From})
	case *ast.BinaryNode:
		switch n.Operator {
		case "+", "-", "*", "<", "<=", ">", ">=", "==", "!=", "and", "or", "&&", "||":
		default:
			f.bad(n, "operator %s: %v", n.Operator, errOperator)
		}
		f.walk(n.Left, known)
		f.walk(n.Right, known)
	case *ast.UnaryNode:
		f.walk(n.Node, known)
	case *ast.CallNode:
		name, ok := DottedName(n.Callee)
		if !ok {
			f.bad(n, "%s: %v", n, errOperator)
			return
		}
		f.call(n, name, n.Arguments, known)
	case *ast.BuiltinNode:
		f.call(n, n.Name, n.Arguments, known)
	case *ast.FloatNode:
		if d, err := auyl.DecimalOf(n.Value); err != nil || d.Float64() != n.Value {
			f.bad(n, "%v has more than four decimals", n.Value)
		}
	case *ast.IntegerNode, *ast.BoolNode:
	default:
		f.bad(n, "%s: %v", n, errOperator)
	}
}

func (f *formula) call(n ast.Node, name string, args []ast.Node, known map[string]int) {
	want, ok := known[name]
	if !ok {
		list := make([]string, 0, len(known))
		for k := range known {
			list = append(list, k)
		}
		slices.Sort(list)
		f.bad(n, "unknown function %q%s", name, didYouMean(name, list))
		return
	}
	if len(args) != want {
		f.bad(n, "%s takes %s, found %d", name, map[int]string{0: "no argument", 1: "one argument", 2: "two arguments"}[want], len(args))
		return
	}
	from := len(f.used)
	for _, a := range args {
		f.walk(a, known)
	}
	switch name {
	case "days", "months", "annual":
		f.used = append(f.used, used{function: name, at: n.Location().From})
	case "ytd", "start", "mean":
		if !isSeriesNode(args[0]) {
			f.bad(args[0], "%s takes the name of a series, found %s", name, args[0])
			return
		}
		for i := from; i < len(f.used); i++ {
			f.used[i].function = name
		}
	}
}

// isSeriesNode reports whether a node is a name, possibly of an earlier period.
func isSeriesNode(n ast.Node) bool {
	if c, ok := n.(*ast.CallNode); ok && len(c.Arguments) == 1 {
		if name, _ := DottedName(c.Callee); name == "prev" || name == "prev_year" {
			return isSeriesNode(c.Arguments[0])
		}
	}
	_, ok := DottedName(n)
	return ok
}

// DottedName returns the name that a node of a formula is, with its dots, which the
// parser reads as members; not ok for anything else.
func DottedName(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.ChainNode:
		return DottedName(n.Node)
	case *ast.MemberNode:
		head, ok := DottedName(n.Node)
		tail, isName := n.Property.(*ast.StringNode)
		if ok && isName {
			return head + "." + tail.Value, true
		}
	}
	return "", false
}

// monthsOf returns the length of a frequency in months, 0 for weeks and days.
func monthsOf(f auyl.Freq) int {
	return map[auyl.Freq]int{auyl.FreqYear: 12, auyl.FreqHalfYear: 6, auyl.FreqQuarter: 3, auyl.FreqMonth: 1}[f]
}

// misuse says why an indicator of a frequency cannot use a series in a function;
// "" where it can.
func (s *Series) misuse(function string, freq auyl.Freq) string {
	switch {
	case (function == "start" || function == "mean") && s.Kind != "stock":
		return fmt.Sprintf("%s is of stocks, series %s is a %s", function, s.ID, s.Kind)
	case (function == "start" || function == "mean") && freq == auyl.FreqDay:
		return function + " of an indicator by day: a day has no start of its own"
	case function == "ytd" && s.Kind != "flow":
		return fmt.Sprintf("ytd is of flows, series %s is a %s", s.ID, s.Kind)
	case function == "ytd" && monthsOf(freq) == 0:
		return fmt.Sprintf("ytd wants an indicator by A, S, Q or M, not %s", freq)
	case s.Kind == "stock":
		return ""
	}
	freqs := s.Freqs
	if s.Event != nil {
		freqs = []auyl.Freq{s.Event.Window}
	}
	if slices.Contains(freqs, freq) {
		return ""
	}
	finer := func(g auyl.Freq) bool { return monthsOf(g) > 0 && monthsOf(g) < monthsOf(freq) }
	if s.Kind == "flow" && slices.ContainsFunc(freqs, finer) {
		return ""
	}
	why := ""
	if s.Kind == "rate" && slices.ContainsFunc(freqs, finer) {
		why = ": rates are not added up"
	}
	return fmt.Sprintf("series %s has frequency %v, the indicator %s%s", s.ID, freqs, freq, why)
}

// checkFormula holds a formula of an indicator to the catalogue and adds the
// series that it uses.
func (c *Catalogue) checkFormula(ind *Indicator, text string, inputs map[auyl.SeriesID]bool, bad func(at int, format string, args ...any)) {
	f := parseFormula(text, false)
	values := false
	for _, n := range f.names() {
		if s := c.SeriesOf(auyl.SeriesID(n)); s != nil && s.Event != nil {
			_, ok := s.Event.Values()
			values = values || ok
		}
	}
	switch quantile := ind.Rollup == "quantile"; {
	case values && !quantile:
		bad(0, "a series of values(attribute) wants rollup quantile")
	case text != "" && quantile && (!values || len(f.used) != 1 || strings.TrimSpace(text) != f.used[0].name):
		bad(0, "rollup quantile is of one series of values(attribute)")
	}
	for _, x := range f.faults {
		bad(x.at, "formula %q: %s", text, x.message)
	}
	for _, u := range f.used {
		if u.name == "" {
			if u.function == "months" && monthsOf(ind.Freq) == 0 {
				bad(u.at, "months() wants an indicator by A, S, Q or M, not %s", ind.Freq)
			}
			continue
		}
		s := c.SeriesOf(auyl.SeriesID(u.name))
		switch {
		case s != nil:
			inputs[s.ID] = true
			if m := s.misuse(u.function, ind.Freq); m != "" {
				bad(u.at, "%s", m)
			}
		case c.Parameter(u.name) != nil:
			if u.function != "" {
				bad(u.at, "%s is of series, %s is a parameter", u.function, u.name)
			}
		default:
			bad(u.at, "unknown series %q%s", u.name, c.nearestSeries(u.name))
		}
	}
}

// Values returns the attribute of which all values are kept; not ok for a rule
// that counts or sums.
func (e *EventRule) Values() (attribute string, ok bool) {
	name, ok := strings.CutPrefix(e.Measure, "values(")
	if !ok || !strings.HasSuffix(name, ")") {
		return "", false
	}
	name = strings.TrimSuffix(name, ")")
	if _, err := auyl.ParseIndicatorID(name); err != nil {
		return "", false
	}
	return name, true
}
