package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns the text as one line of characters that XML and PDF can hold:
// broken UTF-8 becomes U+FFFD, control characters become blanks, marks that turn
// the direction of writing go. Forms call it on all that they print.
func Clean(s string) string {
	ok := utf8.ValidString(s)
	for _, r := range s {
		ok = ok && !hidden(r) && !unicode.IsControl(r)
	}
	if ok {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case hidden(r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// hidden are marks that a reader does not see and that can reorder a line, and
// code points that are no characters in XML.
func hidden(r rune) bool {
	switch {
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F', r == '\uFEFF':
		return true
	}
	return r == '\uFFFE' || r == '\uFFFF'
}

// Capital writes a label as a heading: its first letter as a capital.
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(r)) + s[n:]
}
