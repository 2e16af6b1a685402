package pdf_test

import (
	"io"
	"testing"

	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
)

// BenchmarkOkrugs is what an evening of summaries takes for each document: 131
// okrugs in two languages are 262 of them, and have 60 seconds on two cores.
// The document is that of an okrug: page one with two charts, and an annex.
func BenchmarkOkrugs(b *testing.B) {
	w := writer(b)
	var docs []*document.Document
	for _, lang := range []string{"kk", "ru"} {
		docs = append(docs, okrug(documenttest.Oblast(b, lang)))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			if err := w.Write(io.Discard, docs[n%2]); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkOblast(b *testing.B) {
	w := writer(b)
	d := documenttest.Oblast(b, "kk")
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}

// okrug cuts the document of the oblast down to what one okrug has.
func okrug(d *document.Document) *document.Document {
	for i := range d.Sections {
		for j := range d.Sections[i].Tables {
			t := &d.Sections[i].Tables[j]
			t.Rows = t.Rows[:min(len(t.Rows), 12)]
		}
	}
	return d
}
