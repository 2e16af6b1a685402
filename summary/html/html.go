// Package html gives a document the form of one page that needs nothing else:
// no script, no file of others, no network. It reads on a phone and in a mail
// client, by eye and by screen reader, and prints on A4. All words are those of
// the document; all of them are escaped.
package html

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

//go:embed page.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

// Writer holds the template and what draws; make it once. Safe for concurrent use.
type Writer struct {
	page   *template.Template
	drawer *chart.Drawer
}

// New parses the template.
func New(d *chart.Drawer) (*Writer, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"clean": document.Clean, "capital": document.Capital}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	return &Writer{page: t, drawer: d}, nil
}

// Write writes the document as a page with its charts in it as SVG.
func (w *Writer) Write(out io.Writer, d *document.Document) error {
	return w.write(out, d, func(c *picture, p chart.Picture, _ int) error {
		var b bytes.Buffer
		if err := w.drawer.SVG(&b, p, chart.Phone()); err != nil {
			return fmt.Errorf("draw %q: %w", p.Chart.Title, err)
		}
		// SVG of our own drawing: it escapes every word that it is given.
		c.SVG = template.HTML(b.String()) //nolint:gosec // see above
		return nil
	})
}

// Image is a picture that a mail carries beside its page.
type Image struct {
	// ID is what the page names it: <img src="cid:ID">. The same for equal documents.
	ID  string
	PNG []byte
}

// Mail writes the page for a mail: most mail clients drop SVG and show only
// images that travel in the same mail, so the charts are returned as such, to
// be attached inline under their Content-ID. Tables that stand for a chart are
// left out, its words are shown: clients cut off a page beyond 100 kB.
func (w *Writer) Mail(out io.Writer, d *document.Document) ([]Image, error) {
	var images []Image
	err := w.write(out, d, func(c *picture, p chart.Picture, n int) error {
		r, err := w.drawer.PNG(p, chart.Phone())
		if err != nil {
			return fmt.Errorf("draw %q: %w", p.Chart.Title, err)
		}
		id := fmt.Sprintf("chart-%d@%s.auyl", n, d.Area)
		images = append(images, Image{ID: id, PNG: r.PNG})
		c.Source = template.URL("cid:" + id) //nolint:gosec // made of digits above
		c.Width, c.Height = pixels(r.Width), pixels(r.Height)
		c.Words = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return images, nil
}

func pixels(l vg.Length) int { return int(l + 0.5) }

func (w *Writer) write(out io.Writer, d *document.Document, draw drawFunc) error {
	v, err := viewOf(d, draw)
	if err != nil {
		return err
	}
	if err := w.page.Execute(out, v); err != nil {
		return fmt.Errorf("write page of %s %s %s: %w", d.Summary, d.Area, d.Period, err)
	}
	return nil
}
