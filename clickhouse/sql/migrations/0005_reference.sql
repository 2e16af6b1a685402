-- Registry of areas and catalogue, written whole at each start (see LoadReference).
CREATE TABLE IF NOT EXISTS area{{.OnCluster}}
(
    code       String COMMENT 'KATO code, nine digits; 000000000 is the country',
    parent     String COMMENT 'code of the area above; empty for the country',
    level      {{.Level}} COMMENT 'level in the hierarchy',
    kind       LowCardinality(String) COMMENT 'kind as the registry spells it, such as rural_okrug',
    name_kk    String COMMENT 'name in Kazakh',
    name_ru    String COMMENT 'name in Russian',
    name_en    String COMMENT 'name in English, transliterated where there is no official one',
    valid_from Date32 COMMENT 'first day on which the code meant this place',
    valid_to   Date32 COMMENT 'first day on which it did not any more; 2299-12-31 while it does',
    rural      Bool COMMENT 'true for a rural okrug or rural settlement as the classifier counts them',
    district   String COMMENT 'code of the district; empty above that level',
    oblast     String COMMENT 'code of the oblast; empty for the country'
)
ENGINE = {{.Replacing}}
ORDER BY (code, valid_from)
COMMENT 'registry of areas: a code during the interval in which it meant one place';

CREATE TABLE IF NOT EXISTS area_succession{{.OnCluster}}
(
    from_code String COMMENT 'KATO code before',
    to_code   String COMMENT 'KATO code after',
    effective Date32 COMMENT 'first day of the new code',
    weight    Float64 COMMENT 'share of the old area that went to the new one, 0 to 1',
    kind      LowCardinality(String) COMMENT 'kind of change as the registry spells it: rename, split, merge, transfer, …'
)
ENGINE = {{.Replacing}}
ORDER BY (effective, from_code, to_code)
COMMENT 'how areas became other areas';

CREATE TABLE IF NOT EXISTS series{{.OnCluster}}
(
    series       String COMMENT 'id',
    name_ru      String COMMENT 'name in Russian',
    name_kk      String COMMENT 'name in Kazakh',
    name_en      String COMMENT 'name in English',
    unit         LowCardinality(String) COMMENT 'unit of the values',
    kind         LowCardinality(String) COMMENT 'stock, flow or rate',
    freqs        Array(String) COMMENT 'frequencies with which it is reported, one letter each',
    level        LowCardinality(String) COMMENT 'lowest level at which it is reported',
    max_age_days UInt32 COMMENT 'of a stock: days for which it is carried forward; 0 is not'
)
ENGINE = {{.Replacing}}
ORDER BY series
COMMENT 'catalogue of series: what sources measure';

CREATE TABLE IF NOT EXISTS indicator{{.OnCluster}}
(
    indicator        String COMMENT 'id',
    theme            LowCardinality(String) COMMENT 'theme, the name of its catalogue file',
    name_ru          String COMMENT 'name in Russian',
    name_kk          String COMMENT 'name in Kazakh',
    name_en          String COMMENT 'name in English',
    description_ru   String COMMENT 'description in Russian',
    description_kk   String COMMENT 'description in Kazakh',
    description_en   String COMMENT 'description in English',
    unit             LowCardinality(String) COMMENT 'unit of the value',
    direction        LowCardinality(String) COMMENT 'which way is better: higher, lower or target',
    freq             LowCardinality(String) COMMENT 'frequency of the periods, one letter',
    level            LowCardinality(String) COMMENT 'lowest level with cells',
    numerator        String COMMENT 'formula of the numerator over series',
    numerator_dims   String COMMENT 'dimensions taken of the series of the numerator; empty for the total',
    denominator      String COMMENT 'formula of the denominator over series; empty for no ratio',
    denominator_dims String COMMENT 'dimensions taken of the series of the denominator; empty for the total',
    inputs           Array(String) COMMENT 'series of both formulas',
    factor           Float64 COMMENT 'multiplies the ratio',
    rollup           LowCardinality(String) COMMENT 'how levels roll up: sum, ratio, weighted, last, min, max or direct',
    coverage_minimum Float64 COMMENT 'below this share of the population the cell is empty, 0 to 1',
    coverage_full    Float64 COMMENT 'below this share of the population the cell has status E, 0 to 1',
    plausible_min    Float64 COMMENT 'smallest plausible value, in the unit',
    plausible_max    Float64 COMMENT 'largest plausible value, in the unit',
    sensitive        Bool COMMENT 'true where small cells must not be shown',
    controllable     LowCardinality(String) COMMENT 'how much of it an akim controls: none, partial or full',
    sources          Array(String) COMMENT 'sources that feed it',
    version          UInt32 COMMENT 'version of the formula'
)
ENGINE = {{.Replacing}}
ORDER BY indicator
COMMENT 'catalogue of indicators';

-- The name of a code on a day: the first interval of a code reaches back and the last one forward without end, so that a
-- figure about a year before the registry begins still has the name of the place. (The engine knows no COMMENT on a column
-- of a dictionary.)
CREATE DICTIONARY IF NOT EXISTS area_name{{.OnCluster}}
(
    code     UInt64, -- KATO code as a number
    first    Int64, -- first day of the interval, days since 1970-01-01
    last     Int64, -- last day of the interval, days since 1970-01-01
    name_ru  String DEFAULT '', -- name in Russian
    name_kk  String DEFAULT '', -- name in Kazakh
    name_en  String DEFAULT '', -- name in English
    kind     String DEFAULT '', -- kind as the registry spells it
    level    String DEFAULT '', -- level in the hierarchy
    parent   String DEFAULT '', -- code of the area above
    district String DEFAULT '', -- code of the district; empty above that level
    oblast   String DEFAULT '' -- code of the oblast; empty for the country
)
PRIMARY KEY code
SOURCE(CLICKHOUSE({{.DictionaryUser}}DB '{{.Database}}' QUERY '
    SELECT toUInt64(code) AS code,
        if(row_number() OVER (PARTITION BY code ORDER BY valid_from) = 1, -1000000, toInt64(toInt32(valid_from))) AS first,
        ifNull(leadInFrame(toNullable(toInt64(toInt32(valid_from)) - 1)) OVER (PARTITION BY code ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 1000000) AS last,
        name_ru, name_kk, name_en, kind, toString(level) AS level, parent, district, oblast
    FROM {{.Database}}.area FINAL'))
LAYOUT(RANGE_HASHED())
RANGE(MIN first MAX last)
LIFETIME(MIN 300 MAX 600)
COMMENT 'names of areas by code and day';

CREATE DICTIONARY IF NOT EXISTS indicator_name{{.OnCluster}}
(
    indicator String, -- id
    theme     String DEFAULT '', -- theme
    name_ru   String DEFAULT '', -- name in Russian
    name_kk   String DEFAULT '', -- name in Kazakh
    unit      String DEFAULT '', -- unit of the value
    direction String DEFAULT '', -- which way is better
    sensitive UInt8 DEFAULT 0 -- 1 where small cells must not be shown
)
PRIMARY KEY indicator
SOURCE(CLICKHOUSE({{.DictionaryUser}}DB '{{.Database}}' QUERY '
    SELECT indicator, theme, name_ru, name_kk, unit, direction, toUInt8(sensitive) AS sensitive
    FROM {{.Database}}.indicator FINAL'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 300 MAX 600)
COMMENT 'what views say about an indicator';
