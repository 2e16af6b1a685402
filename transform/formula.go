package transform

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// program is an expression over named decimals, in postfix order. It is
// computed in exact decimals instead of by the expression library's own machine,
// which computes in floats: a sum of published figures must not gain a digit.
type program struct {
	refs  []ref // in the order of first use
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
	opMin
	opMax
	opMean   // of two, rounded half to even
	opMulDiv // a·b/c, rounded once
)

type op struct {
	code  opcode
	index int32
	value auyl.Decimal
}

// maxDepth bounds the stack of an evaluation.
const maxDepth = 16

// compile reads an expression: names, numbers, parentheses, + - *, comparisons
// with and, or, not, which give 1 or 0, and the functions of call. An empty text
// is an empty program.
func compile(text string) (program, error) {
	var p program
	if strings.TrimSpace(text) == "" {
		return p, nil
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return p, fmt.Errorf("formula %q: %w", text, err)
	}
	if err := p.emit(tree.Node, ref{}); err != nil {
		return p, fmt.Errorf("formula %q: %w", text, err)
	}
	depth := 0
	for _, o := range p.code {
		switch o.code {
		case opConst, opName:
			depth++
		case opNeg, opNot:
		case opMulDiv:
			depth -= 2
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

// emit appends the code of a node whose names are looked up as at says.
func (p *program) emit(n ast.Node, at ref) error {
	switch n := n.(type) {
	case *ast.IntegerNode:
		d, err := auyl.ParseDecimal(fmt.Sprint(n.Value))
		p.code = append(p.code, op{code: opConst, value: d})
		return err
	case *ast.FloatNode:
		d, err := auyl.DecimalOf(n.Value)
		if err == nil && d.Float64() != n.Value {
			err = fmt.Errorf("%v has more than four decimals", n.Value)
		}
		p.code = append(p.code, op{code: opConst, value: d})
		return err
	case *ast.BoolNode:
		p.code = append(p.code, op{code: opConst, value: truth(n.Value)})
		return nil
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		name, ok := schemas.DottedName(n)
		if !ok {
			return fmt.Errorf("%s is not the name of a series", n)
		}
		at.name = name
		p.lookUp(at)
		return nil
	case *ast.CallNode, *ast.BuiltinNode:
		name, args := callOf(n)
		return p.call(name, args, at)
	case *ast.UnaryNode:
		if err := p.emit(n.Node, at); err != nil {
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
			// Annualized exactly: multiplied and divided before it is rounded.
			if isAnnual(left) {
				left, right = right, left
			}
			if isAnnual(right) {
				if err := p.emit(left, at); err != nil {
					return err
				}
				p.annual(at)
				return nil
			}
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
		if err := p.emit(left, at); err != nil {
			return err
		}
		if err := p.emit(right, at); err != nil {
			return err
		}
		p.code = append(p.code, op{code: code})
		return nil
	}
	return fmt.Errorf("%s is not supported", n)
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
		case opMulDiv:
			r, ok := mulDiv(stack[n-3], stack[n-2], stack[n-1])
			if !ok {
				return 0, false
			}
			n -= 2
			stack[n-1] = r
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
			if r, ok = mulDiv(a, b, auyl.DecimalOne); !ok {
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
		case opMin:
			r = min(a, b)
		case opMax:
			r = max(a, b)
		case opMean:
			r, err = mean(a, b)
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

// mulDiv returns a·b/c for a c above 0, rounded half to even; not ok out of range.
func mulDiv(a, b, c auyl.Decimal) (auyl.Decimal, bool) {
	abs := func(d auyl.Decimal) uint64 {
		if d < 0 {
			return -uint64(d)
		}
		return uint64(d)
	}
	hi, lo := bits.Mul64(abs(a), abs(b))
	by := abs(c)
	if hi >= by {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, by)
	if r > by-r || r == by-r && q&1 == 1 {
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

// mean returns (a+b)/2, rounded half to even.
func mean(a, b auyl.Decimal) (auyl.Decimal, error) {
	s, err := a.Add(b)
	if err != nil {
		return 0, err
	}
	half := s >> 1 // towards minus infinity
	if s&1 == 1 && half&1 == 1 {
		half++
	}
	return half, nil
}
