package markdown

import (
	"regexp"
	"strings"

	"github.com/auyl-kz/auyl/summary/document"
)

// block matches what would begin a heading, a list or a rule.
var block = regexp.MustCompile(`^(?:#|[-+=]|\d+[.)])`)

// escape makes a text of one line stand for itself within a line: no emphasis,
// link, image, tag, entity, cell border, code or address that links by itself.
func escape(s string) string {
	s = document.Clean(s)
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '&', '$', '^':
			b.WriteByte('\\')
		case '_':
			// Within a word it is no sign, and names of indicators are full of it.
			if i == 0 || i == len(s)-1 || s[i-1] == ' ' || s[i+1] == ' ' || s[i-1] == '_' || s[i+1] == '_' {
				b.WriteByte('\\')
			}
		case '!':
			if strings.HasPrefix(s[i+1:], "[") {
				b.WriteByte('\\')
			}
		case ':':
			if strings.HasPrefix(s[i+1:], "//") {
				b.WriteByte('\\')
			}
		case '.':
			if strings.HasSuffix(strings.ToLower(s[:i]), "www") {
				b.WriteByte('\\')
			}
		case '@':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lead makes a line that begins a paragraph begin one, and nothing else.
func lead(s string) string {
	s = strings.TrimLeft(s, " ")
	if m := block.FindString(s); m != "" {
		n := len(m) - 1 // before the sign itself: -, +, #, or the point behind a number
		return s[:n] + `\` + s[n:]
	}
	return s
}

// stressed puts signs of emphasis around a text; they must touch it.
func stressed(sign, s string) string {
	s = strings.Trim(escape(s), " ")
	if s == "" {
		return ""
	}
	return sign + s + sign
}

// code fences a command with more backticks than it holds.
func code(s string) string {
	s = document.Clean(s)
	fence := "`"
	for strings.Contains(s, fence) { // a run of backticks of that length would end it
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}
