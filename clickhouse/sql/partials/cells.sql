{{define "cells" -}}
SELECT
    indicator,
    dictGet('{{.Database}}.indicator_name', 'theme', tuple(toString(indicator))) AS theme,
    dictGet('{{.Database}}.indicator_name', 'name_ru', tuple(toString(indicator))) AS name_ru,
    dictGet('{{.Database}}.indicator_name', 'name_kk', tuple(toString(indicator))) AS name_kk,
    dictGet('{{.Database}}.indicator_name', 'unit', tuple(toString(indicator))) AS unit,
    dictGet('{{.Database}}.indicator_name', 'direction', tuple(toString(indicator))) AS direction,
    area,
    {{.AreaName "name_ru" "area"}} AS area_name_ru,
    {{.AreaName "name_kk" "area"}} AS area_name_kk,
    {{.AreaName "district" "area"}} AS district,
    if(district = '', '', {{.AreaName "name_ru" "district"}}) AS district_name_ru,
    {{.AreaName "oblast" "area"}} AS oblast,
    level,
    freq,
    {{template "period"}} AS period,
    period_start,
    {{template "last_day"}} AS period_end,
    toUInt8(period_start = max(period_start) OVER (PARTITION BY indicator, area, freq)) AS is_latest,
    newest.1 AS value,
    newest.2 AS numerator,
    newest.3 AS denominator,
    newest.4 AS coverage,
    newest.5 AS status,
    newest.6 AS reason,
    dictGet('{{.Database}}.indicator_name', 'sensitive', tuple(toString(indicator))) AS sensitive,
    newest.7 AS origin,
    newest.8 AS formula_version,
    newest.9 AS boundary_version,
    newest.10 AS recorded_at
FROM
(
    SELECT
        indicator,
        area,
        level,
        freq,
        period_start,
        argMax(tuple(value, numerator, denominator, coverage, status, reason, origin, formula_version, boundary_version, recorded_at), raw_seq) AS newest
    FROM {{.Database}}.indicator_value
    {{.AsOf}}
    GROUP BY
        indicator,
        area,
        level,
        freq,
        period_start
)
{{- end}}
