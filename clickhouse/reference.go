package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// LoadReference replaces the tables area, area_succession, area_concordance, series and indicator by the registry and the catalogue. Each is
// filled aside and then exchanged with the live one, so that no reader sees half of it, and what left the catalogue leaves
// the table. Loading the same twice changes nothing. The views by theme, wide_<theme>, follow the catalogue.
func (db *DB) LoadReference(ctx context.Context, areas *schemas.Areas, catalogue *schemas.Catalogue) error {
	all, successions := areas.All(), areas.Successions()
	series, indicators := catalogue.Series, catalogue.Indicators
	today, err := onToday(areas)
	if err != nil {
		return err
	}
	tables := []struct {
		name    string
		columns string
		rows    int
		row     func(i int) []any
	}{
		{
			"area", "code, parent, level, kind, name_kk, name_ru, name_en, valid_from, valid_to, rural, district, oblast",
			len(all), func(i int) []any { return areaRow(&all[i]) },
		},
		{
			"area_succession", "from_code, to_code, effective, weight, kind",
			len(successions), func(i int) []any { return successionRow(successions[i]) },
		},
		{
			"area_concordance", "from_code, first_day, last_day, to_code, level, weight, parts, reason",
			len(today), func(i int) []any { return today[i] },
		},
		{
			"series", "series, name_ru, name_kk, name_en, unit, kind, freqs, level, max_age_days, event_kind, sensitive",
			len(series), func(i int) []any { return append(seriesRow(&series[i]), catalogue.Counted(series[i].ID)) },
		},
		{
			"indicator", "indicator, theme, name_ru, name_kk, name_en, description_ru, description_kk, description_en, unit, direction, freq, level, " +
				"numerator, numerator_dims, denominator, denominator_dims, inputs, factor, rollup, coverage_minimum, coverage_full, plausible_min, " +
				"plausible_max, sensitive, controllable, sources, version",
			len(indicators), func(i int) []any { return indicatorRow(&indicators[i]) },
		},
	}
	for _, t := range tables {
		if err := db.replace(ctx, t.name, t.columns, t.rows, t.row); err != nil {
			return wrap("load "+t.name, err)
		}
	}
	if err := db.reloadDictionaries(ctx); err != nil {
		return err
	}
	return db.widen(ctx, catalogue)
}

func (db *DB) replace(ctx context.Context, table, columns string, rows int, row func(int) []any) (err error) {
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("draw a name: %w", err)
	}
	next, on := table+"_next_"+hex.EncodeToString(b[:]), onCluster(db.o.Cluster)
	if err := db.http.exec(ctx, db.database, "CREATE TABLE "+next+on+" AS "+table); err != nil {
		return err
	}
	defer func() {
		if e := db.http.exec(context.WithoutCancel(ctx), db.database, "DROP TABLE IF EXISTS "+next+on); err == nil {
			err = e
		}
	}()
	if rows > 0 {
		batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+next+" ("+columns+")")
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		defer func() { _ = batch.Close() }() // after Send it has nothing to do
		for i := range rows {
			if err := batch.Append(row(i)...); err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
		}
		if err := batch.Send(); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return db.http.exec(ctx, db.database, "EXCHANGE TABLES "+table+" AND "+next+on)
}

func areaRow(a *auyl.Area) []any {
	parent, district, oblast := "", "", ""
	if a.Parent != 0 {
		parent = a.Parent.String()
	}
	if a.Level >= auyl.LevelDistrict {
		district = a.Code.District().String()
	}
	if a.Level >= auyl.LevelOblast {
		oblast = a.Code.Oblast().String()
	}
	return []any{
		a.Code.String(), parent, a.Level.String(), a.Kind, a.NameKK, a.NameRU, a.NameEN,
		date(a.ValidFrom), date(a.ValidTo), a.Rural, district, oblast,
	}
}

func successionRow(s schemas.Succession) []any {
	return []any{s.From.String(), s.To.String(), date(s.Effective), s.Weight, s.Kind}
}

func seriesRow(s *schemas.Series) []any {
	freqs := make([]string, 0, len(s.Freqs))
	for _, f := range s.Freqs {
		freqs = append(freqs, f.String())
	}
	event := ""
	if s.Event != nil {
		event = s.Event.Kind
	}
	return []any{
		string(s.ID), s.Names.RU, s.Names.KK, s.Names.EN, s.Unit, s.Kind, freqs, s.Level.String(), uint32(max(s.MaxAgeDays, 0)), event,
	}
}

func indicatorRow(d *schemas.Indicator) []any {
	return []any{
		string(d.ID), d.Theme, d.Names.RU, d.Names.KK, d.Names.EN, d.Description.RU, d.Description.KK, d.Description.EN,
		d.Unit, d.Direction, d.Freq.String(), d.Level.String(), d.Numerator, string(d.NumeratorDims), d.Denominator,
		string(d.DenominatorDims), texts(d.Inputs), d.Factor, d.Rollup, d.Coverage.Minimum, d.Coverage.Full, d.Plausible.Min,
		d.Plausible.Max, d.Sensitive, d.Controllable, texts(d.Sources), d.Version,
	}
}

// texts makes plain strings of identifiers, never nil.
func texts[T ~string](ids []T) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}

// date brings a day into the range of Date32.
func date(d auyl.Day) time.Time {
	first := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2299, 12, 31, 0, 0, 0, 0, time.UTC)
	t := d.Time()
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}
