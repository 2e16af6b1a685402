package ingest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipped packs files, as name and text in turn.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		must(t, err)
		_, err = w.Write([]byte(files[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func TestAZipIsReadAsItsOneFile(t *testing.T) {
	t.Parallel()
	d := decoder(t, headCount("csv", `delimiter: ";"`), headCount("xlsx", ""))
	const page = headCountHeader + "195259000;;;01.10.2026;7\n"
	good := used("195200000 population_end[] 195259000 2026-10-01 7 A")
	cut := zipped(t, "extract.csv", page)
	liar := zipped(t, "extract.csv", page)
	at := bytes.LastIndex(liar, []byte("PK\x01\x02")) // the size in the directory
	binary.LittleEndian.PutUint32(liar[at+24:], 0x7fffffff)
	damaged := zipped(t, "extract.csv", page)
	copy(damaged[40:], "\xff\xff\xff\xff\xff\xff")
	for _, tt := range []struct {
		name, source string
		body         []byte
		want         said
	}{
		{"one file", "test.csv", zipped(t, "extract/", "", "extract/a.csv", page, "__MACOSX/a.csv", "x"), good},
		{"two files", "test.csv", zipped(t, "a.csv", page, "b.csv", page), refusedAs(`page_broken "packed page: 2 files in it, want one"`)},
		{"none", "test.csv", zipped(t, "extract/", ""), refusedAs(`page_broken "packed page: 0 files in it, want one"`)},
		{"a workbook that is none, packed", "test.xlsx", zipped(t, "a.xlsx", "<html>"), refusedAs(`page_html "a page of HTML"`)},
		{"more than it may be", "test.csv", liar, refusedAs(`page_too_large "packed page: body is too large: unpacks to …bytes, at most 268435456"`)},
		{"damaged", "test.csv", damaged, refusedAs(`page_broken "packed page: flate: corrupt input before offset 1"`)},
		{"cut off", "test.csv", cut[:len(cut)-30], refusedAs(`page_broken "packed page: zip: not a valid zip file: 165 bytes"`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, decode(t, d, tt.source, string(tt.body))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
