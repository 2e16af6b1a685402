package clickhouse_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/clickhouse"
)

var update = flag.Bool("update", false, "write the golden files anew")

func withDatabase(tb testing.TB, dsn, name string) string {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// raw asks db and returns the text of the answer.
func raw(tb testing.TB, db *clickhouse.DB, format, statement string) string {
	tb.Helper()
	var out bytes.Buffer
	if err := db.Raw(tb.Context(), statement, format, &out); err != nil {
		tb.Fatalf("%s\n%v", statement, err)
	}
	return out.String()
}

func TestMigrateTwiceAndTwoAtOnceChangesNothing(t *testing.T) {
	t.Parallel()
	address := dsn(t)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			db, err := clickhouse.Open(t.Context(), address, clickhouse.Options{})
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = errors.Join(db.Migrate(t.Context()), db.Migrate(t.Context()), db.Close())
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	db, err := clickhouse.Open(t.Context(), address, clickhouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	before := raw(t, db, "csv", "SELECT name, metadata_modification_time FROM system.tables WHERE database = currentDatabase() ORDER BY name")
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := raw(t, db, "csv", "SELECT name, metadata_modification_time FROM system.tables WHERE database = currentDatabase() ORDER BY name")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("a third Migrate changed tables (-before +after):\n%s", diff)
	}
}

func TestMigrateRefusesAnEditedMigration(t *testing.T) {
	t.Parallel()
	db := open(t)
	if err := db.Exec(t.Context(), "INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES (1, 'x', 'other', now() + 60)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(t.Context(), "OPTIMIZE TABLE schema_migration FINAL"); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); !errors.Is(err, clickhouse.ErrMigrationEdited) {
		t.Errorf("Migrate after an edit = %v, want ErrMigrationEdited", err)
	}
}

func TestEveryTableAndColumnHasAComment(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db) // which makes the views by theme
	if got := raw(t, db, "csv", "SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''"); strings.Count(got, "\n") != 1 {
		t.Errorf("tables without a comment:\n%s", got)
	}
	if got := raw(t, db, "csv", "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = '' AND table NOT IN ('area_name', 'indicator_name')"); strings.Count(got, "\n") != 1 {
		t.Errorf("columns without a comment:\n%s", got)
	}
	if got := strings.TrimSpace(raw(t, db, "csv", "SELECT uniqExact(name) >= 15 FROM system.tables WHERE database = currentDatabase()")); !strings.HasSuffix(got, "\n1") {
		t.Errorf("fewer than 15 tables and views: the test looks at nothing (%q)", got)
	}
}

// TestViewsHaveTheirPromisedColumns holds the views against the contract that analysts rely on.
func TestViewsHaveTheirPromisedColumns(t *testing.T) {
	t.Parallel()
	db := open(t)
	const cells = "indicator theme name_ru name_kk unit direction area area_name_ru area_name_kk district district_name_ru oblast level freq " +
		"period period_start period_end is_latest value numerator denominator coverage status reason sensitive origin formula_version " +
		"boundary_version recorded_at"
	for view, want := range map[string]string{
		"indicator_current":                         cells,
		"indicator_asof(t = '2026-07-01 00:00:00')": cells,
		"(SELECT run_id, source, page, records_in, records_used, records_skipped, records_dead, observations, events, balance FROM flow)": "run_id source page records_in records_used records_skipped records_dead observations events balance",
		"(SELECT source, started_at, finished_at, status, pages, bytes, error FROM ingest_run)":                                           "source started_at finished_at status pages bytes error",
	} {
		header, _, _ := strings.Cut(raw(t, db, "csv", "SELECT * FROM "+view+" LIMIT 0"), "\n")
		if got := strings.ReplaceAll(strings.ReplaceAll(header, `"`, ""), ",", " "); got != want {
			t.Errorf("%s has columns\n%s\nwant\n%s", view, got, want)
		}
	}
}

// TestMigrationTexts pins what a single server and a cluster are told, and has the engine's own parser read both.
func TestMigrationTexts(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, cluster := range []string{"", "main"} {
		name := map[string]string{"": "single", "main": "cluster"}[cluster]
		statements, err := clickhouse.Schema("auyl", cluster)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(statements, ";\n\n") + ";\n"
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: text changed (-golden +now); look at it, then -update:\n%s", name, diff)
		}
		for _, s := range statements {
			var out bytes.Buffer
			if err := db.Raw(context.WithoutCancel(t.Context()), "EXPLAIN AST "+s, "csv", &out); err != nil {
				t.Errorf("%s: the engine cannot parse\n%s\n%v", name, s, err)
			}
		}
	}
}

// TestEveryQuestionIsReadable has each file under sql/ask begin with its question and pass the engine's parser.
func TestEveryQuestionIsReadable(t *testing.T) {
	t.Parallel()
	db := open(t)
	files, err := filepath.Glob("sql/ask/*.sql")
	if err != nil || len(files) < 5 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(b), "\n")
		if !strings.HasPrefix(head, "-- ") || !strings.Contains(head, "?") {
			t.Errorf("%s does not begin with its question", f)
		}
		if strings.Contains(string(b), "SELECT *") {
			t.Errorf("%s does not list its columns", f)
		}
		var out bytes.Buffer
		err = db.Raw(t.Context(), "EXPLAIN AST\n"+string(b), "csv", &out)
		const parameterNotSet = 456 // comes after the parser has passed it
		var e *clickhouse.Error
		if err != nil && (!errors.As(err, &e) || e.Code != parameterNotSet) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
