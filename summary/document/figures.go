package document

import "strings"

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
				add(r.Text, r.Figure)
			}
		}
		for _, t := range s.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					add(c.Text, c.Figure)
				}
			}
		}
	}
	return out
}

// Beside is the mark that a form prints behind a text: that of the figure, or
// nothing where the text ends in it already.
func (f *Figure) Beside(text string) string {
	if f == nil || strings.HasSuffix(text, f.Mark) {
		return ""
	}
	return f.Mark
}
