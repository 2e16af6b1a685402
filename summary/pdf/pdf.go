// Package pdf gives a document the form of A4 pages: what matters first, the
// annex behind it, tables whose heads come again on each page, charts as
// vectors. Its letters are embedded, so that Kazakh reads, is searched and is
// copied everywhere. Equal documents give equal bytes.
package pdf

import (
	"fmt"
	"io"

	"codeberg.org/go-fonts/dejavu/dejavusanscondensed"
	"codeberg.org/go-fonts/dejavu/dejavusanscondensedbold"
	"codeberg.org/go-pdf/fpdf"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

// Writer holds the fonts; make it once. Safe for concurrent use.
type Writer struct {
	drawer        *chart.Drawer
	regular, bold *letters
}

// New reads once which letters the fonts have. The library that makes PDF takes
// a font as bytes and reads its tables again for each document: two fonts are a
// quarter of the 45 ms that the summary of an okrug takes.
func New(d *chart.Drawer) (*Writer, error) {
	regular, err := lettersOf(dejavusanscondensed.TTF)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	bold, err := lettersOf(dejavusanscondensedbold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read bold font: %w", err)
	}
	return &Writer{drawer: d, regular: regular, bold: bold}, nil
}

// Write writes the document as PDF.
func (w *Writer) Write(out io.Writer, d *document.Document) error {
	p := w.paper(d)
	p.head()
	front, annex := d.Contents()
	for _, s := range front {
		p.section(s, 0)
	}
	if len(annex) > 0 {
		p.f.AddPage()
		p.heading(d.Labels.Annex, 0, true)
		for _, s := range annex {
			p.section(s, 1)
		}
	}
	p.foot()
	if err := p.f.Output(out); err != nil {
		return fmt.Errorf("write PDF of %s %s %s: %w", d.Summary, d.Area, d.Period, err)
	}
	return nil
}

// All lengths are points.
const (
	pageWidth, pageHeight = 595.28, 841.89
	margin                = 42.5 // 15 mm
	bottom                = 54
	width                 = pageWidth - 2*margin
	body                  = 9.5
	leading               = 1.4
)

// paper is one document on its way to pages.
type paper struct {
	w    *Writer
	d    *document.Document
	f    *fpdf.Fpdf
	refs map[string]int // command → number of its reference
	link []int          // of each reference
}

func (w *Writer) paper(d *document.Document) *paper {
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	p := &paper{w: w, d: d, f: f, refs: map[string]int{}}
	// Dates and the order of objects come from the document, not from the clock.
	f.SetCatalogSort(true)
	f.SetCreationDate(d.AsOf.UTC())
	f.SetModificationDate(d.AsOf.UTC())
	f.SetProducer("auyl", true)
	f.SetCreator("auyl summary", true)
	f.SetTitle(p.clean(d.Title), true)
	f.SetSubject(p.clean(d.AreaName+", "+d.PeriodText), true)
	f.SetLang(langTag(d.Lang))
	f.SetDisplayMode("fullwidth", "continuous")
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, bottom)
	f.SetCellMargin(0)
	f.AddUTF8FontFromBytes("sans", "", w.regular.ttf)
	f.AddUTF8FontFromBytes("sans", "B", w.bold.ttf)
	f.AliasNbPages(pagesAlias)
	f.SetFooterFunc(p.pageFooter)
	for i, r := range d.References() {
		p.refs[r.Figure.Explain] = i
		p.link = append(p.link, f.AddLink())
	}
	f.AddPage()
	return p
}

// langTag lets through what can stand in a PDF string unescaped.
func langTag(s string) string {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return s
}

func (p *paper) font(style string, size float64) { p.f.SetFont("sans", style, size) }

func (p *paper) ink(r, g, b int) { p.f.SetTextColor(r, g, b) }

func (p *paper) black() { p.ink(0x22, 0x22, 0x22) }

func (p *paper) gray() { p.ink(0x55, 0x5b, 0x61) }

func (p *paper) blue() { p.ink(0x00, 0x5a, 0x9c) }

// room makes sure that the next h points are on one page.
func (p *paper) room(h float64) {
	if p.f.GetY()+h > pageHeight-bottom && p.f.GetY() > margin+1 {
		p.f.AddPage()
	}
}
