package auyl

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SeriesID names what is measured, such as population_end: lower-case letters,
// digits and underscores, groups joined by dots, at most 64 bytes.
type SeriesID string

// ParseSeriesID checks a name. Errors: ErrSyntax.
func ParseSeriesID(s string) (SeriesID, error) {
	if !isName(s, true) {
		return "", fmt.Errorf("series %q: %w: want lower-case words such as population_end", s, ErrSyntax)
	}
	return SeriesID(s), nil
}

// IndicatorID names an indicator of the catalogue, such as population_total.
type IndicatorID string

// ParseIndicatorID checks a name. Errors: ErrSyntax.
func ParseIndicatorID(s string) (IndicatorID, error) {
	if !isName(s, false) {
		return "", fmt.Errorf("indicator %q: %w: want lower-case words such as population_total", s, ErrSyntax)
	}
	return IndicatorID(s), nil
}

// SourceID names a feed as provider.dataset, such as bns.taldau; both parts are
// safe as tokens of a NATS subject.
type SourceID string

// ParseSourceID checks a name. Errors: ErrSyntax.
func ParseSourceID(s string) (SourceID, error) {
	p, d, ok := strings.Cut(s, ".")
	if !ok || !isName(p, false) || !isName(d, false) {
		return "", fmt.Errorf("source %q: %w: want provider.dataset in lower case", s, ErrSyntax)
	}
	return SourceID(s), nil
}

// isName reports whether s is [a-z][a-z0-9_]*, with dotted groups if allowed.
func isName(s string, dots bool) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	start := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
		case !start && (c >= '0' && c <= '9' || c == '_'):
		case !start && dots && c == '.':
			start = true
			continue
		default:
			return false
		}
		start = false
	}
	return !start
}

// Dims are the dimensions of a series besides area and period, in canonical
// order: "locality=rural;sex=female", sorted by name; "" for the total.
type Dims string

// ParseDims reads name=value pairs joined by ";" in any order and returns them
// in canonical order. Errors: ErrSyntax.
func ParseDims(s string) (Dims, error) {
	if s == "" {
		return "", nil
	}
	pairs := strings.Split(s, ";")
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || !isName(name, false) || value == "" || strings.ContainsAny(value, "=\n") || len(value) > 128 {
			return "", fmt.Errorf("dimensions %q: %w: want name=value;name=value", s, ErrSyntax)
		}
	}
	slices.SortFunc(pairs, func(a, b string) int {
		// By name and not by pair: "=" sorts after digits, and a would follow a1.
		x, _, _ := strings.Cut(a, "=")
		y, _, _ := strings.Cut(b, "=")
		return strings.Compare(x, y)
	})
	for i := 1; i < len(pairs); i++ {
		a, _, _ := strings.Cut(pairs[i-1], "=")
		b, _, _ := strings.Cut(pairs[i], "=")
		if a == b {
			return "", fmt.Errorf("dimensions %q: %w: %s twice", s, ErrSyntax, a)
		}
	}
	return Dims(strings.Join(pairs, ";")), nil
}

// Observation is one value as one source gave it at one time.
type Observation struct {
	Series SeriesID
	Dims   Dims
	Area   AreaCode
	Period Period
	Value  Decimal // 0 when Status.Empty()
	Status Status
	Row    uint32 // record number within its page, from 1
}

// Event is something that happened at an instant in an area. It never
// identifies a person.
type Event struct {
	Kind       string // such as ambulance_call
	ID         string // stable within its source, a keyed hash where the source's own number could identify
	Area       AreaCode
	OccurredAt time.Time
	ReportedAt time.Time
	Attributes map[string]Decimal
	Withdrawn  bool // the source took the event back
	Row        uint32
}

// Vintage says when and from where something was learnt.
type Vintage struct {
	Source     SourceID
	Run        string    // id of the pull
	Page       uint32    // page within the pull, from 1
	RawSeq     uint64    // sequence of the page in the RAW stream: orders vintages
	RawSHA256  [32]byte  // the raw object
	RecordedAt time.Time // when we had it, UTC, milliseconds
	ReleasedAt time.Time // when the source published it; RecordedAt where it does not say
	Origin     Origin
	Rank       Rank
}
