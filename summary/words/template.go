package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Part is a piece of a sentence; Arg is the argument it came from, nil for the
// words of the template.
type Part struct {
	Text string
	Arg  *Arg
}

// Arg is what fills a place of a template.
type Arg struct {
	Text  string
	Forms map[Case]string // by case; a case that is not there is Text
	Count *float64        // chooses among the plural forms of a template
	Ref   any             // handed back in Part.Arg: what the number is
}

// Plain is an argument of words.
func Plain(text string) Arg { return Arg{Text: text} }

// template is a sentence in pieces.
type template []piece

// piece is a text, or a place: {name}, {name|case}, or {name?one=…;few=…;other=…},
// which is the word that goes with the count of name.
type piece struct {
	text    string
	name    string
	form    Case
	plurals map[string]string
}

func parse(text string) (template, error) {
	var out template
	for text != "" {
		before, rest, ok := strings.Cut(text, "{")
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !ok {
			break
		}
		inside, after, ok := strings.Cut(rest, "}")
		if !ok {
			return nil, fmt.Errorf("a place without an end: {%s", rest)
		}
		p, err := place(inside)
		if err != nil {
			return nil, err
		}
		out, text = append(out, p), after
	}
	return out, nil
}

func place(inside string) (piece, error) {
	if name, forms, ok := strings.Cut(inside, "?"); ok {
		p := piece{name: name, plurals: map[string]string{}}
		for f := range strings.SplitSeq(forms, ";") {
			category, word, ok := strings.Cut(f, "=")
			if !ok {
				return piece{}, fmt.Errorf("plural form %q: want one=word", f)
			}
			p.plurals[category] = word
		}
		if _, ok := p.plurals["other"]; !ok {
			return piece{}, fmt.Errorf("{%s}: no form for other", inside)
		}
		return p, nil
	}
	name, form, _ := strings.Cut(inside, "|")
	c := Case(form)
	if !slices.Contains(cases(), c) {
		return piece{}, fmt.Errorf("{%s}: no case %q", inside, form)
	}
	return piece{name: name, form: c}, nil
}

// Say fills a template. A template or an argument that is not there is a fault of
// the caller that its tests find.
func (w *Words) Say(key string, args map[string]Arg) ([]Part, error) {
	t, ok := w.templates[key]
	if !ok {
		return nil, fmt.Errorf("no text %q in %s", key, w.lang)
	}
	var out []Part
	for _, p := range t {
		if p.name == "" {
			out = append(out, Part{Text: p.text})
			continue
		}
		a, ok := args[p.name]
		switch {
		case !ok:
			return nil, fmt.Errorf("text %q in %s: nothing for {%s}", key, w.lang, p.name)
		case p.plurals != nil:
			if a.Count == nil {
				return nil, fmt.Errorf("text %q in %s: {%s} is no count", key, w.lang, p.name)
			}
			word, ok := p.plurals[w.Category(*a.Count, 0)]
			if !ok {
				word = p.plurals["other"]
			}
			out = append(out, Part{Text: word})
		default:
			text, ok := a.Forms[p.form]
			if !ok {
				text = a.Text
			}
			out = append(out, Part{Text: text, Arg: &a})
		}
	}
	return out, nil
}

// Text is Say as one text.
func (w *Words) Text(key string, args map[string]Arg) (string, error) {
	parts, err := w.Say(key, args)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String(), nil
}

// Keys lists the templates with the names of their places, sorted.
func (w *Words) Keys() map[string][]string {
	out := map[string][]string{}
	for _, k := range slices.Sorted(maps.Keys(w.templates)) {
		names := []string{}
		for _, p := range w.templates[k] {
			if p.name != "" && !slices.Contains(names, p.name) {
				names = append(names, p.name)
			}
		}
		slices.Sort(names)
		out[k] = names
	}
	return out
}
