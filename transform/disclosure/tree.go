package disclosure

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Mark says whether a cell is shown, and if not, why.
type Mark byte

// The marks of a cell. A reader sees which it is, so that it counts as known: of
// a primary cell that it is below k, of a secondary one without parts that it is
// not. An area with parts is never primary where a part of it is: four small
// parts of a small area would all be one.
const (
	Open Mark = iota
	Primary
	Secondary
)

// Counts is one figure of each area of a tree: the persons behind its cell.
type Counts struct {
	Values []float64 // whole numbers below 2^53, exact
	There  []bool    // the area has the figure; nil if all have
}

func (c *Counts) there(i int) bool { return len(c.There) == 0 || c.There[i] }

// Tree is areas within areas, and the counts of their cells. The count of an
// area is that of its parts and a rest, which a reader is taken to know: it is
// zero where the area is the sum of its parts, and of an area that published a
// figure of its own who knows the rest is whoever did not report below.
type Tree struct {
	Parents []int32 // -1 of a root; parents come before their parts
	Tables  []Counts
	K       float64 // a count above zero and below K is of too few
	One     float64 // what one person counts; K is a multiple
}

// Protect marks the cells that are not shown: primary ones, and as many
// secondary ones as it takes, so that no more can be computed of a small count
// than if all were hidden that may be. Of one without parts, where all areas are
// sums, that is what its mark tells: it is from One to K - One.
//
// The marks are a function of the counts alone. Of several areas that would do
// the smallest is taken by orders of two and then by its place, so that a small
// change of a count changes no mark; an area above is taken after those beside.
func (t *Tree) Protect() []Mark {
	g := &guard{Tree: t, marks: make([]Mark, len(t.Parents))}
	if !g.primaries() {
		return g.marks
	}
	g.want()
	var taken []int
	for {
		table, cell := g.failing()
		if cell < 0 {
			break
		}
		victim := g.victim(table, cell)
		if victim < 0 {
			break // not reached: with all hidden there is no more to want
		}
		g.marks[victim] = Secondary
		taken = append(taken, victim)
	}
	for _, c := range slices.Backward(taken) {
		g.marks[c] = Open
		if _, cell := g.failing(); cell >= 0 {
			g.marks[c] = Secondary
		}
	}
	return g.marks
}

// Bounds returns what a reader can compute of each count of a table if areas are
// marked so, and of each what its mark alone tells. Of an area without the figure
// both are the point zero.
func (t *Tree) Bounds(table int, marks []Mark) (computed, told []Interval) {
	g := &guard{Tree: t, marks: marks}
	g.index()
	g.bounds(table)
	told = make([]Interval, len(marks))
	for c := range marks {
		if t.Tables[table].there(c) {
			told[c] = g.told(table, c)
		}
	}
	return g.within, told
}

func (t *Tree) small(table, cell int) bool {
	c := &t.Tables[table]
	return c.there(cell) && Small(c.Values[cell], t.K, false)
}

// guard is the work on one tree.
type guard struct {
	*Tree
	marks []Mark
	kids  [][]int32
	rest  [][]float64 // of each table: what an area has beyond its parts

	wanted               [][]Interval // of each table: what is to stay possible of small counts
	below, above, within []Interval   // room of bounds
}

// told is what the mark of an area tells of its count.
func (g *guard) told(table, cell int) Interval {
	v := g.Tables[table].Values[cell]
	switch {
	case g.marks[cell] == Open:
		return Interval{v, v}
	case g.parts(table, cell):
		return Interval{min(v, 0), math.Inf(1)}
	case g.small(table, cell):
		return Interval{min(v, g.One), max(v, g.K-g.One)}
	case v >= g.K:
		return Interval{g.K, math.Inf(1)}
	case g.marks[cell] == Primary && v >= 0: // another count of the cell is small
		return Interval{0, g.K - g.One}
	}
	return Interval{min(v, 0), math.Inf(1)}
}

// primaries hides the small counts and reports whether there are any.
func (g *guard) primaries() bool {
	some := false
	for table := range g.Tables {
		for c := range g.marks {
			if g.small(table, c) {
				g.marks[c], some = Primary, true
			}
		}
	}
	if !some {
		return false
	}
	g.index()
	for c, p := range slices.Backward(g.Parents) {
		if p >= 0 && g.marks[c] != Open && g.marks[p] == Primary {
			g.marks[p] = Secondary
		}
	}
	return true
}

// want finds the bounds of small counts if all were hidden that may be: that are
// K at least. Of a zero, who knows that it is none of the small ones knows all.
func (g *guard) want() {
	shown := slices.Clone(g.marks)
	for table := range g.Tables {
		t := &g.Tables[table]
		for c, m := range shown {
			if m == Open && t.there(c) && t.Values[c] >= g.K {
				g.marks[c] = Secondary
			}
		}
		g.bounds(table)
		g.wanted = append(g.wanted, slices.Clone(g.within))
		copy(g.marks, shown)
	}
}

func (g *guard) index() {
	n := len(g.Parents)
	g.kids = make([][]int32, n)
	for c, p := range g.Parents {
		if p >= 0 {
			g.kids[p] = append(g.kids[p], int32(c))
		}
	}
	g.rest = make([][]float64, len(g.Tables))
	for i := range g.Tables {
		t := &g.Tables[i]
		g.rest[i] = make([]float64, n)
		for c := range n {
			if t.there(c) {
				g.rest[i][c] += t.Values[c]
			}
			if p := g.up(i, c); p >= 0 {
				g.rest[i][p] -= t.Values[c]
			}
		}
	}
	g.below, g.above, g.within = make([]Interval, n), make([]Interval, n), make([]Interval, n)
}

// up is the area of whose sum a count is a part; -1 where one of them is missing.
func (g *guard) up(table, c int) int {
	t := &g.Tables[table]
	if p := g.Parents[c]; p >= 0 && t.there(c) && t.there(int(p)) {
		return int(p)
	}
	return -1
}

// bounds fills within. The relations of a tree have no circle, so that two
// passes of intervals, from the leaves up and back, give the exact bounds.
func (g *guard) bounds(table int) {
	t := &g.Tables[table]
	n := len(g.Parents)
	sums := g.within // of the parts, and then the result
	clear(sums)
	parts := func(c int) Interval {
		return Interval{sums[c].Low + g.rest[table][c], sums[c].High + g.rest[table][c]}
	}
	for c := n - 1; c >= 0; c-- {
		if !t.there(c) {
			g.below[c] = Interval{}
			continue
		}
		g.below[c] = g.told(table, c)
		if g.parts(table, c) {
			g.below[c] = g.below[c].and(parts(c))
		}
		if p := g.up(table, c); p >= 0 {
			sums[p].Low += g.below[c].Low
			sums[p].High += g.below[c].High
		}
	}
	for c := range n {
		if !t.there(c) {
			continue
		}
		g.above[c] = g.told(table, c)
		if p := g.up(table, c); p >= 0 {
			low, high := g.beside(table, p, c)
			rest := g.rest[table][p]
			g.above[c] = g.above[c].and(Interval{g.above[p].Low - rest - high, g.above[p].High - rest - low})
		}
	}
	for c := range n {
		switch {
		case !t.there(c):
			sums[c] = Interval{}
		case g.parts(table, c):
			sums[c] = g.above[c].and(parts(c))
		default:
			sums[c] = g.above[c]
		}
	}
}

// beside sums what lies beside an area. It is summed anew for each: taking one
// part out of a sum without bound does not give the sum of the others.
func (g *guard) beside(table, p, c int) (low, high float64) {
	for _, k := range g.kids[p] {
		if int(k) != c && g.up(table, int(k)) == p {
			low += g.below[k].Low
			high += g.below[k].High
		}
	}
	return low, high
}

func (g *guard) parts(table, c int) bool {
	for _, k := range g.kids[c] {
		if g.up(table, int(k)) == c {
			return true
		}
	}
	return false
}

func (a Interval) and(b Interval) Interval { return Interval{max(a.Low, b.Low), min(a.High, b.High)} }

// failing returns the first small count of which more can be computed than has
// to be; -1 if there is none.
func (g *guard) failing() (table, cell int) {
	for table := range g.Tables {
		g.bounds(table)
		for c := range g.marks {
			if b, w := g.within[c], g.wanted[table][c]; g.small(table, c) && (b.Low > w.Low || b.High < w.High) {
				return table, c
			}
		}
	}
	return -1, -1
}

// victim chooses which area is hidden next for one of which too much is known;
// -1 if there is none. It looks through the sums that hidden areas connect with
// it, the nearest first, and before these at sums with a single hidden area,
// which give it away.
func (g *guard) victim(table, cell int) int {
	near := []int{cell}
	seen := map[int]bool{}
	best := -1
	for i := 0; i < len(near); i++ {
		for _, sum := range []int{g.up(table, near[i]), near[i]} {
			if sum < 0 || seen[sum] || !g.parts(table, sum) {
				continue
			}
			seen[sum] = true
			hidden, pick := 0, -1
			look := func(c int) {
				if g.marks[c] != Open {
					hidden++
					near = append(near, c)
				} else if g.Tables[table].Values[c] >= g.K && (pick < 0 || c != sum && g.better(table, c, pick)) {
					pick = c
				}
			}
			for _, k := range g.kids[sum] {
				if g.up(table, int(k)) == sum {
					look(int(k))
				}
			}
			look(sum)
			if pick < 0 {
				continue
			}
			if hidden == 1 {
				return pick
			}
			if best < 0 {
				best = pick
			}
		}
	}
	return best
}

// better reports whether of two areas beside each other the first is hidden
// rather: one that is enough alone, then the smaller, then the first.
func (g *guard) better(table, a, b int) bool {
	key := func(c int) int {
		v := g.Tables[table].Values[c]
		size := bits.Len64(uint64(v / g.One))
		if v < 2*(g.K-g.One) { // it cannot take up all that the small one may be
			size += 64
		}
		return size
	}
	return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a, b)) < 0
}
