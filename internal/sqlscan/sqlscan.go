// Package sqlscan cuts a statement of ClickHouse into tokens. It is no parser: whoever uses it decides what the tokens mean,
// and whoever guards rights lets the engine format the statement first.
package sqlscan

import "strings"

// Kind says what a token of a statement is.
type Kind uint8

// The kinds of tokens.
const (
	Word   Kind = iota // keyword, name or number, as written
	Quoted             // `name` or "name", without the quotes, escapes as written
	Text               // 'text', without the quotes, escapes as written
	Mark               // any other single byte: punctuation, operators
)

// Token is one piece of a statement. Comments and blanks give none.
type Token struct {
	Kind       Kind
	Text       string
	Start, End int // offsets in the statement, quotes included
	Depth      int // how many brackets of any kind are open around it; a bracket counts as outside of itself
}

// Is tells whether t is the keyword or mark s, which is given in upper case.
func (t Token) Is(s string) bool {
	return (t.Kind == Word || t.Kind == Mark) && strings.EqualFold(t.Text, s)
}

// Name tells whether t can be the name of something.
func (t Token) Name() bool { return t.Kind == Word || t.Kind == Quoted }

// Scan calls f for each token until f returns false. It is no parser: it knows just enough of ClickHouse's lexical rules
// (quotes with backslash or doubled quote, heredocs, three kinds of comments) to find words that are really words. An
// unclosed quote or comment reaches to the end.
func Scan(q string, f func(Token) bool) {
	depth := 0
	for i := 0; i < len(q); {
		start, c := i, q[i]
		t := Token{Depth: depth, Start: start}
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
			t.Kind, t.Text = Quoted, strings.TrimSuffix(q[start+1:i], string(c))
			if c == '\'' {
				t.Kind = Text
			}
		case c == '$' && heredoc(q[i:]) > 0:
			n := heredoc(q[i:])
			i = after(q, i+n, q[i:i+n])
			t.Kind, t.Text = Text, strings.TrimSuffix(q[start+n:i], q[start:start+n])
		case wordByte(c):
			for i < len(q) && wordByte(q[i]) {
				i++
			}
			t.Kind, t.Text = Word, q[start:i]
		default:
			i++
			t.Kind, t.Text = Mark, q[start:i]
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth = max(depth-1, 0)
				t.Depth = depth
			}
		}
		t.End = i
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

// Statement gives what stands before the first semicolon that is one, and what follows it. ok is false while there is none:
// the statement goes on.
func Statement(q string) (statement, rest string, ok bool) {
	Scan(q, func(t Token) bool {
		if t.Is(";") {
			statement, rest, ok = q[:t.Start], q[t.End:], true
		}
		return !ok
	})
	return statement, rest, ok
}
