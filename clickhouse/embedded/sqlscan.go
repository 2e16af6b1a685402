package embedded

import "strings"

// kind says what a token of a statement is.
type kind uint8

const (
	word       kind = iota // keyword, name or number, as written
	quotedName             // `name` or "name", without the quotes, escapes as written
	text                   // 'text', without the quotes, escapes as written
	mark                   // any other single byte: punctuation, operators
)

// token is one piece of a statement. Comments and blanks give none.
type token struct {
	kind       kind
	text       string
	start, end int // offsets in the statement, quotes included
	depth      int // how many brackets of any kind are open around it; a bracket counts as outside of itself
}

// is tells whether t is the keyword or mark s, which is given in upper case.
func (t token) is(s string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(t.text, s)
}

// name tells whether t can be the name of something.
func (t token) name() bool { return t.kind == word || t.kind == quotedName }

// scan calls f for each token until f returns false. It is no parser: it knows just enough of ClickHouse's lexical rules
// (quotes with backslash or doubled quote, heredocs, three kinds of comments) to find words that are really words. An
// unclosed quote or comment reaches to the end.
func scan(q string, f func(token) bool) {
	depth := 0
	for i := 0; i < len(q); {
		start, c := i, q[i]
		t := token{depth: depth, start: start}
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
			continue
		case strings.HasPrefix(q[i:], "--"), strings.HasPrefix(q[i:], "#!"), strings.HasPrefix(q[i:], "# "):
			i = after(q, i, "\n")
			continue
		case strings.HasPrefix(q[i:], "/*"):
			i = after(q, i+2, "*/")
			continue
		case c == '\'' || c == '"' || c == '`':
			i = closing(q, i)
			t.kind, t.text = quotedName, strings.TrimSuffix(q[start+1:i], string(c))
			if c == '\'' {
				t.kind = text
			}
		case c == '$' && heredoc(q[i:]) > 0:
			n := heredoc(q[i:])
			i = after(q, i+n, q[i:i+n])
			t.kind, t.text = text, strings.TrimSuffix(q[start+n:i], q[start:start+n])
		case wordByte(c):
			for i < len(q) && wordByte(q[i]) {
				i++
			}
			t.kind, t.text = word, q[start:i]
		default:
			i++
			t.kind, t.text = mark, q[start:i]
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth = max(depth-1, 0)
				t.depth = depth
			}
		}
		t.end = i
		if !f(t) {
			return
		}
	}
}

// after gives the offset behind the next stop at or behind from, or the end of q.
func after(q string, from int, stop string) int {
	if from >= len(q) {
		return len(q)
	}
	if n := strings.Index(q[from:], stop); n >= 0 {
		return from + n + len(stop)
	}
	return len(q)
}

// closing gives the offset behind the quote that closes the one at i.
func closing(q string, i int) int {
	for c, j := q[i], i+1; j < len(q); j++ {
		switch {
		case q[j] == '\\':
			j++
		case q[j] == c && j+1 < len(q) && q[j+1] == c:
			j++
		case q[j] == c:
			return j + 1
		}
	}
	return len(q)
}

// heredoc gives the length of the opening $tag$ at the start of q, or 0.
func heredoc(q string) int {
	for i := 1; i < len(q); i++ {
		if q[i] == '$' {
			return i + 1
		}
		if !wordByte(q[i]) {
			return 0
		}
	}
	return 0
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// verb gives the first keyword in upper case, past opening brackets.
func verb(q string) (v string) {
	scan(q, func(t token) bool {
		if t.is("(") {
			return true
		}
		if t.kind == word {
			v = strings.ToUpper(t.text)
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
	scan(q, func(t token) bool {
		switch {
		case named:
			p.format = t.text
			// One blank run and one line end part the name from the data; further lines are data.
			rest := strings.TrimLeft(q[t.end:], " \t")
			p.data = strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
			return false
		case t.depth > 0 || t.kind != word:
		case t.is("FORMAT"):
			p.statement, named = q[:t.start], true
		case t.is("VALUES"):
			p.statement, p.data = q[:t.start], q[t.end:]
			return false
		case t.is("SELECT"), t.is("WITH"), t.is("WATCH"):
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
	scan(q, func(t token) bool {
		if named && t.kind == word {
			format = t.text
		}
		named = t.depth == 0 && t.is("FORMAT")
		return true
	})
	return format
}

// clientClause gives the clause that makes the engine read or write a file of its own machine, or "". A server answers
// such a statement to nobody: it is the client that does it, and the embedded engine counts itself as one.
func clientClause(q string) (clause string) {
	var last token
	scan(q, func(t token) bool {
		if last.is("INTO") && t.is("OUTFILE") || last.is("FROM") && t.is("INFILE") {
			clause = strings.ToUpper(last.text + " " + t.text)
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
