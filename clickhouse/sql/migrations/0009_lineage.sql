ALTER TABLE series{{.OnCluster}} ADD COLUMN IF NOT EXISTS event_kind LowCardinality(String) COMMENT 'kind of event from which it is counted; empty for a series that is reported';

-- What a cell stands on. The period that is asked for is read from its text, so that all filters are constants that reach the
-- primary keys. A cell that is suppressed has one row without inputs; the figure of an area that is suppressed is empty.
CREATE VIEW IF NOT EXISTS lineage{{.OnCluster}}
(
    indicator         String COMMENT 'id in table indicator',
    area              String COMMENT 'KATO code of the cell, nine digits',
    period            String COMMENT 'period of the cell, as it was asked for',
    value             Nullable(Float64) COMMENT 'value of the cell, in the unit of the indicator; empty with a reason',
    status            String COMMENT 'status of the cell: A normal, B break, C suppressed, E estimated, I imputed, M missing, P provisional',
    reason            String COMMENT 'why the cell is empty; else empty',
    formula           String COMMENT 'factor, numerator and denominator as the catalogue has them now',
    formula_version   UInt32 COMMENT 'version of the formula with which the cell was computed',
    boundary_version  String COMMENT 'version of the boundaries on the last day of the period',
    recorded_at       DateTime64(3, 'UTC') COMMENT 'vintage of the cell: when the page that caused it was fetched, UTC',
    series            String COMMENT 'input: id in table series; empty where no input is shown',
    dims              String COMMENT 'input: dimensions as name=value;name=value, empty for the total',
    input_area        String COMMENT 'input: KATO code; of events the area that was asked for',
    input_period      String COMMENT 'input: period; of events that of the cell',
    input_value       Nullable(Decimal(18, 4)) COMMENT 'input: value in the unit of the series; empty where there is none, where it is hidden, and of events',
    input_status      String COMMENT 'input: status; C where it is hidden',
    input_recorded_at DateTime64(3, 'UTC') COMMENT 'input: vintage, when the page was fetched, UTC',
    source            String COMMENT 'delivery: source, provider.dataset',
    run_id            String COMMENT 'delivery: pull, see ingest_run',
    page              UInt32 COMMENT 'page within the pull, from 1',
    row               UInt32 COMMENT 'record within the page, from 1; of events the first one that counts',
    records           UInt64 COMMENT 'records of the page that count: 1, or how many events',
    raw_sha256        String COMMENT 'sha256 of the raw object, 64 hexadecimal digits'
)
AS
SELECT
    {indicator:String} AS indicator,
    {area:String} AS area,
    {period:String} AS period,
    cell.value AS value,
    cell.status AS status,
    cell.reason AS reason,
    cell.formula AS formula,
    cell.formula_version AS formula_version,
    cell.boundary_version AS boundary_version,
    cell.recorded_at AS recorded_at,
    input.series AS series,
    input.dims AS dims,
    input.input_area AS input_area,
    input.input_period AS input_period,
    input.input_value AS input_value,
    input.input_status AS input_status,
    input.input_recorded_at AS input_recorded_at,
    input.source AS source,
    input.run_id AS run_id,
    input.page AS page,
    input.row AS row,
    input.records AS records,
    input.raw_sha256 AS raw_sha256
FROM
(
    SELECT
        if(newest.2 = 'C', NULL, newest.1) AS value,
        toString(newest.2) AS status,
        toString(newest.3) AS reason,
        newest.4 AS formula_version,
        toString(newest.5) AS boundary_version,
        newest.6 AS recorded_at,
        (
            SELECT any(if(denominator = '', numerator, concat(toString(factor), ' × (', numerator, ') / (', denominator, ')')))
            FROM {{.Database}}.indicator
            WHERE indicator = {indicator:String}
        ) AS formula,
        toUInt8(newest.2 != 'C') AS shown
    FROM
    (
        SELECT argMax(tuple(value, status, reason, formula_version, boundary_version, recorded_at), raw_seq) AS newest
        FROM {{.Database}}.indicator_value
        WHERE {{template "asked_cell"}}
            AND area = {area:String}
        GROUP BY
            indicator,
            area,
            freq,
            period_start
    )
) AS cell
LEFT JOIN
(
    SELECT
        toUInt8(1) AS shown,
        series,
        dims,
        input_area,
        {{template "period"}} AS input_period,
        if(hidden, NULL, figure) AS input_value,
        if(hidden, 'C', input_status) AS input_status,
        input_recorded_at,
        source,
        run_id,
        page,
        row,
        toUInt64(1) AS records,
        raw_sha256
    FROM
    (
        SELECT
            *,
            -- What was published for the area itself outranks what lies below it, where every series has such a figure.
            uniqExactIf(series, input_area = {area:String} AND isNotNull(figure)) OVER () = wanted AS own,
            transform(toString(freq), ['A', 'S', 'Q', 'M'], [12, 6, 3, 1], 0) AS months,
            max(months) OVER (PARTITION BY series, dims, input_area) AS coarsest,
            input_area IN (
                SELECT area
                FROM
                (
                    SELECT area, argMax(status, raw_seq) AS last
                    FROM {{.Database}}.indicator_value
                    WHERE {{template "asked_cell"}}
                        AND area BETWEEN {area:String} AND {{template "asked_last_area"}}
                    GROUP BY area
                )
                WHERE last = 'C'
            ) AS hidden
        FROM
        (
            SELECT
                toString(o.series) AS series,
                toString(o.dims) AS dims,
                toString(o.area) AS input_area,
                o.freq AS freq,
                o.period_start AS period_start,
                o.newest.1 AS figure,
                toString(o.newest.2) AS input_status,
                o.newest.3 AS input_recorded_at,
                toString(o.newest.4) AS source,
                toString(o.newest.5) AS run_id,
                o.newest.6 AS page,
                o.newest.7 AS row,
                lower(hex(o.newest.8)) AS raw_sha256,
                w.kind AS kind,
                w.wanted AS wanted
            FROM
            (
                SELECT
                    series,
                    dims,
                    area,
                    freq,
                    period_start,
                    argMax(
                        tuple(value, status, recorded_at, source, run_id, page, row, raw_sha256),
                        tuple(-toInt16(rank), released_at, raw_seq, row)) AS newest
                FROM {{.Database}}.observation
                WHERE series IN (SELECT arrayJoin(inputs) FROM {{.Database}}.indicator WHERE indicator = {indicator:String})
                    AND area BETWEEN {area:String} AND {{template "asked_last_area"}}
                    AND period_start >= {{template "asked_start"}} - (SELECT toInt32(max(max_age_days)) FROM {{.Database}}.series WHERE series IN (
                        SELECT arrayJoin(inputs) FROM {{.Database}}.indicator WHERE indicator = {indicator:String}))
                    AND period_start <= {{template "asked_end"}}
                    AND raw_seq <= (SELECT max(raw_seq) FROM {{.Database}}.indicator_value WHERE {{template "asked_cell"}} AND area = {area:String})
                GROUP BY
                    series,
                    dims,
                    area,
                    freq,
                    period_start
            ) AS o
            INNER JOIN
            (
                SELECT
                    s.series AS series,
                    s.kind AS kind,
                    s.max_age_days AS max_age_days,
                    length(i.inputs) AS wanted,
                    i.rollup AS rollup,
                    arrayFilter((d, f) -> match(f, concat('(^|[^a-z0-9_.])', replaceAll(s.series, '.', '[.]'), '($|[^a-z0-9_.])')),
                        [i.numerator_dims, i.denominator_dims], [i.numerator, i.denominator]) AS taken
                FROM {{.Database}}.series AS s
                CROSS JOIN (SELECT inputs, rollup, numerator, numerator_dims, denominator, denominator_dims FROM {{.Database}}.indicator FINAL WHERE indicator = {indicator:String}) AS i
                WHERE has(i.inputs, s.series)
            ) AS w ON w.series = toString(o.series)
            WHERE has(w.taken, toString(o.dims))
                AND if(
                    w.kind = 'stock',
                    o.freq = 'D'
                        AND o.period_start <= if({{template "asked_freq"}} = 'D', {{template "asked_start"}}, {{template "asked_end"}})
                        AND o.period_start >= if({{template "asked_freq"}} = 'D', {{template "asked_start"}}, {{template "asked_end"}})
                            - if({{template "asked_freq"}} = 'D' AND w.rollup != 'last', 0, toInt32(w.max_age_days)),
                    o.period_start >= {{template "asked_start"}} AND o.period_start < {{template "asked_end"}}
                        AND (toString(o.freq) = {{template "asked_freq"}} OR w.kind = 'flow'
                            AND transform(toString(o.freq), ['A', 'S', 'Q', 'M'], [12, 6, 3, 1], 99) < transform({{template "asked_freq"}}, ['A', 'S', 'Q', 'M'], [12, 6, 3, 1], 0)))
            -- Of the stocks that are carried forward the newest one that is there counts.
            ORDER BY
                isNull(figure),
                period_start DESC
            LIMIT 1 BY
                series,
                dims,
                input_area,
                freq,
                if(kind = 'stock', toDate32('1970-01-01'), period_start)
        )
    )
    WHERE months = coarsest
        AND (NOT own OR input_area = {area:String})
    UNION ALL
    SELECT
        toUInt8(1) AS shown,
        any(w.names) AS series,
        '' AS dims,
        {area:String} AS input_area,
        {period:String} AS input_period,
        NULL AS input_value,
        '' AS input_status,
        max(newest.8) AS input_recorded_at,
        toString(source) AS source,
        toString(newest.4) AS run_id,
        newest.5 AS page,
        min(newest.7) AS row,
        count() AS records,
        lower(hex(newest.6)) AS raw_sha256
    FROM
    (
        SELECT
            kind,
            source,
            id,
            argMax(tuple(area, occurred_at, withdrawn, run_id, page, raw_sha256, row, recorded_at), tuple(raw_seq, row)) AS newest
        FROM {{.Database}}.event
        WHERE kind IN (SELECT event_kind FROM {{.Database}}.series WHERE event_kind != '' AND series IN (
                SELECT arrayJoin(inputs) FROM {{.Database}}.indicator WHERE indicator = {indicator:String}))
            AND raw_seq <= (SELECT max(raw_seq) FROM {{.Database}}.indicator_value WHERE {{template "asked_cell"}} AND area = {area:String})
        GROUP BY
            kind,
            source,
            id
    ) AS e
    INNER JOIN
    (
        SELECT event_kind, arrayStringConcat(arraySort(groupArray(series)), ', ') AS names
        FROM {{.Database}}.series
        WHERE event_kind != ''
            AND series IN (SELECT arrayJoin(inputs) FROM {{.Database}}.indicator WHERE indicator = {indicator:String})
        GROUP BY event_kind
    ) AS w ON w.event_kind = e.kind
    WHERE NOT newest.3
        AND newest.1 BETWEEN {area:String} AND {{template "asked_last_area"}}
        AND newest.2 >= toDateTime64({{template "asked_start"}}, 3, 'Asia/Almaty')
        AND newest.2 < toDateTime64({{template "asked_end"}}, 3, 'Asia/Almaty')
    GROUP BY
        kind,
        source,
        run_id,
        page,
        newest.6
) AS input ON input.shown = cell.shown
COMMENT 'what a cell stands on, down to the raw object: FROM lineage(indicator=''population_total'', area=''195200000'', period=''2023-01-01''); what a formula reaches in other periods is in auyl indicator explain';
