package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
)

var look = flag.String("look", "", "a folder to leave the pictures in, for the eye")

func drawer(tb testing.TB) *chart.Drawer {
	tb.Helper()
	d, err := chart.New()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestSVGIsWellFormedAndSaysItsAlternative(t *testing.T) {
	d := drawer(t)
	for _, lang := range []string{"kk", "ru"} {
		doc := documenttest.Oblast(t, lang)
		for _, s := range doc.Sections {
			for i := range s.Charts {
				c := &s.Charts[i]
				for _, size := range []chart.Size{chart.Phone(), chart.Print()} {
					p := chart.Picture{Chart: c, Lang: lang, Labels: &doc.Labels}
					var a, b bytes.Buffer
					if err := errors.Join(d.SVG(&a, p, size), d.SVG(&b, p, size)); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(a.Bytes(), b.Bytes()) {
						t.Errorf("%s %s: two drawings differ", lang, c.Kind)
					}
					label, title := wellFormed(t, a.Bytes())
					if label != c.Alt || title != c.Title {
						t.Errorf("%s %s: aria-label %q, title %q, want %q and %q", lang, c.Kind, label, title, c.Alt, c.Title)
					}
					if *look != "" {
						name := filepath.Join(*look, lang+"-"+string(c.Kind)+"-"+map[bool]string{true: "phone", false: "print"}[size == chart.Phone()]+".svg")
						if err := os.WriteFile(name, a.Bytes(), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}

// wellFormed reads the whole SVG and returns its aria-label and its title.
func wellFormed(t *testing.T, svg []byte) (label, title string) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(svg))
	in := ""
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return label, title
		}
		if err != nil {
			t.Fatalf("read SVG: %v\n%.300s", err, svg)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			in = e.Name.Local
			for _, a := range e.Attr {
				if a.Name.Local == "aria-label" {
					label = a.Value
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s has %s=%q", in, a.Name.Local, a.Value)
				}
			}
			if in == "script" {
				t.Fatal("SVG holds a script")
			}
		case xml.CharData:
			if in == "title" {
				title += string(e)
			}
		case xml.EndElement:
			in = ""
		}
	}
}

func TestMapNamesMissingRegionsAndThoseWithoutOutline(t *testing.T) {
	doc := documenttest.Oblast(t, "kk")
	c := document.Chart{Kind: document.Map, Title: "t", Alt: "a", Regions: []document.Region{
		{Area: 195200000, Name: "Қарасай ауданы", Text: "дерек жоқ"},
		{Area: 194000000, Name: "Еңбекшіқазақ ауданы", Value: new(5.0), Text: "5"},
		{Area: 750000000, Name: "Алматы қаласы", Value: new(9.0), Text: "9"},
	}}
	var b bytes.Buffer
	if err := drawer(t).SVG(&b, chart.Picture{Chart: &c, Lang: "kk", Labels: &doc.Labels}, chart.Phone()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">Қарасай ауданы<", ">дерек жоқ<", ">Еңбекшіқазақ ауданы<", ">Алматы қаласы<"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("map lacks %q", want)
		}
	}
}

func TestMapAlwaysNamesWhoseOutlinesItShows(t *testing.T) {
	for want, c := range map[string]document.Chart{
		"GeoKZ (A. Rodionov), CC BY 4.0": {Kind: document.Map}, "Шекаралар: geokz": {Kind: document.Map, Credit: "Шекаралар: geokz"}, "": {Kind: document.Trend},
	} {
		if got := chart.CreditOf(&c); got != want {
			t.Errorf("credit of a %s is %q, want %q", c.Kind, got, want)
		}
	}
}

func TestPartsCoverEveryBarOnceOnOneScale(t *testing.T) {
	d := drawer(t)
	c := document.Chart{Kind: document.Ranking, Title: "t"}
	for i := range 131 {
		c.Bars = append(c.Bars, document.Bar{Name: "n", Value: new(float64(i)), Text: "x"})
	}
	p := chart.Picture{Chart: &c, Lang: "kk", Labels: &document.Labels{}}
	next := 0
	for _, part := range d.Parts(p, chart.Print(), 700) {
		if h := d.Height(part, chart.Print()); h > 700 || part.From != next || part.To <= part.From {
			t.Fatalf("part %d to %d is %g tall, want it to begin at %d and at most 700", part.From, part.To, h, next)
		}
		next = part.To
	}
	if next != 131 {
		t.Errorf("parts end at %d, want 131", next)
	}
}

func TestStrangeChartsStayDrawable(t *testing.T) {
	d := drawer(t)
	nan, inf, big := math.NaN(), math.Inf(1), 1e300
	long := strings.Repeat("Ұзын", 400)
	tests := map[string]document.Chart{
		"empty trend":     {Kind: document.Trend},
		"empty ranking":   {Kind: document.Ranking},
		"empty multiples": {Kind: document.Multiples},
		"empty map":       {Kind: document.Map},
		"nothing known":   {Kind: document.Trend, Labels: []string{"a", "b"}, Lines: []document.Line{{Main: true, Points: []document.Point{{}, {}}}}},
		"no numbers":      {Kind: document.Trend, Labels: []string{"a", "b", "c"}, Lines: []document.Line{{Main: true, Points: []document.Point{{Value: &nan}, {Value: &inf}, {Value: &big}}}}},
		"one point":       {Kind: document.Trend, Labels: []string{"a"}, Lines: []document.Line{{Main: true, Points: []document.Point{{Value: new(3.0)}}}}},
		"more points than labels": {Kind: document.Trend, Labels: []string{"a"}, Lines: []document.Line{
			{Name: long, Points: []document.Point{{Value: new(3.0)}, {Value: new(4.0), Break: true}}}, {Name: "<script>", Main: true},
		}},
		"long words": {Kind: document.Ranking, Title: "<script>alert(1)</script>", Alt: `"><script>`, Bars: []document.Bar{
			{Name: long, Value: new(-5.0), Text: long, Low: new(-7.0), High: new(2.0)}, {Name: "\x00\u202e", Text: long},
		}},
		"all equal": {Kind: document.Map, Regions: []document.Region{{Area: 194000000, Value: new(0.0), Name: long, Text: long}, {Area: 194200000, Value: new(0.0)}}},
	}
	for name, c := range tests {
		for _, size := range []chart.Size{chart.Phone(), chart.Print()} {
			var b bytes.Buffer
			if err := d.SVG(&b, chart.Picture{Chart: &c, Lang: "zz-bad-tag-!", Labels: &document.Labels{}}, size); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			wellFormed(t, b.Bytes())
		}
	}
	if err := d.SVG(io.Discard, chart.Picture{Chart: &document.Chart{Kind: "pie"}, Labels: &document.Labels{}}, chart.Phone()); err == nil {
		t.Error("a chart of no kind is drawn without an error")
	}
}
