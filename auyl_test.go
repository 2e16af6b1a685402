package auyl_test

import (
	"slices"
	"testing"

	"github.com/auyl-kz/auyl"
)

func TestStatuses(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseStatus, []parseCase{
		{text: "A"},
		{text: "B"},
		{text: "C"},
		{text: "E"},
		{text: "I"},
		{text: "M"},
		{text: "P"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "a", wantErr: auyl.ErrSyntax},
		{text: "AA", wantErr: auyl.ErrSyntax},
		{text: "X", wantErr: auyl.ErrSyntax},
		{text: "А", wantErr: auyl.ErrSyntax}, // Cyrillic
	})
	for c := range 256 {
		s := auyl.Status(c)
		if _, err := auyl.ParseStatus(string([]byte{byte(c)})); err == nil {
			roundTrip(t, auyl.ParseStatus, s)
		}
		if got, want := s.Empty(), s == 'M' || s == 'C'; got != want {
			t.Errorf("status %s: Empty() = %v, want %v", s, got, want)
		}
	}
}

func TestFrequencies(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseFreq, []parseCase{
		{text: "A"},
		{text: "S"},
		{text: "Q"},
		{text: "M"},
		{text: "W"},
		{text: "D"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "m", wantErr: auyl.ErrSyntax},
		{text: "MM", wantErr: auyl.ErrSyntax},
		{text: "H", wantErr: auyl.ErrSyntax},
		{text: "М", wantErr: auyl.ErrSyntax}, // Cyrillic
	})
	for c := range 256 {
		_, err := auyl.ParseFreq(string([]byte{byte(c)}))
		if known := slices.Contains(frequencies, auyl.Freq(c)); known != (err == nil) {
			t.Errorf("ParseFreq(%q): %v, known %v", rune(c), err, known)
		}
	}
	for _, f := range frequencies {
		roundTrip(t, auyl.ParseFreq, f)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseOrigin, []parseCase{
		{text: "real"},
		{text: "synthetic"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "Real", wantErr: auyl.ErrSyntax},
		{text: "fake", wantErr: auyl.ErrSyntax},
	})
	roundTrip(t, auyl.ParseOrigin, auyl.OriginReal)
	roundTrip(t, auyl.ParseOrigin, auyl.OriginSynthetic)
	if got := max(auyl.OriginReal, auyl.OriginSynthetic); got != auyl.OriginSynthetic {
		t.Errorf("the larger of both origins is %s: one synthetic input makes the whole synthetic", got)
	}
}

func TestRanksGoFromTheStrongestToTheWeakest(t *testing.T) {
	t.Parallel()
	names := []string{"official", "administrative", "self_reported", "press", "synthetic"}
	var last auyl.Rank
	for _, name := range names {
		r, err := auyl.ParseRank(name)
		if err != nil || r <= last {
			t.Errorf("ParseRank(%q) = %d, %v, want more than %d", name, r, err, last)
		}
		roundTrip(t, auyl.ParseRank, r)
		last = r
	}
	parseTable(t, auyl.ParseRank, []parseCase{
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "Official", wantErr: auyl.ErrSyntax},
		{text: "rank(5)", wantErr: auyl.ErrSyntax},
		{text: "1", wantErr: auyl.ErrSyntax},
	})
	if got := auyl.Rank(5).String(); got != "rank(5)" {
		t.Errorf("Rank(5).String() = %q", got)
	}
}
