// Package words says figures in Kazakh, Russian and English: numbers with their
// units, periods, names of areas and whole sentences from a catalogue of
// templates, with the cases and plural forms that the language wants.
//
// It knows no table and no indicator and decides nothing: what deserves a
// sentence is for package summary. Nothing here reads a clock; equal input gives
// equal text. Plural categories and the shape of numbers are those of the Common
// Locale Data Repository, by golang.org/x/text.
package words

import (
	"embed"
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed texts/*.txt
var texts embed.FS

// Words speaks one language. It is read-only and safe for concurrent use.
type Words struct {
	lang      string
	tag       language.Tag
	printer   *message.Printer
	templates map[string]template
}

// New returns the words of kk, ru or en.
func New(lang string) (*Words, error) {
	var tag language.Tag
	switch lang {
	case "kk":
		tag = language.Kazakh
	case "ru":
		tag = language.Russian
	case "en":
		tag = language.English
	default:
		return nil, fmt.Errorf("language %q: want kk, ru or en", lang)
	}
	b, err := texts.ReadFile("texts/" + lang + ".txt")
	if err != nil {
		return nil, fmt.Errorf("texts of %s: %w", lang, err)
	}
	w := &Words{lang: lang, tag: tag, printer: message.NewPrinter(tag), templates: map[string]template{}}
	for n, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		if !ok {
			return nil, fmt.Errorf("texts/%s.txt:%d: want key = text", lang, n+1)
		}
		if _, ok := w.templates[key]; ok {
			return nil, fmt.Errorf("texts/%s.txt:%d: %s is there twice", lang, n+1, key)
		}
		t, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("texts/%s.txt:%d: %w", lang, n+1, err)
		}
		w.templates[key] = t
	}
	return w, nil
}

// Lang returns kk, ru or en.
func (w *Words) Lang() string { return w.lang }

// Pick returns the one of three texts that is in the language.
func (w *Words) Pick(kk, ru, en string) string {
	switch w.lang {
	case "kk":
		return kk
	case "ru":
		return ru
	}
	return en
}
