package infer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
)

var isPlain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// quoted writes a text as YAML takes it for a text. Characters that nobody sees
// are written by number.
func quoted(s string) string {
	if isPlain.MatchString(s) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}

func list(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quoted(w)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// write makes the draft.
func (t *table) write(id, file string) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	safe, _ := iin.Mask(file)
	line("# yaml-language-server: $schema=../schema/contract.schema.json")
	line("# Drafted from %s: %d record(s)%s. Each guess says what it rests on; read all of it.", strings.ReplaceAll(safe, "\n", " "), t.records, t.brokenNote())
	line("id: %s", id)
	line("version: 1")
	line(`title: {ru: "TODO", kk: "TODO", en: "TODO"}`)
	line(`license: "TODO: whose figures these are, and under what they may be used"`)
	line("origin: real # TODO synthetic, with rank synthetic, for what was made up")
	line("rank: self_reported # TODO official, administrative, self_reported or press: who wins where two report one figure")
	line("format: %s", t.format)
	if len(t.layout) > 0 {
		line("layout:")
		for _, l := range t.layout {
			line("  %s", l)
		}
	}
	t.writeNumber(line)
	t.writeArea(line)
	if !t.events() {
		t.writePeriod(line)
	}
	line("fields:")
	for _, c := range t.columns {
		t.writeField(line, c)
	}
	if t.events() {
		t.writeEvent(line)
	} else {
		t.writeMeasures(line)
	}
	line("min_records: 1 # TODO a page with fewer is refused whole: this file has %d", t.records)
	return []byte(b.String())
}

func (t *table) brokenNote() string {
	if t.broken == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d that cannot be read", t.broken)
}

type writer func(format string, args ...any)

func (t *table) writeNumber(line writer) {
	if t.decimal == "." && t.thousands == "" && len(t.marks) == 0 {
		return
	}
	line("number:")
	if t.decimal == "," {
		line("  decimal: \",\" # figures have a comma and no point")
	}
	if t.thousands != "" {
		line("  thousands: %s # parts groups of three digits", strconv.QuoteToASCII(t.thousands))
	}
	var missing, hidden []string
	for _, m := range t.marks {
		if strings.ContainsAny(m, "xхXХ") {
			hidden = append(hidden, m)
		} else {
			missing = append(missing, m)
		}
	}
	if len(missing) > 0 {
		line("  missing: %s # TODO or does a mark stand for zero?", list(missing))
	}
	if len(hidden) > 0 {
		line("  confidential: %s", list(hidden))
	}
}

func (t *table) writeArea(line writer) {
	c := t.area
	if c == nil {
		c = t.columns[0]
		line("area: {field: %s, by: code} # TODO no column has codes of KATO or names of districts", quoted(c.name))
		return
	}
	levels := ""
	if len(c.levels) > 0 {
		levels = ", levels: " + list(sorted(c.levels))
	}
	switch {
	case t.format == "taldau":
		line("area: {field: %s, by: taldau_term, within: %q}", quoted(c.name), almaty)
	case c.kind == kindAreaName:
		var parts []string
		for _, l := range sorted(c.labels) {
			parts = append(parts, fmt.Sprintf("%s: %q", quoted(l), c.labels[l]))
		}
		line("# A name alone is not an area: these are districts of Almaty oblast by name; other labels are skipped by rule outside.")
		line("area: {field: %s, by: label, within: %q%s, labels: {%s}}", quoted(c.name), almaty, levels, strings.Join(parts, ", "))
	case c.oblasts[almaty] > 0:
		line("area: {field: %s, by: code, within: %q%s} # %s", quoted(c.name), almaty, levels, c.why)
	default:
		line("area: {field: %s, by: code%s} # %s", quoted(c.name), levels, c.why)
	}
}

func (t *table) writePeriod(line writer) {
	if t.period == nil {
		line("period: {field: %s} # TODO no column looks like a date, a month or a year", TODO)
		return
	}
	line("period: {field: %s} # %s; TODO freq, where a day stands for a month or a quarter (and as_of)", quoted(t.period.name), t.period.why)
}

func (t *table) writeField(line writer, c *column) {
	kind, rest := "text", ""
	if c.kind != kindPersonal && c.filled == c.rows && (c == t.area || c == t.period || c == t.id || c == t.occurred) {
		rest += ", required: true"
	}
	switch c.kind {
	case kindText:
	case kindPersonal:
		rest = ", personal: drop"
	case kindNumber:
		kind = "number"
		if !c.negative {
			rest += ", min: 0"
		}
		rest += ", harmless: true"
	case kindPeriod:
		kind = "period"
		if c == t.period {
			rest += ", harmless: true"
		}
	case kindInstant:
		kind = "instant"
	case kindWords:
		rest += ", one_of: " + list(sorted(c.values)) + ", harmless: true"
	case kindArea, kindAreaName:
		rest += ", harmless: true"
	}
	line("  %s: {type: %s%s} # %s", quoted(c.name), kind, rest, c.why)
}

func (t *table) writeEvent(line writer) {
	reported := t.occurred
	if t.reported != nil {
		reported = t.reported
	}
	line("event: # each record has a number of its own and an instant; TODO or are these figures of a period?")
	line("  kind: todo_kind # TODO one word, such as ambulance_call")
	line("  id: %s", quoted(t.id.name))
	line("  occurred_at: %s # TODO the first column with a time", quoted(t.occurred.name))
	line("  reported_at: %s", quoted(reported.name))
	first := true
	for i, c := range t.columns {
		if c.kind != kindNumber {
			continue
		}
		if first {
			line("  attributes:")
			first = false
		}
		name := c.name
		if !isPlain.MatchString(name) {
			name = fmt.Sprintf("attribute_%d", i+1)
		}
		line("    - {name: %s, field: %s}", strings.ToLower(name), quoted(c.name))
	}
}

func (t *table) writeMeasures(line writer) {
	dims := ""
	for i, c := range t.columns {
		if c.kind != kindWords || c == t.area {
			continue
		}
		name := strings.ToLower(c.name)
		if !isPlain.MatchString(name) {
			name = fmt.Sprintf("dim_%d", i+1)
		}
		dims += fmt.Sprintf(", %s: %s", name, quoted(c.name))
	}
	if dims != "" {
		dims = ", dims: {" + dims[2:] + "}"
		line("# Words tell records of one area and period apart: each is a dimension. TODO totals, for the word that stands for all.")
	}
	line("measures:")
	n := 0
	for _, c := range t.columns {
		if c.kind != kindNumber || c == t.area {
			continue
		}
		n++
		series, hint := t.suggest(c.name)
		line("  - {series: %s, value: %s%s} # %s", series, quoted(c.name), dims, hint)
	}
	if n == 0 {
		line("  - {series: %s, value: %s} # TODO no column has numbers", TODO, TODO)
	}
}

// suggest finds the series whose id is the name of the column, else leaves the
// choice open and names the nearest.
func (t *table) suggest(name string) (series, hint string) {
	cat := t.h.Catalogue
	if s := cat.SeriesOf(auyl.SeriesID(strings.ToLower(name))); s != nil && s.Event == nil {
		return string(s.ID), fmt.Sprintf("its own name: %s, %s; TODO check the unit", s.Names.RU, s.Unit)
	}
	type near struct {
		s     *schemas.Series
		score int
	}
	var all []near
	for i := range cat.Series {
		s := &cat.Series[i]
		if s.Event != nil {
			continue
		}
		if n := alike(name, string(s.ID)+" "+s.Names.RU+" "+s.Names.KK+" "+s.Names.EN); n > 0 {
			all = append(all, near{s, n})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(b.score, a.score) })
	hint = "TODO choose a series"
	for i, n := range all[:min(3, len(all))] {
		hint += []string{", perhaps ", " or ", " or "}[i] + fmt.Sprintf("%s (%s)", n.s.ID, n.s.Unit)
	}
	return TODO, hint
}

// alike counts words of a that b has, by their first letters: endings differ.
func alike(a, b string) int {
	stems := func(s string) []string {
		words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" _-,.()/%", r) })
		for i, w := range words {
			words[i] = string([]rune(w)[:min(5, len([]rune(w)))])
		}
		return words
	}
	have := stems(b)
	n := 0
	for _, w := range stems(a) {
		if len([]rune(w)) >= 3 && slices.Contains(have, w) {
			n++
		}
	}
	return n
}
