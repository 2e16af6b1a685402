package transform

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// ref is a name of a formula and where in time it is looked up.
type ref struct {
	name     string
	prev     int  // periods back
	years    int  // years back, which come first
	start    bool // of a stock: at the first day of the period
	ytd      bool // of a flow: from 1 January to the end of the period
	calendar byte // instead of a name: what the period itself says
}

// Facts of the calendar.
const (
	calendarDays     = 'd'
	calendarMonths   = 'm'
	calendarYearDays = 'y' // of the year in which the period ends
)

// maxShift bounds how far back a formula looks, in periods and in years.
const maxShift = 12

func (p *program) lookUp(at ref) {
	i := slices.Index(p.refs, at)
	if i < 0 {
		i = len(p.refs)
		p.refs = append(p.refs, at)
	}
	p.code = append(p.code, op{code: opName, index: int32(i)})
}

// callOf returns the name and the arguments of a call; some of our functions are
// built into the parser.
func callOf(n ast.Node) (string, []ast.Node) {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		return n.Name, n.Arguments
	case *ast.CallNode:
		name, _ := schemas.DottedName(n.Callee)
		return name, n.Arguments
	}
	return "", nil
}

// call appends the code of a function:
//
//	ytd(x)              of a flow: from 1 January to the end of the period
//	start(x)            of a stock: at the first day of the period
//	mean(x)             of a stock: half of start(x) + x
//	prev(e)             e one period earlier
//	prev_year(e)        e one year earlier
//	min(a, b) max(a, b)
//	days() months()     of the period
//	annual()            days of the year by days of the period
func (p *program) call(name string, args []ast.Node, at ref) error {
	want := map[string]int{"ytd": 1, "start": 1, "mean": 1, "prev": 1, "prev_year": 1, "min": 2, "max": 2, "days": 0, "months": 0, "annual": 0}
	n, ok := want[name]
	switch {
	case !ok:
		return fmt.Errorf("function %s is not known", name)
	case len(args) != n:
		return fmt.Errorf("%s takes %d arguments, found %d", name, n, len(args))
	}
	switch name {
	case "prev", "prev_year":
		if name == "prev" {
			at.prev++
		} else {
			at.years++
		}
		if at.prev > maxShift || at.years > maxShift {
			return fmt.Errorf("%s: further back than %d", name, maxShift)
		}
		return p.emit(args[0], at)
	case "min", "max":
		for _, a := range args {
			if err := p.emit(a, at); err != nil {
				return err
			}
		}
		p.code = append(p.code, op{code: map[string]opcode{"min": opMin, "max": opMax}[name]})
		return nil
	case "ytd", "start", "mean":
		if !isSeries(args[0]) {
			return fmt.Errorf("%s takes the name of a series, found %s", name, args[0])
		}
		from := at
		from.ytd, from.start = name == "ytd", name != "ytd"
		if err := p.emit(args[0], from); err != nil || name != "mean" {
			return err
		}
		if err := p.emit(args[0], at); err != nil {
			return err
		}
		p.code = append(p.code, op{code: opMean})
		return nil
	case "days":
		at.calendar = calendarDays
	case "months":
		at.calendar = calendarMonths
	case "annual":
		p.code = append(p.code, op{code: opConst, value: auyl.DecimalOne})
		p.annual(at)
		return nil
	}
	p.lookUp(at)
	return nil
}

// annual multiplies what is on the stack by annual().
func (p *program) annual(at ref) {
	at.calendar = calendarYearDays
	p.lookUp(at)
	at.calendar = calendarDays
	p.lookUp(at)
	p.code = append(p.code, op{code: opMulDiv})
}

func isAnnual(n ast.Node) bool {
	name, args := callOf(n)
	return name == "annual" && len(args) == 0
}

// isSeries reports whether a node is a name, possibly of an earlier period.
func isSeries(n ast.Node) bool {
	if name, args := callOf(n); (name == "prev" || name == "prev_year") && len(args) == 1 {
		return isSeries(args[0])
	}
	_, ok := schemas.DottedName(n)
	return ok
}

// plain refuses what a condition over attributes cannot know: periods.
func (p *program) plain() error {
	for _, r := range p.refs {
		if r != (ref{name: r.name}) {
			return errors.New("a condition over attributes knows no periods")
		}
	}
	return nil
}

// errCalendar says that a period has no such fact.
var errCalendar = errors.New("only years, half-years, quarters and months have months")

// at returns the period in which a ref is looked up; not ok where the year
// before has none of that name (29 February, a 53rd week).
func (r *ref) at(p auyl.Period) (auyl.Period, bool) {
	for range r.years {
		q, err := p.SamePeriodLastYear()
		if err != nil {
			return p, false
		}
		p = q
	}
	if r.back() > 0 {
		p = p.Shift(-r.back())
	}
	return p, true
}

// back is how many periods of the indicator a ref looks back. A stock at the
// first day of a period is that at the end of the one before.
func (r *ref) back() int {
	if r.start {
		return r.prev + 1
	}
	return r.prev
}

// from returns the period that looks up q: the inverse of at.
func (r *ref) from(q auyl.Period) (auyl.Period, bool) {
	q = q.Shift(r.back())
	for range r.years {
		y := q.Start().Time().Year()
		if q.Freq() == auyl.FreqWeek {
			y, _ = q.Start().Time().ISOWeek()
		}
		p, err := auyl.ParsePeriod(fmt.Sprintf("%04d%s", y+1, q.String()[4:]))
		if err != nil {
			return q, false
		}
		q = p
	}
	return q, true
}

// span is for how many days at most a ref looks back.
func (r *ref) span() auyl.Day { return auyl.Day(r.back()+r.years) * 371 } // a year of 53 weeks

// fact returns what a period says of the calendar.
func fact(kind byte, p auyl.Period) auyl.Decimal {
	switch kind {
	case calendarMonths:
		return auyl.Decimal(months(p.Freq())) * auyl.DecimalOne
	case calendarYearDays:
		y := auyl.NewPeriod(auyl.FreqYear, p.LastDay())
		return auyl.Decimal(y.End()-y.Start()) * auyl.DecimalOne
	default:
		return auyl.Decimal(p.End()-p.Start()) * auyl.DecimalOne
	}
}

// months returns the length of a frequency in months, 0 for weeks and days.
func months(f auyl.Freq) int {
	switch f {
	case auyl.FreqYear:
		return 12
	case auyl.FreqHalfYear:
		return 6
	case auyl.FreqQuarter:
		return 3
	case auyl.FreqMonth:
		return 1
	default:
		return 0
	}
}
