package ingest

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Limits of one message. A row of observations takes about 20 bytes and one of
// events about 80, so that a message stays well below half a megabyte.
const (
	maxObservations = 16_384
	maxEvents       = 4_096
	maxDeadLetters  = 256
)

// Limits of one page. What it says must fit into one frame of a thousand
// messages, here and at the stage behind, which makes up to four cells of an
// observation; and what is gathered of it stays below half a gigabyte.
const (
	maxPageRows    = 1_000_000 // of observations, and of events
	maxPageLetters = 50_000
)

var (
	errTooMuch       = errors.New("page holds too much")
	errTooManyFaults = errors.New("page holds too many bad records")
)

// output gathers what one page says, by partition, in columns.
type output struct {
	vintage *wire.Vintage
	flow    *wire.Flow
	obs     map[obsPart][]*observations
	evt     map[auyl.AreaCode][]*wire.Events
	letters []*wire.DeadLetter
	told    *told
	seenEvt map[string]auyl.Event
	seenKey map[string]seenRecord
	sums    map[obsKey]figureValue
	later   *wire.Vintage // of sums that a replay changed; nil outside of one
	// withdrawn are figures that a restating page does not tell any more.
	withdrawn []keyed
	spoiled   map[areaPeriod]bool // some record of it is dead: its sums are short
	recent    [64]*observations   // where the last rows of a district went
	fault     error               // of encoding
}

// seenRecord is a record under its unique name.
type seenRecord struct {
	row uint32
	sum [sha256.Size]byte // of its fields
}

type areaPeriod struct {
	area   auyl.AreaCode
	period auyl.Period
}

// full says why no more of the page can be taken.
func (o *output) full() error {
	switch {
	case o.flow.GetObservations() > maxPageRows || o.flow.GetEvents() > maxPageRows:
		return errTooMuch
	case len(o.letters) > maxPageLetters:
		return errTooManyFaults
	}
	return nil
}

// obsPart is what all rows of one message share: the district, the time at which
// the source published them, and the frame of RAW that told them.
type obsPart struct {
	district   auyl.AreaCode
	releasedMs int64
	rawSeq     uint64
}

func newOutput(v *wire.Vintage) *output {
	o := &output{vintage: v}
	o.reset()
	return o
}

// reset forgets everything, for a page of which nothing is taken.
func (o *output) reset() {
	o.flow = &wire.Flow{Vintage: o.vintage}
	o.obs, o.evt, o.letters = map[obsPart][]*observations{}, map[auyl.AreaCode][]*wire.Events{}, nil
	o.told, o.seenEvt, o.recent = newTold(), map[string]auyl.Event{}, [64]*observations{}
	o.seenKey, o.withdrawn = map[string]seenRecord{}, nil
	o.sums, o.spoiled = map[obsKey]figureValue{}, map[areaPeriod]bool{}
}

func (o *output) dead(l *wire.DeadLetter) {
	o.flow.RecordsDead++
	for _, text := range []*string{&l.Position, &l.Field, &l.Found, &l.Expected, &l.Mend} {
		*text = strings.ToValidUTF8(*text, "?")
	}
	o.letters = append(o.letters, l)
}

func (o *output) skip(rule string) {
	o.flow.RecordsSkipped++
	if o.flow.SkippedByRule == nil {
		o.flow.SkippedByRule = map[string]uint64{}
	}
	o.flow.SkippedByRule[rule]++
}

// partition is the district of an area; above it, the area itself.
func partition(a auyl.AreaCode) auyl.AreaCode { return a.District() }

func (o *output) observation(k obsKey, x figureValue, v *wire.Vintage) {
	m := o.message(obsPart{partition(k.area), o.told.at[k.released], v.GetRawSeq()}, v)
	var names place
	if int(k.figure) < len(m.places) {
		names = m.places[k.figure]
	}
	if !names.known {
		names = m.find(k.figure, o.told.names[k.figure])
	}
	m.Series = append(m.Series, names.series)
	m.Dims = append(m.Dims, names.dims)
	m.Area = append(m.Area, uint32(k.area))
	m.Freq = append(m.Freq, byte(k.period.Freq()))
	m.Start = append(m.Start, int32(k.period.Start()))
	m.Value = append(m.Value, int64(x.value))
	m.Status = append(m.Status, byte(x.status))
	m.Row = append(m.Row, x.row)
	o.flow.Observations++
}

// event appends one event; names are the attributes of its contract, in order.
func (o *output) event(x auyl.Event, names []string) {
	p := partition(x.Area)
	list := o.evt[p]
	if len(list) == 0 || len(list[len(list)-1].GetId()) >= maxEvents {
		m := &wire.Events{Vintage: o.vintage, KindDict: []string{x.Kind}}
		for _, n := range names {
			m.Attributes = append(m.Attributes, &wire.Attribute{Name: n})
		}
		list = append(list, m)
		o.evt[p] = list
	}
	m := list[len(list)-1]
	m.Kind = append(m.Kind, 0) // a contract makes one kind
	m.Id = append(m.Id, x.ID)
	m.Area = append(m.Area, uint32(x.Area))
	m.OccurredAtMs = append(m.OccurredAtMs, x.OccurredAt.UnixMilli())
	m.ReportedAtMs = append(m.ReportedAtMs, x.ReportedAt.UnixMilli())
	m.Withdrawn = append(m.Withdrawn, x.Withdrawn)
	m.Row = append(m.Row, x.Row)
	for i, n := range names {
		v, ok := x.Attributes[n]
		m.Attributes[i].Value = append(m.Attributes[i].Value, int64(v))
		m.Attributes[i].Present = append(m.Attributes[i].Present, ok)
	}
	o.flow.Events++
}

// sum adds an observation to what the page says of the same figure. A part that
// is hidden or missing makes the whole so; the row is that of the first part.
func (o *output) sum(k obsKey, x figureValue) {
	old, ok := o.sums[k]
	switch {
	case !ok:
		old = x
	case old.status.Empty():
	case x.status.Empty():
		old.value, old.status = 0, x.status
	default:
		v, err := old.value.Add(x.value)
		if err != nil {
			v, old.status = 0, auyl.StatusMissing
		}
		old.value = v
	}
	o.sums[k] = old
}

// keyed is an observation with its key.
type keyed struct {
	key obsKey
	figureValue
}

// closeSums makes observations of the sums and of what was withdrawn, in a fixed
// order.
func (o *output) closeSums() {
	t := o.told
	slices.SortFunc(o.withdrawn, func(a, b keyed) int {
		x, y := t.names[a.key.figure], t.names[b.key.figure]
		return cmp.Or(cmp.Compare(t.at[a.key.released], t.at[b.key.released]), cmp.Compare(x.series, y.series), cmp.Compare(x.dims, y.dims),
			cmp.Compare(a.key.area, b.key.area), cmp.Compare(a.key.period.Freq(), b.key.period.Freq()), cmp.Compare(a.key.period.Start(), b.key.period.Start()))
	})
	for _, w := range o.withdrawn {
		o.observation(w.key, w.figureValue, o.vintage)
	}
	o.withdrawn = nil
	keys := slices.SortedFunc(maps.Keys(o.sums), func(a, b obsKey) int {
		x, y := t.names[a.figure], t.names[b.figure]
		return cmp.Or(cmp.Compare(o.sums[a].row, o.sums[b].row), cmp.Compare(x.series, y.series), cmp.Compare(x.dims, y.dims),
			cmp.Compare(a.area, b.area), cmp.Compare(a.period.Start(), b.period.Start()), cmp.Compare(a.period.Freq(), b.period.Freq()), cmp.Compare(t.at[a.released], t.at[b.released]))
	})
	v := cmp.Or(o.later, o.vintage)
	for _, k := range keys {
		x := o.sums[k]
		if o.spoiled[areaPeriod{k.area, k.period}] && !x.status.Empty() {
			x.status = auyl.StatusEstimated
		}
		o.observation(k, x, v)
	}
	clear(o.sums)
}

// finish encodes everything in a fixed order.
func (o *output) finish() (Decoded, error) {
	o.closeSums()
	if o.fault != nil {
		return Decoded{}, o.fault
	}
	o.told = nil // what is done with is let go of: it is as large as what is made
	var out []auyl.Payload
	add := func(subject string, m interface{ marshal() ([]byte, error) }) error {
		b, err := m.marshal()
		if err != nil {
			return err
		}
		out = append(out, auyl.Payload{Subject: subject, Data: b})
		return nil
	}
	parts := slices.SortedFunc(maps.Keys(o.obs), func(a, b obsPart) int {
		return cmp.Or(cmp.Compare(a.district, b.district), cmp.Compare(a.releasedMs, b.releasedMs), cmp.Compare(a.rawSeq, b.rawSeq))
	})
	for _, p := range parts {
		for i, m := range o.obs[p] {
			if m.sealed == nil {
				if err := m.seal(); err != nil {
					return Decoded{}, err
				}
			}
			out = append(out, auyl.Payload{Subject: "obs." + p.district.String(), Data: m.sealed})
			o.obs[p][i] = nil
		}
	}
	for _, p := range slices.Sorted(maps.Keys(o.evt)) {
		for _, m := range o.evt[p] {
			if err := add("evt."+p.String(), message[*wire.Events]{m}); err != nil {
				return Decoded{}, err
			}
		}
	}
	source := o.vintage.GetSource()
	for chunk := range slices.Chunk(o.letters, maxDeadLetters) {
		if err := add("dead."+source, message[*wire.DeadLetters]{&wire.DeadLetters{Vintage: o.vintage, Letters: chunk}}); err != nil {
			return Decoded{}, err
		}
	}
	if err := add("flow."+source, message[*wire.Flow]{o.flow}); err != nil {
		return Decoded{}, err
	}
	return Decoded{Payloads: out, Flow: o.flow}, nil
}

var (
	mailAddress = regexp.MustCompile(`[\p{L}\d._%+-]+@[\p{L}\d.-]+`)
	// Two words with capitals side by side are how a person is named; that some
	// places are hidden with them is the smaller harm.
	personName = regexp.MustCompile(`\p{Lu}\p{Ll}+(?:\s+\p{Lu}(?:\p{Ll}+|\.))+`)
	// An account of this country, in groups or not: the letters in it part its digits.
	bankAccount = regexp.MustCompile(`(?i)\bKZ\s?\d\d(?:[\s-]?[0-9A-Z]){16}`)
)

// mask hides what may name a person: mail addresses, accounts, two capitalized words
// in a row, and ten digits and more, blanks and dashes between them not counted.
func mask(s string) string {
	s = mailAddress.ReplaceAllString(s, "…")
	s = personName.ReplaceAllString(s, "…")
	s = bankAccount.ReplaceAllString(s, "…")
	var out strings.Builder
	for i := 0; i < len(s); {
		if n := dateAt(s[i:]); n > 0 {
			out.WriteString(s[i : i+n])
			i += n
			continue
		}
		j, n := i, 0
		for j < len(s) && (s[j] >= '0' && s[j] <= '9' || n > 0 && strings.IndexByte(" -()+", s[j]) >= 0) {
			if s[j] >= '0' && s[j] <= '9' {
				n++
			}
			j++
		}
		switch {
		case n >= 10:
			out.WriteString("…")
			i = j
		case j > i:
			out.WriteString(s[i:j])
			i = j
		default:
			out.WriteByte(s[i])
			i++
		}
	}
	return clip(strings.ToValidUTF8(out.String(), "?"), 500)
}

// dateAt returns the length of the date that s begins with, 0 for none: a date has
// eight digits and, before a clock, would be taken for a number of a person.
func dateAt(s string) int {
	if len(s) < 10 {
		return 0
	}
	if _, err := auyl.ParseDay(s[:10]); err != nil || len(s) > 10 && s[10] >= '0' && s[10] <= '9' {
		return 0
	}
	return 10
}
