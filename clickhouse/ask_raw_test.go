package clickhouse_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
)

func asked(t *testing.T, db *clickhouse.DB, q clickhouse.Question) string {
	t.Helper()
	var b bytes.Buffer
	if err := db.Ask(t.Context(), q, &b); err != nil {
		t.Fatalf("%s\n%v", q.Statement, err)
	}
	return b.String()
}

func TestAnswersComeInEachFormat(t *testing.T) {
	t.Parallel()
	db := open(t)
	const sql = "SELECT toInt64(-9007199254740993) AS n, 'a\tb' AS s, toDecimal64('1.50', 4) AS d, CAST(NULL AS Nullable(Float64)) AS v;"
	for format, want := range map[string]string{
		"csv":           "\"n\",\"s\",\"d\",\"v\"\n-9007199254740993,\"a\tb\",1.5,\\N\n",
		"tsv":           "n\ts\td\tv\n-9007199254740993\ta\\tb\t1.5\t\\N\n",
		"jsonl":         `{"n":-9007199254740993,"s":"a\tb","d":1.5,"v":null}` + "\n",
		"json":          "[\n" + `{"n":-9007199254740993,"s":"a\tb","d":1.5,"v":null}` + "\n]\n",
		clickhouse.Rows: `["n", "s", "d", "v"]` + "\n" + `["Int64", "String", "Decimal(18, 4)", "Nullable(Float64)"]` + "\n" + `["-9007199254740993", "a\tb", "1.5", null]` + "\n",
	} {
		if diff := cmp.Diff(want, asked(t, db, clickhouse.Question{Statement: sql, Format: format})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
	type row struct {
		N int64    `parquet:"n"`
		S string   `parquet:"s"`
		V *float64 `parquet:"v"`
	}
	file := asked(t, db, clickhouse.Question{Statement: sql, Format: "parquet"})
	got, err := parquet.Read[row](strings.NewReader(file), int64(len(file)))
	if err != nil || len(got) != 1 || got[0].N != -9007199254740993 || got[0].S != "a\tb" || got[0].V != nil {
		t.Errorf("parquet = %+v, %v", got, err)
	}
	var b bytes.Buffer
	if err := db.Ask(t.Context(), clickhouse.Question{Statement: "SELECT 1 FORMAT CSV", Format: clickhouse.Rows}, &b); err == nil || b.Len() > 0 {
		t.Errorf("rows with a FORMAT clause = %q, %v", &b, err)
	}
}

// TestCSVHoldsNoFormula: what a spreadsheet would run is text, and a negative number stays a number.
func TestCSVHoldsNoFormula(t *testing.T) {
	t.Parallel()
	db := open(t)
	got := asked(t, db, clickhouse.Question{Format: "csv", Statement: `SELECT '=1+1' AS "+a", '@x' AS b, '-5' AS c, -5 AS d, 'x"=,' AS e, '' AS f, '"=' AS g, [-1] AS h, -1.5 AS i`})
	want := `"'+a","b","c","d","e","f","g","h","i"` + "\n" + `"'=1+1","'@x","'-5",-5,"x""=,","","""=","[-1]",-1.5` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := asked(t, db, clickhouse.Question{Format: "csv", Statement: "SELECT '=1' FORMAT JSONCompactEachRow"}); got != "[\"=1\"]\n" {
		t.Errorf("another format = %q, want it as it came", got)
	}
}

func TestAsOfSetsWhatIndicatorCurrentMeans(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	d := day(t, "2023-01-01")
	insert(t, db, "indicator_value", "a", cell(vintage(1, 1, base), 195200000, auyl.LevelDistrict, 'D', d, 100, 0b1011, 'A'))
	insert(t, db, "indicator_value", "b", cell(vintage(2, 1, base), 195200000, auyl.LevelDistrict, 'D', d, 110, 0b1011, 'A'))
	at := time.Date(2026, 7, 1, 13, 30, 0, 0, time.UTC)
	for _, c := range []struct{ sql, now, then string }{
		{"SELECT value FROM indicator_current", "110", "100"},
		{"SELECT c.value FROM " + db.Name() + ".indicator_current AS c INNER JOIN area AS a ON a.code = c.area", "110", "100"},
		{"WITH x AS (SELECT value FROM `indicator_current`) SELECT value FROM x WHERE value IS DISTINCT FROM 7", "110", "100"},
		{"SELECT toUInt64(value) + toUInt64(extract(YEAR FROM toDate('2026-01-01'))) FROM indicator_current -- FROM observation", "2136", "2126"},
		{"SELECT n.value - o.value FROM indicator_current n JOIN indicator_asof(t='2026-07-02') o ON n.area = o.area", "0", "-10"},
		{"SELECT 'FROM observation' = '' , value FROM (SELECT * FROM indicator_current) ORDER BY value, 1", "0,110", "0,100"},
		{"FROM indicator_current SELECT value, 1", "110,1", "100,1"},
	} {
		for want, asOf := range map[string]time.Time{c.now: {}, c.then: at} {
			_, got, _ := strings.Cut(strings.TrimSpace(asked(t, db, clickhouse.Question{Statement: c.sql, Format: "csv", AsOf: asOf})), "\n")
			if got != want {
				t.Errorf("%s as of %v = %s, want %s", c.sql, asOf, got, want)
			}
		}
	}
	for _, sql := range []string{
		"SELECT 1",
		"SELECT count() FROM observation_current",
		"SELECT count() FROM indicator_current JOIN observation ON 1",
		"SELECT count() FROM indicator_current AS c, observation AS o",
		"SELECT count() FROM (SELECT 1) AS x, observation AS o JOIN indicator_current AS c ON 1",
		"SELECT indicator_current.value FROM indicator_current",
		"SELECT count() FROM indicator_current WHERE area IN observation",
		"SELECT count() FROM indicator_current UNION ALL SELECT count() FROM other.observation",
		"SELECT (SELECT count() FROM indicator_value), value FROM indicator_current",
		"WITH y AS (SELECT 1 FROM {t:Identifier}) SELECT * FROM indicator_current",
		"WITH indicator_current AS (SELECT 1 AS value) SELECT * FROM indicator_current",
		"SELECT * FROM merge('auyl', 'indicator') JOIN indicator_current AS c ON 1",
		"DESCRIBE TABLE indicator_current",
	} {
		var b bytes.Buffer
		if err := db.Ask(t.Context(), clickhouse.Question{Statement: sql, Format: "csv", AsOf: at}, &b); !errors.Is(err, clickhouse.ErrNoAsOf) {
			t.Errorf("%s as of a time = %q, %v, want a refusal", sql, &b, err)
		}
	}
}

func TestParametersOfAQuestionAreValuesNotSQL(t *testing.T) {
	t.Parallel()
	db := open(t)
	got := asked(t, db, clickhouse.Question{Statement: "SELECT {x:String} AS x", Format: "tsv", Params: map[string]string{"x": "a' OR 1; --"}})
	if got != "x\na\\' OR 1; --\n" {
		t.Errorf("got %q", got)
	}
}
