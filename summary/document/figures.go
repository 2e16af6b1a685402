package document

import (
	"math"
	"strings"
)

// Reference is a figure and the words that stand for it in the document.
type Reference struct {
	Text   string
	Figure *Figure
}

// References lists the figures of the document in the order in which a reader
// meets them, each command once: what a form prints where its numbers lead to.
func (d *Document) References() []Reference {
	var out []Reference
	seen := map[string]bool{}
	add := func(text string, f *Figure) {
		if f == nil || f.Explain == "" || seen[f.Explain] {
			return
		}
		seen[f.Explain] = true
		out = append(out, Reference{Text: text, Figure: f})
	}
	front, annex := d.Contents()
	for _, s := range append(front, annex...) {
		for _, sentence := range s.Sentences {
			for _, r := range sentence {
				add(r.Text, r.Told())
			}
		}
		for _, t := range s.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					add(c.Text, c.Told())
				}
			}
		}
	}
	return out
}

// Told is what a form leads to from a piece of a sentence: the cell that its number
// is, or the command that counts it; nil for words alone.
func (r Run) Told() *Figure { return told(r.Figure, r.Explain) }

// Told is as that of a Run.
func (c Cell) Told() *Figure { return told(c.Figure, c.Explain) }

func told(f *Figure, explain string) *Figure {
	if f == nil && explain != "" {
		return &Figure{Explain: explain, Coverage: math.NaN()} // a count of events covers what was reported
	}
	return f
}

// Beside is the mark that a form prints behind a text: that of the figure, or
// nothing where the text ends in it already.
func (f *Figure) Beside(text string) string {
	if f == nil || strings.HasSuffix(text, f.Mark) {
		return ""
	}
	return f.Mark
}
