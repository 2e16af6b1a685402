package html_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	xhtml "golang.org/x/net/html"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
	"github.com/auyl-kz/auyl/summary/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

func writer(tb testing.TB) *html.Writer {
	tb.Helper()
	d, err := chart.New()
	if err != nil {
		tb.Fatal(err)
	}
	w, err := html.New(d)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func page(t *testing.T, w *html.Writer, d *document.Document) string {
	t.Helper()
	var a, b bytes.Buffer
	if err := w.Write(&a, d); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("two pages of one document differ")
	}
	return a.String()
}

var svg = regexp.MustCompile(`(?s)<svg.*?</svg>`)

// The pictures have tests of their own; the golden page shows where they stand.
func TestPageIsAsItWas(t *testing.T) {
	w := writer(t)
	for _, lang := range []string{"kk", "ru"} {
		got := svg.ReplaceAllString(page(t, w, documenttest.Oblast(t, lang)), "<svg>…</svg>")
		file := filepath.Join("testdata", "oblast-monthly."+lang+".html.golden")
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

func TestEveryNumberLeadsToItsCommand(t *testing.T) {
	d := documenttest.Oblast(t, "kk")
	p := page(t, writer(t), d)
	for i, r := range d.References() {
		at := strings.Index(p, `<li id="e`+itoa(i+1)+`">`)
		if at < 0 || !strings.Contains(p[at:min(len(p), at+600)], r.Figure.Explain) {
			t.Fatalf("number %q has no place with %q", r.Text, r.Figure.Explain)
		}
		if !strings.Contains(p, `<a href="#e`+itoa(i+1)+`">`) {
			t.Errorf("nothing leads to %q", r.Figure.Explain)
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	p := page(t, writer(t), hostile())
	facts := scan(t, p)
	for _, bad := range []string{"script", "img", "iframe", "link", "object", "base", "form"} {
		if facts.elements[bad] > 0 {
			t.Errorf("page has %d elements %s", facts.elements[bad], bad)
		}
	}
	for _, a := range facts.handlers {
		t.Errorf("page has a handler: %s", a)
	}
	for id, n := range facts.ids {
		if n > 1 {
			t.Errorf("%d elements have the id %q", n, id)
		}
	}
	for _, href := range facts.links {
		if !strings.HasPrefix(href, "#") || facts.ids[href[1:]] != 1 {
			t.Errorf("link to %q leads nowhere", href)
		}
	}
	if strings.Contains(p, "\u202e") || strings.Contains(p, "\x00") {
		t.Error("page holds a character that turns the line or ends it")
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	p := page(t, writer(t), documenttest.Oblast(t, "ru"))
	for _, bad := range []string{"<link", "<script", "@import", "url(", "src="} {
		if strings.Contains(p, bad) {
			t.Errorf("page has %s", bad)
		}
	}
	rest := strings.ReplaceAll(p, "http://www.w3.org/2000/svg", "") // a name, not an address
	if strings.Contains(rest, "http:") || strings.Contains(rest, "https:") {
		t.Error("page names an address")
	}
}

func TestMailCarriesItsPictures(t *testing.T) {
	w := writer(t)
	d := documenttest.Oblast(t, "kk")
	var b, again bytes.Buffer
	images, err := w.Mail(&b, d)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Mail(&again, d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) || !reflect.DeepEqual(images, second) {
		t.Error("two mails of one document differ")
	}
	if len(images) != 4 || strings.Contains(b.String(), "<svg") {
		t.Fatalf("%d images, want 4 and no SVG", len(images))
	}
	for _, i := range images {
		if n := strings.Count(b.String(), `src="cid:`+i.ID+`"`); n != 1 || !bytes.HasPrefix(i.PNG, []byte("\x89PNG")) {
			t.Errorf("image %s is shown %d times, want once, as a PNG", i.ID, n)
		}
	}
}

type facts struct {
	elements map[string]int
	ids      map[string]int
	links    []string
	handlers []string
}

func scan(t *testing.T, p string) facts {
	t.Helper()
	f := facts{elements: map[string]int{}, ids: map[string]int{}}
	root, err := xhtml.Parse(strings.NewReader(p))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != xhtml.ElementNode {
			continue
		}
		f.elements[n.Data]++
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				f.ids[a.Val]++
			case a.Key == "href":
				f.links = append(f.links, a.Val)
			case strings.HasPrefix(a.Key, "on"):
				f.handlers = append(f.handlers, a.Key+"="+a.Val)
			}
		}
	}
	return f
}

// hostile is a document that somebody composed against its reader.
func hostile() *document.Document {
	const x = `<script>alert(1)</script><img src=x onerror=alert(1)>"'>`
	f := &document.Figure{Explain: x, Mark: x}
	d := &document.Document{
		Summary: x, Lang: `"><script>`, AreaName: x, PeriodText: x, AsOfText: x, Title: x + "\x00\u202e",
		Notices: []document.Notice{{Kind: `x" onclick="alert(1)`, Text: x}},
		Sources: []document.Source{{Name: x, Newest: x, Synthetic: true}},
		Marks:   []document.Mark{{Sign: x, Text: x}},
		Labels: document.Labels{
			AsOf: x, Sources: x, Marks: x, Annex: x, Contents: x, Explain: x, Unit: x, Page: "%d%s%x%n", Table: x,
			NoData: x, Better: x, Worse: x, Skip: x, Coverage: x, Synthetic: x, Interval: x,
		},
	}
	wide := document.Table{Title: x, Note: x}
	for range 40 {
		wide.Heads = append(wide.Heads, document.Head{Text: x, Unit: x, Number: true})
	}
	wide.Rows = [][]document.Cell{nil, make([]document.Cell, 40), {{Text: strings.Repeat("Ұ", 3000)}, {Text: "=1+1", Figure: f}}}
	value := 1.5
	for _, id := range []string{"text", "annex", `a" onload="x`, "same", "same", "e1", ""} {
		d.Sections = append(d.Sections, document.Section{
			ID: id, Title: x, Empty: x, Annex: id == "same", Sentences: []document.Sentence{{{Text: x, Figure: f}, {Text: x}}, nil},
			Tables: []document.Table{wide, {}},
			Charts: []document.Chart{
				{Kind: document.Map, Title: x, Alt: x, Credit: x, Unit: x, Regions: []document.Region{{Name: x, Text: x, Value: &value}}},
				{Kind: document.Ranking, Title: x, Bars: []document.Bar{{Name: x, Text: x, Value: &value}}},
				{Kind: document.Trend, Labels: []string{x}, Lines: []document.Line{{Name: x, Points: []document.Point{{Value: &value, Mark: x}}}, {Name: x}}},
				{Kind: document.Multiples},
			},
		})
	}
	return d
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }
