package ingest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestPublishedStatisticsDecodeWhole reads every file of the example's drop
// folder under its real contract. The numbers are those of the published tables.
func TestPublishedStatisticsDecodeWhole(t *testing.T) {
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{})
	want := map[string]string{
		"bns.income_per_capita@2000-2020.csv":    "in 21 used 21 skipped 0 dead 0 obs 21",
		"bns.jobseekers@2001-2021.csv":           "in 21 used 21 skipped 0 dead 0 obs 21",
		"bns.kato@2026-07-17.csv":                "in 631 used 619 skipped 12 dead 0 obs 267",
		"bns.population_bulletin@2023-01-01.csv": "in 189 used 189 skipped 0 dead 0 obs 189",
		"bns.population_dynamic@2000-2023.csv":   "in 182 used 168 skipped 14 dead 0 obs 168",
		"bns.unemployment_ilo@2001-2023.xlsx":    "in 330 used 114 skipped 216 dead 0 obs 114",
		"bns.wage_by_occupation@2022.csv":        "in 11 used 11 skipped 0 dead 0 obs 11",
		"maslikhat.okrug_budget@2020-01-09.csv":  "in 6 used 6 skipped 0 dead 0 obs 6",
		"maslikhat.okrug_budget@2024-01-08.csv":  "in 7 used 7 skipped 0 dead 0 obs 7",
		"maslikhat.okrug_budget@2024-12-30.csv":  "in 7 used 7 skipped 0 dead 0 obs 7",
		"maslikhat.okrug_budget@2025-03-20.csv":  "in 7 used 7 skipped 0 dead 0 obs 7",
		"press.facts@2023-07-03.csv":             "in 1 used 1 skipped 0 dead 0 obs 1",
		"press.facts@2026-01-05.csv":             "in 46 used 10 skipped 36 dead 0 obs 10",
	}
	got := map[string]string{}
	sums := map[string]auyl.Decimal{}
	files, err := filepath.Glob("../examples/almaty/drop/*@*")
	must(t, err)
	for _, f := range files {
		body, err := os.ReadFile(f)
		must(t, err)
		source, _, _ := strings.Cut(filepath.Base(f), "@")
		out, err := d.Decode(&wire.RawPage{Url: filepath.Base(f), Vintage: &wire.Vintage{Source: source}}, body)
		must(t, err)
		w := out.Flow
		got[filepath.Base(f)] = fmt.Sprintf("in %d used %d skipped %d dead %d obs %d", w.GetRecordsIn(), w.GetRecordsUsed(), w.GetRecordsSkipped(), w.GetRecordsDead(), w.GetObservations())
		if source == "bns.population_bulletin" {
			for _, line := range words(t, out).Obs { // district series[dims] area period value status
				f := strings.Fields(line)
				if f[1] == "population_end[]" && f[0] == f[2] {
					v, err := auyl.ParseDecimal(f[4])
					must(t, err)
					sums[map[bool]string{true: "oblast", false: "districts"}[f[2] == "190000000"]] += v
				}
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if sums["oblast"] != 1505984*auyl.DecimalOne || sums["districts"] != sums["oblast"] {
		t.Errorf("population of 2023: oblast %s, districts %s, want 1505984 for both", sums["oblast"], sums["districts"])
	}
}
