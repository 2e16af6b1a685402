// Package concordance carries counts from the boundaries of one day to those of another.
//
// It chains the changes of a registry: a share of an area that went on through several changes is the product of the shares
// on its way, and shares that meet in one area add up. Forward a share is part of the area that was, backward part of the
// area that came. A chain takes a merged area to be mixed: after it, all origins have the same shares in its parts.
// All weights are exact fractions, so that a share that comes back to the whole is one again and not nearly one. What
// cannot be carried has a Reason and no number.
//
// The weights are those of areal interpolation with population as the ancillary variable (Goodchild and Lam 1980; Flowerdew
// and Green 1992). The results are compared with numpy and exact fractions (testdata/README.md).
package concordance

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/auyl-kz/auyl"
)

// Reason says why an area cannot be carried. Empty: it can.
type Reason string

// Reasons, as they stand in tables.
const (
	NoSuchArea   Reason = "no_such_area"  // the code names nothing on the day
	ShareUnknown Reason = "share_unknown" // parts of it changed hands and nobody says how much they are of it
	Ended        Reason = "ended"         // it ended, and no change says where it went
	NotYet       Reason = "not_yet"       // it had not begun, and no change says where it came from
	CountedAbove Reason = "counted_above" // what it became has it already by the area that it lay in
)

// Area is a code during the interval [From, To) in which it meant one place.
type Area struct {
	Code, Parent auyl.AreaCode // Parent is 0 where there is none
	From, To     auyl.Day
}

// Change says that on the day Effective the share Forward of From went to To, and that To has its share Back from From.
// A nil Back is not known; New finds it where From is all that To came from.
type Change struct {
	Effective     auyl.Day
	From, To      auyl.AreaCode
	Forward, Back *big.Rat
}

// Share is the part of an area that lies in another one. Weight is above 0, at most 1.
type Share struct {
	Code   auyl.AreaCode
	Weight *big.Rat
}

// Whole reports whether nothing was estimated: the weight is exactly 1.
func (s Share) Whole() bool { return s.Weight.Cmp(one()) == 0 }

// Table is a registry with its changes, chained. It is read-only and safe for concurrent use.
type Table struct {
	areas   []Area // sorted by code and time; areas that the registry does not know come last, without an end
	byCode  map[auyl.AreaCode][]int
	days    []auyl.Day // on which something changed, ascending
	forward map[auyl.Day]map[int][]edge
	back    map[auyl.Day]map[int][]edge
	blurred map[auyl.Day]map[int]bool // by day before and after: parts went or came, shares unknown
}

type edge struct {
	node  int
	share *big.Rat // nil: not known
}

func one() *big.Rat { return big.NewRat(1, 1) }

// New chains the changes. Shares of an area at one change add up to 1, and an area that a change takes from is in areas on
// the day before; what it goes to need not be: it is then outside the registry.
func New(areas []Area, changes []Change) (*Table, error) {
	t := &Table{
		areas: slices.Clone(areas), byCode: map[auyl.AreaCode][]int{},
		forward: map[auyl.Day]map[int][]edge{}, back: map[auyl.Day]map[int][]edge{}, blurred: map[auyl.Day]map[int]bool{},
	}
	slices.SortFunc(t.areas, func(a, b Area) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.From, b.From)) })
	for i, a := range t.areas {
		if same := t.byCode[a.Code]; len(same) > 0 && t.areas[same[len(same)-1]].To > a.From {
			return nil, fmt.Errorf("area %s: two meanings on %s", a.Code, a.From)
		}
		t.byCode[a.Code] = append(t.byCode[a.Code], i)
	}
	for _, c := range changes {
		if err := t.add(c); err != nil {
			return nil, fmt.Errorf("change of %s to %s on %s: %w", c.From, c.To, c.Effective, err)
		}
	}
	t.days = slices.Sorted(maps.Keys(t.forward))
	for _, day := range t.days {
		for from, edges := range t.forward[day] {
			sum := new(big.Rat)
			for _, e := range edges {
				sum.Add(sum, e.share)
			}
			if sum.Cmp(one()) != 0 {
				return nil, fmt.Errorf("area %s on %s: its shares add up to %s, want 1", t.areas[from].Code, day, sum.RatString())
			}
		}
		t.onlyOrigin(day)
	}
	for _, c := range changes {
		t.blur(c)
	}
	return t, nil
}

func (t *Table) add(c Change) error {
	if c.Forward == nil || c.Forward.Sign() <= 0 || c.Forward.Cmp(one()) > 0 {
		return errors.New("its share is not above 0 and at most 1")
	}
	from, ok := t.at(c.From, c.Effective-1)
	if !ok {
		return fmt.Errorf("%s names nothing on the day before", c.From)
	}
	to, ok := t.at(c.To, c.Effective)
	if !ok {
		to = len(t.areas)
		t.areas = append(t.areas, Area{Code: c.To, From: c.Effective, To: auyl.MaxDay})
		t.byCode[c.To] = append(t.byCode[c.To], to)
	}
	if t.forward[c.Effective] == nil {
		t.forward[c.Effective], t.back[c.Effective], t.blurred[c.Effective] = map[int][]edge{}, map[int][]edge{}, map[int]bool{}
	}
	t.forward[c.Effective][from] = append(t.forward[c.Effective][from], edge{to, c.Forward})
	t.back[c.Effective][to] = append(t.back[c.Effective][to], edge{from, c.Back})
	return nil
}

// onlyOrigin gives areas that came from one area alone, and are new or were that area, the share 1 of it.
func (t *Table) onlyOrigin(day auyl.Day) {
	for to, edges := range t.back[day] {
		if len(edges) == 1 && edges[0].share == nil && (t.areas[to].From == day || edges[0].node == to) {
			edges[0].share = one()
		}
	}
}

// blur marks the areas that held what moved, or hold it now, but not both, where no change of their own says by how much.
func (t *Table) blur(c Change) {
	before, after := t.above(c.From, c.Effective-1), t.above(c.To, c.Effective)
	for code, node := range before {
		if _, both := after[code]; !both && code != c.From && len(t.forward[c.Effective][node]) == 0 {
			t.blurred[c.Effective][node] = true
		}
	}
	for code, node := range after {
		if _, both := before[code]; !both && code != c.To && len(t.back[c.Effective][node]) == 0 {
			t.blurred[c.Effective][node] = true
		}
	}
}

// above returns the area and what it lies in on the day, by code. Of an area outside the registry it is what the digits say.
func (t *Table) above(code auyl.AreaCode, day auyl.Day) map[auyl.AreaCode]int {
	out := map[auyl.AreaCode]int{}
	for code != 0 {
		i, ok := t.at(code, day)
		if _, seen := out[code]; !ok || seen {
			break
		}
		out[code] = i
		if code = t.areas[i].Parent; code == 0 {
			for _, up := range []auyl.AreaCode{t.areas[i].Code.District(), t.areas[i].Code.Oblast(), auyl.CountryCode} {
				if j, ok := t.at(up, day); ok {
					out[up] = j
				}
			}
		}
	}
	return out
}

func (t *Table) at(code auyl.AreaCode, day auyl.Day) (int, bool) {
	for _, i := range t.byCode[code] {
		if t.areas[i].From <= day && day < t.areas[i].To {
			return i, true
		}
	}
	return 0, false
}

// Map says where the place that code names on one day lies on another, by code. A change on a day counts from that day on.
func (t *Table) Map(code auyl.AreaCode, on, target auyl.Day) ([]Share, Reason) {
	at, ok := t.at(code, on)
	if !ok {
		return nil, NoSuchArea
	}
	now := map[int]*big.Rat{at: one()}
	if target >= on {
		for _, day := range t.days {
			if day <= on || day > target {
				continue
			}
			var why Reason
			if now, why = t.step(now, t.forward[day], t.blurred[day], Ended, func(a Area) bool { return a.To > day }); why != "" {
				return nil, why
			}
		}
	} else {
		for _, day := range slices.Backward(t.days) {
			if day <= target || day > on {
				continue
			}
			var why Reason
			if now, why = t.step(now, t.back[day], t.blurred[day], NotYet, func(a Area) bool { return a.From < day }); why != "" {
				return nil, why
			}
		}
	}
	out := make([]Share, 0, len(now))
	for i, w := range now {
		if a := t.areas[i]; target < a.From {
			return nil, NotYet
		} else if target >= a.To {
			return nil, Ended
		}
		out = append(out, Share{t.areas[i].Code, w})
	}
	slices.SortFunc(out, func(a, b Share) int { return cmp.Compare(a.Code, b.Code) })
	return out, ""
}

// step carries shares over the changes of one day. stays reports whether an area that no change touches is there on the
// other side; gone is the reason where it is not.
func (t *Table) step(now map[int]*big.Rat, edges map[int][]edge, blurred map[int]bool, gone Reason, stays func(Area) bool) (map[int]*big.Rat, Reason) {
	next := make(map[int]*big.Rat, len(now))
	add := func(node int, w *big.Rat) {
		if next[node] == nil {
			next[node] = new(big.Rat)
		}
		next[node].Add(next[node], w)
	}
	for node, w := range now {
		switch to := edges[node]; {
		case blurred[node]:
			return nil, ShareUnknown
		case len(to) > 0:
			for _, e := range to {
				if e.share == nil {
					return nil, ShareUnknown
				}
				add(e.node, new(big.Rat).Mul(w, e.share))
			}
		case stays(t.areas[node]):
			add(node, w)
		default:
			return nil, gone
		}
	}
	return next, ""
}
