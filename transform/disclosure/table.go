package disclosure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Table is cells that are not negative and the relations between them. That is
// all a reader knows: the relations, what is published, and Known.
type Table struct {
	Values    []float64
	Fixed     []bool     // cells that may not be hidden; nil for none
	Relations []Relation // each is zero when summed up
}

// Relation is a sum of coefficients times cells that is zero.
type Relation []Term

// Term is one cell of a relation.
type Term struct {
	Cell int
	Coef float64
}

// Interval is bounds, both included. The zero value is the point zero.
type Interval struct{ Low, High float64 }

// Known is what a reader knows of a hidden cell besides: its own figure, or what
// a mark of the cell tells.
type Known struct {
	Cell int
	Interval
}

// Need is what must stay possible of a hidden cell: all of an interval, and at
// least a width.
type Need struct {
	Cell  int
	Width float64
	Interval
}

// ErrUnprotected says that no pattern meets the needs: what would have to be
// hidden is fixed.
var ErrUnprotected = errors.New("no pattern of hidden cells protects the table")

// Bounds returns what a reader can compute of each cell if the hidden ones are
// not published: a published one lies between itself and itself. Errors: the
// table contradicts itself, or what is known contradicts it.
func (t *Table) Bounds(hidden []bool, known ...Known) ([]Interval, error) {
	out := make([]Interval, len(t.Values))
	var all []int
	for c, v := range t.Values {
		out[c] = Interval{v, v}
		if hidden[c] {
			all = append(all, c)
		}
	}
	p, low, err := t.reader(hidden, known)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if out[c], err = p.bounds(low[c], hiddenBefore(hidden, c)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func hiddenBefore(hidden []bool, c int) int {
	n := 0
	for _, h := range hidden[:c] {
		if h {
			n++
		}
	}
	return n
}

// bounds returns the bounds of an unknown that was shifted down by low.
func (p *program) bounds(low float64, x int) (Interval, error) {
	c := make([]float64, p.n)
	c[x] = 1
	b := Interval{Low: p.minimize(c) + low}
	c[x] = -1
	b.High = -p.minimize(c) + low
	if math.IsNaN(b.Low) || math.IsNaN(b.High) {
		return b, errors.New("bounds: not a number")
	}
	return b, nil
}

// reader is the program of a reader: unknowns are the hidden cells, in order,
// above the least that is known of each.
func (t *Table) reader(hidden []bool, known []Known) (*program, []float64, error) {
	low := make([]float64, len(t.Values))
	index := make([]int, len(t.Values))
	n := 0
	for c, h := range hidden {
		index[c] = -1
		if h {
			index[c] = n
			n++
		}
	}
	var tops []Known
	for _, k := range known {
		if !hidden[k.Cell] {
			continue
		}
		low[k.Cell] = max(low[k.Cell], k.Low)
		if !math.IsInf(k.High, 1) {
			tops = append(tops, k)
		}
	}
	width := n + len(tops)
	var rows [][]float64
	for _, rel := range t.Relations {
		row := make([]float64, width+1)
		some := false
		for _, x := range rel {
			if i := index[x.Cell]; i >= 0 {
				row[i] += x.Coef
				row[width] -= x.Coef * low[x.Cell]
				some = true
			} else {
				row[width] -= x.Coef * t.Values[x.Cell]
			}
		}
		if some {
			rows = append(rows, row)
		}
	}
	for i, k := range tops {
		row := make([]float64, width+1)
		row[index[k.Cell]], row[n+i], row[width] = 1, 1, k.High-low[k.Cell]
		rows = append(rows, row)
	}
	p, err := newProgram(width, rows)
	if err != nil {
		return nil, nil, fmt.Errorf("audit: %w", err)
	}
	return p, low, nil
}

// Failing returns the needs that a pattern does not meet, in their order: cells
// that are published, and hidden ones of which too much can be computed.
func (t *Table) Failing(hidden []bool, needs []Need, known ...Known) ([]Need, error) {
	b, err := t.Bounds(hidden, known...)
	if err != nil {
		return nil, err
	}
	var out []Need
	for _, n := range needs {
		if !hidden[n.Cell] || !n.met(b[n.Cell]) {
			out = append(out, n)
		}
	}
	return out, nil
}

// met compares with a tolerance: bounds come out of divisions.
func (n Need) met(b Interval) bool {
	tol := 1e-9 * max(1, math.Abs(n.High), n.Width)
	if n.Width > 0 && b.High-b.Low < n.Width-tol {
		return false
	}
	return n.Interval == Interval{} || b.Low <= n.Low+tol && b.High >= n.High-tol
}

// Protect returns which cells to hide so that all needs are met. Each need is
// met by the cheapest change of the table that a reader cannot tell from the
// true one (Kelly, Golden and Assad 1992, Networks 22): what the change touches
// is hidden. Then whatever turns out not to be needed is shown again, the
// largest first. The pattern is safe; it need not be the cheapest. Errors:
// ErrUnprotected.
func (t *Table) Protect(needs []Need) ([]bool, error) {
	hidden := make([]bool, len(t.Values))
	for _, n := range needs {
		hidden[n.Cell] = true
		if t.fixed(n.Cell) {
			return nil, fmt.Errorf("cell %d: %w", n.Cell, ErrUnprotected)
		}
	}
	primary := slices.Clone(hidden)
	for _, n := range needs {
		v := t.Values[n.Cell]
		moves := []float64{n.High - v, n.Low - v}
		if n.Width > 0 {
			moves = append(moves, n.Width)
		}
		for _, by := range moves {
			if by == 0 || n.Interval == (Interval{}) && by != n.Width {
				continue
			}
			if err := t.move(hidden, n.Cell, by); err != nil {
				return nil, err
			}
		}
	}
	var extra []int
	for c := range hidden {
		if hidden[c] && !primary[c] {
			extra = append(extra, c)
		}
	}
	slices.SortStableFunc(extra, func(a, b int) int { return cmp.Compare(t.Values[b], t.Values[a]) })
	for _, c := range extra {
		hidden[c] = false
		if f, err := t.Failing(hidden, needs); err != nil || len(f) > 0 {
			hidden[c] = true
		}
	}
	return hidden, nil
}

func (t *Table) fixed(c int) bool { return len(t.Fixed) > 0 && t.Fixed[c] }

// move hides what the cheapest change touches that moves a cell by an amount.
// Unknowns: of each cell up, down, and what is left of it when it went down.
func (t *Table) move(hidden []bool, cell int, by float64) error {
	n := len(t.Values)
	width := 3 * n
	var rows [][]float64
	for _, rel := range t.Relations {
		row := make([]float64, width+1)
		for _, x := range rel {
			switch {
			case x.Cell == cell:
				row[width] -= x.Coef * by
			case !t.fixed(x.Cell):
				row[x.Cell] += x.Coef
				row[n+x.Cell] -= x.Coef
			}
		}
		rows = append(rows, row)
	}
	cost := make([]float64, width)
	for c, v := range t.Values {
		row := make([]float64, width+1)
		row[n+c], row[2*n+c], row[width] = 1, 1, v
		rows = append(rows, row)
		if !hidden[c] {
			cost[c], cost[n+c] = v+1, v+1
		}
	}
	p, err := newProgram(width, rows)
	if err != nil {
		return fmt.Errorf("cell %d: %w", cell, ErrUnprotected)
	}
	p.minimize(cost)
	for c := range t.Values {
		if c != cell && !t.fixed(c) && p.value(c)+p.value(n+c) > 1e-7 {
			hidden[c] = true
		}
	}
	return nil
}
