package sqlscan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/internal/sqlscan"
)

func TestTokensAreWordsOutsideOfQuotesAndComments(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][]string{
		"SELECT 'a;b' -- c;\nFROM `x;y`":  {"SELECT", "a;b", "FROM", "x;y"},
		"a /* ; */ $t$ ; $t$ 'it''s \\''": {"a", " ; ", "it''s \\'"},
		"f(x)[1]":                         {"f", "(", "x", ")", "[", "1", "]"},
		"":                                nil,
	} {
		var got []string
		sqlscan.Scan(q, func(k sqlscan.Token) bool {
			got = append(got, k.Text)
			return true
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tokens of %q (-want +got):\n%s", q, diff)
		}
	}
}

func TestStatementEndsAtASemicolonThatIsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, statement, rest string
		ok                  bool
	}{
		{"SELECT 1; SELECT 2;", "SELECT 1", " SELECT 2;", true},
		{"SELECT ';", "", "", false},
		{"SELECT ';'\n", "", "", false},
		{"SELECT 1 -- ;\n;", "SELECT 1 -- ;\n", "", true},
		{"", "", "", false},
	} {
		s, r, ok := sqlscan.Statement(c.in)
		if s != c.statement || r != c.rest || ok != c.ok {
			t.Errorf("Statement(%q) = %q, %q, %v", c.in, s, r, ok)
		}
	}
}

func FuzzStatement(f *testing.F) {
	for _, s := range []string{"SELECT 1;", "'", "$$;$$;", "/*;*/ ;;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		s, r, ok := sqlscan.Statement(q)
		if ok && s+";"+r != q {
			t.Fatalf("Statement(%q) = %q and %q", q, s, r)
		}
		if !ok && (s != "" || r != "" || strings.TrimSpace(q) == ";") {
			t.Fatalf("Statement(%q) = %q, %q, not ended", q, s, r)
		}
	})
}
