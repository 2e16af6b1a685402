// Package documenttest has the documents that the tests of the forms stand on. Every
// number in them is made up.
package documenttest

import (
	"embed"
	"encoding/json"
	"testing"

	"github.com/auyl-kz/auyl/summary/document"
)

//go:embed testdata/*.json
var files embed.FS

// Oblast returns the month of an oblast in kk or ru, anew each time: with gaps, a
// break, marks, intervals and sixty rows.
func Oblast(tb testing.TB, lang string) *document.Document {
	tb.Helper()
	b, err := files.ReadFile("testdata/oblast-monthly." + lang + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	d := &document.Document{}
	if err := json.Unmarshal(b, d); err != nil {
		tb.Fatal(err)
	}
	return d
}
