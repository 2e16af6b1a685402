package pdf_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/pdf"
)

var look = flag.String("look", "", "a folder to leave the documents in, for the eye")

func read(t testing.TB, lang string) *document.Document {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "oblast-monthly."+lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var d document.Document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func writer(t testing.TB) *pdf.Writer {
	t.Helper()
	d, err := chart.New()
	if err != nil {
		t.Fatal(err)
	}
	w, err := pdf.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t testing.TB, w *pdf.Writer, d *document.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := w.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEqualDocumentsGiveEqualBytes(t *testing.T) {
	a, b := write(t, writer(t), read(t, "kk")), write(t, writer(t), read(t, "kk"))
	if !bytes.Equal(a, b) {
		t.Error("two documents of one vintage differ")
	}
	if *look == "" {
		return
	}
	for _, lang := range []string{"kk", "ru"} {
		if err := os.WriteFile(filepath.Join(*look, lang+".pdf"), write(t, writer(t), read(t, lang)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
