package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// readers has twenty readers ask the questions of panels at once while new vintages of whole years come in without a pause.
// An error, or an answer with fewer rows than the first, ends the measure.
func readers(ctx context.Context, h *house) (out []figure, err error) {
	day, err := auyl.ParseDay(modelDay)
	if err != nil {
		return nil, err
	}
	var areas []auyl.Area
	for _, a := range h.Areas.All() {
		if a.Code.Oblast() == oblast && a.Valid(day) {
			areas = append(areas, a)
		}
	}
	const at = 20
	err = inLab(ctx, h, func(l *lab) error {
		put := func(ctx context.Context, n int) error {
			m := tenth(h, areas, n%10)
			m.Vintage.RawSeq, m.Vintage.RecordedAtMs = uint64(n+1), m.GetVintage().GetRecordedAtMs()+int64(n)
			b, err := wire.Marshal(m)
			if err != nil {
				return err
			}
			return l.db.Writer().Insert(ctx, "indicator_value", fmt.Sprint("vintage", n), [][]byte{b})
		}
		for n := range 10 {
			if err := put(ctx, n); err != nil {
				return err
			}
		}
		questions := []string{
			"SELECT period, value, status FROM indicator_current WHERE indicator = '%s' AND area = '195200000' ORDER BY period_start",
			"SELECT area, area_name_ru, period, value FROM indicator_current WHERE indicator = '%s' AND level = 'district' ORDER BY area, period_start",
			"SELECT area, area_name_ru, value FROM indicator_current WHERE indicator = '%s' AND level = 'settlement' AND is_latest",
		}
		took, vintages := make([][]time.Duration, at), 10
		asking := func(ctx context.Context) error {
			g, ctx := errgroup.WithContext(ctx)
			for i := range at {
				g.Go(func() error {
					answers, err := ask(ctx, h, l.engine.ReaderDSN(), questions, string(h.Catalogue.Indicators[i].ID))
					took[i] = answers
					return err
				})
			}
			return g.Wait()
		}
		err := with(ctx, asking, func(ctx context.Context) error {
			for ; ctx.Err() == nil; vintages++ {
				if err := put(ctx, vintages); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		var all []time.Duration
		for _, t := range took {
			all = append(all, t...)
		}
		out = append(out, figure{
			Name: "20 readers at once while years of cells come in, p95", Value: percentile(all, 95), Unit: "ms",
			Note: fmt.Sprintf("p50 %.0f ms, %d answers, no error, none cut short; %d vintages of a year came in meanwhile", percentile(all, 50), len(all), vintages-10),
		})
		return nil
	})
	return out, err
}

// ask puts the questions about an indicator again and again and says how long each answer took.
func ask(ctx context.Context, h *house, dsn string, questions []string, indicator string) (took []time.Duration, err error) {
	db, err := clickhouse.OpenReader(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	whole := make([]int, len(questions))
	for range h.pick(15, 3) {
		for i, q := range questions {
			var answer bytes.Buffer
			began := time.Now()
			if err := db.Raw(ctx, fmt.Sprintf(q, indicator), "csv", &answer); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
			rows := strings.Count(answer.String(), "\n")
			if whole[i] == 0 {
				whole[i] = rows
			}
			if rows != whole[i] || rows < 100 {
				return nil, fmt.Errorf("a reader saw %d rows after %d: %s", rows, whole[i], q)
			}
		}
	}
	return took, nil
}
