package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// message is a wire message that can be encoded without knowing which.
type message[T wire.Message] struct{ m T }

func (m message[T]) marshal() ([]byte, error) { return wire.Marshal(m.m) }

// numbers reads figures as a source writes them.
type numbers struct {
	rule  schemas.NumberRule
	strip *strings.Replacer // characters between groups of digits
	sign  byte              // before decimals
	plain bool              // digits mean what they are: no rule makes anything else of them
}

func newNumbers(r schemas.NumberRule) numbers {
	var pairs []string
	for _, c := range r.Thousands {
		pairs = append(pairs, string(c), "")
	}
	n := numbers{rule: r, strip: strings.NewReplacer(pairs...), sign: '.'}
	if r.Decimal == "," {
		n.sign = ','
	}
	n.plain = !strings.ContainsAny(r.Thousands, "0123456789.,")
	for _, mark := range slices.Concat(r.Confidential, r.Missing, r.Zero, r.Provisional) {
		n.plain = n.plain && strings.Trim(mark, "0123456789.,") != ""
	}
	return n
}

// point is the decimal sign of the contract.
func (n *numbers) point() string {
	if n.rule.Decimal == "," {
		return ","
	}
	return "."
}

// parse reads a figure or the mark that stands for one. empty says that the field
// is blank.
//
//nolint:revive // four results: a figure is more than a number
func (n *numbers) parse(raw string, b bounds) (v auyl.Decimal, status auyl.Status, empty bool, err *fault) {
	v, status, kind, err := n.read(raw)
	if kind == figureNumber {
		err = inRange(v, raw, b)
	}
	return v, status, kind == figureBlank, err
}

// read is parse without bounds.
//
//nolint:revive // four results: a figure is more than a number
func (n *numbers) read(raw string) (v auyl.Decimal, status auyl.Status, kind figureKind, err *fault) {
	if raw == "" {
		return 0, 0, figureBlank, nil
	}
	if n.plain {
		if v, ok := n.digits(raw); ok {
			return v, auyl.StatusNormal, figureNumber, nil
		}
	}
	switch {
	case slices.Contains(n.rule.Confidential, raw):
		return 0, auyl.StatusConfidential, figureMark, nil
	case slices.Contains(n.rule.Missing, raw):
		return 0, auyl.StatusMissing, figureMark, nil
	case slices.Contains(n.rule.Zero, raw):
		return 0, auyl.StatusNormal, figureMark, nil
	}
	status = auyl.StatusNormal
	for _, sign := range n.rule.Provisional {
		if rest, ok := strings.CutSuffix(raw, sign); ok {
			raw, status = strings.TrimSpace(rest), auyl.StatusProvisional
			break
		}
	}
	text := raw
	if n.rule.Thousands != "" && strings.ContainsAny(raw, n.rule.Thousands) {
		text = n.strip.Replace(raw)
	}
	if n.rule.Decimal == "," {
		if strings.Contains(text, ".") {
			if status, ok := n.lookalike(raw); ok {
				return 0, status, figureMark, nil
			}
			return 0, 0, figureBroken, &fault{reason: ReasonNumber, found: raw, expected: "a number with a decimal comma", mend: "the source writes a point now: change number.decimal in the contract"}
		}
		text = strings.Replace(text, ",", ".", 1)
	}
	v, e := auyl.ParseDecimal(text)
	switch {
	case errors.Is(e, auyl.ErrRange):
		return 0, 0, figureBroken, &fault{reason: ReasonRange, found: raw, expected: "at most four decimals and 922 trillion", mend: "look at the unit of the column"}
	case e != nil:
		if status, ok := n.lookalike(raw); ok {
			return 0, status, figureMark, nil
		}
		return 0, 0, figureBroken, &fault{reason: ReasonNumber, found: raw, expected: "a number", mend: "write digits, or a mark that the contract knows"}
	}
	return v, status, figureNumber, nil
}

// digits reads what most figures are: at most twelve digits and four behind the
// point, with nothing that would have to be looked up.
func (n *numbers) digits(s string) (auyl.Decimal, bool) {
	var v int64
	i := 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		v = v*10 + int64(s[i]-'0')
	}
	if i == 0 || i > 12 {
		return 0, false
	}
	if i == len(s) {
		return auyl.Decimal(v) * auyl.DecimalOne, true
	}
	behind := len(s) - i - 1
	if s[i] != n.sign || behind == 0 || behind > 4 {
		return 0, false
	}
	for i++; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return 0, false
		}
		v = v*10 + int64(s[i]-'0')
	}
	for ; behind < 4; behind++ {
		v *= 10
	}
	return auyl.Decimal(v), true
}

func inRange(v auyl.Decimal, raw string, b bounds) *fault {
	lo, hi := b.low, b.high
	x := v.Float64()
	if x >= lo && x <= hi {
		return nil
	}
	mend := "look at the figure and at the unit of the column"
	if hi > 0 && x > hi && x/1000 <= hi && x/1000 >= lo {
		mend = "a thousandth of it would fit: has the unit changed?"
	}
	return &fault{reason: ReasonRange, found: raw, expected: fmt.Sprintf("%v to %v", lo, hi), mend: mend}
}

// periodMemory is the period that was read last: registers are sorted by it, or
// have only one.
type periodMemory struct {
	text, part string
	period     auyl.Period
	last       auyl.Day // of the period
}

// period reads the record's period and brings it to the frequency of the contract.
// It is kept, with its last day, in m.periods.
func (m *mapper) period(fields []string) (auyl.Period, *fault) {
	text, part := at(fields, m.plan.period), at(fields, m.plan.part)
	if k := &m.periods; !k.period.IsZero() && text == k.text && part == k.part {
		return k.period, nil
	}
	p, err := m.parsePeriod(fields)
	if err != nil {
		return p, err
	}
	m.periods = periodMemory{text, part, p, p.LastDay()}
	return p, nil
}

func (m *mapper) parsePeriod(fields []string) (auyl.Period, *fault) {
	r := m.c.Period
	raw := at(fields, m.plan.period)
	bad := func(mend string) (auyl.Period, *fault) {
		return auyl.Period{}, &fault{r.Field, ReasonPeriod, raw, "a period such as 2026-Q3, 2026-10 or 01.10.2026", mend}
	}
	text := raw
	if r.Part != "" {
		part, ok := r.Parts[m.get(fields, r.Part)]
		if !ok {
			// Not quoted: that field may be one that says more than its contract thinks.
			return bad(fmt.Sprintf("what stands in %s is no part of a year that the contract knows", r.Part))
		}
		if part != "" {
			text += "-" + part
		}
	}
	p, err := parsePeriod(text)
	if err != nil {
		return bad("write the period as the contract says")
	}
	if p.Freq() == auyl.FreqDay && r.Freq != 0 && r.Freq != auyl.FreqDay {
		d := p.Start()
		if r.AsOf {
			d--
		}
		p = auyl.NewPeriod(r.Freq, d)
	} else if r.Freq != 0 && p.Freq() != r.Freq {
		return bad(fmt.Sprintf("the contract wants periods of frequency %s", r.Freq))
	}
	if p.Start() < r.Min {
		return bad("nothing is known before " + r.Min.String())
	}
	return p, nil
}

// Excel counts days from this one, for dates after its error of 1900.
const excelEpoch = "1899-12-30"

// parsePeriod reads the spellings of registers: those of auyl, 2026-10, 202610,
// 01.10.2026 with or without a time, and the serial numbers of Excel for the
// years 1982 to 2064.
func parsePeriod(s string) (auyl.Period, error) {
	if p, err := auyl.ParsePeriod(s); err == nil {
		return p, nil
	}
	if p, ok := periodInWords(s); ok {
		return p, nil
	}
	switch {
	case len(s) == 7 && s[4] == '-':
		return auyl.ParsePeriod(s[:5] + "M" + s[5:])
	case len(s) == 6 && strings.Trim(s, "0123456789") == "":
		return auyl.ParsePeriod(s[:4] + "-M" + s[4:])
	case len(s) >= 10 && s[2] == '.' && s[5] == '.':
		return auyl.ParsePeriod(s[6:10] + "-" + s[3:5] + "-" + s[:2])
	case len(s) > 10 && (s[10] == 'T' || s[10] == ' '):
		return auyl.ParsePeriod(s[:10])
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 30_000 && n < 60_000 {
		epoch, err := auyl.ParseDay(excelEpoch)
		if err != nil {
			return auyl.Period{}, err
		}
		return auyl.NewPeriod(auyl.FreqDay, epoch+auyl.Day(n)), nil
	}
	return auyl.Period{}, fmt.Errorf("period %q: %w", s, auyl.ErrSyntax)
}

// instant reads a clock of the contract's zone, or one with an offset.
func (m *mapper) instant(fields []string, name string) (t time.Time, ok bool, err *fault) {
	raw := m.get(fields, name)
	if raw == "" {
		return t, false, nil
	}
	if t, ok = parseInstant(raw, m.d.zone); ok {
		return t, true, nil
	}
	return t, false, &fault{name, ReasonInstant, raw, "date, with time such as 2026-10-01 08:30:00", "write local time of Almaty, or add the offset"}
}

// parseInstant reads the spellings of registers.
func parseInstant(raw string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "02.01.2006 15:04:05", "02.01.2006 15:04", "2006-01-02 15:04", "2006-01-02", "02.01.2006"} {
		if t, err := time.ParseInLocation(layout, raw, zone); err == nil {
			return t, true
		}
	}
	t, err := time.Parse(time.RFC3339, raw)
	return t, err == nil
}

// takeEvent makes an event of a record.
func (m *mapper) takeEvent(out *output, row uint32, fields []string) (string, *fault) {
	e := m.c.Event
	x := auyl.Event{Kind: e.Kind, ID: m.get(fields, e.ID), Attributes: make(map[string]auyl.Decimal, len(e.Attributes)), Row: row}
	if x.ID == "" {
		return "", &fault{e.ID, ReasonRequired, "", "the number of the event", "fill the field in and deliver again"}
	}
	if len(iin.Find(x.ID)) > 0 {
		return "", personal(e.ID)
	}
	var ok bool
	var err *fault
	if x.OccurredAt, ok, err = m.instant(fields, e.OccurredAt); err != nil {
		return "", err
	} else if !ok && e.ElseAt != "" {
		if x.OccurredAt, ok, err = m.instant(fields, e.ElseAt); err != nil {
			return "", err
		}
	}
	if !ok {
		return "", &fault{e.OccurredAt, ReasonRequired, "", "when it happened", "fill the field in and deliver again"}
	}
	if x.ReportedAt, ok, err = m.instant(fields, e.ReportedAt); err != nil {
		return "", err
	} else if !ok {
		x.ReportedAt = x.OccurredAt
	}
	var skip bool
	if x.Area, skip, err = m.area(fields, auyl.DayOf(x.OccurredAt.In(m.d.zone))); err != nil || skip {
		return outside(skip), err
	}
	for _, a := range e.Attributes {
		if err := m.attribute(&x, a, fields); err != nil {
			return "", err
		}
	}
	if w := e.Withdrawn; w != nil {
		v := m.get(fields, w.Field)
		x.Withdrawn = slices.Contains(w.In, v) || len(w.NotIn) > 0 && !slices.Contains(w.NotIn, v)
	}
	if old, ok := out.seenEvt[x.ID]; ok {
		if sameEvent(old, x) {
			return SkipDuplicate, nil
		}
		return "", &fault{e.ID, ReasonDuplicate, x.ID, "one record for each event", fmt.Sprintf("record %d says otherwise: keep the right one", old.Row)}
	}
	if m.repeated(&x, fields) {
		return e.Repeats.Rule, nil
	}
	out.seenEvt[x.ID] = x
	out.event(x, m.attrNames)
	return "", nil
}

func (m *mapper) attribute(x *auyl.Event, a schemas.Attribute, fields []string) *fault {
	if len(a.In) > 0 {
		x.Attributes[a.Name] = 0
		if slices.Contains(a.In, m.get(fields, a.Field)) {
			x.Attributes[a.Name] = auyl.DecimalOne
		}
		return nil
	}
	if a.Field != "" {
		v, status, empty, err := m.num.parse(m.get(fields, a.Field), m.bounds(a.Field))
		if err != nil {
			err.field = a.Field
			return err
		}
		if empty || status.Empty() {
			return nil
		}
		if a.Times != 0 {
			d, e := auyl.DecimalOf(v.Float64() * a.Times)
			if e != nil {
				return &fault{a.Field, ReasonRange, "", "a number that fits", "look at the unit of the column"}
			}
			v = d
		}
		x.Attributes[a.Name] = v
		return nil
	}
	from, ok1, err := m.instant(fields, a.From)
	if err != nil {
		return err
	}
	to, ok2, err := m.instant(fields, a.To)
	if err != nil {
		return err
	}
	if !ok1 || !ok2 {
		return nil
	}
	seconds := to.Sub(from) / time.Second
	if seconds < 0 {
		return &fault{a.To, ReasonRange, m.get(fields, a.To), "not before " + a.From, "is one of the two in another time zone?"}
	}
	v := auyl.Decimal(seconds) * auyl.DecimalOne
	if a.Times != 0 { // of a clock: what is below a ten-thousandth of the unit is rounded
		d, e := auyl.DecimalOf(float64(seconds) * a.Times)
		if e != nil {
			return &fault{a.To, ReasonRange, m.get(fields, a.To), "a time that fits", "look at the date"}
		}
		v = d
	}
	if a.Max > 0 && v.Float64() > a.Max {
		return &fault{a.To, ReasonRange, m.get(fields, a.To), fmt.Sprintf("%s of at most %v", a.Name, a.Max), "is one of the two in another time zone, or of another day?"}
	}
	x.Attributes[a.Name] = v
	return nil
}

func sameEvent(a, b auyl.Event) bool {
	if a.Area != b.Area || !a.OccurredAt.Equal(b.OccurredAt) || !a.ReportedAt.Equal(b.ReportedAt) || a.Withdrawn != b.Withdrawn || len(a.Attributes) != len(b.Attributes) {
		return false
	}
	for k, v := range a.Attributes {
		if w, ok := b.Attributes[k]; !ok || v != w {
			return false
		}
	}
	return true
}
