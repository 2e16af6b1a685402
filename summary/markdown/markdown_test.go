package markdown_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
	"github.com/auyl-kz/auyl/summary/markdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

func write(tb testing.TB, d *document.Document) string {
	tb.Helper()
	var b bytes.Buffer
	if err := markdown.Write(&b, d); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestMarkdownIsAsItWas(t *testing.T) {
	for _, lang := range []string{"kk", "ru"} {
		got := write(t, documenttest.Oblast(t, lang))
		file := filepath.Join("testdata", "oblast-monthly."+lang+".md.golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got:\n%.4000s", file, diff)
		}
	}
}

// render reads Markdown as GitHub does, with the tags of strangers let through:
// whatever the escapes miss becomes an element.
func render(tb testing.TB, md string) (elements map[string]int, text string) {
	tb.Helper()
	gm := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote), goldmark.WithRendererOptions(renderer.WithUnsafe()))
	var b bytes.Buffer
	if err := gm.Convert([]byte(md), &b); err != nil {
		tb.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		tb.Fatal(err)
	}
	elements = map[string]int{}
	var words strings.Builder
	for n := range root.Descendants() {
		switch n.Type { //nolint:exhaustive // the others hold neither
		case html.ElementNode:
			name := n.Data
			for _, a := range n.Attr {
				if name == "a" && a.Key == "href" && strings.HasPrefix(a.Val, "#fn") {
					name = "footnote"
				}
			}
			elements[name]++
		case html.TextNode:
			words.WriteString(n.Data)
		}
	}
	return elements, words.String()
}

func TestMarkdownRendersWhole(t *testing.T) {
	for _, lang := range []string{"kk", "ru"} {
		d := documenttest.Oblast(t, lang)
		elements, text := render(t, write(t, d))
		// Four charts and two tables; three sentences have numbers.
		if elements["table"] != 6 || elements["h1"] != 1 || elements["a"] != 0 {
			t.Errorf("%s: elements %v, want six tables and one title", lang, elements)
		}
		for _, s := range d.Sections {
			for _, sentence := range s.Sentences {
				for _, r := range sentence {
					if !strings.Contains(text, strings.TrimSpace(r.Text)) {
						t.Errorf("%s: text lacks %q", lang, r.Text)
					}
				}
			}
		}
		if strings.Contains(text, "**") || strings.Contains(text, "[^") {
			t.Errorf("%s: signs are left in the text", lang)
		}
	}
}

// one is a document with the same text in every place for words.
func one(s string) *document.Document {
	f := &document.Figure{Explain: s, Mark: s}
	v := 1.0
	return &document.Document{
		Title: s, AreaName: s, PeriodText: s, AsOfText: s, Notices: []document.Notice{{Text: s}},
		Sources: []document.Source{{Name: s, Newest: s, Synthetic: true}}, Marks: []document.Mark{{Sign: s, Text: s}},
		Labels: document.Labels{AsOf: s, Sources: s, Marks: s, Annex: s, Explain: s, Coverage: s, Synthetic: s, NoData: s, Interval: s},
		Sections: []document.Section{
			{Title: s, Empty: s, Annex: true, Sentences: []document.Sentence{{{Text: s}, {Text: s, Figure: f}, {Text: s}}}},
			{
				Title: s, Sentences: []document.Sentence{{{Text: s}}},
				Charts: []document.Chart{{Kind: document.Ranking, Title: s, Unit: s, Alt: s, Bars: []document.Bar{{Name: s, Text: s, Value: &v, Low: &v, High: &v}}}},
				Tables: []document.Table{{Title: s, Note: s, Heads: []document.Head{{Text: s, Unit: s}, {Text: s, Number: true}}, Rows: [][]document.Cell{{{Text: s, Figure: f}}, nil}}},
			},
		},
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	bad := []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://e.example/x.png)", "https://e.example/", "www.e.example",
		"a@e.example", "# x", "- x", "1. x", "10) x", "> x", "``` x", "| a | b |", "a|b", "**x**", "__x__", "~~x~~", "&lt;b&gt;", "    x",
		"[^1]", "[^1]: x", "$x$", "\\", "`", "`` ` ``", "=1+1", "+ x", "---", "===", "* x", "<!-- x", "\n\n# x", "\u202ex", "- [ ] x",
	}
	for _, s := range bad {
		check(t, s)
	}
}

// check holds a rendered document against one with a harmless word in its place.
func check(tb testing.TB, s string) {
	tb.Helper()
	got, text := render(tb, write(tb, one(s)))
	want, _ := render(tb, write(tb, one("сөз")))
	for _, name := range []string{"a", "img", "script", "table", "tr", "td", "th", "h1", "h2", "h3", "ul", "ol", "pre", "blockquote", "hr", "input", "del", "footnote"} {
		if got[name] != want[name] {
			tb.Errorf("%q makes %d elements %s, want %d", s, got[name], name, want[name])
		}
	}
	if plain := strings.TrimSpace(document.Clean(s)); !strings.Contains(text, plain) && !blanks.MatchString(plain) {
		tb.Errorf("%q is not in the text:\n%.300s", s, text)
	}
}

var blanks = regexp.MustCompile(`\s\s`)

func FuzzWordsStayWords(f *testing.F) {
	for _, s := range []string{"a*b*c", "_x_", "<b>", "`", "[a][b]", "x\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 || strings.TrimSpace(document.Clean(s)) == "" {
			t.Skip()
		}
		check(t, s)
	})
}

func TestEqualDocumentsGiveEqualBytes(t *testing.T) {
	if a, b := write(t, documenttest.Oblast(t, "kk")), write(t, documenttest.Oblast(t, "kk")); a != b {
		t.Error("two writings of one document differ")
	}
	if got := write(t, &document.Document{}); got == "" {
		t.Error("an empty document gives nothing")
	}
}
