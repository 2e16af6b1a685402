package csv

import (
	"bytes"
	"unicode/utf8"
)

// Guessed is the layout that a page of unknown origin seems to have.
type Guessed struct {
	Encoding  string // utf-8, windows-1251 or kz-1048, as Options.Encoding auto takes it
	Delimiter byte
	SkipRows  int // lines above the header: titles, notes
}

// guessLines is how many lines are looked at: titles are few, and a table shows
// its width soon.
const guessLines = 60

// Guess says how a page is laid out: the delimiter is the one that parts most
// lines into equally many fields, and the header is the first such line.
func Guess(body []byte) Guessed {
	g := Guessed{Encoding: "windows-1251", Delimiter: ','}
	rest, marked := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	switch {
	case marked || utf8.Valid(rest):
		g.Encoding = "utf-8"
	case containsByte(rest, kz1048Bytes):
		g.Encoding = "kz-1048"
	}
	lines := bytes.SplitN(rest, []byte("\n"), guessLines+1)
	if len(lines) > guessLines {
		lines = lines[:guessLines]
	}
	best := 0
	for _, d := range []byte{';', '\t', ','} {
		widths := make([]int, len(lines))
		count := map[int]int{}
		for i, l := range lines {
			widths[i] = delimiters(l, d)
			count[widths[i]]++
		}
		for i, w := range widths {
			// The first of equally good widths is the header's, unless it is a
			// title that was filled up with delimiters.
			if score := w * count[w]; score > best && 2*filled(lines[i], d) > w {
				best, g.Delimiter, g.SkipRows = score, d, i
			}
		}
	}
	return g
}

// delimiters counts them outside quotes.
func delimiters(line []byte, d byte) int {
	n, inside := 0, false
	for _, c := range line {
		switch {
		case c == '"':
			inside = !inside
		case c == d && !inside:
			n++
		}
	}
	return n
}

// filled counts the fields of a line that are not empty.
func filled(line []byte, d byte) int {
	n := 0
	for f := range bytes.SplitSeq(line, []byte{d}) {
		if len(bytes.TrimSpace(f)) > 0 {
			n++
		}
	}
	return n
}
