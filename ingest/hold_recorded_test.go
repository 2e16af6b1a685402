package ingest_test

import (
	"os"
	"slices"
	"testing"
)

// TestRecordedFilesOfLastMonthAgainAreRefused puts the file of a month before the
// one that repeats it, as they come, and then the same bytes under the next name.
func TestRecordedFilesOfLastMonthAgainAreRefused(t *testing.T) {
	t.Parallel()
	const treasury, bureau = "testdata/recorded/treasury_budget/lines_", "testdata/recorded/bns_iblock/self_employed.tsv"
	for _, tt := range []struct{ name, firstKey, first, key, it string }{
		{
			"treasury_budget/lines_2026-12-01_broken_last_month_again.csv", // other bytes: the date in a title moved, no figure did
			"test.lines@195259000_2026-11-01.csv", treasury + "2026-11-01.csv", "test.lines@195259000_2026-12-01.csv", treasury + "2026-12-01_broken_last_month_again.csv",
		},
		{"bns_iblock/self_employed.tsv", "bns.opendata@self_employed_2026-07.tsv", bureau, "bns.opendata@self_employed_2026-08.tsv", bureau},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, err := os.ReadFile(tt.first)
			must(t, err)
			it, err := os.ReadFile(tt.it)
			must(t, err)
			o := &order{tb: t, d: treasuryDecoder(t, landContract(t, "bns.opendata")), past: map[string][]byte{}}
			if got := o.take(tt.firstKey, string(first)); got != nil {
				t.Fatalf("the first one is held back for %q", got)
			}
			out := o.decode(o.page(tt.key, string(it)), string(it))
			if got := heldFor(t, out); !slices.Equal(got, []string{"page_repeated"}) {
				t.Errorf("held back for %q, want page_repeated", got)
			}
			if f := out.Flow; f.GetRecordsIn() != 1 || f.GetRecordsDead() != 1 || f.GetObservations() != 0 {
				t.Errorf("flow = %v, want one dead record, the page", f)
			}
		})
	}
}
