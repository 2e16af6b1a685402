package schemas

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// Succession says that a share of one area went to another on a day.
type Succession struct {
	From, To  auyl.AreaCode
	Effective auyl.Day
	Weight    float64  // above 0, at most 1
	Share     *big.Rat // the same, exactly as the file says it
	Kind      string   // transferred, recoded, merged, split, renamed
}

// Areas is the registry of areas. It is read-only and safe for concurrent use.
type Areas struct {
	all         []auyl.Area // sorted by code, then ValidFrom
	successions []Succession
	byCode      map[auyl.AreaCode][]*auyl.Area
	byParent    map[auyl.AreaCode][]*auyl.Area
	terms       map[string]auyl.AreaCode
	changes     []auyl.Day // days on which some area of level 3 or above began
}

// LoadAreas reads areas/areas.csv, areas/succession.csv and
// areas/taldau_terms.csv. Errors: Problems.
func LoadAreas(fsys fs.FS) (*Areas, error) {
	a := &Areas{byCode: map[auyl.AreaCode][]*auyl.Area{}, byParent: map[auyl.AreaCode][]*auyl.Area{}, terms: map[string]auyl.AreaCode{}}
	var ps Problems
	ps = append(ps, readTable(fsys, "areas/areas.csv", func(r row) error { return a.addArea(r) })...)
	slices.SortFunc(a.all, func(x, y auyl.Area) int {
		return cmp.Or(cmp.Compare(x.Code, y.Code), cmp.Compare(x.ValidFrom, y.ValidFrom))
	})
	for i := range a.all {
		x := &a.all[i]
		a.byCode[x.Code] = append(a.byCode[x.Code], x)
		a.byParent[x.Parent] = append(a.byParent[x.Parent], x)
		if x.Level <= auyl.LevelDistrict && x.ValidFrom > 0 {
			a.changes = append(a.changes, x.ValidFrom)
		}
	}
	slices.Sort(a.changes)
	a.changes = slices.Compact(a.changes)
	ps = append(ps, a.checkTree("areas/areas.csv")...)
	ps = append(ps, readTable(fsys, "areas/succession.csv", func(r row) error { return a.addSuccession(r) })...)
	ps = append(ps, readTable(fsys, "areas/taldau_terms.csv", func(r row) error {
		code, err := auyl.ParseAreaCode(r["code"])
		if err == nil && len(a.byCode[code]) == 0 {
			err = fmt.Errorf("area %s is not in areas.csv", code)
		}
		a.terms[r["term_id"]] = code
		return err
	})...)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return a, nil
}

// row is one line of a table by column name.
type row map[string]string

// readTable calls f for each line of a CSV file with a header.
func readTable(fsys fs.FS, file string, f func(row) error) Problems {
	r, err := fsys.Open(file)
	if err != nil {
		return Problems{{File: file, Message: err.Error()}}
	}
	defer r.Close() //nolint:errcheck // only read
	cr := csv.NewReader(r)
	header, err := cr.Read()
	if err != nil {
		return Problems{{File: file, Line: 1, Message: "no header: " + err.Error()}}
	}
	var ps Problems
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return ps
		}
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			return append(ps, Problem{File: file, Line: pe.Line, Col: pe.Column, Message: pe.Err.Error()})
		}
		if err != nil {
			return append(ps, Problem{File: file, Message: err.Error()})
		}
		m := make(row, len(header))
		for i, h := range header {
			m[h] = rec[i]
		}
		if err := f(m); err != nil {
			line, _ := cr.FieldPos(0)
			ps = append(ps, Problem{File: file, Line: line, Message: err.Error()})
		}
	}
}

func (a *Areas) addArea(r row) error {
	var errs []error
	x := auyl.Area{Kind: r["kind"], NameKK: r["name_kk"], NameRU: r["name_ru"], NameEN: r["name_en"], Rural: r["rural"] == "1", ValidTo: auyl.MaxDay}
	var err error
	x.Code, err = auyl.ParseAreaCode(r["code"])
	errs = append(errs, err)
	if r["parent"] != "" {
		x.Parent, err = auyl.ParseAreaCode(r["parent"])
		errs = append(errs, err)
	}
	x.Level, err = auyl.ParseLevel(r["level"])
	errs = append(errs, err)
	x.ValidFrom, err = auyl.ParseDay(r["valid_from"])
	errs = append(errs, err)
	if r["valid_to"] != "" {
		x.ValidTo, err = auyl.ParseDay(r["valid_to"])
		errs = append(errs, err)
	}
	if x.NameKK == "" || x.NameRU == "" || x.NameEN == "" {
		errs = append(errs, fmt.Errorf("area %s: a name is missing: want kk, ru and en", x.Code))
	}
	if x.ValidTo <= x.ValidFrom {
		errs = append(errs, fmt.Errorf("area %s: valid_to %s is not after valid_from %s", x.Code, x.ValidTo, x.ValidFrom))
	}
	a.all = append(a.all, x)
	return errors.Join(errs...)
}

func (a *Areas) addSuccession(r row) error {
	var s Succession
	var e1, e2, e3, e4 error
	var ok bool
	s.From, e1 = auyl.ParseAreaCode(r["from"])
	s.To, e2 = auyl.ParseAreaCode(r["to"])
	s.Effective, e3 = auyl.ParseDay(r["effective"])
	s.Kind = r["kind"]
	if s.Share, ok = new(big.Rat).SetString(r["weight"]); !ok {
		e4 = fmt.Errorf("weight %q is not a number and not a fraction such as 3/4", r["weight"])
	} else if s.Weight, _ = s.Share.Float64(); s.Weight <= 0 || s.Weight > 1 {
		e4 = fmt.Errorf("weight %v is out of range: above 0, at most 1", s.Weight)
	}
	a.successions = append(a.successions, s)
	return errors.Join(e1, e2, e3, e4)
}

// checkTree holds parents and intervals together.
func (a *Areas) checkTree(file string) Problems {
	var ps Problems
	bad := func(x *auyl.Area, format string, args ...any) {
		ps = append(ps, Problem{File: file, Message: fmt.Sprintf("area %s %s: ", x.Code, x.NameRU) + fmt.Sprintf(format, args...)})
	}
	for code, list := range a.byCode {
		for i, x := range list {
			if i > 0 && list[i-1].ValidTo > x.ValidFrom {
				bad(x, "two meanings on %s", x.ValidFrom)
			}
			if x.Level == auyl.LevelCountry {
				continue
			}
			parents := a.byCode[x.Parent]
			if len(parents) == 0 {
				bad(x, "parent %s is not in the file", x.Parent)
			} else if parents[0].Level >= x.Level && x.Level != auyl.LevelSettlement {
				bad(x, "level %s below a parent of level %s", x.Level, parents[0].Level)
			}
			if x.Parent == code {
				bad(x, "its own parent")
			}
		}
	}
	return ps
}

// All returns every area with every interval, sorted by code and then by time.
// The caller must not change it.
func (a *Areas) All() []auyl.Area { return a.all }

// Successions returns the changes of codes. The caller must not change it.
func (a *Areas) Successions() []Succession { return a.successions }

// At returns what the code meant on the day.
func (a *Areas) At(code auyl.AreaCode, day auyl.Day) (*auyl.Area, bool) {
	for _, x := range a.byCode[code] {
		if x.Valid(day) {
			return x, true
		}
	}
	return nil, false
}

// Meanings returns all intervals of a code, by time; nil for an unknown code.
func (a *Areas) Meanings(code auyl.AreaCode) []*auyl.Area { return a.byCode[code] }

// Current returns what the code means now: the interval without an end.
func (a *Areas) Current(code auyl.AreaCode) (*auyl.Area, bool) { return a.At(code, auyl.MaxDay-1) }

// Children returns the areas right below one on the day, by code.
func (a *Areas) Children(code auyl.AreaCode, day auyl.Day) []*auyl.Area {
	var out []*auyl.Area
	for _, x := range a.byParent[code] {
		if x.Valid(day) {
			out = append(out, x)
		}
	}
	return out
}

// OfLevel returns all areas of a level on the day, by code.
func (a *Areas) OfLevel(level auyl.Level, day auyl.Day) []*auyl.Area {
	var out []*auyl.Area
	for i := range a.all {
		if x := &a.all[i]; x.Level == level && x.Valid(day) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(x, y *auyl.Area) int { return cmp.Compare(x.Code, y.Code) })
	return out
}

// Ancestor returns the area of the level that the code lay in on the day, itself
// where it has that level.
func (a *Areas) Ancestor(code auyl.AreaCode, level auyl.Level, day auyl.Day) (*auyl.Area, bool) {
	for range 8 { // deeper than the hierarchy; ends a loop that checkTree does not see
		x, ok := a.At(code, day)
		if !ok || x.Level < level {
			return nil, false
		}
		if x.Level == level {
			return x, true
		}
		code = x.Parent
	}
	return nil, false
}

// Successors returns the areas that a code went to, by time.
func (a *Areas) Successors(code auyl.AreaCode) []Succession {
	var out []Succession
	for _, s := range a.successions {
		if s.From == code {
			out = append(out, s)
		}
	}
	return out
}

// Term returns the area of an id of Taldau's region dictionaries.
func (a *Areas) Term(id string) (auyl.AreaCode, bool) {
	c, ok := a.terms[id]
	return c, ok
}

// Terms returns the ids of Taldau by area.
func (a *Areas) Terms() map[auyl.AreaCode]string {
	out := make(map[auyl.AreaCode]string, len(a.terms))
	for id, code := range a.terms {
		out[code] = id
	}
	return out
}

// Named returns the areas below parent whose Russian or Kazakh name is name on the
// day, by the letters alone: case, spaces, dots and the words for their kind do
// not count. levels are those that are looked at, none for all. Names repeat
// between districts: there is no search without a parent, and of several answers
// none is right.
func (a *Areas) Named(parent auyl.AreaCode, name string, day auyl.Day, levels ...auyl.Level) []*auyl.Area {
	want := plainName(name)
	var out []*auyl.Area
	for x := range a.Below(parent, day) {
		if (len(levels) == 0 || slices.Contains(levels, x.Level)) && (plainName(x.NameRU) == want || plainName(x.NameKK) == want) {
			out = append(out, x)
		}
	}
	return out
}

// Below goes through the areas under parent on the day, each before what lies
// under it.
func (a *Areas) Below(parent auyl.AreaCode, day auyl.Day) iter.Seq[*auyl.Area] {
	return func(yield func(*auyl.Area) bool) {
		a.below(parent, day, yield)
	}
}

func (a *Areas) below(parent auyl.AreaCode, day auyl.Day, yield func(*auyl.Area) bool) bool {
	for _, x := range a.Children(parent, day) {
		if x.Code != parent && (!yield(x) || !a.below(x.Code, day, yield)) {
			return false
		}
	}
	return true
}

// plainName strips a name to what tells it from others.
func plainName(s string) string {
	s = strings.ToLower(s)
	s = strings.NewReplacer("ё", "е", ".", " ", "«", "", "»", "", "\"", "", "-", " ", "\u00a0", " ").Replace(s)
	words := strings.Fields(s)
	words = slices.DeleteFunc(words, func(w string) bool {
		switch w {
		case "с", "о", "а", "г", "қ", "ә", "п", "ст", "рзд", "район", "ауданы", "сельский", "округ", "ауылдық", "округі", "область", "облысы", "город", "қаласы":
			return true
		}
		return false
	})
	return strings.Join(words, " ")
}

// BoundaryVersion names the boundaries of a day: the day on which a district or
// an oblast last began, "1970-01-01" before the first change.
func (a *Areas) BoundaryVersion(day auyl.Day) string {
	last := auyl.Day(0)
	for _, c := range a.changes {
		if c <= day {
			last = c
		}
	}
	return last.String()
}
