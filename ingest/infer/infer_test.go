package infer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/infer"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

func house(tb testing.TB) *schemas.House {
	tb.Helper()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// flow loads a draft, in which every series was chosen, and decodes a file under it.
func flow(t *testing.T, h *schemas.House, draft string, body []byte) *wire.Flow {
	t.Helper()
	cs, err := schemas.LoadContracts(fstest.MapFS{"contracts/test.draft.yaml": {Data: []byte(draft), Mode: fs.ModePerm}}, h.Catalogue)
	if err != nil {
		t.Fatalf("%v\n%s", err, draft)
	}
	out, err := ingest.NewDecoder(cs, h.Areas, ingest.DecodeOptions{}).Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: "test.draft", Run: "r", Page: 1, RecordedAtMs: time.Now().UnixMilli()}}, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range out.Payloads {
		var m wire.DeadLetters
		if strings.HasPrefix(p.Subject, "dead.") && wire.Unmarshal(p.Data, &m) == nil {
			t.Errorf("dead: %v", m.GetLetters())
		}
	}
	return out.Flow
}

// workbook is a small list under two rows of title.
func workbook(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range [][]any{{"Made up"}, {}, {"kato", "day", "live_births"}, {"195234000", "2026-01-01", 5}, {"195235000", "2026-01-01", 6}} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDraftReadsTheFileItWasDraftedFrom: once the series are chosen, the loader
// takes the draft, no record of the file is dead, and nothing personal is named.
func TestDraftReadsTheFileItWasDraftedFrom(t *testing.T) {
	t.Parallel()
	h := house(t)
	for _, x := range []struct {
		file     string
		want     []string // lines of the draft
		personal []string
		used     uint64
		made     uint64
	}{
		{"lights.csv", []string{
			"encoding: utf-8", `delimiter: ";"`, "skip_rows: 2", `decimal: ","`, `thousands: " "`, `missing: ["…"]`, "confidential: [x]",
			`area: {field: "Код", by: code, within: "190000000", levels: [settlement]}`, `period: {field: "На дату"}`,
			`"Фонарей": {type: number, min: 0, harmless: true}`, `one_of: ["работает", "разбито"]`, `dims: {dim_5: "Состояние"}`,
		}, []string{"Ответственный", "ИИН"}, 4, 8},
		{"cp1251.tsv", []string{"encoding: windows-1251", `delimiter: "\t"`, `period: {field: "Год"} # years`, `missing: ["-"]`}, nil, 3, 3},
		{"rows.json", []string{
			"format: egov", "area: {field: auyl", "period: {field: kezen}", "bin: {type: text} # numbers of organizations (BIN)",
			`tur: {type: text, one_of: ["жылқы", "сиыр"]`,
		}, []string{"phone"}, 4, 4},
		{"events.csv", []string{`id: "no"`, "occurred_at: registered", "reported_at: closed", "{name: minutes, field: minutes}"}, []string{"note"}, 3, 3},
		{"names.csv", []string{`by: label, within: "190000000", levels: [district], labels: {"Карасайский район": "195200000", "Талгарский район": "196200000"}`}, nil, 4, 4},
		{"book.xlsx", []string{"format: xlsx", "header: [3]", "{series: live_births, value: live_births} # its own name"}, nil, 2, 2},
	} {
		t.Run(x.file, func(t *testing.T) {
			t.Parallel()
			body := workbook(t)
			if x.file != "book.xlsx" {
				var err error
				if body, err = os.ReadFile(filepath.Join("testdata", x.file)); err != nil {
					t.Fatal(err)
				}
			}
			b, err := infer.Draft("test.draft", x.file, body, h)
			if err != nil {
				t.Fatal(err)
			}
			draft := string(b)
			for _, w := range x.want {
				if !strings.Contains(draft, w) {
					t.Errorf("no %q in\n%s", w, draft)
				}
			}
			for _, p := range x.personal {
				if !strings.Contains(draft, p+": {type: text, personal: drop}") && !strings.Contains(draft, `"`+p+`": {type: text, personal: drop}`) {
					t.Errorf("%s is not dropped in\n%s", p, draft)
				}
			}
			if n := strings.Count(draft, "personal: drop"); n != len(x.personal) {
				t.Errorf("%d fields are dropped, want %d:\n%s", n, len(x.personal), draft)
			}
			for _, secret := range []string{"991231", "500006", "Вымысел", "123-45"} {
				if strings.Contains(draft, secret) {
					t.Errorf("the draft quotes %q:\n%s", secret, draft)
				}
			}
			// Which series is meant nobody can infer: each figure gets one of its own here.
			for _, id := range []auyl.SeriesID{"population_end", "live_births"} {
				draft = strings.Replace(draft, "series: TODO", "series: "+string(id), 1)
			}
			f := flow(t, h, draft, body)
			if f.GetRecordsUsed() != x.used || f.GetRecordsDead() != 0 || f.GetObservations()+f.GetEvents() != x.made {
				t.Errorf("flow %v\n%s", f, draft)
			}
		})
	}
}

// TestNothingToGoBy: a file without records is no ground for a contract.
func TestNothingToGoBy(t *testing.T) {
	t.Parallel()
	h := house(t)
	for _, body := range []string{"", "  \n", "a;b;c\n", "[]"} {
		if b, err := infer.Draft("a.b", "x", []byte(body), h); !errors.Is(err, infer.ErrNothing) {
			t.Errorf("Draft(%q) = %q, %v", body, b, err)
		}
	}
}

// FuzzDraft: whatever the bytes are, a draft is YAML that the loader can read, but
// for what it leaves open.
func FuzzDraft(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("a: b;\"x\ny\";\u00a0\n1;2;3\n"))
	h := house(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := infer.Draft("test.draft", "x", body, h)
		if err != nil {
			return
		}
		_, err = schemas.LoadContracts(fstest.MapFS{"contracts/test.draft.yaml": {Data: b, Mode: fs.ModePerm}}, h.Catalogue)
		var ps schemas.Problems
		if err != nil && !errors.As(err, &ps) {
			t.Fatal(err)
		}
		for _, p := range ps {
			if !strings.Contains(p.Message, `"TODO"`) && !strings.Contains(p.Message, "want") && !strings.Contains(p.Message, "personal and is dropped") {
				t.Errorf("%v\n%s", p, b)
			}
		}
	})
}
