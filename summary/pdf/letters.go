package pdf

import (
	"fmt"
	"strings"

	"golang.org/x/image/font/sfnt"

	"github.com/auyl-kz/auyl/summary/document"
)

// letters is a font as bytes, and what it can write.
type letters struct {
	ttf   []byte
	known map[rune]bool
}

func lettersOf(ttf []byte) (*letters, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	l := &letters{ttf: ttf, known: map[rune]bool{}}
	var buf sfnt.Buffer
	for r := rune(0x20); r < 0xffff; r++ { // beyond, PDF by this library has no letters
		if i, err := f.GlyphIndex(&buf, r); err == nil && i != 0 {
			l.known[r] = true
		}
	}
	return l, nil
}

// longest is how many letters of one text are printed: a page holds fewer, and
// the library breaks lines in a time that grows with the square of a text.
const longest = 4000

// clean returns the text in letters that the fonts have; what they lack is
// shown as a box and never silently dropped.
func (p *paper) clean(s string) string {
	if len(s) > longest {
		if r := []rune(s); len(r) > longest {
			s = string(r[:longest]) + "…"
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f' || r == '\u2009': // narrow blanks: as wide as the font has them
			return '\u00a0'
		case p.w.regular.known[r] && p.w.bold.known[r]:
			return r
		}
		return '□'
	}, document.Clean(s))
}
