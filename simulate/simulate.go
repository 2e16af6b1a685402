package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/auyl-kz/auyl"
)

// ErrPlaces says that the places handed in do not cover the districts of the model.
var ErrPlaces = errors.New("places do not fit the model")

// Place is a smallest unit of the model: a rural settlement, or a town. A town
// that is itself a unit of level 4 has Code == Okrug.
type Place struct {
	Code     auyl.AreaCode
	Okrug    auyl.AreaCode
	District auyl.AreaCode

	NameRU, NameKK         string
	OkrugRU, OkrugKK       string
	DistrictRU, DistrictKK string

	Term  string // id of the district in Taldau
	Urban bool
}

// Options are the settings of a Model.
type Options struct {
	Seed uint64   // any number; the same seed gives the same bytes
	Now  auyl.Day // the day on which the sources are looked at; the zero value is 1970, which shows nothing

	Months int // full months of history up to Now; 0 means 24
	Scale  int // multiplies the ambulance calls of a month; 0 means 1, about 4,000 calls
	Cuts   int // household and infrastructure cuts in a half-year, at most 180; 0 means Scale

	Faults map[string]Fault // by path, for tests: what Handler does instead of answering
}

// Model is the oblast as its sources would show it on one day. It is safe for
// concurrent use.
type Model struct {
	o         Options
	places    []Place // sorted by code
	weights   []float64
	districts []*district // sorted by code
	okrugs    []okrug     // sorted by code

	mu    sync.Mutex
	byDay map[auyl.Day][]int64 // people by place, kept because every register asks for it
}

// okrug is a unit of level 4 with its places.
type okrug struct {
	code           auyl.AreaCode
	nameRU, nameKK string
	district       *district
	urban          bool
	late           bool  // reports late, always
	places         []int // indices of its places
}

// New builds a model of the places. They may come in any order; each district of
// Almaty oblast must have the urban and rural places that its published population
// needs, otherwise the error is ErrPlaces.
func New(places []Place, o Options) (*Model, error) {
	if o.Months <= 0 {
		o.Months = 24
	}
	o.Scale = max(o.Scale, 1)
	if o.Cuts <= 0 {
		o.Cuts = o.Scale
	}
	o.Cuts = min(o.Cuts, 180)
	m := &Model{o: o, places: slices.Clone(places), byDay: make(map[auyl.Day][]int64)}
	slices.SortFunc(m.places, func(a, b Place) int { return cmp.Compare(a.Code, b.Code) })

	districts, centers, err := readTables()
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	for _, d := range districts {
		m.districts = append(m.districts, d)
	}
	slices.SortFunc(m.districts, func(a, b *district) int { return cmp.Compare(a.code, b.code) })

	okrugs := make(map[auyl.AreaCode]int)
	for i, p := range m.places {
		if i > 0 && p.Code == m.places[i-1].Code {
			return nil, fmt.Errorf("simulate: %w: %v twice", ErrPlaces, p.Code)
		}
		d := districts[p.District]
		if d == nil {
			return nil, fmt.Errorf("simulate: %w: %v lies in district %v, which has no published population", ErrPlaces, p.Code, p.District)
		}
		d.nameRU, d.nameKK, d.term = p.DistrictRU, p.DistrictKK, p.Term
		d.places = append(d.places, i)
		at, ok := okrugs[p.Okrug]
		if !ok {
			at = len(m.okrugs)
			okrugs[p.Okrug] = at
			m.okrugs = append(m.okrugs, okrug{code: p.Okrug, nameRU: p.OkrugRU, nameKK: p.OkrugKK, district: d})
		}
		m.okrugs[at].places = append(m.okrugs[at].places, i)
		m.okrugs[at].urban = m.okrugs[at].urban || p.Urban
	}
	if err := m.complete(); err != nil {
		return nil, err
	}
	slices.SortFunc(m.okrugs, func(a, b okrug) int { return cmp.Compare(a.code, b.code) })
	for i := range m.okrugs {
		m.okrugs[i].late = !m.okrugs[i].urban && m.chance("late", m.okrugs[i].code, 0) < 0.06
	}
	m.weigh(centers)
	return m, nil
}

// complete names every district that lacks the places for its people.
func (m *Model) complete() error {
	var missing []string
	for _, d := range m.districts {
		needUrban, needRural := d.urban > 0 || d.code == alatauCode, d.rural > 0
		for _, i := range d.places {
			if m.places[i].Urban {
				needUrban = false
			} else {
				needRural = false
			}
		}
		if needUrban {
			missing = append(missing, d.code.String()+" has no town")
		}
		if needRural {
			missing = append(missing, d.code.String()+" has no rural settlement")
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("simulate: %w: %s", ErrPlaces, strings.Join(missing, ", "))
	}
	return nil
}

// Now returns the day on which the model is looked at.
func (m *Model) Now() auyl.Day { return m.o.Now }
