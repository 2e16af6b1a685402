package document_test

import (
	"testing"

	"github.com/auyl-kz/auyl/summary/document"
)

func TestReferencesFollowTheReaderAndNameEachCommandOnce(t *testing.T) {
	f := func(s string) *document.Figure { return &document.Figure{Explain: s} }
	d := document.Document{Sections: []document.Section{
		{Annex: true, Sentences: []document.Sentence{{{Text: "4", Figure: f("d")}}}},
		{
			Sentences: []document.Sentence{{{Text: "plain"}, {Text: "1", Figure: f("a")}}, {{Text: "2", Figure: f("b")}, {Text: "", Figure: f("")}}},
			Tables:    []document.Table{{Rows: [][]document.Cell{{{Text: "x"}, {Text: "1 again", Figure: f("a")}, {Text: "3", Figure: f("c")}}}}},
		},
	}}
	got := ""
	for _, r := range d.References() {
		got += r.Text + r.Figure.Explain + " "
	}
	if want := "1a 2b 3c 4d "; got != want {
		t.Errorf("references %q, want %q", got, want)
	}
}

func TestMarkIsPrintedOnce(t *testing.T) {
	f := &document.Figure{Mark: "§°"}
	for text, want := range map[string]string{"5 %": "§°", "5 %§°": "", "": "§°"} {
		if got := f.Beside(text); got != want {
			t.Errorf("mark beside %q is %q, want %q", text, got, want)
		}
	}
	if got := (*document.Figure)(nil).Beside("x"); got != "" {
		t.Errorf("no figure has the mark %q", got)
	}
}

func TestCleanKeepsLettersAndDropsWhatTurnsALine(t *testing.T) {
	for in, want := range map[string]string{
		"Әғқңөұүһі ᴾ\u00a0«»": "Әғқңөұүһі ᴾ\u00a0«»", "a\nb\tc\x00": "a b c ", "a\u202eb\u2066\ufeff": "ab", "a\xffb": "a\ufffdb", "\uffff": "", "": "",
	} {
		if got := document.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCapitalWritesAHeading(t *testing.T) {
	for in, want := range map[string]string{"сан қайдан": "Сан қайдан", "әр": "Әр", "Белгілер": "Белгілер", "": ""} {
		if got := document.Capital(in); got != want {
			t.Errorf("Capital(%q) = %q, want %q", in, got, want)
		}
	}
}
