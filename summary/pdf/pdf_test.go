package pdf_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	reader "github.com/ledongthuc/pdf"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
	"github.com/auyl-kz/auyl/summary/pdf"
)

var look = flag.String("look", "", "a folder to leave the documents in, for the eye")

func writer(tb testing.TB) *pdf.Writer {
	tb.Helper()
	d, err := chart.New()
	if err != nil {
		tb.Fatal(err)
	}
	w, err := pdf.New(d)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func write(tb testing.TB, w *pdf.Writer, d *document.Document) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := w.Write(&b, d); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestEqualDocumentsGiveEqualBytes(t *testing.T) {
	a, b := write(t, writer(t), documenttest.Oblast(t, "kk")), write(t, writer(t), documenttest.Oblast(t, "kk"))
	if !bytes.Equal(a, b) {
		t.Error("two documents of one vintage differ")
	}
	if *look == "" {
		return
	}
	for _, lang := range []string{"kk", "ru"} {
		if err := os.WriteFile(filepath.Join(*look, lang+".pdf"), write(t, writer(t), documenttest.Oblast(t, lang)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// open reads a document back with another library than the one that wrote it.
func open(t *testing.T, b []byte) (r *reader.Reader, pages []string) {
	t.Helper()
	r, err := reader.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.NumPage() {
		pages = append(pages, textOf(t, r.Page(i+1)))
	}
	return r, pages
}

// textOf reads the strings of a page. Codes of the fonts are UTF-16, and the
// fonts say so: that is what makes the text one that can be searched and copied.
// (The reader's own GetPlainText counts such a range in its last byte only.)
func textOf(t *testing.T, p reader.Page) string {
	t.Helper()
	for _, name := range p.Fonts() {
		f := p.Font(name).V
		cmap, err := io.ReadAll(f.Key("ToUnicode").Reader())
		if err != nil || !strings.Contains(string(cmap), "<0000> <FFFF> <0000>") {
			t.Fatalf("font %s does not say which letters its codes are: %v", name, err)
		}
		file := f.Key("DescendantFonts").Index(0).Key("FontDescriptor").Key("FontFile2")
		if file.Kind() != reader.Stream {
			t.Fatalf("font %s is not embedded", name)
		}
	}
	var out strings.Builder
	reader.Interpret(p.V.Key("Contents"), func(stack *reader.Stack, op string) {
		if op != "Tj" {
			for stack.Len() > 0 {
				stack.Pop()
			}
			return
		}
		raw := stack.Pop().RawString()
		var codes []uint16
		for i := 0; i+1 < len(raw); i += 2 {
			codes = append(codes, uint16(raw[i])<<8|uint16(raw[i+1]))
		}
		out.WriteString(string(utf16.Decode(codes)) + "\n")
	})
	return out.String()
}

// squeeze takes the blanks out: a reader does not know where a line was broken.
func squeeze(s string) string {
	return strings.NewReplacer(" ", "", "\n", "", "\u00a0", "", "\f", "").Replace(s)
}

// sayings is what a search in the document must find.
func sayings(d *document.Document) []string {
	out := []string{d.Title, d.PeriodText, d.AsOfText}
	for _, n := range d.Notices {
		out = append(out, n.Text)
	}
	for _, s := range d.Sections {
		out = append(out, s.Title, s.Empty)
		for _, sentence := range s.Sentences {
			var b strings.Builder
			for _, r := range sentence {
				b.WriteString(r.Text)
				if r.Figure != nil {
					b.WriteString(r.Figure.Mark)
				}
			}
			out = append(out, b.String())
		}
		for _, c := range s.Charts {
			out = append(out, c.Title, c.Alt, c.Credit)
		}
		for _, t := range s.Tables {
			out = append(out, t.Title, t.Note)
			for _, row := range t.Rows {
				for _, c := range row {
					out = append(out, c.Text)
				}
			}
		}
	}
	for _, r := range d.References() {
		out = append(out, r.Figure.Explain)
	}
	return out
}

func TestTextIsSearchable(t *testing.T) {
	w := writer(t)
	for _, lang := range []string{"kk", "ru"} {
		d := documenttest.Oblast(t, lang)
		b := write(t, w, d)
		_, pages := open(t, b)
		extractions := map[string]string{"Go": strings.Join(pages, "")}
		if tool, err := exec.LookPath("pdftotext"); err == nil {
			file := filepath.Join(t.TempDir(), "d.pdf")
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), tool, "-raw", file, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			extractions["pdftotext"] = string(out)
		}
		for by, text := range extractions {
			text = squeeze(text)
			for _, want := range sayings(d) {
				if !strings.Contains(text, squeeze(want)) {
					t.Errorf("%s: %s does not find %q", lang, by, want)
				}
			}
			if strings.Contains(text, "□") {
				t.Errorf("%s: a letter is missing in the fonts", lang)
			}
		}
	}
}

// Blanks are in the text, so that a search for two words finds them.
func TestSentencesKeepTheirBlanks(t *testing.T) {
	d := documenttest.Oblast(t, "ru")
	_, pages := open(t, write(t, writer(t), d))
	for _, want := range []string{"Уровень зарегистрированной безработицы составил ", "4,9 %ᴾ", ", чем в сентябре прошлого года."} {
		if !strings.Contains(pages[0], want) {
			t.Errorf("page 1 lacks %q", want)
		}
	}
}

func TestDocumentSaysWhatItIs(t *testing.T) {
	d := documenttest.Oblast(t, "kk")
	r, pages := open(t, write(t, writer(t), d))
	root, info := r.Trailer().Key("Root"), r.Trailer().Key("Info")
	if got := root.Key("Lang").Text(); got != "kk" {
		t.Errorf("language is %q, want kk", got)
	}
	if got := info.Key("Title").Text(); got != d.Title {
		t.Errorf("title is %q, want %q", got, d.Title)
	}
	if got := info.Key("CreationDate").Text(); !strings.HasPrefix(got, "D:20261012040000") {
		t.Errorf("date is %q, want that of the vintage", got)
	}
	var marks []string
	var walk func(reader.Outline)
	walk = func(o reader.Outline) {
		marks = append(marks, o.Title)
		for _, c := range o.Child {
			walk(c)
		}
	}
	walk(r.Outline())
	for _, s := range d.Sections {
		if !strings.Contains(strings.Join(marks, "\n"), s.Title) {
			t.Errorf("bookmarks lack %q: %q", s.Title, marks)
		}
	}
	for i, p := range pages {
		if want := fmt.Sprintf("%d-бет / %d", i+1, len(pages)); !strings.Contains(squeeze(p), squeeze(want)) {
			t.Errorf("page %d lacks %q", i+1, want)
		}
	}
}

func TestHeadOfATableComesAgainOnEachPage(t *testing.T) {
	d := documenttest.Oblast(t, "ru")
	_, pages := open(t, write(t, writer(t), d))
	table := d.Sections[4].Tables[0]
	head := squeeze(table.Heads[3].Text)
	seen := 0
	for i, p := range pages {
		p = squeeze(p)
		rows := 0
		for _, r := range table.Rows {
			if strings.Contains(p, squeeze(r[0].Text)) {
				rows++
			}
		}
		if rows > 0 {
			seen++
			if !strings.Contains(p, head) {
				t.Errorf("page %d has %d rows and no head", i+1, rows)
			}
		}
	}
	if seen < 2 {
		t.Errorf("table is on %d pages, want it to go over one", seen)
	}
}

// The annex begins on a page of its own: page one alone can be handed on.
func TestAnnexBeginsAPage(t *testing.T) {
	d := documenttest.Oblast(t, "kk")
	_, pages := open(t, write(t, writer(t), d))
	for _, p := range pages {
		if strings.Contains(squeeze(p), d.Labels.Annex) && strings.Contains(p, d.Sections[0].Title) {
			t.Error("annex and the first section share a page")
		}
	}
}

func TestHostileDocumentIsPrinted(t *testing.T) {
	const x = `<script>alert(1)</script> ) Tj ET (\ {nb} %d \u202e\x00 😀 \xff`
	nan, inf := math.NaN(), math.Inf(1)
	long := strings.Repeat("Ұзынсөз", 2000)
	f := &document.Figure{Explain: x, Mark: x, Coverage: nan}
	wide := document.Table{Title: long, Note: x}
	for range 40 {
		wide.Heads = append(wide.Heads, document.Head{Text: "Ұзынбаған", Unit: x, Number: true})
	}
	wide.Rows = [][]document.Cell{nil, make([]document.Cell, 40), {{Text: long}, {Text: "=1+1", Value: &nan, Figure: f}}}
	d := &document.Document{
		Lang: `kk)/x`, Title: x, AreaName: long, Notices: []document.Notice{{Text: long + strings.Repeat(" ұзын", 4000)}, {}},
		Labels:  document.Labels{Page: "%s%x%n", Coverage: x},
		Sources: []document.Source{{Name: x}}, Marks: []document.Mark{{Sign: x, Text: long}},
		Sections: []document.Section{{
			Title: x, Sentences: []document.Sentence{{{Text: long, Figure: f}, {Text: x}}, nil}, Tables: []document.Table{wide, {}},
			Charts: []document.Chart{
				{Kind: document.Map, Title: long, Alt: x},
				{Kind: "pie"},
				{Kind: document.Multiples},
				{Kind: document.Ranking, Bars: []document.Bar{{Name: long, Value: &inf, Low: &nan, Text: x}}},
				{Kind: document.Trend, Labels: []string{x}, Lines: []document.Line{{Name: x, Main: true, Points: []document.Point{{Value: &nan}}}}},
			},
		}},
	}
	_, pages := open(t, write(t, writer(t), d))
	if len(pages) > 80 {
		t.Errorf("%d pages, want it bounded", len(pages))
	}
	if !strings.Contains(squeeze(strings.Join(pages, "")), squeeze("<script>alert(1)</script>)TjET")) {
		t.Error("hostile words are not printed as words")
	}
}
