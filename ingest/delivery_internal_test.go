package ingest

import (
	"slices"
	"testing"
)

func TestNamesAreAlikeButForTheirPeriods(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, name, claims string }{
		{"mlsp.asp@2026-10.csv", "mlsp.asp@#", "202610"},
		{"mlsp.asp@2026_Q3.xlsx", "mlsp.asp@#", "2026Q3"},
		{"mlsp.asp@202610.csv", "mlsp.asp@#", "202610"},
		{"mlsp.asp@31.10.2026.csv", "mlsp.asp@#", "31102026"},
		{"mlsp.asp@10-2026.csv", "mlsp.asp@#", "102026"},
		{"mlsp.asp@2026-10-31-rev.csv", "mlsp.asp@#-rev", "20261031"},
		{"mlsp.asp@2026-10b.csv", "mlsp.asp@#b", "202610"},
		{"mlsp.asp@2000-2020.csv", "mlsp.asp@#-#", "2000, 2020"},
		{"mlsp.asp@октябрь 2026.csv", "mlsp.asp@# #", "M10, 2026"},
		{"mlsp.asp@2026 жылғы қазан.csv", "mlsp.asp@# жылғы #", "2026, M10"},
		{"mlsp.asp@195234000.csv", "mlsp.asp@195234000", ""},
		{"x.y@2024-11-195234000.xlsx", "x.y@#-195234000", "202411"},
		{"mlsp.asp@1.csv", "mlsp.asp@1", ""},
		{"http://x/GetIndexData/702972?period=5&page=2", "http://x/GetIndexData/702972?period=5&page=2", ""},
		{"http://x/file/2026/10/data.csv", "http://x/file/#/10/data.csv", "2026"},
		{"http://x/a?from=2026-10-01", "http://x/a?from=#", "20261001"},
	} {
		if name, said := nameOf(tt.key), claims(tt.key, nil); name != tt.name || said != tt.claims {
			t.Errorf("%s: name %q, claims %q, want %q and %q", tt.key, name, said, tt.name, tt.claims)
		}
	}
}

func FuzzPeriodsIn(f *testing.F) {
	for _, s := range []string{"mlsp.asp@2026-10.csv", "31.10.2026", "октябрь 2026", "2026-\xff", "195234000", "20261399"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, p := range periodsIn(s) {
			if p.from < at || p.to <= p.from || p.to > len(s) || p.text == "" {
				t.Fatalf("periodsIn(%q) has %+v behind %d", s, p, at)
			}
			at = p.to
		}
		nameOf(s)
	})
}

// TestASampleDoesNotDependOnTheOrder adds the same values in two orders.
func TestASampleDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	var a, b sample
	for i := range 500 {
		k := uint64(i*7919%500) * 31
		a.add(k, int32(i%3), int64(i))
	}
	for i := range 500 {
		i = 499 - i
		k := uint64(i*7919%500) * 31
		b.add(k, int32(i%3), int64(i))
	}
	if !slices.Equal(a.place, b.place) || !slices.Equal(a.value, b.value) || len(a.place) != samplePlaces || a.place[1] != 31 {
		t.Errorf("%v %v\n%v %v", a.place, a.value, b.place, b.value)
	}
}
