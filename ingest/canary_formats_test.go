package ingest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// canaryObject is a row as an object, names with dots as objects within it.
func canaryObject(names, row []string) map[string]any {
	out := map[string]any{"контакт": canaries[3], "вложено": map[string]any{"тел": canaries[2]}}
	for i, name := range names {
		at := out
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = row[i]
	}
	return out
}

// canaryJSON is a page of a contract of JSON, egov or Taldau.
func canaryJSON(t *testing.T, c *schemas.Contract, rows int) []byte {
	t.Helper()
	names := slices.Sorted(maps.Keys(c.Fields))
	list := []any{}
	for n := range rows {
		row := canaryRow(c, names, n)
		switch c.Format {
		case "taldau":
			list = append(list, map[string]any{
				"terms": []string{"250517", canaries[n%len(canaries)]}, "termNames": []string{canaries[(n+1)%len(canaries)], "Всего"}, "контакт": canaries[3],
				"periods": []any{map[string]any{"name": canaries[3], "date": []string{"30.09.2026", canaries[0]}[n%2], "value": []string{"1", canaries[n%len(canaries)]}[n/2%2]}},
			})
		case "egov":
			object := map[string]any{"контакт": canaries[3]}
			for i, name := range names {
				object[name] = row[i]
			}
			list = append(list, object)
		default:
			list = append(list, canaryObject(names, row))
		}
	}
	list = append(list, canaries[0], []any{canaries[3]}, map[string]any{canaries[4]: canaries[2]}) // broken ones
	var page any = list
	if c.Layout.Records != "" {
		for _, part := range slices.Backward(strings.Split(c.Layout.Records, ".")) {
			page = map[string]any{part: page, "автор": canaries[3]}
		}
	}
	b, err := json.Marshal(page)
	must(t, err)
	return b
}

// canaryWorkbook is a page of a contract of workbooks: with canaries above the
// header, in headers and labels, in all cells that may be text and below the table.
func canaryWorkbook(t *testing.T, c *schemas.Contract, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	sheet := c.Layout.Sheet
	if sheet == "" {
		sheet = "Sheet1"
	} else if _, err := f.NewSheet(sheet); err != nil {
		t.Fatal(err)
	}
	set := func(row int, cells []string) { must(t, f.SetSheetRow(sheet, fmt.Sprintf("A%d", row), &cells)) }
	header := c.Layout.Header
	if len(header) == 0 {
		header = []int{1}
	}
	for row := 1; row < header[0]; row++ {
		set(row, []string{"Исполнитель: " + canaries[3], canaries[2] + ", КАТО 195259000, по состоянию на 1 октября 2026 года"})
	}
	names := slices.Sorted(maps.Keys(c.Fields))
	for _, title := range c.Titles {
		names = slices.DeleteFunc(names, func(n string) bool { return n == title.Field })
	}
	names = append(names, "контакт")
	if c.Layout.Unpivot {
		names = []string{"", "2025", canaries[0], "2026"}
	}
	for i, row := range header {
		cells := slices.Clone(names)
		for k, name := range names {
			parts := strings.Split(name, " / ")
			if c.Layout.Unpivot {
				parts = []string{[]string{"", "Валовой сбор, тыс. центнеров", canaries[3], canaries[4]}[k], name}
			}
			if cells[k] = parts[0]; i < len(parts) {
				cells[k] = parts[i]
			}
		}
		set(row, cells)
	}
	first := header[len(header)-1] + 1
	labels := slices.Sorted(maps.Keys(c.Area.Labels))
	for n := range rows {
		cells := canaryRow(c, names, n)
		if c.Layout.Unpivot {
			cells = []string{canaries[n%len(canaries)], "1", canaries[(n+1)%len(canaries)], "2"}
			if n%2 == 0 && len(labels) > 0 {
				cells[0] = labels[n/2%len(labels)]
			}
		}
		set(first+n, cells)
	}
	set(first+rows, []string{"Исполнитель: " + canaries[3] + ", тел. " + canaries[2], canaries[0]})
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// TestNoCanaryComesOutOfAnyFormat is TestNoCanaryComesOutOfAnyContract for the
// contracts that are not of delimited text.
func TestNoCanaryComesOutOfAnyFormat(t *testing.T) {
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{HashKey: []byte("a key of the house, long enough")})
	told := map[string]uint64{}
	dead := map[string]uint64{}
	for _, id := range slices.Sorted(maps.Keys(house.Contracts)) {
		c := house.Contracts[id]
		var body []byte
		switch c.Format {
		case "csv":
			continue
		case "xlsx":
			body = canaryWorkbook(t, c, 300)
		default:
			body = canaryJSON(t, c, 300)
		}
		v := &wire.Vintage{Source: string(c.ID), Run: string(c.ID) + "/1", Page: 1, RecordedAtMs: 1000, ReleasedAtMs: 1000}
		out, err := d.Decode(&wire.RawPage{Url: string(c.ID) + "@2026-Q3-rev", Vintage: v}, body)
		must(t, err)
		told[c.Format] += out.Flow.GetObservations() + out.Flow.GetEvents()
		dead[c.Format] += out.Flow.GetRecordsDead()
		if out.Flow.GetRecordsIn() < 2 {
			t.Errorf("%s: the page was refused whole, nothing was tried: %v", c.ID, words(t, out).Dead)
		}
		holdNoCanary(t, c.ID, out)
	}
	for _, format := range []string{"xlsx", "json", "egov", "taldau"} {
		if told[format] == 0 || dead[format] == 0 {
			t.Errorf("%s: %d observations and events, %d dead letters: want both", format, told[format], dead[format])
		}
	}
	t.Logf("observations and events %v, dead %v", told, dead)
}

// holdNoCanary looks for the canaries in what a page said, also in disguise.
func holdNoCanary(t *testing.T, id auyl.SourceID, out ingest.Decoded) {
	t.Helper()
	for _, c := range canaries {
		for _, x := range []string{c, url.QueryEscape(c), base64.StdEncoding.EncodeToString([]byte(c))} {
			for _, p := range out.Payloads {
				if at := bytes.Index(p.Data, []byte(x)); at >= 0 {
					t.Errorf("%s: %q is in %s: …%q…", id, c, p.Subject, p.Data[max(0, at-60):min(len(p.Data), at+60)])
					return
				}
			}
		}
	}
}
