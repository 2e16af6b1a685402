package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/html"
	"github.com/auyl-kz/auyl/summary/markdown"
	"github.com/auyl-kz/auyl/summary/pdf"
	"github.com/auyl-kz/auyl/summary/send"
	"github.com/auyl-kz/auyl/summary/sheet"
)

// summaryFormat is one form of a summary.
type summaryFormat struct {
	name        string
	extension   string
	contentType string
	binary      bool // not for a terminal
}

// summaryFormats is the table of the forms: a new one is a line here and a case in
// forms.write.
func summaryFormats() []summaryFormat {
	return []summaryFormat{
		{name: send.FormatHTML, extension: "html", contentType: "text/html; charset=utf-8"},
		{name: send.FormatPDF, extension: "pdf", contentType: "application/pdf", binary: true},
		{name: send.FormatXLSX, extension: "xlsx", contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", binary: true},
		{name: send.FormatMarkdown, extension: "md", contentType: "text/markdown; charset=utf-8"},
		{name: send.FormatJSON, extension: "json", contentType: "application/json"},
	}
}

func summaryFormNames() []string {
	var out []string
	for _, f := range summaryFormats() {
		out = append(out, f.name)
	}
	return out
}

func summaryForm(name string) (summaryFormat, error) {
	for _, f := range summaryFormats() {
		if f.name == name || f.extension == name {
			return f, nil
		}
	}
	hint := "want one of " + strings.Join(summaryFormNames(), ", ")
	if n := schemas.Nearest(name, summaryFormNames()); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return summaryFormat{}, fmt.Errorf("format %q: %s", name, hint)
}

// forms gives documents their forms. What draws is made once, when it is needed.
type forms struct {
	drawn func() (*drawn, error)
}

// drawn are the forms with letters and pictures.
type drawn struct {
	page  *html.Writer
	paper *pdf.Writer
}

func newForms() *forms {
	return &forms{sync.OnceValues(func() (*drawn, error) {
		drawer, err := chart.New()
		if err != nil {
			return nil, err
		}
		page, err := html.New(drawer)
		if err != nil {
			return nil, err
		}
		paper, err := pdf.New(drawer)
		return &drawn{page, paper}, err
	})}
}

// write gives a document the form of a name.
func (f *forms) write(w io.Writer, format string, d *document.Document) error {
	switch format {
	case send.FormatMarkdown:
		return markdown.Write(w, d)
	case send.FormatXLSX:
		return sheet.Write(w, d)
	case send.FormatJSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(d)
	}
	p, err := f.drawn()
	if err != nil {
		return err
	}
	switch format {
	case send.FormatHTML:
		return p.page.Write(w, d)
	case send.FormatPDF:
		return p.paper.Write(w, d)
	}
	return fmt.Errorf("format %q: want one of %s", format, strings.Join(summaryFormNames(), ", "))
}

// mail is the page for a mail client with its pictures.
func (f *forms) mail(d *document.Document) (page []byte, pictures []send.Inline, err error) {
	p, err := f.drawn()
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	images, err := p.page.Mail(&b, d)
	for _, i := range images {
		pictures = append(pictures, send.Inline{ID: i.ID, ContentType: "image/png", Bytes: i.PNG})
	}
	return b.Bytes(), pictures, err
}
