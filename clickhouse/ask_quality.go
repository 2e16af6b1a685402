package clickhouse

import (
	"context"
	"strconv"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// Promise is what a contract says of when a source reports.
type Promise struct {
	Source auyl.SourceID
	Months int // of a period
	ByDay  int // days after its end by which it is due
}

// OkrugQuality counts, for an okrug and a month, the periods that ended in it.
type OkrugQuality struct {
	Okrug    string
	Month    string // 2026-10
	Expected uint64 // one for each source that ever reported the okrug
	Received uint64
	OnTime   uint64 // by the day of the contract
	Revised  uint64 // some figure of it got another value later
}

// OkrugQualities counts what sources promised and gave, by month and okrug.
func (db *DB) OkrugQualities(ctx context.Context, promises []Promise, zone string) ([]OkrugQuality, error) {
	var sources []auyl.SourceID
	var months, days []string
	for _, p := range promises {
		sources = append(sources, p.Source)
		months = append(months, strconv.Itoa(p.Months))
		days = append(days, strconv.Itoa(p.ByDay))
	}
	numbers := func(l []string) string { return "[" + strings.Join(l, ",") + "]" }
	params := driver.Parameters{"sources": array(sources), "months": numbers(months), "by_days": numbers(days), "zone": zone}
	var out []OkrugQuality
	err := db.query(ctx, "quality", params, func(scan func(...any) error) error {
		var q OkrugQuality
		err := scan(&q.Okrug, &q.Month, &q.Expected, &q.Received, &q.OnTime, &q.Revised)
		out = append(out, q)
		return err
	})
	return out, err
}

// MatchedRecords counts the records that came in a month, and those whose area the
// registry knows.
type MatchedRecords struct {
	Month          string // 2026-10
	Total, Matched uint64
}

// MatchedRecords counts over all sources but some, by month of fetching.
func (db *DB) MatchedRecords(ctx context.Context, zone string, without ...auyl.SourceID) ([]MatchedRecords, error) {
	var out []MatchedRecords
	err := db.query(ctx, "matched", driver.Parameters{"zone": zone, "without": array(without)}, func(scan func(...any) error) error {
		var m MatchedRecords
		var matched int64
		err := scan(&m.Month, &m.Total, &matched)
		m.Matched = uint64(matched)
		out = append(out, m)
		return err
	})
	return out, err
}
