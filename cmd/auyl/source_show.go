package main

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// treeOf writes what was read from YAML as the same keys and values, without
// those that say nothing. A key that the contract learns later is in it.
func treeOf(v any) any { return tree(reflect.ValueOf(v)) }

func tree(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		return tree(v.Elem())
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		b, err := m.MarshalText()
		if err != nil {
			return fmt.Sprint(v.Interface())
		}
		return string(b)
	}
	if s, ok := reflect.TypeAssert[fmt.Stringer](v); ok {
		return s.String()
	}
	switch v.Kind() { //nolint:exhaustive // the rest are values
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if name != "" && name != "-" && !v.Field(i).IsZero() {
				out[name] = tree(v.Field(i))
			}
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[fmt.Sprint(tree(k))] = tree(v.MapIndex(k))
		}
		return out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = tree(v.Index(i))
		}
		return out
	}
	return v.Interface()
}

// flat writes a tree on one line, as YAML would.
func flat(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for _, k := range sortedKeys(v) {
			parts = append(parts, k+": "+flat(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, flat(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		if v == "" || strings.Trim(v, " ") != v {
			return fmt.Sprintf("%q", v)
		}
		return v
	}
	return fmt.Sprint(v)
}

// showContract prints a contract as a person reads it.
func showContract(out io.Writer, h *schemas.House, k *schemas.Contract) error {
	fmt.Fprintf(out, "%s, version %d\n  %s\n  %s\n  %s\n\n", k.ID, k.Version, k.Title.RU, k.Title.KK, k.Title.EN)
	all, ok := treeOf(k).(map[string]any)
	if !ok {
		return fmt.Errorf("contract %s: no mapping", k.ID)
	}
	lines := [][]string{
		{"figures", fmt.Sprintf("%s, rank %s", k.Origin, k.Rank)},
		{"license", k.License},
		{"format", formatOf(k, all)},
		{"area", areaRule(k)},
		{"period", periodRule(k)},
		{"published", releasedRule(k)},
		{"numbers", numberRule(k)},
		{"expected", fmt.Sprintf("at least %d record(s) a page, else the page is refused", max(1, k.MinRecords))},
	}
	shown := []string{
		"id", "version", "title", "origin", "rank", "license", "format", "layout", "area", "period", "released", "number", "min_records",
		"fields", "measures", "event", "skip", "breaks",
	}
	for _, key := range sortedKeys(all) {
		if !slices.Contains(shown, key) {
			lines = append(lines, []string{key, flat(all[key])})
		}
	}
	if err := table(out, lines); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nfields")
	lines = nil
	for _, f := range sortedKeys(k.Fields) {
		lines = append(lines, []string{f, k.Fields[f].Type, fieldRule(k.Fields[f])})
	}
	if err := table(out, lines); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nof each record is made")
	if err := table(out, made(h, k)); err != nil {
		return err
	}
	if lines := exceptions(k); len(lines) > 0 {
		fmt.Fprintln(out, "\nexceptions")
		return table(out, lines)
	}
	return nil
}

func formatOf(k *schemas.Contract, all map[string]any) string {
	if l, ok := all["layout"]; ok {
		return k.Format + " " + flat(l)
	}
	return k.Format
}

func areaRule(k *schemas.Contract) string {
	by := map[string]string{
		"code": "nine digits of KATO", "taldau_term": "an id of Taldau's dictionary", "label": "a label that the contract translates",
	}[k.Area.By]
	if by == "" {
		by = k.Area.By
	}
	text := fmt.Sprintf("field %s, %s", k.Area.Field, by)
	if k.Area.Within != 0 {
		text += fmt.Sprintf("; only within %s", k.Area.Within)
	}
	if len(k.Area.Levels) > 0 {
		text += "; levels " + flat(tree(reflect.ValueOf(k.Area.Levels)))
	}
	if n := len(k.Area.Labels); n > 0 {
		text += fmt.Sprintf("; %d label(s): %s", n, strings.Join(sortedKeys(k.Area.Labels), ", "))
	}
	return text
}

func periodRule(k *schemas.Contract) string {
	p := k.Period
	if p.Field == "" {
		return "of its instants"
	}
	text := "field " + p.Field
	if p.Part != "" {
		text += " with its part in " + p.Part
	}
	if p.Freq != 0 {
		text += fmt.Sprintf(", frequency %s", p.Freq)
	}
	if p.AsOf {
		text += ", the day is the first after the period"
	}
	if p.Min != 0 {
		text += ", nothing before " + p.Min.String()
	}
	return text
}

func releasedRule(k *schemas.Contract) string {
	switch {
	case k.Released.On != 0:
		return "all of it on " + k.Released.On.String()
	case k.Released.Field != "":
		return "each record on the day in field " + k.Released.Field
	}
	return "when it was fetched"
}

func numberRule(k *schemas.Contract) string {
	n := k.Number
	text := "decimal point"
	if n.Decimal == "," {
		text = "decimal comma"
	}
	if n.Thousands != "" {
		text += fmt.Sprintf(", groups parted by %q", n.Thousands)
	}
	for _, m := range []struct {
		means string
		marks []string
	}{{"missing", n.Missing}, {"confidential", n.Confidential}, {"zero", n.Zero}} {
		if len(m.marks) > 0 {
			text += fmt.Sprintf("; %s means %s", strings.Join(m.marks, " or "), m.means)
		}
	}
	return text
}

func fieldRule(f schemas.Field) string {
	var parts []string
	if f.Personal != "" {
		return "PERSONAL: " + f.Personal + ", never leaves the decoder"
	}
	if f.Required {
		parts = append(parts, "required")
	}
	switch {
	case f.Min != nil && f.Max != nil:
		parts = append(parts, fmt.Sprintf("%s to %s", number(*f.Min), number(*f.Max)))
	case f.Min != nil:
		parts = append(parts, "from "+number(*f.Min))
	case f.Max != nil:
		parts = append(parts, "to "+number(*f.Max))
	}
	if len(f.OneOf) > 0 {
		parts = append(parts, "one of "+strings.Join(f.OneOf, ", "))
	}
	if !f.Harmless {
		parts = append(parts, "not quoted in dead letters")
	}
	return strings.Join(parts, "; ")
}

// made says what comes of a record: observations, or an event.
func made(h *schemas.House, k *schemas.Contract) [][]string {
	var lines [][]string
	for _, m := range k.Measures {
		name, unit := "unknown series", ""
		if x := h.Catalogue.SeriesOf(m.Series); x != nil {
			name, unit = x.Names.RU, x.Unit
		}
		lines = append(lines, []string{m.Value + " → " + string(m.Series) + dimsOf(m), unit, name})
		for _, st := range m.Status {
			lines = append(lines, []string{"", "", fmt.Sprintf("status %s where %s has %q", st.Is, st.Field, st.Contains)})
		}
	}
	if e := k.Event; e != nil {
		lines = append(lines,
			[]string{"event " + e.Kind, "", "known by " + e.ID},
			[]string{"happened", "", e.OccurredAt},
			[]string{"reported", "", e.ReportedAt})
		for _, a := range e.Attributes {
			from := a.Field
			if from == "" {
				from = "seconds from " + a.From + " to " + a.To
			} else if a.Times != 0 {
				from += " × " + number(a.Times)
			}
			lines = append(lines, []string{"attribute " + a.Name, "", from})
		}
		if w := e.Withdrawn; w != nil {
			lines = append(lines, []string{"taken back", "", fmt.Sprintf("where %s is %s (%s)", w.Field, strings.Join(w.In, ", "), w.Rule)})
		}
	}
	return lines
}

func dimsOf(m schemas.Measure) string {
	var parts []string
	for _, d := range sortedKeys(m.Dims) {
		v := m.Dims[d]
		if c, ok := strings.CutPrefix(v, "="); ok {
			v = c
		} else {
			v = "<" + v + ">"
		}
		parts = append(parts, d+"="+v)
	}
	text := ""
	if len(parts) > 0 {
		text = " [" + strings.Join(parts, ";") + "]"
	}
	for _, f := range sortedKeys(m.When) {
		text += fmt.Sprintf(" where %s is %s", f, strings.Join(m.When[f], " or "))
	}
	return text
}

func exceptions(k *schemas.Contract) [][]string {
	var lines [][]string
	for _, s := range k.Skip {
		switch {
		case len(s.In) > 0 && len(s.NotIn) > 0:
			lines = append(lines, []string{"skipped: " + s.Rule, fmt.Sprintf("%s is %s, or none of %s", s.Field, strings.Join(s.In, ", "), strings.Join(s.NotIn, ", "))})
		case len(s.In) > 0:
			lines = append(lines, []string{"skipped: " + s.Rule, fmt.Sprintf("%s is %s", s.Field, strings.Join(s.In, ", "))})
		default:
			lines = append(lines, []string{"skipped: " + s.Rule, fmt.Sprintf("%s is none of %s", s.Field, strings.Join(s.NotIn, ", "))})
		}
	}
	for _, b := range k.Breaks {
		lines = append(lines, []string{"break of " + string(b.Series), b.From.String() + ": " + b.Note})
	}
	return lines
}

// seriesUnit is the unit of a series, empty where nobody knows it.
func seriesUnit(h *schemas.House, id auyl.SeriesID) string {
	if x := h.Catalogue.SeriesOf(id); x != nil {
		return x.Unit
	}
	return ""
}
