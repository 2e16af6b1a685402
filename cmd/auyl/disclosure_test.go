package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// TestAFewPersonsAreShownNowhere runs a register with a small okrug through
// everything, and asks every command, table, view and stream that readers have
// for its figures and those of the okrug that is hidden with it.
func TestAFewPersonsAreShownNowhere(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	// The source hides what is below five itself; here it forgets to, and tells of one district alone.
	folder := schemasWith(t, "mlsp.asp", "")
	contract := filepath.Join(folder, "contracts", "mlsp.asp.yaml")
	b, err := os.ReadFile(contract)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(bytes.ReplaceAll(b, []byte("min: 5,"), []byte("min: 0,")), []byte("minimum: 0.8"), []byte("minimum: 0.01"), 1)
	if err := os.WriteFile(contract, b, 0o600); err != nil {
		t.Fatal(err)
	}
	text := "schemas: " + folder + "\ndrop: {dirs: [drop], every: 100ms}\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(drop), "auyl.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	day, err := auyl.ParseDay("2026-09-30")
	if err != nil {
		t.Fatal(err)
	}
	const district = auyl.AreaCode(195200000)
	var okrugs []auyl.AreaCode
	for _, a := range house.Areas.All() {
		if a.Parent == district && a.Level == auyl.LevelOkrug && a.Valid(day) {
			okrugs = append(okrugs, a.Code)
		}
	}
	if len(okrugs) < 5 {
		t.Fatalf("%d okrugs in %s, want a few", len(okrugs), district)
	}
	// Of each okrug the employed and the able-bodied: no number is another's, or a whole one.
	employed := func(i int) string { return fmt.Sprintf("%d.0%d%d3", 20+7*i, i/10, i%10) }
	able := func(i int) string { return fmt.Sprintf("%d.0%d%d7", 40+9*i, i/10, i%10) }
	const few, fewAble = "3.1416", "31.4159"
	register := "kato;okrug;period;asp_recipients;families;able_bodied;able_bodied_employed;children_1_6;amount_kzt;executor_iin;executor_phone\n"
	for i, o := range okrugs {
		e, a := employed(i), able(i)
		if i == 2 {
			e, a = few, fewAble
		}
		register += fmt.Sprintf("%s;x;2026-Q3;5000;900;%s;%s;700;900000;;\n", o, a, e)
	}
	put(t, drop, "mlsp.asp@2026-Q3.csv", register)
	p.must(t, "run", "--once")

	rows := strings.Split(strings.TrimSpace(p.must(t, "query", "--format", "csv",
		"SELECT area, reason FROM indicator_current WHERE indicator = 'asp_exit_to_work_share' AND status = 'C' ORDER BY reason")), "\n")[1:]
	small := okrugs[2].String()
	if len(rows) != 2 || rows[0] != `"`+small+`","disclosure_primary"` || !strings.HasSuffix(rows[1], `"disclosure_secondary"`) {
		t.Fatalf("suppressed: %v, want %s and one to protect it", rows, small)
	}
	if got := p.must(t, "query", "--format", "csv", "SELECT status FROM indicator_current WHERE indicator = 'asp_exit_to_work_share' AND area = '195200000'"); strings.Contains(got, "C") {
		t.Errorf("the district is suppressed, too: %s", got)
	}
	other := strings.Trim(strings.Split(rows[1], ",")[0], `"`)
	planted := []string{few, fewAble}
	for i, o := range okrugs {
		if o.String() == other {
			planted = append(planted, employed(i), able(i))
		}
	}
	leaks := func(where, text string) {
		t.Helper()
		for _, n := range planted {
			if strings.Contains(text, n) {
				t.Errorf("%s shows %s", where, n)
			}
		}
	}

	// explain says that and why, and no number.
	for area, why := range map[string]string{small: "suppressed: primary: fewer persons than", other: "suppressed: secondary: to protect another"} {
		args := []string{"indicator", "explain", "asp_exit_to_work_share", area, "2026-Q3"}
		text := p.must(t, args...)
		if !strings.Contains(text, why) || strings.Contains(text, "numerator ") || strings.Contains(text, "coverage ") || strings.Contains(text, "└") {
			t.Errorf("explain of %s, want %q:\n%s", area, why, text)
		}
		leaks("explain", text)
		var e struct {
			Suppressed string
			Cell       struct {
				Value, Numerator, Denominator, Coverage *float64
			}
			Inputs, Events []any
		}
		text = p.must(t, append(args, "--json")...)
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if e.Suppressed == "" || e.Cell.Value != nil || e.Cell.Numerator != nil || e.Cell.Denominator != nil || e.Cell.Coverage != nil || len(e.Inputs)+len(e.Events) > 0 {
			t.Errorf("explain of %s as JSON: %s", area, text)
		}
		leaks("explain as JSON", text)
	}
	// What is shown is explained, but for the figures of persons below it.
	shown := p.must(t, "indicator", "explain", "asp_exit_to_work_share", "195200000", "2026-Q3")
	if !strings.Contains(shown, "not shown, it counts persons") || !strings.Contains(shown, "numerator ") {
		t.Errorf("explain of the district:\n%s", shown)
	}
	leaks("explain of the district", shown)

	// Every table and view.
	tables := strings.Fields(strings.ReplaceAll(p.must(t, "query", "--format", "csv", "SELECT name FROM system.tables WHERE database = 'auyl'"), `"`, ""))[1:]
	var statements strings.Builder
	for _, name := range tables {
		switch name {
		case "indicator_asof":
			name += "(t = '2100-01-01')"
		case "lineage":
			name += fmt.Sprintf("(indicator = 'asp_exit_to_work_share', area = '%s', period = '2026-Q3')", small)
		}
		fmt.Fprintf(&statements, "SELECT '%s' AS of, * FROM auyl.%s;\n", strings.ReplaceAll(name, "'", "\\'"), name)
	}
	c := p.cmd(t, "query", "--format", "csv") // one engine for all
	c.Stdin = strings.NewReader(statements.String())
	all, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("query: %v\n%.2000s", err, all)
	}
	for line := range strings.Lines(string(all)) {
		leaks(line, line)
	}
	if n := strings.Count(string(all), "\"of\","); n != len(tables) || n < 20 || len(all) < 10_000 {
		t.Errorf("%d of %d tables with %d bytes: the test looks at nothing", n, len(tables), len(all))
	}

	// The stream of indicators, as bytes of the wire: ten-thousandths, zigzag.
	var wires [][]byte
	for _, n := range planted {
		d, err := auyl.ParseDecimal(n)
		if err != nil {
			t.Fatal(err)
		}
		wires = append(wires, binary.AppendVarint(nil, int64(d)))
	}
	wires = append(wires, binary.LittleEndian.AppendUint64(nil, math.Float64bits(100*3.1416/31.4159)))
	messages, inData := 0, 0
	searched(t, p.data, func(where string, b []byte) {
		if strings.HasPrefix(where, "DATA ") && bytes.Contains(b, wires[0]) {
			inData++
		}
		if !strings.HasPrefix(where, "IND ") {
			return
		}
		messages++
		for i, w := range wires {
			if bytes.Contains(b, w) {
				t.Errorf("%s holds planted number %d", where, i)
			}
		}
	})
	if messages < 3 || inData == 0 {
		t.Errorf("%d messages of IND, %d of DATA with the planted number: the test looks at nothing", messages, inData)
	}

	// A package of open data.
	out := filepath.Join(t.TempDir(), "open")
	p.must(t, "export", out)
	files := 0
	if err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		leaks(path, string(b))
		return err
	}); err != nil || files == 0 {
		t.Errorf("%d files of open data: %v", files, err)
	}
}
