// Package auyl is the vocabulary of the project: areas, periods, series,
// observations, statuses and events, as defined by SDMX where SDMX has a word.
// It imports the standard library alone, does no I/O, reads no clock and keeps
// no state. Constructors check what they are given; whoever holds a value of
// one of these types need not check it again.
package auyl

import (
	"errors"
	"fmt"
)

// Errors that callers branch on; the functions that return them say so.
var (
	// ErrSyntax says that a text does not have the shape of the type.
	ErrSyntax = errors.New("syntax")
	// ErrRange says that a text has the right shape but names nothing that exists.
	ErrRange = errors.New("out of range")
)

// Status is an observation status of the SDMX code list CL_OBS_STATUS.
type Status byte

// The statuses in use. A value is empty exactly when its status is
// StatusMissing or StatusConfidential.
const (
	StatusNormal       Status = 'A'
	StatusBreak        Status = 'B'
	StatusConfidential Status = 'C'
	StatusEstimated    Status = 'E'
	StatusImputed      Status = 'I'
	StatusMissing      Status = 'M'
	StatusProvisional  Status = 'P'
)

// ParseStatus reads the one-letter code of a status. Errors: ErrSyntax.
func ParseStatus(s string) (Status, error) {
	if len(s) == 1 {
		switch st := Status(s[0]); st {
		case StatusNormal, StatusBreak, StatusConfidential, StatusEstimated, StatusImputed, StatusMissing, StatusProvisional:
			return st, nil
		}
	}
	return 0, fmt.Errorf("status %q: %w: want one of A B C E I M P", s, ErrSyntax)
}

// String returns the one-letter code.
func (s Status) String() string { return string(rune(s)) }

// Empty reports whether an observation of this status has no value.
func (s Status) Empty() bool { return s == StatusMissing || s == StatusConfidential }

// Origin says whether a figure was published by somebody or made by us.
type Origin byte

// Origins; the larger one wins where figures are combined, so that one
// synthetic input makes the whole synthetic.
const (
	OriginReal      Origin = 1
	OriginSynthetic Origin = 2
)

// ParseOrigin reads "real" or "synthetic". Errors: ErrSyntax.
func ParseOrigin(s string) (Origin, error) {
	switch s {
	case "real":
		return OriginReal, nil
	case "synthetic":
		return OriginSynthetic, nil
	}
	return 0, fmt.Errorf("origin %q: %w: want real or synthetic", s, ErrSyntax)
}

// String returns "real" or "synthetic"; an origin that was never set is neither.
func (o Origin) String() string {
	switch o {
	case OriginReal:
		return "real"
	case OriginSynthetic:
		return "synthetic"
	}
	return fmt.Sprintf("origin(%d)", byte(o))
}

// Rank is the precedence of a source where several report one figure: the
// smaller rank wins. Official statistics outrank administrative data, which
// outrank what an office says of itself; made-up data outrank nothing.
type Rank byte

// Ranks from the strongest to the weakest.
const (
	RankOfficial       Rank = 1
	RankAdministrative Rank = 2
	RankSelfReported   Rank = 3
	RankPress          Rank = 4
	RankSynthetic      Rank = 9
)

// ParseRank reads the name of a rank. Errors: ErrSyntax.
func ParseRank(s string) (Rank, error) {
	for _, r := range []Rank{RankOfficial, RankAdministrative, RankSelfReported, RankPress, RankSynthetic} {
		if r.String() == s {
			return r, nil
		}
	}
	return 0, fmt.Errorf("rank %q: %w: want official, administrative, self_reported, press or synthetic", s, ErrSyntax)
}

// String returns the name of the rank as contracts spell it.
func (r Rank) String() string {
	switch r {
	case RankOfficial:
		return "official"
	case RankAdministrative:
		return "administrative"
	case RankSelfReported:
		return "self_reported"
	case RankPress:
		return "press"
	case RankSynthetic:
		return "synthetic"
	}
	return fmt.Sprintf("rank(%d)", byte(r))
}
