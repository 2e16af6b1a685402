package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/transform"
)

// explains holds explain against what the tables say: of a revised figure then
// and now, of a suppressed one, and of sums.
func explains(t *testing.T, p *program) {
	t.Helper()
	rows := func(q string) [][]string {
		var out [][]string
		for _, l := range strings.Split(strings.TrimSpace(p.must(t, "query", "--format", "csv", q)), "\n")[1:] {
			out = append(out, strings.Split(strings.ReplaceAll(l, `"`, ""), ","))
		}
		return out
	}
	tree := func(args ...string) (e struct {
		Cell       clickhouse.Cell
		Suppressed string
		Delivery   *clickhouse.Delivery
		Inputs     []struct {
			Name    string
			Roles   []string
			Figures []struct {
				Value  *string
				Source string
				Counts bool
			}
		}
		Events []eventPages
	},
	) {
		text := p.must(t, append(append([]string{"indicator", "explain"}, args...), "--json")...)
		// Codes of areas are texts, which the type of the library does not read back.
		if err := json.Unmarshal([]byte(strings.ReplaceAll(text, `"area": "`, `"area_text": "`)), &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	// A published figure that was revised: then as it was then, now as it is now.
	vintages := rows("SELECT toString(recorded_at), value FROM indicator_value WHERE indicator = 'population_total' AND area = '190000000' AND period_start = '2023-01-01' ORDER BY raw_seq")
	if len(vintages) != 2 {
		t.Fatalf("vintages %v, want two", vintages)
	}
	for i, source := range []string{"bns.population_bulletin", "bns.population_dynamic"} {
		at, err := time.Parse("2006-01-02 15:04:05.000", vintages[i][0])
		if err != nil {
			t.Fatal(err)
		}
		e := tree("population_total", "190000000", "2023-01-01", "--as-of", at.Format(time.RFC3339Nano))
		if fmt.Sprint(*e.Cell.Value) != fmt.Sprintf("%v", mustFloat(t, vintages[i][1])) || e.Delivery == nil || string(e.Delivery.Source) != source ||
			len(e.Inputs) != 1 || len(e.Inputs[0].Figures) != 1 || *e.Inputs[0].Figures[0].Value != vintages[i][1] || e.Inputs[0].Figures[0].Source != source {
			t.Errorf("explain as of %s = %+v, want %s of %s alone", vintages[i][0], e, vintages[i][1], source)
		}
	}
	// What is suppressed shows no number.
	for _, c := range rows("SELECT indicator, area, period FROM indicator_current WHERE status = 'C' AND numerator IS NULL ORDER BY cityHash64(indicator, area, period) LIMIT 2") {
		e := tree(c...)
		if e.Suppressed == "" || e.Cell.Value != nil || e.Cell.Numerator != nil || e.Cell.Denominator != nil || e.Cell.Coverage != nil || len(e.Inputs)+len(e.Events) > 0 {
			t.Errorf("explain of the suppressed cell %v = %+v", c, e)
		}
		text := p.must(t, append([]string{"indicator", "explain"}, c...)...)
		if !strings.Contains(text, "suppressed: ") || strings.Contains(text, "numerator ") || strings.Contains(text, "coverage ") || strings.Contains(text, "└") {
			t.Errorf("explain of the suppressed cell %v:\n%s", c, text)
		}
	}
	// The figures that count add up to the numerator, and lineage has them too.
	sums := rows(`SELECT indicator, area, period, numerator FROM indicator_current
		WHERE indicator IN (SELECT indicator FROM indicator WHERE length(inputs) <= 2 AND match(numerator, '^[a-z0-9_.]+$') AND rollup IN ('sum', 'ratio', 'last') AND NOT sensitive
			AND NOT hasAny(inputs, (SELECT groupArray(series) FROM series WHERE event_kind != '')))
			AND level IN ('oblast', 'district', 'okrug') AND value IS NOT NULL
		ORDER BY cityHash64(indicator, area, period) LIMIT 12`)
	if len(sums) < 12 {
		t.Fatalf("%d sums, want 12", len(sums))
	}
	for _, c := range sums {
		e := tree(c[:3]...)
		var sum auyl.Decimal
		for _, in := range e.Inputs {
			if len(in.Roles) == 0 || in.Roles[0] != transform.RoleNumerator {
				continue
			}
			for _, f := range in.Figures {
				if !f.Counts || f.Value == nil {
					continue
				}
				d, err := auyl.ParseDecimal(*f.Value)
				if err != nil {
					t.Fatal(err)
				}
				sum += d
			}
		}
		if sum.String() != c[3] {
			t.Errorf("the figures of %v add up to %s, want %s", c[:3], sum, c[3])
		}
		if n := rows(fmt.Sprintf("SELECT count(), countIf(raw_sha256 = '') FROM lineage(indicator = '%s', area = '%s', period = '%s')", c[0], c[1], c[2])); n[0][0] == "0" || n[0][1] != "0" {
			t.Errorf("lineage of %v has %s rows, %s of them without a raw object", c[:3], n[0][0], n[0][1])
		}
	}
}

func mustFloat(t *testing.T, s string) float64 {
	t.Helper()
	d, err := auyl.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d.Float64()
}

// TestATreePrintsParametersAndHidesWhatIsSuppressed shows a formula that reaches
// other periods and a parameter, over figures of which one must not be shown.
func TestATreePrintsParametersAndHidesWhatIsSuppressed(t *testing.T) {
	t.Parallel()
	value := 1.5
	month, err := auyl.ParsePeriod("2026-M01")
	if err != nil {
		t.Fatal(err)
	}
	figure := func(area auyl.AreaCode, v auyl.Decimal, counts, hidden bool) explainedFigure {
		return figureOf(clickhouse.Input{Series: "loans", Area: area, Period: month, Value: v * auyl.DecimalOne, Status: auyl.StatusNormal, Source: "a.b", Run: "a.b/1", Page: 1, Row: 7, RawSHA256: strings.Repeat("ab", 32)}, counts, hidden)
	}
	e := &explanation{
		Indicator: "x", Name: "Икс", Area: "195200000", AreaName: "Карасайский район", Period: "2026-M02", Unit: "%", Formula: "prev(loans) > mci", CatalogueAt: 2, Vintages: 3,
		Cell: clickhouse.Cell{Value: &value, Status: "A", Origin: "real", FormulaVersion: 1, BoundaryVersion: "KATO-2024"},
		Inputs: []explainedInput{
			{Name: "prev(loans)", Roles: []string{"numerator"}, Series: "loans", Dims: "sex=female", Kind: "flow", Period: "2026-M01", Figures: []explainedFigure{
				figure(195259100, 12345, true, false), figure(195259200, 77777, true, true), figure(195259300, 5, false, false),
			}},
			inputOf(&transform.Lookup{Name: "mci", Parameter: true, Roles: []string{"numerator"}, Period: "2026-M02", Known: true, Value: 4325 * auyl.DecimalOne, Since: 20454}),
			inputOf(&transform.Lookup{Name: "days()", Roles: []string{"denominator"}, Period: "2026-M02", Known: true, Value: 28 * auyl.DecimalOne}),
			inputOf(&transform.Lookup{Name: "prev(mci)", Parameter: true, Roles: []string{"numerator"}, Period: "1990-M01"}),
			{Name: "start(people)", Roles: []string{"numerator", "denominator"}, Series: "people", Kind: "stock", Period: "2026-M01"},
		},
	}
	var out bytes.Buffer
	if err := e.write(&out, 0); err != nil {
		t.Fatal(err)
	}
	const want = `Икс (x)
195200000 Карасайский район, 2026-M02

value      1.5 %
status     A, origin real
known      since -, 3 vintage(s)
boundaries KATO-2024
formula    prev(loans) > mci (version 1)
           the cell was computed by version 1, what is shown is version 2

└ numerator: prev(loans) [sex=female] of loans, flow, looked up in 2026-M01
  └ series  area       period    value       status  known since  source  pull   page  record  raw object
    loans   195259100  2026-M01  12345       A       -            a.b     a.b/1  1     7       auyl raw show abababababab
    loans   195259200  2026-M01  suppressed  C       -            a.b     a.b/1  1     7       auyl raw show abababababab
    loans   195259300  2026-M01  (5)         A       -            a.b     a.b/1  1     7       auyl raw show abababababab
  (in brackets: does not count, another figure of its area is missing)

└ numerator: mci, parameter, looked up in 2026-M02 = 4325 since 2026-01-01

└ denominator: days(), calendar, looked up in 2026-M02 = 28

└ numerator: prev(mci), parameter, looked up in 1990-M01: not known

└ numerator and denominator: start(people) of people, stock, looked up in 2026-M01: nothing is known
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "77777") || !strings.Contains(string(text), `"value":"12345"`) {
		t.Errorf("JSON shows what is suppressed, or not what is not: %s", text)
	}
}
