package pdf

import (
	"strings"

	"github.com/auyl-kz/auyl/summary/document"
)

// piece is a part of a word in one style; a word with a number in brackets has
// three, and no line is broken between them.
type piece struct {
	text string
	bold bool
	link int // of a reference, from 1; 0 for none
}

type word struct {
	pieces []piece
	width  float64
}

// sentence sets runs one after the other; a number leads to its reference. The
// library would break a line at the border of two runs, between a bracket and
// its number, so the lines are made here.
func (p *paper) sentence(runs document.Sentence) {
	const h = body * leading
	blank := p.widthOf(" ", false)
	var line []piece
	used := 0.0
	flush := func() {
		p.room(h)
		x := margin
		for _, part := range line {
			x = p.set(part, x, h)
		}
		p.f.Ln(h)
		line, used = nil, 0
	}
	for _, w := range p.words(runs) {
		if used > 0 && used+blank+w.width > width {
			flush()
		}
		for i, part := range w.pieces {
			last := len(line) - 1
			// The blank is part of the text: who copies it gets words, not letters.
			if i == 0 && last >= 0 {
				used += blank
				if line[last].link == 0 && part.link > 0 {
					line[last].text += " "
				} else {
					part.text = " " + part.text
				}
			}
			if last >= 0 && line[last].bold == part.bold && line[last].link == part.link {
				line[last].text += part.text
			} else {
				line = append(line, part)
			}
		}
		used += w.width
	}
	flush()
	p.f.Ln(3)
}

// set writes a piece and returns where it ends. One that is wider than the page
// is broken anywhere.
func (p *paper) set(part piece, x, h float64) float64 {
	p.style(part)
	lines := []string{part.text}
	if p.f.GetStringWidth(part.text) > width {
		lines = p.wrap(part.text, width)
	}
	for i, l := range lines {
		if i > 0 {
			p.f.Ln(h)
			p.room(h)
			p.style(part)
			x = margin
		}
		w := p.f.GetStringWidth(l)
		y := p.f.GetY()
		p.f.Text(x, y+h*0.75, l)
		if part.link > 0 {
			p.f.Link(x, y, w, h, p.link[part.link-1])
		}
		x += w
	}
	return x
}

func (p *paper) style(part piece) {
	p.black()
	if part.link > 0 {
		p.blue()
	}
	p.font(map[bool]string{true: "B"}[part.bold], body)
}

func (p *paper) widthOf(s string, bold bool) float64 {
	p.font(map[bool]string{true: "B"}[bold], body)
	return p.f.GetStringWidth(s)
}

// words parts a sentence at its blanks, not at the borders of its runs.
func (p *paper) words(runs document.Sentence) []word {
	var out []word
	glued := false // the next piece belongs to the word before
	add := func(part piece) {
		if !glued || len(out) == 0 {
			out = append(out, word{})
		}
		w := &out[len(out)-1]
		w.pieces = append(w.pieces, part)
		w.width += p.widthOf(part.text, part.bold)
		glued = true
	}
	for _, r := range runs {
		part := piece{}
		text := r.Text
		if r.Told() != nil {
			part.bold = true
			text += r.Told().Beside(r.Text)
			if i, ok := p.refs[r.Told().Explain]; ok {
				part.link = i + 1
			}
		}
		for i, t := range strings.Split(p.clean(text), " ") {
			if i > 0 {
				glued = false
			}
			if t != "" {
				part.text = t
				add(part)
			}
		}
	}
	return out
}

// wrapCell breaks a text into at most so many rows, the last one shortened.
func (p *paper) wrapCell(s string, room float64, most int) []string {
	lines := p.wrap(s, room)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = p.shorten(lines[most-1]+"…", room)
	}
	return lines
}

// wrap breaks a text at blanks, and a word that is wider than the room anywhere.
func (p *paper) wrap(s string, room float64) []string {
	var out []string
	line, used := "", 0.0
	blank := p.f.GetStringWidth(" ")
	for word := range strings.SplitSeq(p.clean(s), " ") {
		if word == "" {
			continue
		}
		w := p.f.GetStringWidth(word)
		if line != "" && used+blank+w > room {
			out = append(out, line)
			line, used = "", 0
		}
		for w > room && len([]rune(word)) > 1 {
			runes := []rune(word)
			n, sum := 0, 0.0
			for n < len(runes) {
				next := p.f.GetStringWidth(string(runes[n]))
				if n > 0 && sum+next > room {
					break
				}
				sum += next
				n++
			}
			out = append(out, string(runes[:n]))
			word = string(runes[n:])
			w = p.f.GetStringWidth(word)
		}
		if line == "" {
			line, used = word, w
		} else {
			line, used = line+" "+word, used+blank+w
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

func (p *paper) shorten(s string, room float64) string {
	runes := []rune(s)
	for len(runes) > 1 && p.f.GetStringWidth(string(runes)) > room {
		if len(runes) > 400 {
			runes = runes[:400]
			continue
		}
		runes = append(runes[:len(runes)-2], '…')
	}
	return string(runes)
}
