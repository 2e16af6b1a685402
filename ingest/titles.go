package ingest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
)

// title is a field that stands in the lines above the header of a page.
type title struct {
	field   string
	pattern *regexp.Regexp
	value   string
	found   bool
}

func titlesOf(c *schemas.Contract) ([]title, error) {
	var out []title
	for _, t := range c.Titles {
		re, err := regexp.Compile(t.Pattern)
		if err != nil {
			return nil, fmt.Errorf("title %s: %w", t.Field, err) // the loader has refused it
		}
		out = append(out, title{field: t.Field, pattern: re})
	}
	return out, nil
}

// Title implements the titled recorders of the formats: the first line with a
// value gives it.
func (p *pageReader) Title(text string) {
	for i := range p.titles {
		t := &p.titles[i]
		if m := t.pattern.FindStringSubmatch(text); m != nil && !t.found {
			t.value, t.found = strings.TrimSpace(m[1]), true
		}
	}
}

// widen puts the fields of the title behind those of a record.
func (p *pageReader) widen(fields []string) []string {
	if len(p.titles) == 0 {
		return fields
	}
	p.widened = append(p.widened[:0], fields...)
	for i := range p.titles {
		if p.titles[i].found {
			p.widened = append(p.widened, p.titles[i].value)
		}
	}
	return p.widened
}
