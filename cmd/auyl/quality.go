package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

// qualitySource is what the pipeline says of its own sources. It comes through the
// door of every register, so that it has vintages, lineage and indicators as they
// have; it counts everything but itself, so that saying it again changes nothing.
const qualitySource auyl.SourceID = "platform.quality"

// qualityTimes is when a running auyl takes stock of its sources.
const qualityTimes = "40 5 * * *"

// qualityDoor makes a page of each month from the tables.
type qualityDoor struct {
	db       *clickhouse.DB
	promises []clickhouse.Promise
	zone     string
	oblast   auyl.AreaCode
}

// promises are those of the contracts whose areas are okrugs or lie below them.
func promises(contracts map[auyl.SourceID]*schemas.Contract) []clickhouse.Promise {
	var out []clickhouse.Promise
	for _, id := range slices.Sorted(maps.Keys(contracts)) {
		c := contracts[id]
		if e := c.Expect; e != nil && e.Level >= auyl.LevelOkrug && c.Event == nil && id != qualitySource {
			months := map[auyl.Freq]int{auyl.FreqMonth: 1, auyl.FreqQuarter: 3, auyl.FreqHalfYear: 6, auyl.FreqYear: 12}[e.Freq]
			if months > 0 {
				out = append(out, clickhouse.Promise{Source: id, Months: months, ByDay: e.ByDay})
			}
		}
	}
	return out
}

// Pages implements ingest.Door.
func (d *qualityDoor) Pages(ctx context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	okrugs, err := d.db.OkrugQualities(ctx, d.promises, d.zone)
	if err != nil {
		return fmt.Errorf("quality of okrugs: %w", err)
	}
	matched, err := d.db.MatchedRecords(ctx, d.zone, qualitySource, accessSource)
	if err != nil {
		return fmt.Errorf("records with an area: %w", err)
	}
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	months := map[string][][]string{}
	for _, q := range okrugs {
		months[q.Month] = append(months[q.Month], []string{q.Okrug, q.Month, number(q.Expected), number(q.Received), number(q.OnTime), number(q.Revised), "", ""})
	}
	for _, m := range matched {
		months[m.Month] = append(months[m.Month], []string{d.oblast.String(), m.Month, "", "", "", "", number(m.Total), number(m.Matched)})
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		rows := months[month]
		slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		head := []string{"kato", "period", "expected", "received", "on_time", "revised", "records_total", "records_matched"}
		if err := w.WriteAll(append([][]string{head}, rows...)); err != nil {
			return fmt.Errorf("quality of %s: %w", month, err)
		}
		if err := emit(ingest.Page{Key: fmt.Sprintf("%s@%s.csv", qualitySource, month), ContentType: "text/csv", Body: b.Bytes()}); err != nil {
			return err
		}
	}
	return nil
}

// stocktaking is the schedule of what auyl says of its sources, an empty one where
// no contract asks for it.
func (n *node) stocktaking(ctx context.Context, quiet bool) (*ingest.Schedule, error) {
	c := n.house.Contracts[qualitySource]
	if c == nil || !n.cfg.Quality {
		return n.scheduled(nil, time.UTC)
	}
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	door := &qualityDoor{n.db, promises(n.house.Contracts), n.cfg.Zone, c.Area.Within}
	p, err := n.puller(ctx, qualitySource, door, ingest.Options{QuietUnchanged: quiet})
	if err != nil {
		return nil, err
	}
	items, err := n.access(ctx, quiet)
	if err != nil {
		return nil, err
	}
	return n.scheduled(append(items, ingest.Scheduled{Puller: p, Times: qualityTimes}), zone)
}
