package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
)

// summaryFormat writes a document in one form.
type summaryFormat struct {
	name   string
	binary bool // not for a terminal
	write  func(io.Writer, *document.Document) error
}

// summaryForms is the table of the forms of a summary: a new one is a line here.
func summaryForms() []summaryFormat {
	return []summaryFormat{
		{name: "json", write: writeDocument},
	}
}

func writeDocument(w io.Writer, d *document.Document) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func summaryFormNames() []string {
	var out []string
	for _, f := range summaryForms() {
		out = append(out, f.name)
	}
	return out
}

func summaryForm(name string) (summaryFormat, error) {
	for _, f := range summaryForms() {
		if f.name == name {
			return f, nil
		}
	}
	hint := "want one of " + strings.Join(summaryFormNames(), ", ")
	if n := schemas.Nearest(name, summaryFormNames()); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return summaryFormat{}, fmt.Errorf("format %q: %s", name, hint)
}
