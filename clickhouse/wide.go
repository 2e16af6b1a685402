package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
)

// widePrefix begins the name of each view by theme.
const widePrefix = "wide_"

// widen replaces the views by theme, wide_<theme>, by those of the catalogue: a row for each area and period, a column for
// each indicator of the theme. A reader sees the old view or the new one. Views of themes that left the catalogue go.
func (db *DB) widen(ctx context.Context, catalogue *schemas.Catalogue) error {
	themes := map[string][]*schemas.Indicator{}
	for i := range catalogue.Indicators {
		d := &catalogue.Indicators[i]
		themes[d.Theme] = append(themes[d.Theme], d)
	}
	var old []string
	err := db.query(ctx, "wide_views", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		old = append(old, name)
		return err
	})
	if err != nil {
		return err
	}
	for _, theme := range slices.Sorted(maps.Keys(themes)) {
		if err := db.create(ctx, wideView(db.dialect(), theme, themes[theme])); err != nil {
			return wrap("make view "+widePrefix+theme, err)
		}
	}
	for _, name := range old {
		if _, ok := themes[strings.TrimPrefix(name, widePrefix)]; ok {
			continue
		}
		if err := db.http.exec(ctx, db.database, "DROP VIEW IF EXISTS `"+name+"`"+onCluster(db.o.Cluster)); err != nil {
			return wrap("drop view "+name, err)
		}
	}
	return nil
}

// wideView writes the view of a theme. anyIf of an empty value is empty, so that a suppressed or missing cell stays so.
func wideView(d dialect, theme string, indicators []*schemas.Indicator) string {
	indicators = slices.Clone(indicators)
	slices.SortFunc(indicators, func(a, b *schemas.Indicator) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var columns, values, ids []string
	for _, x := range indicators {
		about := fmt.Sprintf("%s / %s / %s; %s; freq %s; empty where missing or suppressed", x.Names.EN, x.Names.RU, x.Names.KK, x.Unit, x.Freq)
		columns = append(columns, fmt.Sprintf("    %#q Nullable(Float64) COMMENT %s", x.ID, quote(about)))
		values = append(values, fmt.Sprintf("    anyIf(value, indicator = %s) AS %#q", quote(string(x.ID)), x.ID))
		ids = append(ids, quote(string(x.ID)))
	}
	return "CREATE OR REPLACE VIEW `" + widePrefix + theme + "`" + d.OnCluster() + `
(
    area             LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    area_name_ru     String COMMENT 'name of the area in Russian on the last day of the period',
    area_name_kk     String COMMENT 'name of the area in Kazakh on the last day of the period',
    district         String COMMENT 'code of the district, of a district its own; empty above that level',
    district_name_ru String COMMENT 'name of the district in Russian; empty above that level',
    oblast           String COMMENT 'code of the oblast; empty for the country',
    level            ` + d.Level() + ` COMMENT 'level of the area',
    freq             ` + d.Freq() + ` COMMENT 'frequency, one letter: a row has the indicators of this frequency alone',
    period           String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start     Date32 COMMENT 'first day of the period',
    period_end       Date32 COMMENT 'last day of the period',
    origin           ` + d.Origin() + ` COMMENT 'synthetic as soon as one value of the row is, else real',
` + strings.Join(columns, ",\n") + `
)
AS
SELECT
    area,
    area_name_ru,
    area_name_kk,
    district,
    district_name_ru,
    oblast,
    level,
    freq,
    period,
    period_start,
    period_end,
    max(origin) AS origin,
` + strings.Join(values, ",\n") + `
FROM ` + d.Database + `.indicator_current
WHERE indicator IN (` + strings.Join(ids, ", ") + `)
GROUP BY area, area_name_ru, area_name_kk, district, district_name_ru, oblast, level, freq, period, period_start, period_end
COMMENT ` + quote("indicators of theme "+theme+" side by side: a row for each area and period; why a value is empty is in indicator_current")
}
