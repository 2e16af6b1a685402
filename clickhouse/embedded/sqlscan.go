package embedded

import (
	"strings"

	"github.com/auyl-kz/auyl/internal/sqlscan"
)

// verb gives the first keyword in upper case, past opening brackets.
func verb(q string) (v string) {
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		if t.Is("(") {
			return true
		}
		if t.Kind == sqlscan.Word {
			v = strings.ToUpper(t.Text)
		}
		return false
	})
	return v
}

// insertParts is an INSERT with data, taken apart.
type insertParts struct {
	statement string // "INSERT INTO t (a, b) SETTINGS …", with neither format nor data
	format    string
	data      string // what of the data stands in the statement itself
}

// splitInsert takes "INSERT INTO t (a) FORMAT X data" apart. ok is false for what has no data: INSERT … SELECT.
func splitInsert(q string) (p insertParts, ok bool) {
	p = insertParts{statement: q, format: "Values"}
	ok = true
	named := false // the next token is the format's name
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		switch {
		case named:
			p.format = t.Text
			// One blank run and one line end part the name from the data; further lines are data.
			rest := strings.TrimLeft(q[t.End:], " \t")
			p.data = strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
			return false
		case t.Depth > 0 || t.Kind != sqlscan.Word:
		case t.Is("FORMAT"):
			p.statement, named = q[:t.Start], true
		case t.Is("VALUES"):
			p.statement, p.data = q[:t.Start], q[t.End:]
			return false
		case t.Is("SELECT"), t.Is("WITH"), t.Is("WATCH"):
			ok = false
			return false
		}
		return true
	})
	p.statement = strings.TrimRight(p.statement, " \t\r\n;")
	return p, ok
}

// formatClause gives the format that the statement names itself, or "".
func formatClause(q string) (format string) {
	named := false
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		if named && t.Kind == sqlscan.Word {
			format = t.Text
		}
		named = t.Depth == 0 && t.Is("FORMAT")
		return true
	})
	return format
}

// clientClause gives the clause that makes the engine read or write a file of its own machine, or "". A server answers
// such a statement to nobody: it is the client that does it, and the embedded engine counts itself as one.
func clientClause(q string) (clause string) {
	var last sqlscan.Token
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		if last.Is("INTO") && t.Is("OUTFILE") || last.Is("FROM") && t.Is("INFILE") {
			clause = strings.ToUpper(last.Text + " " + t.Text)
			return false
		}
		last = t
		return true
	})
	return clause
}

// quote makes a string literal of s.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quoteName makes an identifier of s.
func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
