package transform

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"sync"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// registry answers which areas lay below another on a day. The trees that it
// keeps are a cache: what it answers depends on the areas alone.
type registry struct {
	byCode   map[auyl.AreaCode][]*auyl.Area // by ValidFrom
	byParent map[auyl.AreaCode][]*auyl.Area // by code
	changes  []auyl.Day                     // on which some area began or ended, ascending
	editions []auyl.Day                     // on which an oblast or district began: they name the boundaries

	mu    sync.Mutex
	trees map[treeKey]*tree
}

type treeKey struct {
	root  auyl.AreaCode
	epoch int
	depth auyl.Level
}

func newRegistry(areas []auyl.Area) *registry {
	r := &registry{
		byCode:   map[auyl.AreaCode][]*auyl.Area{},
		byParent: map[auyl.AreaCode][]*auyl.Area{},
		trees:    map[treeKey]*tree{},
	}
	for i := range areas {
		a := &areas[i]
		r.byCode[a.Code] = append(r.byCode[a.Code], a)
		r.byParent[a.Parent] = append(r.byParent[a.Parent], a)
		r.changes = append(r.changes, a.ValidFrom)
		if a.ValidTo != auyl.MaxDay {
			r.changes = append(r.changes, a.ValidTo)
		}
		if a.Level <= auyl.LevelDistrict {
			r.editions = append(r.editions, a.ValidFrom)
		}
	}
	for _, l := range r.byCode {
		slices.SortFunc(l, func(a, b *auyl.Area) int { return cmp.Compare(a.ValidFrom, b.ValidFrom) })
	}
	for _, l := range r.byParent {
		slices.SortFunc(l, func(a, b *auyl.Area) int {
			return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ValidFrom, b.ValidFrom))
		})
	}
	slices.Sort(r.changes)
	r.changes = slices.Compact(r.changes)
	slices.Sort(r.editions)
	return r
}

// at returns the area that a code meant on the day, or, before and after it
// existed, on the nearest day on which it did: offices publish old figures on
// new boundaries. nil if the registry does not know the code.
func (r *registry) at(code auyl.AreaCode, day auyl.Day) (*auyl.Area, auyl.Day) {
	var best *auyl.Area
	bestDay, bestGap := auyl.Day(0), int64(-1)
	for _, a := range r.byCode[code] {
		d := max(day, a.ValidFrom)
		if a.ValidTo != auyl.MaxDay {
			d = min(d, a.ValidTo-1)
		}
		gap := int64(d) - int64(day)
		if gap < 0 {
			gap = -gap
		}
		if bestGap < 0 || gap < bestGap {
			best, bestDay, bestGap = a, d, gap
		}
	}
	return best, bestDay
}

// tree is the areas below a root on a day, parents before children.
type tree struct {
	rollup.Tree
	codes    []auyl.AreaCode
	levels   []auyl.Level
	parents  []int32
	leaf     []bool
	sorted   []int32 // nodes by code
	boundary string  // version of the boundaries
	// Of each level: which nodes report (nodes of the level, and leaves above
	// it), and how many of these each node holds.
	unit  [auyl.LevelSettlement + 1][]bool
	units [auyl.LevelSettlement + 1][]int32
}

// tree returns the areas below root that are not below the level depth. nil if
// the registry does not know the root.
func (r *registry) tree(root auyl.AreaCode, day auyl.Day, depth auyl.Level) *tree {
	top, day := r.at(root, day)
	if top == nil {
		return nil
	}
	epoch := sort.Search(len(r.changes), func(i int) bool { return r.changes[i] > day })
	key := treeKey{root, epoch, depth}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.trees[key]; t != nil {
		return t
	}
	t := &tree{boundary: "KATO"}
	if n := sort.Search(len(r.editions), func(i int) bool { return r.editions[i] > day }); n > 0 {
		t.boundary = fmt.Sprintf("KATO-%s", r.editions[n-1])
	}
	add := func(a *auyl.Area, parent int32) {
		t.codes = append(t.codes, a.Code)
		t.levels = append(t.levels, a.Level)
		t.parents = append(t.parents, parent)
		t.leaf = append(t.leaf, true)
	}
	add(top, -1)
	for i := 0; i < len(t.codes); i++ { // the list grows: level by level
		for _, a := range r.byParent[t.codes[i]] {
			if !a.Valid(day) || a.Level > depth || a.Level < t.levels[i] || t.levels[i] <= auyl.LevelDistrict && a.Level == t.levels[i] {
				continue
			}
			// The classifier hangs some settlements below others. Here they
			// stand beside them: an area that reports holds no other.
			up := int32(i)
			for t.levels[up] >= a.Level && t.parents[up] >= 0 {
				up = t.parents[up]
			}
			add(a, up)
			t.leaf[up] = false
		}
	}
	t.finish()
	r.trees[key] = t
	return t
}

func (t *tree) finish() {
	t.Tree, _ = rollup.NewTree(t.parents) // parents come first by construction
	n := len(t.codes)
	t.sorted = make([]int32, n)
	for i := range t.sorted {
		t.sorted[i] = int32(i)
	}
	slices.SortFunc(t.sorted, func(a, b int32) int { return cmp.Compare(t.codes[a], t.codes[b]) })
	for level := auyl.LevelCountry; level <= auyl.LevelSettlement; level++ {
		t.unit[level] = make([]bool, n)
		t.units[level] = make([]int32, n)
		for i := n - 1; i >= 0; i-- {
			if t.levels[i] == level || t.leaf[i] && t.levels[i] < level {
				t.unit[level][i] = true
				t.units[level][i] = 1
			}
			if p := t.parents[i]; p >= 0 && t.levels[i] <= level {
				t.units[level][p] += t.units[level][i]
			}
		}
	}
}

// node returns the index of a code, -1 if it is not in the tree.
func (t *tree) node(code auyl.AreaCode) int32 {
	i, ok := slices.BinarySearchFunc(t.sorted, code, func(n int32, c auyl.AreaCode) int { return cmp.Compare(t.codes[n], c) })
	if !ok {
		return -1
	}
	return t.sorted[i]
}

// up returns the node itself or the one above it that is not below the level.
func (t *tree) up(n int32, level auyl.Level) int32 {
	for t.levels[n] > level && t.parents[n] >= 0 {
		n = t.parents[n]
	}
	return n
}
