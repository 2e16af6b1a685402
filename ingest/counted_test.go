package ingest_test

import (
	"bytes"
	"testing"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestDeadLettersDoNotQuoteCountsOfPersons: of a record that says a small count
// twice the letter has area, period and question, and not the count.
func TestDeadLettersDoNotQuoteCountsOfPersons(t *testing.T) {
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	if !house.Catalogue.Counted("families_de_visited") {
		t.Fatal("the test looks at nothing")
	}
	out, err := shippedDecoder(t).Decode(&wire.RawPage{Url: "akimat.okrug_report@2026-10", Vintage: &wire.Vintage{Source: "akimat.okrug_report"}}, []byte(
		"kato;form_version;period;question;value;filled_by\n195259000;2026.2;2026-10;families_de_visited;3141;\n195259000;2026.2;2026-10;families_de_visited;2718;\n"))
	must(t, err)
	dead := 0
	for _, p := range out.Payloads {
		if !bytes.HasPrefix([]byte(p.Subject), []byte("dead.")) {
			continue
		}
		dead++
		if bytes.Contains(p.Data, []byte("3141")) || bytes.Contains(p.Data, []byte("2718")) || !bytes.Contains(p.Data, []byte("question=families_de_visited")) {
			t.Errorf("%s: %q", p.Subject, p.Data)
		}
	}
	if dead != 1 {
		t.Errorf("%d payloads of dead letters, want 1", dead)
	}
}
