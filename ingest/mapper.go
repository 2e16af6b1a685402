package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// mapper makes observations or an event of each record, under a contract. It is
// built once for a page, when the order of its columns is known.
type mapper struct {
	d     *Decoder
	c     *schemas.Contract
	index map[string]int // column of each declared field that is on the page
	num   numbers

	measures  []measure
	attrNames []string
	plain     []string // harmless fields, sorted
	declared  []string // fields that are not personal, sorted

	protected []protectedField
	totals    []totalState
	restated  map[restatedKey]uint32    // the row that first named it
	named     map[nameKey]auyl.AreaCode // answers of area names, 0 for none and several

	sums   bool // some measure is added up over the page
	summed map[auyl.SeriesID]bool

	held map[string][]time.Time // when events happened, by what repetitions say alike

	obs  []auyl.Observation // of the record in work, reused
	text []byte             // the same
}

type measure struct {
	*schemas.Measure
	when     []string      // fields of When, sorted
	dims     []string      // names of Dims, sorted
	constant *auyl.Decimal // instead of a field
}

func newMapper(d *Decoder, c *schemas.Contract, names []string) (*mapper, error) {
	m := &mapper{d: d, c: c, index: map[string]int{}, num: newNumbers(c.Number), summed: map[auyl.SeriesID]bool{}, restated: map[restatedKey]uint32{}, named: map[nameKey]auyl.AreaCode{}, held: map[string][]time.Time{}}
	at := map[string]int{}
	for i, n := range names {
		at[strings.TrimSpace(n)] = i
	}
	var missing []string
	for _, f := range slices.Sorted(maps.Keys(c.Fields)) {
		i, ok := at[f]
		switch {
		case ok:
			m.index[f] = i
		case c.Fields[f].Personal == "" || c.Fields[f].Required:
			missing = append(missing, f)
		}
		if c.Fields[f].Personal == "" {
			m.declared = append(m.declared, f)
		}
		if c.Fields[f].Harmless {
			m.plain = append(m.plain, f)
		}
	}
	if len(missing) > 0 {
		return nil, &missingColumnsError{missing, names}
	}
	for i := range c.Measures {
		x := &c.Measures[i]
		one := measure{Measure: x, when: slices.Sorted(maps.Keys(x.When)), dims: slices.Sorted(maps.Keys(x.Dims))}
		if text, ok := strings.CutPrefix(x.Value, "="); ok {
			v, err := auyl.ParseDecimal(text)
			if err != nil {
				return nil, fmt.Errorf("measure %d: %w", i, err) // the loader has refused it
			}
			one.constant = &v
		}
		if x.Sum {
			m.sums = true
			m.summed[x.Series] = true
		}
		m.measures = append(m.measures, one)
	}
	m.protected, m.totals = m.protectedFields(), totalsOf(c)
	if c.Event != nil {
		for _, a := range c.Event.Attributes {
			m.attrNames = append(m.attrNames, a.Name)
		}
	}
	return m, nil
}

// fault is why a record is dead.
type fault struct{ field, reason, found, expected, mend string }

func (f *fault) Error() string { return f.reason + " " + f.field }

// record takes one record to its one end: used, skipped or dead.
func (m *mapper) record(out *output, row int, position string, fields []string) {
	out.flow.RecordsIn++
	m.protect(fields)
	if m.total(row, position, fields) {
		return // it is judged when all of its parts were seen
	}
	rule, err := m.take(out, uint32(row), fields)
	switch {
	case err != nil:
		if m.sums {
			m.spoil(out, fields)
		}
		l := &wire.DeadLetter{Row: uint32(row), Position: position, Field: err.field, Reason: err.reason, Expected: err.expected, Mend: err.mend, Record: m.quote(fields)}
		if m.c.Fields[err.field].Harmless {
			l.Found = mask(err.found)
		}
		out.dead(l)
		m.lost(fields)
	case rule != "":
		out.skip(rule)
	default:
		out.flow.RecordsUsed++
	}
}

// quote gives the harmless fields of a record.
func (m *mapper) quote(fields []string) []byte {
	var b strings.Builder
	for _, f := range m.plain {
		if i, ok := m.index[f]; ok && b.Len() < 400 {
			fmt.Fprintf(&b, "%s=%s; ", f, fields[i])
		}
	}
	return []byte(mask(strings.TrimSuffix(b.String(), "; ")))
}

func (m *mapper) get(fields []string, name string) string {
	i, ok := m.index[name]
	if !ok {
		return ""
	}
	return trimBlanks(fields[i])
}

// trimBlanks cuts blanks off both ends. Nearly no field has any: where the ends are
// letters of ASCII, nothing is searched for.
func trimBlanks(s string) string {
	if n := len(s); n == 0 || visible(s[0]) && visible(s[n-1]) {
		return s
	}
	return strings.Trim(s, " \t\u00a0\u202f")
}

func visible(c byte) bool { return c > ' ' && c < 0x7f }

// take returns the rule by which the record is skipped, or why it is dead.
func (m *mapper) take(out *output, row uint32, fields []string) (rule string, err *fault) {
	for _, s := range m.c.Skip {
		v := m.get(fields, s.Field)
		if slices.Contains(s.In, v) || len(s.NotIn) > 0 && !slices.Contains(s.NotIn, v) {
			return s.Rule, nil
		}
	}
	if err := m.words(fields); err != nil {
		return "", err
	}
	if err := m.related(fields); err != nil {
		return "", err
	}
	if rule, err := m.unique(out, row, fields); rule != "" || err != nil {
		return rule, err
	}
	if m.c.Event != nil {
		return m.takeEvent(out, row, fields)
	}
	return m.takeMeasures(out, row, fields)
}

// unique holds a record to those of the page with the same name.
func (m *mapper) unique(out *output, row uint32, fields []string) (string, *fault) {
	if len(m.c.Unique) == 0 {
		return "", nil
	}
	m.text = m.appendTexts(m.text[:0], fields, m.declared)
	sum := sha256.Sum256(m.text)
	m.text = m.appendTexts(m.text[:0], fields, m.c.Unique)
	old, ok := out.seenKey[string(m.text)]
	switch {
	case !ok:
		out.seenKey[string(m.text)] = seenRecord{row, sum}
		return "", nil
	case old.sum == sum:
		return SkipDuplicate, nil
	}
	return "", &fault{
		m.c.Unique[0], ReasonDuplicate, m.get(fields, m.c.Unique[0]), "one record for each " + strings.Join(m.c.Unique, ", "),
		fmt.Sprintf("record %d says otherwise: keep the right one", old.row),
	}
}

// appendTexts appends fields, each with its length before it, so that no two lists
// of texts are spelled alike.
func (m *mapper) appendTexts(dst []byte, fields, names []string) []byte {
	for _, f := range names {
		v := m.get(fields, f)
		dst = binary.AppendUvarint(dst, uint64(len(v)))
		dst = append(dst, v...)
	}
	return dst
}

// words checks what can be said of each field alone.
func (m *mapper) words(fields []string) *fault {
	for name, i := range m.index {
		f := m.c.Fields[name]
		if !f.Required && len(f.OneOf) == 0 || f.Personal != "" {
			continue
		}
		v := strings.TrimSpace(fields[i])
		if f.Required && v == "" {
			return &fault{name, ReasonRequired, "", "a value", "fill the field in and deliver again"}
		}
		if len(f.OneOf) > 0 && v != "" && !slices.Contains(f.OneOf, v) {
			near := schemas.Nearest(v, f.OneOf)
			return &fault{name, ReasonWord, v, strings.Join(f.OneOf, ", "), "did the source change its words? Nearest: " + near}
		}
	}
	return nil
}

func (m *mapper) takeMeasures(out *output, row uint32, fields []string) (string, *fault) {
	period, err := m.period(fields)
	if err != nil {
		return "", err
	}
	area, skip, err := m.area(fields, period.LastDay())
	if err != nil || skip {
		return outside(skip), err
	}
	m.obs = m.obs[:0]
	for i := range m.measures {
		x := &m.measures[i]
		if !m.applies(x, fields) {
			continue
		}
		v, status, empty, err := m.value(x, fields)
		if err != nil {
			return "", err
		}
		if empty {
			continue // a field that is left blank says nothing
		}
		dims, err := m.dims(x, fields)
		if err != nil {
			return "", err
		}
		if status == auyl.StatusNormal {
			status = m.status(x, period, fields)
		}
		m.obs = append(m.obs, auyl.Observation{Series: x.Series, Dims: dims, Area: area, Period: x.dated(period), Value: v, Status: status, Row: row})
	}
	if len(m.obs) == 0 {
		return SkipEmpty, nil
	}
	released, err := m.released(out, fields)
	if err != nil {
		return "", err
	}
	if key := (restatedKey{released, area, period}); m.c.Restates && m.restated[key] == 0 {
		m.restated[key] = row
	}
	m.addUp(out, released)
	rule := ""
	if len(m.obs) > 0 { // otherwise all of the record went into sums
		rule, err = m.store(out, released)
	}
	if rule == "" && err == nil {
		m.part(fields)
	}
	return rule, err
}

// dated is the period of a measure in a record of a period.
func (x *measure) dated(p auyl.Period) auyl.Period {
	switch x.At {
	case "end":
		return auyl.NewPeriod(auyl.FreqDay, p.End())
	case "start":
		return auyl.NewPeriod(auyl.FreqDay, p.Start())
	}
	return p
}

// value reads the number of a measure in the unit of its series.
//
//nolint:revive // four results: a figure is more than a number
func (m *mapper) value(x *measure, fields []string) (v auyl.Decimal, status auyl.Status, empty bool, err *fault) {
	if x.constant != nil {
		return *x.constant, auyl.StatusNormal, false, nil
	}
	v, status, empty, err = m.num.parse(m.get(fields, x.Value), m.c.Fields[x.Value])
	if err != nil {
		err.field = x.Value
		return 0, 0, false, err
	}
	if x.Times == 0 || x.Times == 1 || v == 0 {
		return v, status, empty, nil
	}
	scaled, ok := scale(v, x.Times)
	if !ok {
		return 0, 0, false, &fault{x.Value, ReasonRange, m.get(fields, x.Value), "a number that keeps its digits in the unit of the series", "look at the unit of the column, and at times in the contract"}
	}
	return scaled, status, empty, nil
}

// scale multiplies a decimal by a factor, or divides it by the inverse where that
// is a whole number. Not ok where digits would be lost.
func scale(v auyl.Decimal, times float64) (auyl.Decimal, bool) {
	if whole := math.Round(times); times >= 1 {
		f := int64(whole)
		out := int64(v) * f
		return auyl.Decimal(out), whole == times && f > 0 && out/f == int64(v)
	}
	inverse := math.Round(1 / times)
	f := int64(inverse)
	return v / auyl.Decimal(f), math.Abs(times*inverse-1) < 1e-12 && v%auyl.Decimal(f) == 0
}

// addUp moves what is summed over the page from the record's observations into
// the sums of the page.
func (m *mapper) addUp(out *output, released int64) {
	if !m.sums {
		return
	}
	keep := m.obs[:0]
	for _, x := range m.obs {
		if !m.summed[x.Series] {
			keep = append(keep, x)
			continue
		}
		out.sum(obsKey{released, x.Series, x.Dims, x.Area, x.Period}, x)
	}
	m.obs = keep
}

// spoil notes that a record of an area and period was lost, so that what is added
// up there is known to be short. Where the record does not say which, nothing can
// be noted: its dead letter stands for it.
func (m *mapper) spoil(out *output, fields []string) {
	period, err := m.period(fields)
	if err != nil {
		return
	}
	if area, skip, err := m.area(fields, period.LastDay()); err == nil && !skip {
		for i := range m.measures {
			out.spoiled[areaPeriod{area, m.measures[i].dated(period)}] = true
		}
	}
}

// released is when the source published the record, in milliseconds; the time of
// the page where it does not say. A date that names a month or a year means its
// last day.
func (m *mapper) released(out *output, fields []string) (int64, *fault) {
	f := m.c.Released.Field
	if f == "" {
		return out.vintage.GetReleasedAtMs(), nil
	}
	raw := m.get(fields, f)
	if raw == "" {
		return out.vintage.GetReleasedAtMs(), nil
	}
	p, err := parsePeriod(raw)
	if err != nil {
		return 0, &fault{f, ReasonPeriod, raw, "the day of publication", "write it as 2024-12-30"}
	}
	return p.LastDay().Time().UnixMilli(), nil
}

func outside(skip bool) string {
	if skip {
		return SkipOutside
	}
	return ""
}

// store hands the record's observations on, unless they were there before.
func (m *mapper) store(out *output, released int64) (string, *fault) {
	repeated := 0
	for _, x := range m.obs {
		old, ok := out.seenObs[obsKey{released, x.Series, x.Dims, x.Area, x.Period}]
		if !ok {
			continue
		}
		if old.Value != x.Value || old.Status != x.Status {
			return "", &fault{
				m.c.Area.Field, ReasonDuplicate, x.Area.String(), "one record for each area and period",
				fmt.Sprintf("record %d says otherwise of %s in %s: keep the right one", old.Row, x.Series, x.Period),
			}
		}
		repeated++
	}
	if repeated == len(m.obs) {
		return SkipDuplicate, nil
	}
	for _, x := range m.obs {
		k := obsKey{released, x.Series, x.Dims, x.Area, x.Period}
		if _, ok := out.seenObs[k]; !ok {
			out.seenObs[k] = x
			out.observation(x, released)
		}
	}
	return "", nil
}

func (m *mapper) applies(x *measure, fields []string) bool {
	for _, f := range x.when {
		if !slices.Contains(x.When[f], m.get(fields, f)) {
			return false
		}
	}
	return true
}

func (m *mapper) dims(x *measure, fields []string) (auyl.Dims, *fault) {
	if len(x.dims) == 0 {
		return "", nil
	}
	var parts []string
	for _, name := range x.dims {
		from := x.Dims[name]
		v, constant := strings.CutPrefix(from, "=")
		if !constant {
			v = m.get(fields, from)
		}
		if v == x.Totals[name] && !constant {
			continue
		}
		if !constant && len(iin.Find(v)) > 0 {
			return "", personal(from)
		}
		parts = append(parts, name+"="+v)
	}
	d, err := auyl.ParseDims(strings.Join(parts, ";"))
	if err != nil {
		return "", &fault{x.Dims[x.dims[0]], ReasonWord, "", "a word without ; and =", "look at the source's dictionary"}
	}
	return d, nil
}

// personal is the fault of a field that is kept as text and holds the number of a
// person: the contract did not foresee it, so nothing of the record is taken.
func personal(field string) *fault {
	return &fault{field, ReasonPerson, "", "no number of a person", "drop the field in the contract (personal: drop), or ask the source to leave the number out"}
}

func (m *mapper) status(x *measure, p auyl.Period, fields []string) auyl.Status {
	for _, s := range x.Status {
		if strings.Contains(m.get(fields, s.Field), s.Contains) {
			return s.Is
		}
	}
	for _, b := range m.c.Breaks {
		if b.Series == x.Series && b.From == p {
			return auyl.StatusBreak
		}
	}
	return auyl.StatusNormal
}

// area finds the record's area as it was on the day; skip says that the contract
// does not ask for it.
func (m *mapper) area(fields []string, day auyl.Day) (code auyl.AreaCode, skip bool, err *fault) {
	r := m.c.Area
	raw := m.get(fields, r.Field)
	bad := func(reason, expected, mend string) (auyl.AreaCode, bool, *fault) {
		return 0, false, &fault{r.Field, reason, raw, expected, mend}
	}
	if raw == "" && r.Fallback != 0 && r.By != "code_or_name" {
		return r.Fallback, false, nil
	}
	switch r.By {
	case "name":
		c, err := m.byName(fields, r.Field, day)
		if err != nil {
			return 0, false, err
		}
		code = c
	case "label":
		c, ok := r.Labels[raw]
		if !ok {
			return 0, true, nil // of a table of all regions only those that are named are ours
		}
		code = c
	case "taldau_term":
		c, ok := m.d.areas.Term(raw)
		if !ok {
			return bad(ReasonArea, "an id of Taldau's dictionary of regions", "add the id to schemas/areas/taldau_terms.csv if it is a new unit")
		}
		code = c
	default:
		if raw == "" && r.By == "code_or_name" {
			c, err := m.byName(fields, r.Name, day)
			if err != nil {
				return 0, false, err
			}
			code = c
			break
		}
		c, e := auyl.ParseAreaCode(raw)
		if e != nil {
			if len(raw) == 8 {
				return bad(ReasonArea, "nine digits of KATO", "a leading zero is lost: format the column as text")
			}
			return bad(ReasonArea, "nine digits of KATO", "write the code of the classifier, not the name")
		}
		code = c
	}
	if r.Within != 0 && code.Oblast() != r.Within {
		return code, true, nil
	}
	a, ok := m.d.areas.At(code, day)
	if !ok {
		return m.notThen(code, day, bad)
	}
	if len(r.Levels) > 0 && !slices.Contains(r.Levels, a.Level) {
		return bad(ReasonAreaLevel, fmt.Sprintf("a level of %v", r.Levels), fmt.Sprintf("%s is of level %s", code, a.Level))
	}
	return code, false, nil
}

// notThen says what is wrong with a code that meant nothing on the day.
func (m *mapper) notThen(code auyl.AreaCode, day auyl.Day, bad func(reason, expected, mend string) (auyl.AreaCode, bool, *fault)) (auyl.AreaCode, bool, *fault) {
	meanings := m.d.areas.Meanings(code)
	if len(meanings) == 0 {
		mend := "look the code up in schemas/areas/areas.csv"
		if p, ok := m.d.areas.At(code.District(), day); ok {
			mend += "; its district would be " + p.NameRU
		}
		return bad(ReasonArea, "a code of the classifier", mend)
	}
	var mend strings.Builder
	mend.WriteString("the code meant something " + meanings[0].ValidFrom.String() + "–" + meanings[0].ValidTo.String())
	for _, s := range m.d.areas.Successors(code) {
		fmt.Fprintf(&mend, "; since %s see %s", s.Effective, s.To)
	}
	return bad(ReasonAreaClosed, "a code in force on "+day.String(), mend.String())
}
