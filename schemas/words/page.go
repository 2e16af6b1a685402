package words

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
)

const pageHead = `# Indicators

Made from the catalogue (` + "`schemas/indicators/`, `schemas/series/`" + `) by ` + "`make generate`" + `: do not edit. %d indicators of %d themes. How a
formula is read: [indicators-language.md](indicators-language.md). The same for one indicator, in Kazakh, Russian or English, with its
coverage now: ` + "`auyl indicator show ID --lang ru`" + `.

`

// Page writes all indicators, a table a theme, as docs/indicators.md.
func Page(h *schemas.House) []byte {
	c := h.Catalogue
	themes := map[string][]*schemas.Indicator{}
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		themes[ind.Theme] = append(themes[ind.Theme], ind)
	}
	names := make([]string, 0, len(themes))
	for t := range themes {
		names = append(names, t)
	}
	slices.Sort(names)
	var b bytes.Buffer
	fmt.Fprintf(&b, pageHead, len(c.Indicators), len(themes))
	for i, t := range names {
		if i > 0 {
			b.WriteString(" · ")
		}
		fmt.Fprintf(&b, "[%s](#%s)", t, t)
	}
	b.WriteString("\n")
	for _, t := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| indicator | definition | formula | unit | sources | level | coverage |\n| --- | --- | --- | --- | --- | --- | --- |\n", t)
		for _, ind := range themes[t] {
			row(&b, h, ind)
		}
	}
	return b.Bytes()
}

func row(b *bytes.Buffer, h *schemas.House, ind *schemas.Indicator) {
	sources := make([]string, len(ind.Sources))
	for i, id := range ind.Sources {
		sources[i] = "`" + string(id) + "`"
		if c := h.Contracts[id]; c != nil {
			sources[i] += " (" + c.Origin.String() + ")"
		}
	}
	sensitive := ""
	if ind.Sensitive {
		sensitive = " Small cells are hidden."
	}
	cells := []string{
		fmt.Sprintf("%#q v%d<br>%s<br>%s<br>%s", string(ind.ID), ind.Version, cell(ind.Names.KK), cell(ind.Names.RU), cell(ind.Names.EN)),
		cell(ind.Description.EN) + " " + upper(Direction(ind.Direction, English)) + "." + sensitive,
		cell(Formula(h.Catalogue, ind, English)),
		cell(ind.Unit),
		strings.Join(sources, "<br>"),
		fmt.Sprintf("%s, by %s; %s", Level(ind.Level, English), Freq(ind.Freq, English), Rollup(ind.Rollup, English)),
		cell(Coverage(ind.Coverage, English)),
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func cell(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "|", `\|`)), " ")
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] // English begins with one byte
}
