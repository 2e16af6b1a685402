package embedded

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/internal/sqlscan"
)

func TestSplitInsert(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want insertParts
		ok   bool
	}{
		{"INSERT INTO t FORMAT Native\n\x00\x01", insertParts{"INSERT INTO t", "Native", "\x00\x01"}, true},
		{"insert into t (a, b) format CSV \r\n\n1,2", insertParts{"insert into t (a, b)", "CSV", "\n1,2"}, true},
		{"INSERT INTO t (values, format) VALUES (1, 'select')", insertParts{"INSERT INTO t (values, format)", "Values", " (1, 'select')"}, true},
		{"INSERT INTO `select` -- FORMAT CSV\n /* SELECT */ SETTINGS x = 'FORMAT' FORMAT TSV", insertParts{"INSERT INTO `select` -- FORMAT CSV\n /* SELECT */ SETTINGS x = 'FORMAT'", "TSV", ""}, true},
		{"INSERT INTO t SELECT 1 FORMAT CSV", insertParts{"INSERT INTO t SELECT 1 FORMAT CSV", "Values", ""}, false},
		{"INSERT INTO t;", insertParts{"INSERT INTO t", "Values", ""}, true},
	} {
		got, ok := splitInsert(c.in)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(insertParts{})); diff != "" || ok != c.ok {
			t.Errorf("splitInsert(%q), ok %v: %s", c.in, ok, diff)
		}
	}
}

func TestWordsAreFoundOutsideOfQuotesAndComments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, verb, format, clause string }{
		{"select 1 format JSON", "SELECT", "JSON", ""},
		{"/* x */ -- y\n ((WITH 1 AS a SELECT a)) FORMAT CSV SETTINGS z = 1", "WITH", "CSV", ""},
		{"SELECT 'it''s \\' FORMAT CSV', \"FORMAT\", `FORMAT x`", "SELECT", "", ""},
		{"SELECT $a$ INTO OUTFILE $$ $a$, (1 FORMAT CSV)", "SELECT", "", ""},
		{"SELECT 1 INTO /**/ OUTFILE 'x'", "SELECT", "", "INTO OUTFILE"},
		{"INSERT INTO t FROM infile 'x' FORMAT CSV", "INSERT", "CSV", "FROM INFILE"},
		{"", "", "", ""},
		{"'open", "", "", ""},
	} {
		if v, f, cl := verb(c.in), formatClause(c.in), clientClause(c.in); v != c.verb || f != c.format || cl != c.clause {
			t.Errorf("verb, format, clause of %q = %q, %q, %q, want %q, %q, %q", c.in, v, f, cl, c.verb, c.format, c.clause)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"SELECT 'a''b' FROM `x` -- c", "INSERT INTO t (a) FORMAT CSV\n1", "$x$ y $x$ ((", "/* open", "'\\", "$", ")]}", "# c\n\"\\\"\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		end := 0
		sqlscan.Scan(q, func(k sqlscan.Token) bool {
			if k.Start < end || k.End <= k.Start || k.End > len(q) || k.Depth < 0 {
				t.Fatalf("token %+v behind %d in %q", k, end, q)
			}
			if !strings.Contains(q[k.Start:k.End], k.Text) {
				t.Fatalf("token %+v is not from %q", k, q)
			}
			end = k.End
			return true
		})
		if p, ok := splitInsert(q); ok && (!strings.HasPrefix(q, p.statement) || !strings.HasSuffix(q, p.data)) {
			t.Fatalf("splitInsert(%q) = %+v", q, p)
		}
		_ = readerStatement(q, map[string]string{"p": q})
		// A literal of any text is one token, whatever is in it.
		n := 0
		sqlscan.Scan(quote(q), func(k sqlscan.Token) bool { n++; return k.Kind == sqlscan.Text })
		if n != 1 {
			t.Fatalf("quote(%q) = %s has %d tokens", q, quote(q), n)
		}
	})
}
