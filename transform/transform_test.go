package transform_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

// memory is a state in memory.
type memory struct {
	m    map[string][]byte
	keys []string // sorted; nil after a change
}

func newMemory() *memory { return &memory{m: map[string][]byte{}} }

func (m *memory) Get(key []byte) ([]byte, error) { return m.m[string(key)], nil }

func (m *memory) sorted() []string { return m.keys }

func (m *memory) Scan(from, to []byte, f func(key, value []byte) bool) error {
	keys := m.sorted()
	i, _ := slices.BinarySearch(keys, string(from))
	for ; i < len(keys) && keys[i] < string(to); i++ {
		if !f([]byte(keys[i]), m.m[keys[i]]) {
			return nil
		}
	}
	return nil
}

func (m *memory) Before(from, upper []byte) (key, value []byte, err error) {
	err = m.Scan(from, upper, func(k, v []byte) bool { key, value = k, v; return true })
	return key, value, err
}

func (m *memory) commit(changes []auyl.Change) {
	for _, c := range changes {
		if c.Value == nil {
			delete(m.m, string(c.Key))
		} else {
			m.m[string(c.Key)] = c.Value
		}
	}
	m.keys = slices.Sorted(maps.Keys(m.m))
}

// area makes an area of the test registry: level by the zeros of its code.
func area(code auyl.AreaCode) auyl.Area {
	a := auyl.Area{Code: code, ValidTo: auyl.MaxDay}
	switch {
	case code == auyl.CountryCode:
		a.Level = auyl.LevelCountry
	case code.Oblast() == code:
		a.Level, a.Parent = auyl.LevelOblast, auyl.CountryCode
	case code.District() == code:
		a.Level, a.Parent = auyl.LevelDistrict, code.Oblast()
	case code.Okrug() == code:
		a.Level, a.Parent = auyl.LevelOkrug, code.District()
	default:
		a.Level, a.Parent = auyl.LevelSettlement, code.Okrug()
	}
	return a
}

// small is a registry of one oblast, two districts, two okrugs each, of two
// settlements each.
func small() []auyl.Area {
	out := []auyl.Area{area(auyl.CountryCode), area(990000000)}
	for d := auyl.AreaCode(993000000); d <= 993400000; d += 400000 {
		out = append(out, area(d))
		for o := d + 30000; o <= d+32000; o += 2000 {
			out = append(out, area(o), area(o+100), area(o+200))
		}
	}
	return out
}

func settlements(areas []auyl.Area) []auyl.AreaCode {
	var out []auyl.AreaCode
	for _, a := range areas {
		if a.Level == auyl.LevelSettlement {
			out = append(out, a.Code)
		}
	}
	return out
}

func testModel() transform.Model {
	s := auyl.LevelSettlement
	ind := func(id auyl.IndicatorID, f auyl.Freq, num, den string, factor float64, rollup string) transform.Indicator {
		return transform.Indicator{ID: id, Freq: f, Level: s, Numerator: num, Denominator: den, Factor: factor, Rollup: rollup, Minimum: 0.5, Full: 0.95, Version: 1}
	}
	return transform.Model{
		Series: []transform.Series{
			{ID: "population_end", Kind: transform.KindStock, Level: s, MaxAge: 400},
			{ID: "with_water", Kind: transform.KindStock, Level: s, MaxAge: 400},
			{ID: "births", Kind: transform.KindFlow, Level: s},
			{ID: "deaths", Kind: transform.KindFlow, Level: s},
			{ID: "wage", Kind: transform.KindRate, Level: auyl.LevelDistrict},
			{ID: "calls", Kind: transform.KindFlow, Level: s, Event: &transform.EventRule{Kind: "ambulance_call", Measure: "count", Window: auyl.FreqMonth}},
			{ID: "calls_in_time", Kind: transform.KindFlow, Level: s, Event: &transform.EventRule{Kind: "ambulance_call", Where: "arrival_seconds <= norm_seconds", Measure: "count", Window: auyl.FreqMonth}},
		},
		Indicators: []transform.Indicator{
			ind("population_total", auyl.FreqDay, "population_end", "", 1, "sum"),
			ind("water_day", auyl.FreqDay, "with_water", "population_end", 100, "ratio"),
			ind("water_last", auyl.FreqDay, "with_water", "", 1, "last"),
			ind("water_mean", auyl.FreqDay, "with_water", "", 1, "weighted"),
			ind("water_share", auyl.FreqHalfYear, "with_water", "population_end", 100, "ratio"),
			ind("births_total", auyl.FreqMonth, "births", "", 1, "sum"),
			ind("natural_rate", auyl.FreqMonth, "births - deaths", "population_end", 1000, "ratio"),
			ind("births_max", auyl.FreqMonth, "births", "", 1, "max"),
			ind("births_min", auyl.FreqMonth, "births", "", 1, "min"),
			ind("mean_rate", auyl.FreqMonth, "births", "population_end", 1000, "weighted"),
			ind("wage_mean", auyl.FreqQuarter, "wage", "", 1, "weighted"),
			ind("births_published", auyl.FreqMonth, "births", "", 1, "direct"),
			ind("call_rate", auyl.FreqMonth, "calls", "population_end", 1000, "ratio"),
			ind("calls_in_time_share", auyl.FreqMonth, "calls_in_time", "calls", 100, "ratio"),
		},
	}
}

// fact is one observation with its vintage.
type fact struct {
	series string
	dims   string
	area   auyl.AreaCode
	period string
	value  auyl.Decimal
	status auyl.Status
	v      vintage
	row    uint32
}

type vintage struct {
	seq      uint64
	released int64
	rank     auyl.Rank
	origin   auyl.Origin
}

func (v vintage) wire() *wire.Vintage {
	return &wire.Vintage{
		Source: "test.source", Run: "run", Page: 1, RawSeq: v.seq, RecordedAtMs: int64(v.seq) * 1000, ReleasedAtMs: v.released,
		Origin: uint32(cmp.Or(v.origin, auyl.OriginReal)), Rank: uint32(cmp.Or(v.rank, auyl.RankOfficial)),
	}
}

func period(tb testing.TB, s string) auyl.Period {
	tb.Helper()
	p, err := auyl.ParsePeriod(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// observations packs facts of one vintage, a message for each partition.
func observations(tb testing.TB, facts []fact) []auyl.Payload {
	tb.Helper()
	type group struct {
		code auyl.AreaCode
		v    vintage
	}
	by := map[group]*wire.Observations{}
	var order []group
	dict := func(texts *[]string, s string) uint32 {
		i := slices.Index(*texts, s)
		if i < 0 {
			i = len(*texts)
			*texts = append(*texts, s)
		}
		return uint32(i)
	}
	for _, f := range facts {
		g := group{f.area.District(), f.v}
		o := by[g]
		if o == nil {
			o = &wire.Observations{Vintage: f.v.wire()}
			by[g] = o
			order = append(order, g)
		}
		p := period(tb, f.period)
		o.Series = append(o.Series, dict(&o.SeriesDict, f.series))
		o.Dims = append(o.Dims, dict(&o.DimsDict, f.dims))
		o.Area = append(o.Area, uint32(f.area))
		o.Freq = append(o.Freq, byte(p.Freq()))
		o.Start = append(o.Start, int32(p.Start()))
		o.Value = append(o.Value, int64(f.value))
		o.Status = append(o.Status, byte(cmp.Or(f.status, auyl.StatusNormal)))
		o.Row = append(o.Row, f.row)
	}
	var out []auyl.Payload
	for _, g := range order {
		data, err := wire.Marshal(by[g])
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, auyl.Payload{Subject: "obs." + g.code.String(), Data: data})
	}
	return out
}

// stage is either stage.
type stage interface {
	Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error)
}

// pipeline runs both stages over frames and keeps the newest of each cell.
type pipeline struct {
	t        testing.TB
	district stage
	oblast   stage
	ds, os   *memory
	cells    map[string]figure
	emitted  int
}

// figure is a published cell without its vintage.
type figure struct {
	Value                    float64
	Num, Den, Weighted       auyl.Decimal
	Has                      byte
	Coverage                 float64
	Status                   string
	Reason                   string
	Origin                   byte
	Level                    byte
	Reported, Total          uint32
	WeightReported, WeightOf int64
	Direct                   byte
	Boundary                 string
}

func newPipeline(tb testing.TB, m transform.Model, areas []auyl.Area, workers int) *pipeline {
	tb.Helper()
	d, err1 := transform.NewDistrictOf(m, areas, transform.Options{Workers: workers})
	o, err2 := transform.NewOblastOf(m, areas, transform.Options{})
	if err1 != nil || err2 != nil {
		tb.Fatal(err1, err2)
	}
	return &pipeline{t: tb, district: d, oblast: o, ds: newMemory(), os: newMemory(), cells: map[string]figure{}}
}

// frame runs one frame and returns the payloads of both stages.
func (p *pipeline) frame(in []auyl.Payload) []auyl.Payload {
	p.t.Helper()
	step, err := p.district.Apply(p.ds, in)
	if err != nil {
		p.t.Fatal(err)
	}
	p.ds.commit(step.Changes)
	up, err := p.oblast.Apply(p.os, step.Out)
	if err != nil {
		p.t.Fatal(err)
	}
	p.os.commit(up.Changes)
	out := slices.Concat(step.Out, up.Out)
	for _, m := range out {
		p.emitted += p.read(m)
	}
	return out
}

func (p *pipeline) read(m auyl.Payload) int {
	p.t.Helper()
	if strings.HasPrefix(m.Subject, "ind.x.sealed.") {
		return 0 // nobody but the oblast reads it
	}
	var w wire.Cells
	if err := wire.Unmarshal(m.Data, &w); err != nil {
		p.t.Fatal(err)
	}
	if len(m.Data) > 400<<10 {
		p.t.Errorf("message of %d bytes", len(m.Data))
	}
	stage := m.Subject[:5]
	switch stage {
	case "ind.d":
		stage = "" // what readers see, with ind.o
	case "ind.o":
		stage = ""
	}
	for i := range w.GetIndicator() {
		pd := auyl.NewPeriod(auyl.Freq(w.GetFreq()[i]), auyl.Day(w.GetStart()[i]))
		key := fmt.Sprintf("%s%s %s %s", stage, w.GetIndicatorDict()[w.GetIndicator()[i]], auyl.AreaCode(w.GetArea()[i]), pd)
		p.cells[key] = figure{
			w.GetValue()[i], auyl.Decimal(w.GetNumerator()[i]), auyl.Decimal(w.GetDenominator()[i]), auyl.Decimal(w.GetWeighted()[i]), w.GetHasValue()[i], w.GetCoverage()[i],
			auyl.Status(w.GetStatus()[i]).String(), w.GetReasonDict()[w.GetReason()[i]], w.GetOrigin()[i], w.GetLevel()[i], w.GetUnitsReported()[i], w.GetUnitsTotal()[i],
			w.GetWeightReported()[i], w.GetWeightTotal()[i], w.GetDirect()[i], w.GetBoundaryDict()[w.GetBoundary()[i]],
		}
	}
	return len(w.GetIndicator())
}

// want checks the value, status and reason of a cell: "12.5 A", "- M coverage".
func (p *pipeline) want(key, want string) {
	p.t.Helper()
	f, ok := p.cells[key]
	got := "nothing"
	if ok {
		v := "-"
		if f.Has&1 != 0 {
			v = fmt.Sprint(f.Value)
		}
		got = strings.TrimSpace(v + " " + f.Status + " " + f.Reason)
	}
	if got != want {
		p.t.Errorf("%s = %s, want %s", key, got, want)
	}
}

func samePayloads(a, b []auyl.Payload) bool {
	return slices.EqualFunc(a, b, func(x, y auyl.Payload) bool { return x.Subject == y.Subject && bytes.Equal(x.Data, y.Data) })
}
