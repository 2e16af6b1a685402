package clickhouse_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/clickhouse"
)

// TestThreeClientsReadTheSameFigures asks the same question as the reader with clickhouse-go, with curl, and with
// ClickHouse's client for JavaScript.
func TestThreeClientsReadTheSameFigures(t *testing.T) {
	t.Parallel()
	e := engine(t)
	db, err := clickhouse.Open(t.Context(), e.DSN(), clickhouse.Options{}) // the reader's database is the engine's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	loadReference(t, db)
	put(t, db, cellColumns,
		cellRow("budget_own_revenue_share", "195259000", "okrug", "M", "2026-08-01", "52.11", "106797.8", "204936.3", "1"),
		cellRow("budget_own_revenue_share", "195259000", "okrug", "M", "2026-09-01", "NULL", "NULL", "NULL", "0.25"),
		cellRow("budget_own_revenue_share", "195200000", "district", "M", "2026-09-01", "0", "0", "7.5", "1"),
		cellRow("budget_own_revenue_share", "190000000", "oblast", "M", "2026-09-01", "0.1", "0.3", "300", "1"))
	const ask = `SELECT area, area_name_kk, period, is_latest, value, numerator, coverage
FROM indicator_current
WHERE indicator = {id:String}
ORDER BY area, period_start`
	const indicator = "budget_own_revenue_share"
	want := "190000000\tАлматы облысы\t2026-M09\t1\t0.1\t0.3\t1\n" +
		"195200000\tҚарасай ауданы\t2026-M09\t1\t0\t0\t1\n" +
		"195259000\tШамалған а.о.\t2026-M08\t0\t52.11\t106797.8\t1\n" +
		"195259000\tШамалған а.о.\t2026-M09\t1\t\\N\t\\N\t0.25\n"
	u, err := url.Parse(e.ReaderDSN())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	same := func(t *testing.T, got string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("figures (-want +got):\n%s", diff)
		}
	}
	t.Run("clickhouse-go", func(t *testing.T) {
		t.Parallel()
		same(t, askWithGo(t, u, password, ask, indicator))
	})
	t.Run("curl", func(t *testing.T) {
		t.Parallel()
		curl, err := exec.LookPath("curl")
		if err != nil {
			t.Skip("curl is not installed: apt-get install -y curl")
		}
		out, err := exec.CommandContext(t.Context(), curl, "--silent", "--show-error", "--fail-with-body", "--user", u.User.Username()+":"+password,
			"http://"+u.Host+"/?database=auyl&param_id="+indicator, "--data-binary", ask+" FORMAT TSV").Output()
		if err != nil {
			t.Fatalf("curl: %v\n%s", err, out)
		}
		same(t, string(out))
	})
	t.Run("@clickhouse/client", func(t *testing.T) {
		t.Parallel()
		node, err := exec.LookPath("node")
		if err != nil {
			t.Skip("node is not installed: apt-get install -y nodejs")
		}
		if _, err := os.Stat(filepath.Join("..", "node_modules", "@clickhouse", "client")); err != nil {
			t.Skip("@clickhouse/client is not installed: npm ci")
		}
		c := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "client.mjs"))
		c.Env = append(c.Environ(), "URL=http://"+u.Host, "READER="+u.User.Username(), "PASSWORD="+password, "QUERY="+ask, "INDICATOR="+indicator)
		out, err := c.Output()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			t.Fatalf("node: %v\n%s", err, exit.Stderr)
		} else if err != nil {
			t.Fatal(err)
		}
		same(t, string(out))
	})
}

// askWithGo asks as docs/analysts.md shows it, and writes rows as ClickHouse's TSV does.
func askWithGo(t *testing.T, u *url.URL, password, ask, indicator string) string {
	t.Helper()
	db, err := driver.Open(&driver.Options{
		Protocol: driver.HTTP, Addr: []string{u.Host},
		Auth: driver.Auth{Database: "auyl", Username: u.User.Username(), Password: password},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(t.Context(), ask, driver.Named("id", indicator))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var area, name, period string
		var latest uint8
		var value, coverage *float64
		var numerator number
		if err := rows.Scan(&area, &name, &period, &latest, &value, &numerator, &coverage); err != nil {
			t.Fatal(err)
		}
		out.WriteString(strings.Join([]string{area, name, period, strconv.Itoa(int(latest)), float(value), string(numerator), float(coverage)}, "\t") + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// number is the text of a decimal.
type number string

// Scan implements sql.Scanner.
func (n *number) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*n = `\N`
	case fmt.Stringer:
		*n = number(v.String())
	default:
		return fmt.Errorf("a decimal came as %T", v)
	}
	return nil
}

func float(x *float64) string {
	if x == nil {
		return `\N`
	}
	return strconv.FormatFloat(*x, 'f', -1, 64)
}
