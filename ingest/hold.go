package ingest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// finding is why a delivery is held back.
type finding struct{ reason, found, expected, mend string }

// Limits of the checks. They are wide: what is held back by mistake costs a person
// a minute, and what slips through is in the ledger of revisions.
const (
	holdRowsFrom   = 40  // rows of the delivery before, from which on a loss is one
	holdAreasFrom  = 5   // areas that are missing
	holdPlacesFrom = 5   // places with a figure in both deliveries, for a jump of the unit
	holdShapeFrom  = 12  // places, for the shape of the figures
	holdShift      = 1.0 // decades by which the median place moved
	holdCalm       = 0.5 // decades: a series that moved more the time before is not calm
	holdFaults     = 0.5 // share of dead records
	holdFiguresMin = 10  // figures that are the same under another title
)

// Waivable lists the reasons for which a whole page is refused and that a person may
// waive: what it says is read, and looks wrong.
func Waivable() []string {
	return append(schemas.HoldChecks(), ReasonShrunken, ReasonPageEmpty)
}

// compare holds a page against what is remembered of those before it.
func (p *pageReader) compare() error {
	if p.past == nil {
		return nil
	}
	p.out.closeSums()
	now := deliveryOf(p.out, p.page, p.c, p.titles)
	if now == nil {
		return nil
	}
	source := p.out.vintage.GetSource()
	newest, err := p.past(pastName(source, now.GetKey()))
	if err != nil {
		return err
	}
	findings := make([]finding, 0, 1)
	repeated, err := p.repeats(source, now, newest)
	if err != nil {
		return err
	}
	if repeated != nil {
		findings = append(findings, *repeated)
	}
	if newest != nil {
		findings = append(findings, p.drift(newest, now)...)
	}
	findings = slices.DeleteFunc(findings, func(f finding) bool { return !p.c.Holds(f.reason) || p.waived[f.reason] })
	if len(findings) == 0 {
		p.delivery, p.newest = now, newest
		return nil
	}
	p.out.reset()
	p.hold(findings)
	return nil
}

// hold makes the page one dead record, with a letter for each finding.
func (p *pageReader) hold(findings []finding) {
	for i, f := range findings {
		if i == 0 {
			p.refuse(f.reason, f.found, f.expected, f.mend)
			continue
		}
		p.out.letters = append(p.out.letters, &wire.DeadLetter{Position: pagePosition, Reason: f.reason, Found: mask(f.found), Expected: f.expected, Mend: mask(f.mend), Held: true})
	}
}

func deliveryName(d *wire.Delivery) string {
	return fmt.Sprintf("%s/%d", d.GetRun(), d.GetPage())
}

// label is the name of a page without its source, which would read as the address
// of a person's mail.
func label(source, key string) string { return strings.TrimPrefix(key, source+"@") }

// repeats says whether the page was here before under another name or title.
func (p *pageReader) repeats(source string, now, newest *wire.Delivery) (*finding, error) {
	const mend = "ask the source for the file of this period; if both are right, auyl source accept "
	told := func(old *wire.Delivery, what string) *finding {
		return &finding{ReasonRepeated, fmt.Sprintf("%s of %s, delivery %s", what, label(source, old.GetKey()), deliveryName(old)), "a page of its own", mend + deliveryName(now)}
	}
	if sum := now.GetSha256(); len(sum) > 0 {
		old, err := p.past(pastBytes(source, sum))
		if err != nil {
			return nil, err
		}
		// Under a name that says the same period it corrects nothing, and does no harm.
		if old != nil && old.GetKey() != now.GetKey() && (old.GetClaims() != now.GetClaims() || now.GetClaims() == "") {
			return told(old, "the bytes"), nil
		}
	}
	old, err := p.past(pastContent(source, now.GetContent()))
	if err != nil {
		return nil, err
	}
	if old != nil && old.GetClaims() != now.GetClaims() && !p.partial(now.GetKey()) {
		return told(old, "the records, one for one,"), nil
	}
	if len(now.GetFigures()) > 0 && newest != nil && slices.Equal(newest.GetFigures(), now.GetFigures()) && now.GetRows() >= holdFiguresMin &&
		newest.GetClaims() != now.GetClaims() && !slices.Equal(newest.GetContent(), now.GetContent()) {
		return told(newest, "every figure, under another period,"), nil
	}
	return nil, nil //nolint:nilnil // it is new
}

// partial reports whether a page holds corrections alone, by its name.
func (p *pageReader) partial(key string) bool {
	e := p.c.Expect
	return strings.Contains(key, "-rev") || e != nil && e.Partial != "" && strings.Contains(key, e.Partial)
}

// drift holds a delivery against the one before of the same name.
func (p *pageReader) drift(was, now *wire.Delivery) []finding {
	var out []finding
	add := func(f *finding) {
		if f != nil {
			f.expected += ", as in delivery " + deliveryName(was)
			f.mend += "; if it is right, auyl source accept " + deliveryName(now)
			out = append(out, *f)
		}
	}
	if !p.partial(now.GetKey()) {
		rows, areas := p.c.HoldShares()
		add(lostRows(was, now, rows))
		add(lostAreas(was, now, areas))
	}
	add(moreFaults(was, now))
	zeros, series := 0, 0
	for _, s := range now.GetSamples() {
		i := slices.IndexFunc(was.GetSamples(), func(o *wire.Sample) bool {
			return o.GetSeries() == s.GetSeries() && slices.Equal(o.GetFreq(), s.GetFreq())
		})
		if i < 0 {
			s.Moved = unknownMove
			continue
		}
		series++
		m := movementOf(was.GetSamples()[i], s)
		s.Moved = m.median
		if m.emptied() {
			zeros++
		}
		add(m.judge(s.GetSeries(), was.GetSamples()[i].GetMoved()))
	}
	if zeros > 0 && zeros == series {
		add(&finding{schemas.HoldDistribution, fmt.Sprintf("0 nearly everywhere in %d series", zeros), "figures", "an empty column may have been filled with zeros"})
	}
	return firstOfEach(out)
}

func lostRows(was, now *wire.Delivery, least float64) *finding {
	a, b := perPeriod(was), perPeriod(now)
	if was.GetRows() < holdRowsFrom || b >= a*least {
		return nil
	}
	return &finding{schemas.HoldRows, fmt.Sprintf("%.0f rows a period", b), fmt.Sprintf("about %.0f", a), "a shrunken delivery is not taken for news: ask the source for the rest"}
}

func lostAreas(was, now *wire.Delivery, most float64) *finding {
	gone := missing(was.GetAreas(), now.GetAreas())
	if len(gone) < holdAreasFrom || float64(len(gone)) <= most*float64(len(was.GetAreas())) {
		return nil
	}
	return &finding{
		schemas.HoldAreas, fmt.Sprintf("%d of %d areas are missing: %s", len(gone), len(was.GetAreas()), firstAreas(gone)),
		fmt.Sprintf("about %d areas", len(was.GetAreas())), "ask the source for the areas that are missing",
	}
}

func moreFaults(was, now *wire.Delivery) *finding {
	a, b := share(was.GetDead(), was.GetRecords()), share(now.GetDead(), now.GetRecords())
	if now.GetRecords() < holdRowsFrom || b < holdFaults || a >= holdFaults/5 {
		return nil
	}
	return &finding{
		schemas.HoldFaults, fmt.Sprintf("%.0f %% of the records do not pass", 100*b), fmt.Sprintf("about %.0f %%", 100*a),
		"a column has another type or meaning now: auyl source try shows each fault",
	}
}

// firstOfEach keeps one finding of each reason: a page has one letter for each.
func firstOfEach(list []finding) []finding {
	var out []finding
	for _, f := range list {
		i := slices.IndexFunc(out, func(o finding) bool { return o.reason == f.reason })
		switch {
		case i < 0:
			out = append(out, f)
		case len(out[i].found) < 300:
			out[i].found += "; " + f.found
		}
	}
	return out
}

func perPeriod(d *wire.Delivery) float64 {
	return float64(d.GetRows()) / float64(max(1, d.GetPeriods()))
}

func share(part, whole uint64) float64 {
	return float64(part) / float64(max(1, whole))
}

// missing lists what is in a and not in b, both ascending.
func missing(a, b []uint32) []uint32 {
	var out []uint32
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			out = append(out, x)
		}
	}
	return out
}

func firstAreas(list []uint32) string {
	var b strings.Builder
	for i, a := range list {
		if i == 5 {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(auyl.AreaCode(a).String())
	}
	return b.String()
}

// unknownMove is the movement of a series that nothing can be said of: it is not
// calm, so that what it does next is no break.
const unknownMove = 99

// movement is how the figures of one series moved at the places that both
// deliveries have: with those of the same place, so that a new place moves nothing.
type movement struct {
	ratios                 []float64 // decades, ascending
	both                   int       // places
	zerosWas, zerosNow     int
	distinctWas, distinctN int // figures
	median                 float64
	newYear                bool
}

func movementOf(was, now *wire.Sample) *movement {
	m := &movement{newYear: turned(now.GetFreq(), slices.Max(was.GetStart()), slices.Max(now.GetStart()))}
	before, after := map[int64]bool{}, map[int64]bool{}
	for i, place := range now.GetPlace() {
		j, ok := slices.BinarySearch(was.GetPlace(), place)
		if !ok {
			continue
		}
		a, b := was.GetValue()[j], now.GetValue()[i]
		m.both++
		before[a], after[b] = true, true
		if a == 0 {
			m.zerosWas++
		}
		if b == 0 {
			m.zerosNow++
		}
		if a > 0 && b > 0 || a < 0 && b < 0 {
			m.ratios = append(m.ratios, math.Log10(float64(b)/float64(a)))
		}
	}
	slices.Sort(m.ratios)
	m.distinctWas, m.distinctN = len(before), len(after)
	m.median = unknownMove
	if n := len(m.ratios); n >= holdPlacesFrom && n*2 >= m.both {
		m.median = math.Abs(m.ratios[n/2])
	}
	return m
}

// emptied reports whether there is 0 nearly everywhere, where there were figures.
func (m *movement) emptied() bool {
	return m.both >= holdShapeFrom && m.zerosWas*5 <= m.both && m.zerosNow*10 >= m.both*9
}

// judge says what is wrong with a movement; moved is that of the delivery before.
// Of a series that is not calm, such as one of campaigns, nothing can be said.
func (m *movement) judge(series string, moved float64) *finding {
	if n := len(m.ratios); n >= holdPlacesFrom && moved <= holdCalm {
		if f := factor(m.ratios[n/4], m.ratios[n-1-n/4], m.newYear); f != "" {
			return &finding{schemas.HoldUnit, fmt.Sprintf("%s: the figures are %s those before, at %d places", series, f, n), "the same unit", "ask the source whether its unit changed; times in the contract has the factor"}
		}
		if n >= holdShapeFrom && m.median > holdShift && m.median < unknownMove && !m.newYear {
			return &finding{schemas.HoldDistribution, fmt.Sprintf("%s: half of %d places moved %.0f-fold or more", series, n, math.Pow(10, m.median)), "figures of the same size", "look whether columns were swapped"}
		}
	}
	if m.both >= holdShapeFrom && m.distinctN == 1 && m.zerosNow == 0 && m.distinctWas*2 >= m.both {
		return &finding{schemas.HoldDistribution, fmt.Sprintf("%s: one figure at all %d places", series, m.both), fmt.Sprintf("%d different ones", m.distinctWas), "a formula may have been filled down"}
	}
	return nil
}

// turned reports whether a new year begins between two periods of a year's parts: a
// figure since January is a twelfth then.
func turned(freq []byte, was, now int32) bool {
	if f := auyl.Freq(freq[0]); f != auyl.FreqMonth && f != auyl.FreqQuarter && f != auyl.FreqDay {
		return false
	}
	return auyl.Day(was).Time().Year() != auyl.Day(now).Time().Year()
}

// factor names the factor of a unit by which the middle half of the ratios moved;
// they are decades.
func factor(low, high float64, newYear bool) string {
	for _, f := range []struct {
		by, near float64 // near are decades: a third, a sixth up or down
		up, down string
	}{
		{1000, 0.13, "1000 times", "a thousandth of"},
		{1e6, 0.13, "a million times", "a millionth of"},
		{12, 0.07, "12 times", "a twelfth of"},
	} {
		at := math.Log10(f.by)
		switch {
		case f.by == 12 && newYear:
		case low > at-f.near && high < at+f.near:
			return f.up
		case low > -at-f.near && high < -at+f.near:
			return f.down
		}
	}
	return ""
}
