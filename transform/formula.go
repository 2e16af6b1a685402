package transform

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	auyl "github.com/auyl-kz/auyl"
)

// program is an expression over named decimals, in postfix order. It is
// computed in exact decimals instead of by the expression library's own machine,
// which computes in floats: a sum of published figures must not gain a digit.
type program struct {
	names []string // in the order of first use
	code  []op
	depth int
}

type opcode uint8

const (
	opConst opcode = iota
	opName
	opNeg
	opNot
	opAdd
	opSub
	opMul
	opLess
	opLessEq
	opEqual
	opNotEqual
	opAnd
	opOr
)

type op struct {
	code  opcode
	index int32
	value auyl.Decimal
}

// maxDepth bounds the stack of an evaluation.
const maxDepth = 16

// compile reads an expression: names, numbers, parentheses, + - *, and, for
// conditions, comparisons with and, or, not. An empty text is an empty program.
func compile(text string) (program, error) {
	var p program
	if strings.TrimSpace(text) == "" {
		return p, nil
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return p, fmt.Errorf("formula %q: %w", text, err)
	}
	if err := p.emit(tree.Node); err != nil {
		return p, fmt.Errorf("formula %q: %w", text, err)
	}
	depth := 0
	for _, o := range p.code {
		switch o.code {
		case opConst, opName:
			depth++
		case opNeg, opNot:
		default:
			depth--
		}
		p.depth = max(p.depth, depth)
	}
	if p.depth > maxDepth {
		return p, fmt.Errorf("formula %q: nested deeper than %d", text, maxDepth)
	}
	return p, nil
}

func (p *program) emit(n ast.Node) error {
	switch n := n.(type) {
	case *ast.IntegerNode:
		d, err := auyl.ParseDecimal(fmt.Sprint(n.Value))
		p.code = append(p.code, op{code: opConst, value: d})
		return err
	case *ast.FloatNode:
		d, err := auyl.DecimalOf(n.Value)
		p.code = append(p.code, op{code: opConst, value: d})
		return err
	case *ast.BoolNode:
		p.code = append(p.code, op{code: opConst, value: truth(n.Value)})
		return nil
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		name, ok := dotted(n)
		if !ok {
			return fmt.Errorf("%s is not the name of a series", n)
		}
		i := slices.Index(p.names, name)
		if i < 0 {
			i = len(p.names)
			p.names = append(p.names, name)
		}
		p.code = append(p.code, op{code: opName, index: int32(i)})
		return nil
	case *ast.UnaryNode:
		if err := p.emit(n.Node); err != nil {
			return err
		}
		switch n.Operator {
		case "-":
			p.code = append(p.code, op{code: opNeg})
		case "+":
		case "not", "!":
			p.code = append(p.code, op{code: opNot})
		default:
			return fmt.Errorf("operator %s is not supported", n.Operator)
		}
		return nil
	case *ast.BinaryNode:
		left, right := n.Left, n.Right
		var code opcode
		switch n.Operator {
		case "+":
			code = opAdd
		case "-":
			code = opSub
		case "*":
			code = opMul
		case "<":
			code = opLess
		case "<=":
			code = opLessEq
		case ">":
			code, left, right = opLess, right, left
		case ">=":
			code, left, right = opLessEq, right, left
		case "==":
			code = opEqual
		case "!=":
			code = opNotEqual
		case "and", "&&":
			code = opAnd
		case "or", "||":
			code = opOr
		default:
			return fmt.Errorf("operator %s is not supported", n.Operator)
		}
		if err := p.emit(left); err != nil {
			return err
		}
		if err := p.emit(right); err != nil {
			return err
		}
		p.code = append(p.code, op{code: code})
		return nil
	}
	return fmt.Errorf("%s is not supported", n)
}

// dotted returns a name with dots, which the parser reads as members.
func dotted(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.ChainNode:
		return dotted(n.Node)
	case *ast.MemberNode:
		head, ok := dotted(n.Node)
		tail, isName := n.Property.(*ast.StringNode)
		if ok && isName {
			return head + "." + tail.Value, true
		}
	}
	return "", false
}

func truth(b bool) auyl.Decimal {
	if b {
		return auyl.DecimalOne
	}
	return 0
}

// eval computes the program. value returns the value of a name by its index;
// a name without a value, and a result out of range, make the whole not ok.
// Products are rounded to ten-thousandths, half to even.
//
//nolint:gosec // compiling bounds what a program puts on the stack
func (p *program) eval(value func(i int32) (auyl.Decimal, bool)) (auyl.Decimal, bool) {
	if len(p.code) == 1 && p.code[0].code == opName { // nearly all formulas
		return value(p.code[0].index)
	}
	var stack [maxDepth]auyl.Decimal
	n := 0
	for _, o := range p.code {
		switch o.code {
		case opConst:
			stack[n] = o.value
			n++
			continue
		case opName:
			v, ok := value(o.index)
			if !ok {
				return 0, false
			}
			stack[n] = v
			n++
			continue
		case opNeg:
			stack[n-1] = -stack[n-1]
			continue
		case opNot:
			stack[n-1] = truth(stack[n-1] == 0)
			continue
		default: // two operands: below
		}
		a, b := stack[n-2], stack[n-1]
		n--
		var r auyl.Decimal
		var err error
		switch o.code {
		case opAdd:
			r, err = a.Add(b)
		case opSub:
			r, err = a.Add(-b)
		case opMul:
			var ok bool
			if r, ok = multiply(a, b); !ok {
				return 0, false
			}
		case opLess:
			r = truth(a < b)
		case opLessEq:
			r = truth(a <= b)
		case opEqual:
			r = truth(a == b)
		case opNotEqual:
			r = truth(a != b)
		case opAnd:
			r = truth(a != 0 && b != 0)
		case opOr:
			r = truth(a != 0 || b != 0)
		default: // done above
		}
		if err != nil {
			return 0, false
		}
		stack[n-1] = r
	}
	if n != 1 {
		return 0, false
	}
	return stack[0], true
}

func multiply(a, b auyl.Decimal) (auyl.Decimal, bool) {
	abs := func(d auyl.Decimal) uint64 {
		if d < 0 {
			return -uint64(d)
		}
		return uint64(d)
	}
	hi, lo := bits.Mul64(abs(a), abs(b))
	one := uint64(auyl.DecimalOne)
	if hi >= one {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, one)
	if r > one/2 || r == one/2 && q&1 == 1 {
		q++
	}
	if q > 1<<63-1 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -auyl.Decimal(q), true
	}
	return auyl.Decimal(q), true
}
