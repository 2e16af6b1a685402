package export_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/export"
	"github.com/auyl-kz/auyl/schemas"
)

var vintage = time.Date(2026, 9, 1, 10, 0, 0, 123e6, time.UTC)

func house(t *testing.T) *schemas.House {
	t.Helper()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func period(t *testing.T, s string) auyl.Period {
	t.Helper()
	p, err := auyl.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// cells are a published figure, a suppressed one that carries what it must not show, one with small numbers, and an empty one.
func cells(t *testing.T) export.Reader {
	t.Helper()
	byID := map[auyl.IndicatorID][]export.Cell{
		"population_total": {{
			Area: 190000000, Level: auyl.LevelOblast, Period: period(t, "2023-01-01"), Value: new(1505968.0), Numerator: new(auyl.Decimal(1505968_0000)),
			Coverage: new(1.0), Status: auyl.StatusNormal, Origin: auyl.OriginReal, FormulaVersion: 1, BoundaryVersion: "KATO-2022-06-08", RecordedAt: vintage,
		}, {
			Area: 195200000, Level: auyl.LevelDistrict, Period: period(t, "2023-01-01"), Status: auyl.StatusMissing, Reason: "no_data",
			Origin: auyl.OriginSynthetic, FormulaVersion: 1, RecordedAt: vintage,
		}},
		"asp_recipients_share": {{
			Area: 195259000, Level: auyl.LevelOkrug, Period: period(t, "2026-Q3"), Value: new(777.25), Numerator: new(auyl.Decimal(777_0000)),
			Denominator: new(auyl.Decimal(888_0000)), Coverage: new(0.777), Status: auyl.StatusConfidential, Reason: "confidential",
			Origin: auyl.OriginSynthetic, FormulaVersion: 1, RecordedAt: vintage,
		}, {
			Area: 195259000, Level: auyl.LevelOkrug, Period: period(t, "2026-Q2"), Value: new(-1.5), Numerator: new(auyl.Decimal(777_0000)),
			Denominator: new(auyl.Decimal(888_0000)), Coverage: new(0.5), Status: auyl.StatusEstimated, Origin: auyl.OriginSynthetic, FormulaVersion: 1, RecordedAt: vintage,
		}},
	}
	return func(_ context.Context, id auyl.IndicatorID, each func(*export.Cell) error) error {
		for _, c := range byID[id] {
			if err := each(&c); err != nil {
				return err
			}
		}
		return nil
	}
}

func options(h *schemas.House, dir string) export.Options {
	o := export.Options{Dir: dir, Vintage: vintage}
	for i := range h.Catalogue.Indicators {
		o.Indicators = append(o.Indicators, &h.Catalogue.Indicators[i])
	}
	return o
}

func write(t *testing.T) (string, *export.Result) {
	t.Helper()
	h, dir := house(t), filepath.Join(t.TempDir(), "open")
	r, err := export.Write(t.Context(), h, options(h, dir), cells(t))
	if err != nil {
		t.Fatal(err)
	}
	return dir, r
}

// files are the contents of a folder by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type described struct {
	Resources []struct {
		Path, Hash, Format string
		Bytes              int64
		Rows               int
		Schema             struct {
			Fields []struct {
				Name, Type, Unit string
				Constraints      struct {
					Required bool
					Pattern  string
				}
			}
		}
	}
}

// TestDescriptionIsADataPackage holds datapackage.json to the standard and every file to datapackage.json.
func TestDescriptionIsADataPackage(t *testing.T) {
	t.Parallel()
	dir, _ := write(t)
	all := files(t, dir)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(all["datapackage.json"]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.NewCompiler().Compile("testdata/datapackage.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
	var d described
	if err := json.Unmarshal([]byte(all["datapackage.json"]), &d); err != nil {
		t.Fatal(err)
	}
	if want := len(all) - 2; len(d.Resources) != want {
		t.Errorf("%d resources are described, %d files are there", len(d.Resources), want)
	}
	kinds := map[string]string{
		"number": `^-?[0-9]+(\.[0-9]+)?$`, "integer": `^[0-9]+$`, "date": `^\d{4}-\d\d-\d\d$`, "datetime": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`,
		"boolean": "^(true|false)$", "string": "",
	}
	for _, r := range d.Resources {
		sum := sha256.Sum256([]byte(all[r.Path]))
		if r.Hash != "sha256:"+hex.EncodeToString(sum[:]) || r.Bytes != int64(len(all[r.Path])) {
			t.Errorf("%s: hash or bytes are not those of the file", r.Path)
		}
		if r.Format != "csv" {
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(all[r.Path])).ReadAll()
		if err != nil || len(rows) != r.Rows+1 || len(rows[0]) != len(r.Schema.Fields) {
			t.Errorf("%s: %d lines of %d fields, %v; described are %d rows of %d", r.Path, len(rows), len(rows[0]), err, r.Rows, len(r.Schema.Fields))
			continue
		}
		for i, f := range r.Schema.Fields {
			if rows[0][i] != f.Name {
				t.Errorf("%s: column %d is %s, described is %s", r.Path, i, rows[0][i], f.Name)
			}
			for _, row := range rows[1:] {
				switch v := row[i]; {
				case v == "" && f.Constraints.Required:
					t.Errorf("%s: %s is required and empty", r.Path, f.Name)
				case v != "" && !regexp.MustCompile(kinds[f.Type]).MatchString(v), v != "" && !regexp.MustCompile(f.Constraints.Pattern).MatchString(v):
					t.Errorf("%s: %s = %q is no %s of %s", r.Path, f.Name, v, f.Type, f.Constraints.Pattern)
				}
			}
		}
	}
}

// TestSuppressedCellsStaySuppressed: what must not be seen is in no byte of the package, in whatever format.
func TestSuppressedCellsStaySuppressed(t *testing.T) {
	t.Parallel()
	dir, r := write(t)
	all := files(t, dir)
	if r.Rows != 4 || r.Hidden != 1 || r.Synthetic != 3 {
		t.Errorf("result = %+v, want 4 cells, 1 hidden, 3 synthetic", r)
	}
	want := `195259000,Шамалған а.о.,Шамалганский с.о.,Shamalgan rural okrug,okrug,Q,2026-Q3,2026-07-01,2026-09-30,,,,,C,confidential,synthetic,1,,2026-09-01T10:00:00.123Z
195259000,Шамалған а.о.,Шамалганский с.о.,Shamalgan rural okrug,okrug,Q,2026-Q2,2026-04-01,2026-06-30,-1.5,,,0.5,E,,synthetic,1,,2026-09-01T10:00:00.123Z
`
	_, got, _ := strings.Cut(all["data/asp_recipients_share.csv"], "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("csv (-want +got):\n%s", diff)
	}
	want = `STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,UNIT_MEASURE,COVERAGE,REASON,ORIGIN,AREA_LEVEL,LAST_UPDATE
dataflow,AUYL:INDICATORS(1.0),I,Q,195259000,asp_recipients_share,2026-Q3,,C,C,%,,confidential,synthetic,okrug,2026-09-01T10:00:00.123Z
dataflow,AUYL:INDICATORS(1.0),I,Q,195259000,asp_recipients_share,2026-Q2,-1.5,E,F,%,0.5,,synthetic,okrug,2026-09-01T10:00:00.123Z
`
	if diff := cmp.Diff(want, all["sdmx/asp_recipients_share.csv"]); diff != "" {
		t.Errorf("sdmx (-want +got):\n%s", diff)
	}
	type row struct {
		Area      string   `parquet:"area"`
		Value     *float64 `parquet:"value,optional"`
		Numerator *int64   `parquet:"numerator,optional"`
		Coverage  *float64 `parquet:"coverage,optional"`
		Status    string   `parquet:"status"`
		Origin    string   `parquet:"origin"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, "parquet", "asp_recipients_share.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{
		{Area: "195259000", Status: "C", Origin: "synthetic"},
		{Area: "195259000", Value: new(-1.5), Coverage: new(0.5), Status: "E", Origin: "synthetic"},
	}, rows); diff != "" {
		t.Errorf("parquet (-want +got):\n%s", diff)
	}
	for path, text := range all {
		if strings.Contains(text, "777.25") || strings.Contains(text, "0.777") {
			t.Errorf("%s shows a suppressed figure", path)
		}
	}
}

func TestSameVintageGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, _ := write(t)
	two, _ := write(t)
	if diff := cmp.Diff(files(t, one), files(t, two)); diff != "" {
		t.Errorf("-first +second:\n%s", diff)
	}
}

// TestPackageIsThereWholeOrNotAtAll: a reader that breaks off leaves nothing, what a kill left is cleared, and nothing that
// stood there is touched.
func TestPackageIsThereWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h, parent := house(t), t.TempDir()
	dir := filepath.Join(parent, "open")
	broken := errors.New("engine went away")
	_, err := export.Write(t.Context(), h, options(h, dir), func(ctx context.Context, id auyl.IndicatorID, each func(*export.Cell) error) error {
		return errors.Join(cells(t)(ctx, id, each), broken)
	})
	if left, _ := os.ReadDir(parent); !errors.Is(err, broken) || len(left) != 0 {
		t.Errorf("error = %v, left = %v, want the reader's and nothing", err, left)
	}
	if err := os.MkdirAll(filepath.Join(dir+".part", "data"), 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Write(t.Context(), h, options(h, dir), cells(t)); err != nil {
		t.Fatalf("over what a kill left: %v", err)
	}
	if _, err := export.Write(t.Context(), h, options(h, dir), cells(t)); !errors.Is(err, export.ErrExists) {
		t.Errorf("over a package: %v, want ErrExists", err)
	}
	other := filepath.Join(parent, "mine")
	if err := errors.Join(os.Mkdir(other+".part", 0o750), os.WriteFile(filepath.Join(other+".part", "thesis.docx"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Write(t.Context(), h, options(h, other), cells(t)); err == nil || !strings.Contains(err.Error(), "thesis.docx") {
		t.Errorf("over somebody's folder: %v, want a refusal that names the file", err)
	}
}

func TestNoCellsNoPackage(t *testing.T) {
	t.Parallel()
	h, dir := house(t), filepath.Join(t.TempDir(), "open")
	none := func(context.Context, auyl.IndicatorID, func(*export.Cell) error) error { return nil }
	if _, err := export.Write(t.Context(), h, options(h, dir), none); err == nil {
		t.Error("an empty package was written")
	}
	o := options(h, dir)
	o.Formats = []export.Format{"docx"}
	if _, err := export.Write(t.Context(), h, o, cells(t)); err == nil {
		t.Error("format docx was taken")
	}
}
