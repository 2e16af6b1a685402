package embedded_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func TestReaderIsRefused(t *testing.T) {
	t.Parallel()
	e := shared(t)
	exec(t, open(t, e.DSN()), "CREATE OR REPLACE TABLE guarded (id UInt64) ENGINE=MergeTree ORDER BY id")
	outfile := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		name, statement, code string
		query                 url.Values
	}{
		{"insert", "INSERT INTO guarded VALUES (1)", "497", nil},
		{"insert select", "INSERT INTO guarded SELECT 1", "497", nil},
		{"insert behind with", "WITH x AS (SELECT 1) INSERT INTO guarded SELECT * FROM x", "497", nil},
		{"insert in the URL", "", "497", url.Values{"query": {"INSERT INTO guarded VALUES (1)"}}},
		{"create table", "CREATE TABLE made (a Int8) ENGINE=Memory", "497", nil},
		{"create temporary table", "CREATE TEMPORARY TABLE made (a Int8)", "497", nil},
		{"drop", "DROP TABLE guarded", "497", nil},
		{"alter", "ALTER TABLE guarded DELETE WHERE 1", "497", nil},
		{"truncate", "TRUNCATE TABLE guarded", "497", nil},
		{"system", "SYSTEM FLUSH LOGS", "497", nil},
		{"kill", "KILL QUERY WHERE 1", "497", nil},
		{"file table function", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "497", nil},
		{"file function", "SELECT file('/etc/passwd')", "497", nil},
		{"file function quoted", "SELECT `file`('/etc/passwd')", "497", nil},
		{"file function with comment", "SELECT file/**/('/etc/passwd')", "497", nil},
		{"file as lambda", "SELECT arrayMap(file, ['/etc/passwd'])", "497", nil},
		{"file by apply", "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')", "497", nil},
		{"file by parameter", "SELECT arrayMap({f:Identifier}, ['/etc/passwd'])", "497", url.Values{"param_f": {"file"}}},
		{"url", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "497", nil},
		{"describe url", "DESCRIBE TABLE url('http://127.0.0.1:1/', 'LineAsString')", "497", nil},
		{"remote", "SELECT * FROM remote('127.0.0.1:1', system.one)", "497", nil},
		{"s3", "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a Int8')", "497", nil},
		{"filesystem", "SELECT * FROM filesystem('/etc')", "497", nil},
		{"outfile", "SELECT 1 INTO OUTFILE '" + outfile + "'", "497", nil},
		{"merge over system", "SELECT * FROM merge('system', 'processes')", "497", nil},
		{"other queries", "SELECT query FROM system.processes", "497", nil},
		{"other queries quoted", "SELECT query FROM `system`.`processes`", "497", nil},
		{"other queries by parameter", "SELECT * FROM {d:Identifier}.processes", "497", url.Values{"param_d": {"system"}}},
		{"show processlist", "SHOW PROCESSLIST", "497", nil},
		{"users", "SELECT * FROM system.users", "497", nil},
		{"other database", "SELECT 1", "497", url.Values{"database": {"system"}}},
		{"two statements", "SELECT 1; SELECT 2", "62", nil},
		{"role behind a query", "SELECT 1; SET ROLE owner", "62", nil},
		{"set role", "SET ROLE owner", "497", nil},
		{"set readonly", "SET readonly = 0", "497", nil},
		{"settings readonly", "SELECT 1 SETTINGS readonly = 0", "164", nil},
		{"settings of a subquery", "SELECT * FROM (SELECT 1 SETTINGS max_threads = 1, max_execution_time = 0)", "164", nil},
		{"settings profile", "SELECT 1 SETTINGS profile = 'default'", "164", nil},
		{"settings after an array", "SELECT [1] SETTINGS max_threads = 1, max_memory_usage = 0", "164", nil},
		{"readonly in the URL", "SELECT 1", "164", url.Values{"readonly": {"0"}}},
		{"profile in the URL", "SELECT 1", "164", url.Values{"profile": {"default"}}},
		{"role in the URL", "SELECT 1", "48", url.Values{"role": {"owner"}}},
		{"session", "SELECT 1", "48", url.Values{"session_id": {"s"}}},
		{"long statement", "SELECT '" + strings.Repeat("x", 1<<20) + "'", "62", nil},
		{"empty", " ", "62", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if a := post(t, e.ReaderDSN(), c.statement, c.query); a.code != c.code {
				t.Errorf("code = %q (status %d): %.300s; want %s", a.code, a.status, a.body, c.code)
			}
			if _, err := os.Stat(outfile); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

func TestReaderReads(t *testing.T) {
	t.Parallel()
	e := shared(t)
	owner := open(t, e.DSN())
	exec(t, owner, "CREATE OR REPLACE TABLE readable (id UInt64, name String) ENGINE=MergeTree ORDER BY id",
		"INSERT INTO readable SELECT number, concat('n', toString(number)) FROM numbers(10)",
		"CREATE OR REPLACE VIEW readable_view AS SELECT sum(id) AS total FROM readable",
		"CREATE OR REPLACE DICTIONARY readable_names (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'readable' DB 'auyl')) LIFETIME(0) LAYOUT(FLAT())")
	for _, c := range []struct {
		name, statement, want string
		query                 url.Values
	}{
		{"table", "SELECT count() FROM readable", "10\n", nil},
		{"database named", "SELECT count() FROM auyl.readable", "10\n", url.Values{"database": {"default"}}},
		{"view", "SELECT total FROM readable_view", "45\n", nil},
		{"dictionary", "SELECT dictGet('auyl.readable_names', 'name', toUInt64(3))", "n3\n", nil},
		{"with", "WITH 1 AS x SELECT x", "1\n", nil},
		{"union in brackets", "(SELECT 1) UNION ALL (SELECT 1)", "1\n1\n", nil},
		{"one semicolon", "SELECT 1 ; -- done", "1\n", nil},
		{"quotes", `SELECT 'a\'b\\n;c', $$x'y$$`, `a\'b\\n;c` + "\t" + `x\'y` + "\n", nil},
		{"format", "SELECT 1 AS a FORMAT JSONEachRow", "{\"a\":1}\n", nil},
		{"parameter", "SELECT name FROM readable WHERE id = {id:UInt64}", "n7\n", url.Values{"param_id": {"7"}}},
		{"setting in the URL", "SELECT getSetting('max_threads')", "1\n", url.Values{"max_threads": {"1"}}},
		{"setting in the query", "SELECT getSetting('max_block_size') SETTINGS max_block_size = 1000", "1000\n", nil},
		{"limit", "SELECT getSetting('max_execution_time')", "60\n", nil},
		{"limit raised", "SELECT getSetting('max_execution_time')", "60\n", url.Values{"max_execution_time": {"6000"}}},
		{"limit lifted", "SELECT getSetting('max_execution_time')", "60\n", url.Values{"max_execution_time": {"0"}}},
		{"limit lowered", "SELECT getSetting('max_execution_time')", "5\n", url.Values{"max_execution_time": {"5"}}},
		{"role", "SELECT currentRoles()", "['reader']\n", nil},
		{"system table", "SELECT count() FROM system.tables WHERE name = 'readable'", "1\n", nil},
		{"numbers", "SELECT count() FROM numbers(10)", "10\n", nil},
		{"exists", "EXISTS TABLE readable", "1\n", nil},
		{"show tables", "SHOW TABLES LIKE 'readable'", "readable\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if a := post(t, e.ReaderDSN(), c.statement, c.query); a.status != 200 || a.body != c.want {
				t.Errorf("%s = %d %q, want %q", c.statement, a.status, a.body, c.want)
			}
		})
	}
	t.Run("clickhouse-go", func(t *testing.T) {
		t.Parallel()
		db := open(t, e.ReaderDSN(), func(o *clickhouse.Options) {
			o.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
		})
		if n := count(t, db, "SELECT count() FROM readable"); n != 10 {
			t.Errorf("count() = %d, want 10", n)
		}
		if err := db.Exec(t.Context(), "DROP TABLE readable"); err == nil {
			t.Error("the reader dropped a table")
		}
	})
}

func TestReadersQueryEndsAtItsMemory(t *testing.T) {
	t.Parallel()
	a := post(t, shared(t).ReaderDSN(), "SELECT groupArray(number) FROM numbers(1000000000)", nil)
	if a.code != "241" {
		t.Errorf("code = %q: %.200s, want 241", a.code, a.body)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	e := shared(t)
	reader, err := url.Parse(e.ReaderDSN())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := reader.User.Password()
	for name, user := range map[string]*url.Userinfo{
		"nobody": nil, "no password": url.User("default"),
		"the reader's password for the owner": url.UserPassword("default", password), "wrong password": url.UserPassword("reader", "x"),
	} {
		u := *reader
		u.User = user
		if a := post(t, u.String(), "SELECT 1", nil); a.code != "516" || a.status != 403 {
			t.Errorf("%s: %d, code %s, want 403 and 516", name, a.status, a.code)
		}
	}
}

func TestOwnerMayDoWhatTheProductNeeds(t *testing.T) {
	t.Parallel()
	e := shared(t)
	db := open(t, e.DSN())
	exec(t, db, "DROP DATABASE IF EXISTS owned SYNC", "CREATE DATABASE owned", "CREATE TABLE owned.a (id UInt64, v String) ENGINE=ReplacingMergeTree ORDER BY id",
		"CREATE TABLE owned.b AS owned.a", "INSERT INTO owned.a VALUES (1, 'x')", "EXCHANGE TABLES owned.a AND owned.b",
		"ALTER TABLE owned.b ADD COLUMN w UInt8", "ALTER TABLE owned.b DROP COLUMN w", "OPTIMIZE TABLE owned.b FINAL",
		"CREATE VIEW owned.v AS SELECT * FROM owned.b", "CREATE MATERIALIZED VIEW owned.mv REFRESH EVERY 1 HOUR ENGINE=MergeTree ORDER BY id AS SELECT * FROM owned.b",
		"SYSTEM REFRESH VIEW owned.mv", "SYSTEM WAIT VIEW owned.mv",
		"CREATE DICTIONARY owned.d (id UInt64, v String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'b' DB 'owned')) LIFETIME(0) LAYOUT(FLAT())",
		"SYSTEM RELOAD DICTIONARY owned.d", "CREATE FUNCTION owned_twice AS (x) -> 2 * x", "DROP FUNCTION owned_twice",
		"ALTER TABLE owned.b DELETE WHERE id = 2 SETTINGS mutations_sync = 1", "TRUNCATE TABLE owned.a", "RENAME TABLE owned.a TO owned.c",
		"BACKUP TABLE owned.b TO File('b"+strconv.FormatInt(time.Now().UnixNano(), 36)+"')", "DROP TABLE owned.c")
	if n := count(t, db, "SELECT count() FROM owned.mv WHERE dictGet('owned.d', 'v', id) = 'x'"); n != 1 {
		t.Errorf("rows of the refreshed view = %d, want 1", n)
	}
	exec(t, db, "DROP DATABASE owned SYNC")
	if a := post(t, e.DSN(), "SELECT 1 INTO OUTFILE '/dev/null'", nil); a.code != "48" {
		t.Errorf("INTO OUTFILE: code %q, want 48", a.code)
	}
	if a := post(t, e.DSN(), "SELECT * FROM file('/etc/passwd', 'LineAsString')", nil); a.code != "497" {
		t.Errorf("file(): code %q, want 497", a.code)
	}
}
