package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// minHashKey is the least length of a key that keeps identity numbers, of which
// there are few enough to try them all, from being guessed by their hashes.
const minHashKey = 16

var errHashKey = errors.New("the contract hashes a field and there is no key of at least 16 bytes")

// protectedField is a personal field of which something is kept.
type protectedField struct {
	at   int // column
	hide func(string) string
}

// protectedFields lists what stands on the page and is hashed or generalised.
func (m *mapper) protectedFields() []protectedField {
	var out []protectedField
	for name, i := range m.index {
		f := m.c.Fields[name]
		switch f.Personal {
		case "hash":
			out = append(out, protectedField{i, m.hash})
		case "generalise":
			out = append(out, protectedField{i, func(s string) string { return m.generalise(s, f.Type, f.Keep) }})
		}
	}
	return out
}

// protect replaces personal values before anything else looks at a record, so
// that neither a fault nor a quotation can hold one.
func (m *mapper) protect(fields []string) {
	for _, p := range m.protected {
		if v := strings.TrimSpace(fields[p.at]); v != "" {
			fields[p.at] = p.hide(v)
		}
	}
}

// hash is HMAC-SHA256 of the value under the key of this house and the name of the
// source: repeats within a source are seen, and nothing is linked between sources.
// Blanks do not count.
func (m *mapper) hash(v string) string {
	h := hmac.New(sha256.New, m.d.hashKey)
	h.Write([]byte(string(m.c.ID) + "\x00" + strings.Join(strings.Fields(v), "")))
	return "h:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// generalise keeps of a value what the contract says; what it cannot read it hides.
func (m *mapper) generalise(v, kind, keep string) string {
	freq := map[string]auyl.Freq{"year": auyl.FreqYear, "month": auyl.FreqMonth, "day": auyl.FreqDay}[keep]
	switch kind {
	case "period":
		p, err := parsePeriod(v)
		if err != nil {
			return ""
		}
		return auyl.NewPeriod(freq, p.Start()).String()
	case "instant":
		t, ok := parseInstant(v, m.d.zone)
		if !ok {
			return ""
		}
		start := auyl.NewPeriod(freq, auyl.DayOf(t.In(m.d.zone))).Start().Time()
		return start.Format(time.DateTime)
	case "number":
		step, err1 := strconv.ParseFloat(keep, 64)
		x, status, empty, err2 := m.num.parse(v, boundsOf(nil, nil))
		if err1 != nil || err2 != nil || empty || status.Empty() {
			return ""
		}
		d, err := auyl.DecimalOf(math.Floor(x.Float64()/step) * step)
		if err != nil {
			return ""
		}
		return strings.ReplaceAll(d.String(), ".", m.num.point())
	}
	n, err := strconv.Atoi(keep)
	if err != nil {
		return ""
	}
	runes := []rune(v)
	return string(runes[:min(n, len(runes))])
}
