package iin

import (
	"regexp"
	"slices"
	"strings"
)

// Span is where a number stands in a text, in bytes.
type Span struct{ From, To int }

// amount follows a number that is money: a fraction alone is not enough, for the
// next cell of a line with commas would then unmask the number before it.
var amount = regexp.MustCompile(`^(?:[.,]\p{Nd}{1,4})?[ \x{a0}\x{202f}]?(?i:тыс\.?|мың|млн\.?|млрд\.?)?[ \x{a0}\x{202f}]?(?i:тенге|теңге|тг|₸|KZT)(?:\P{L}|$)`)

// fraction follows a number that is a quantity in groups of three.
var fraction = regexp.MustCompile(`^[.,]\p{Nd}`)

// run is digits without anything between them.
type run struct {
	Span
	digits string // folded
}

// Find returns where a text has numbers of persons, from left to right. A number
// may be written in groups, as people do (6-6, 6-1-5, 3-3-3-3 and so on), with one
// space, dash or thin space between them. The rule leans to finding: a sum of
// money without its unit that happens to be well made is taken for a number.
func Find(text string) []Span {
	var out []Span
	for _, chain := range chains(text) {
		for i := 0; i < len(chain); {
			n := match(text, chain, i)
			if n == 0 {
				i++
				continue
			}
			out = append(out, Span{chain[i].From, chain[i+n-1].To})
			i += n
		}
	}
	return out
}

// Mask puts twelve stars in the place of each number and counts them.
func Mask(text string) (masked string, n int) {
	spans := Find(text)
	if len(spans) == 0 {
		return text, 0
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.From])
		b.WriteString("************")
		at = s.To
	}
	b.WriteString(text[at:])
	return b.String(), len(spans)
}

// match returns how many runs from the i-th on are a number, 0 for none.
func match(text string, chain []run, i int) int {
	for _, p := range [...][]int{{12}, {6, 6}, {6, 1, 5}, {6, 1, 4, 1}, {6, 3, 3}, {6, 2, 4}, {6, 4, 2}} {
		if fits(chain[i:], p) && hit(text, chain[i:i+len(p)], false) {
			return len(p)
		}
	}
	if i > 0 {
		return 0
	}
	// These are groups of other numbers as well: only a chain that ends with them.
	for _, p := range [...][]int{{2, 2, 2, 6}, {2, 2, 2, 1, 4, 1}, {4, 4, 4}, {3, 3, 3, 3}} {
		if len(chain) == len(p) && fits(chain, p) && hit(text, chain, slices.Equal(p, []int{3, 3, 3, 3})) {
			return len(p)
		}
	}
	return 0
}

func fits(chain []run, pattern []int) bool {
	if len(chain) < len(pattern) {
		return false
	}
	for i, n := range pattern {
		if len(chain[i].digits) != n {
			return false
		}
	}
	return true
}

func hit(text string, runs []run, threes bool) bool {
	var digits strings.Builder
	for _, r := range runs {
		digits.WriteString(r.digits)
	}
	if _, err := Parse(digits.String()); err != nil {
		return false
	}
	before, after := text[:runs[0].From], text[runs[len(runs)-1].To:]
	if strings.HasSuffix(before, "+") || amount.MatchString(after) || threes && fraction.MatchString(after) {
		return false
	}
	if zero, ok := strings.CutSuffix(before, "0."); ok && !endsInDigit(zero) {
		return false
	}
	return true
}

func endsInDigit(s string) bool {
	r := []rune(s[max(0, len(s)-4):])
	if len(r) == 0 {
		return false
	}
	_, ok := digitOf(r[len(r)-1])
	return ok
}

// chains are the runs of a text, those together that have exactly one separator
// between them.
func chains(text string) [][]run {
	var out [][]run
	var digits strings.Builder
	from, end := -1, -1     // of the run in work; end of the one before
	linked, gap := false, 0 // what stands between the two: separators only, and how many characters
	flush := func(to int) {
		if from < 0 {
			return
		}
		r := run{Span{from, to}, digits.String()}
		if n := len(out); n > 0 && linked && gap == 1 {
			out[n-1] = append(out[n-1], r)
		} else {
			out = append(out, []run{r})
		}
		digits.Reset()
		from, end, linked, gap = -1, to, true, 0
	}
	for i, c := range text {
		if d, ok := digitOf(c); ok {
			if from < 0 {
				from = i
			}
			digits.WriteByte(byte('0' + d))
			continue
		}
		flush(i)
		gap++
		linked = linked && end >= 0 && separates(c)
	}
	flush(len(text))
	return out
}

func separates(r rune) bool {
	switch r {
	case ' ', '\u00a0', '\u2009', '\u202f', '-', '\u2011', '\u2013':
		return true
	}
	return false
}
