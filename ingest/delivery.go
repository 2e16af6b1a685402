package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Past answers with what was remembered of a delivery under a subject, nil where
// nothing was. What it says is a function of the order of RAW alone: it is written
// in one frame with what the page said.
type Past func(subject string) (*wire.Delivery, error)

// Subjects under which a delivery is remembered: by its bytes, by what it says, and
// as the newest of its name.
func pastBytes(source string, sum []byte) string {
	return "past." + source + ".bytes." + hex.EncodeToString(sum)
}

func pastContent(source string, sum []byte) string {
	return "past." + source + ".content." + hex.EncodeToString(sum)
}

func pastName(source, key string) string {
	sum := sha256.Sum256([]byte(nameOf(key)))
	return "past." + source + ".name." + hex.EncodeToString(sum[:16])
}

// samplePlaces is how many places of a series are remembered. With 64 of them the
// median of their ratios is off by a quarter of a spread at most; 64 take 1.3 KiB.
const samplePlaces = 64

// deliveryOf is what is to be remembered of a page; nil where nothing was taken.
func deliveryOf(out *output, page *wire.RawPage, c *schemas.Contract, titles []title) *wire.Delivery {
	f := out.flow
	if f.GetObservations()+f.GetEvents() == 0 {
		return nil
	}
	v := out.vintage
	d := &wire.Delivery{
		Key: page.GetUrl(), Run: v.GetRun(), Page: v.GetPage(), RawSeq: v.GetRawSeq(), Sha256: v.GetRawSha256(),
		Claims: claims(page.GetUrl(), titles), Rows: f.GetObservations() + f.GetEvents(), Records: f.GetRecordsIn(), Dead: f.GetRecordsDead(),
	}
	g := gathering{areas: map[uint32]bool{}, periods: map[periodKey]bool{}, samples: map[seriesKey]*sample{}}
	for _, list := range out.obs {
		for _, m := range list {
			g.observations(m.Observations)
		}
	}
	for _, list := range out.evt {
		for _, m := range list {
			g.events(m)
		}
	}
	d.Content = g.content.bytes()
	if titled(c) {
		d.Figures = g.figures.bytes()
	}
	d.Periods = uint32(len(g.periods))
	d.Areas = slices.Sorted(maps.Keys(g.areas))
	for _, k := range slices.SortedFunc(maps.Keys(g.samples), compareSeries) {
		d.Samples = append(d.Samples, g.samples[k].message(k))
	}
	return d
}

// titled reports whether the period of a contract stands above the table or in the
// name of the page, so that the same figures under another title are other ones.
func titled(c *schemas.Contract) bool {
	return slices.ContainsFunc(c.Titles, func(t schemas.Title) bool { return t.Field == c.Period.Field || t.Field == c.Period.Part })
}

// remembered are the messages by which a delivery is remembered. One that is older
// than the newest of its name, because a person let it in late, does not displace it.
func remembered(source string, d, newest *wire.Delivery) ([]auyl.Payload, error) {
	data, err := wire.Marshal(d)
	if err != nil {
		return nil, err
	}
	short := &wire.Delivery{Key: d.GetKey(), Run: d.GetRun(), Page: d.GetPage(), RawSeq: d.GetRawSeq(), Claims: d.GetClaims(), Rows: d.GetRows()}
	brief, err := wire.Marshal(short)
	if err != nil {
		return nil, err
	}
	var out []auyl.Payload
	if len(d.GetSha256()) > 0 {
		out = append(out, auyl.Payload{Subject: pastBytes(source, d.GetSha256()), Data: brief})
	}
	out = append(out, auyl.Payload{Subject: pastContent(source, d.GetContent()), Data: brief})
	if newest.GetRawSeq() <= d.GetRawSeq() {
		out = append(out, auyl.Payload{Subject: pastName(source, d.GetKey()), Data: data})
	}
	return out, nil
}

// multiset is a sum of hashes: it does not depend on the order of what is added.
type multiset struct{ lo, hi, n uint64 }

func (m *multiset) add(b []byte) {
	sum := sha256.Sum256(b)
	m.lo += binary.LittleEndian.Uint64(sum[:])
	m.hi += binary.LittleEndian.Uint64(sum[8:])
	m.n++
}

func (m *multiset) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(nil, m.lo)
	b = binary.LittleEndian.AppendUint64(b, m.hi)
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(b, m.n))
	return sum[:16]
}

type periodKey struct {
	freq  byte
	start int32
}

type seriesKey struct {
	series string
	freq   byte
}

func compareSeries(a, b seriesKey) int {
	if d := strings.Compare(a.series, b.series); d != 0 {
		return d
	}
	return int(a.freq) - int(b.freq)
}

// gathering goes through what a page says.
type gathering struct {
	content, figures multiset
	areas            map[uint32]bool
	periods          map[periodKey]bool
	samples          map[seriesKey]*sample
	text             []byte // reused
}

func (g *gathering) observations(m *wire.Observations) {
	for i := range m.GetValue() {
		series, dims := m.GetSeriesDict()[m.GetSeries()[i]], m.GetDimsDict()[m.GetDims()[i]]
		area, freq, start, value, status := m.GetArea()[i], m.GetFreq()[i], m.GetStart()[i], m.GetValue()[i], m.GetStatus()[i]
		g.areas[area] = true
		g.periods[periodKey{freq, start}] = true
		b := appendText(g.text[:0], dims)
		b = binary.LittleEndian.AppendUint32(b, area)
		place := placeHash(b)
		b = appendText(b, series)
		b = binary.AppendVarint(append(b, status), value)
		g.figures.add(b)
		b = binary.AppendVarint(append(b, freq), int64(start))
		g.content.add(b)
		g.text = b
		if !auyl.Status(status).Empty() {
			k := seriesKey{series, freq}
			if g.samples[k] == nil {
				g.samples[k] = &sample{}
			}
			g.samples[k].add(place, start, value)
		}
	}
}

func (g *gathering) events(m *wire.Events) {
	for i, id := range m.GetId() {
		at := time.UnixMilli(m.GetOccurredAtMs()[i]).UTC()
		g.periods[periodKey{byte(auyl.FreqMonth), int32(at.Year()*12 + int(at.Month()))}] = true
		b := appendText(g.text[:0], m.GetKindDict()[m.GetKind()[i]])
		b = appendText(b, id)
		b = binary.LittleEndian.AppendUint32(b, m.GetArea()[i])
		b = binary.AppendVarint(b, m.GetOccurredAtMs()[i])
		b = binary.AppendVarint(b, m.GetReportedAtMs()[i])
		b = append(b, yes(m.GetWithdrawn()[i]))
		for _, a := range m.GetAttributes() {
			b = binary.AppendVarint(append(b, yes(a.GetPresent()[i])), a.GetValue()[i])
		}
		g.content.add(b)
		g.text = b
	}
}

func yes(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// placeHash spreads places evenly, so that those with the smallest hashes are drawn
// from all of them, and are the same ones from delivery to delivery.
func placeHash(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[16:])
}

// sample keeps the places with the smallest hashes, ascending.
type sample struct {
	place []uint64
	start []int32
	value []int64
}

func (s *sample) add(place uint64, start int32, value int64) {
	if len(s.place) == samplePlaces && place > s.place[samplePlaces-1] {
		return
	}
	i, had := slices.BinarySearch(s.place, place)
	switch {
	case had && (start > s.start[i] || start == s.start[i] && value > s.value[i]): // whatever the order of messages
		s.start[i], s.value[i] = start, value
	case had:
	default:
		s.place, s.start, s.value = slices.Insert(s.place, i, place), slices.Insert(s.start, i, start), slices.Insert(s.value, i, value)
		n := min(len(s.place), samplePlaces)
		s.place, s.start, s.value = s.place[:n], s.start[:n], s.value[:n]
	}
}

func (s *sample) message(k seriesKey) *wire.Sample {
	return &wire.Sample{Series: k.series, Freq: []byte{k.freq}, Place: s.place, Start: s.start, Value: s.value}
}

// nameOf is a name without the periods that it says: files of one name follow each
// other. The extension says nothing either.
func nameOf(key string) string {
	if i := strings.LastIndexByte(key, '.'); i > 0 && len(key)-i <= 5 && !strings.Contains(key, "://") {
		key = key[:i]
	}
	var b strings.Builder
	at := 0
	for _, p := range periodsIn(key) {
		b.WriteString(key[at:p.from])
		b.WriteByte('#')
		at = p.to
	}
	b.WriteString(key[at:])
	return b.String()
}

// claims are the periods that a name and titles say.
func claims(key string, titles []title) string {
	var parts []string
	for _, p := range periodsIn(key) {
		parts = append(parts, p.text)
	}
	for i := range titles {
		if t := &titles[i]; t.found {
			parts = append(parts, t.field+"="+clip(t.value, 40))
		}
	}
	return mask(strings.Join(parts, ", "))
}

// span is a period in a name.
type periodSpan struct {
	from, to int
	text     string // digits alone, or the number of a month in words
}

// periodsIn finds periods in a name: 2026, 2026-10, 2026_Q3, 202610, 20261031,
// 31.10.2026, 10-2026, октябрь. Nine digits are a code of KATO, and a number that no
// year stands beside is no period.
func periodsIn(s string) []periodSpan {
	var out []periodSpan
	for i := 0; i < len(s); {
		if isDigit(s[i]) {
			end := i
			for end < len(s) && isDigit(s[end]) {
				end++
			}
			to := periodAt(s, i, end)
			if to > 0 {
				out = append(out, periodSpan{i, to, digitsOf(s[i:to])})
				i = to
				continue
			}
			i = end
			continue
		}
		word := leadingWord(s[i:])
		if word == "" {
			i++
			continue
		}
		if n := month(strings.ToLower(word)); n > 0 {
			out = append(out, periodSpan{i, i + len(word), "M" + string(rune('0'+n/10)) + string(rune('0'+n%10))})
		}
		i += len(word)
	}
	return out
}

// leadingWord is the word of letters of Cyrillic that a text begins with.
func leadingWord(s string) string {
	for i, r := range s {
		if !unicode.Is(unicode.Cyrillic, r) {
			return s[:i]
		}
	}
	return s
}

// periodAt returns the end of the period that begins with the digits of s from i to
// end, 0 where none does.
func periodAt(s string, i, end int) int {
	switch n := end - i; {
	case (n == 6 || n == 8) && isYear(s[i:i+4]) && s[i+4:i+6] >= "01" && s[i+4:i+6] <= "12":
		return end
	case n == 4 && isYear(s[i:end]):
		for range 2 { // month or quarter, and day
			next := part(s, end)
			if next == 0 {
				break
			}
			end = next
		}
		return end
	case n <= 2: // 31.10.2026, 10-2026
		for range 2 {
			if end >= len(s) || !isParting(s[end]) {
				return 0
			}
			begin := end + 1
			end = begin
			for end < len(s) && isDigit(s[end]) {
				end++
			}
			if end-begin == 4 && isYear(s[begin:end]) {
				return end
			}
			if end-begin == 0 || end-begin > 2 {
				return 0
			}
		}
	}
	return 0
}

// part returns the end of the part of a year that stands behind it, 0 for none.
func part(s string, i int) int {
	if i < len(s) && isParting(s[i]) {
		i++
	}
	if i < len(s) && strings.IndexByte("QqSsMmWw", s[i]) >= 0 {
		i++
	}
	n := 0
	for i+n < len(s) && isDigit(s[i+n]) {
		n++
	}
	if n == 0 || n > 2 {
		return 0
	}
	return i + n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isParting(c byte) bool { return c == '-' || c == '_' || c == '.' }

func isYear(s string) bool { return s >= "1990" && s <= "2099" }

// digitsOf is a period however its parts are set apart.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if isParting(byte(min(r, unicode.MaxASCII))) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}
