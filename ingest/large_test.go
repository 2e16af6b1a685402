package ingest_test

import (
	"archive/zip"
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/schemas/wire"
)

// peakMemory runs one test of this binary as a process of its own, with something
// to do, and returns the most that it had resident.
func peakMemory(t *testing.T, test, task string) (most uint64, said string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is read from /proc, which this system has not")
	}
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), "AUYL_LARGE_TASK="+task) //nolint:forbidigo // a process of the test
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`peak (\d+) kB`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("no peak in %s", out)
	}
	kb, err := strconv.ParseUint(string(found[1]), 10, 64)
	must(t, err)
	return kb << 10, string(out)
}

// task returns what peakMemory gave to this process; "" in the tests themselves.
func task(t *testing.T) string {
	t.Helper()
	v := os.Getenv("AUYL_LARGE_TASK") //nolint:forbidigo // a process of the test
	if v == "" {
		t.Skip("is run by other tests")
	}
	return v
}

func tellPeak(t *testing.T) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if peak == nil {
		t.Fatal("no VmHWM in /proc/self/status")
	}
	t.Logf("peak %s kB", peak[1])
}

const largeBookContract = `id: test.book
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: synthetic
rank: synthetic
format: xlsx
area: {field: kato, by: code, within: "190000000"}
period: {field: day}
fields:
  kato: {type: text, required: true, harmless: true}
  name: {type: text}
  day: {type: period, required: true, harmless: true}
  sex: {type: text, one_of: [both, male, female], harmless: true}
  people: {type: number, min: 0, max: 5000000, harmless: true}
measures:
  - {series: population_end, value: people, dims: {sex: sex}, totals: {sex: both}}
`

// writeBook writes a workbook as spreadsheet programs do: texts once, in a part of
// their own.
func writeBook(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	z := zip.NewWriter(f)
	part := func(name string, write func(*bufio.Writer)) {
		w, err := z.Create(name)
		must(t, err)
		b := bufio.NewWriter(w)
		write(b)
		must(t, b.Flush())
	}
	texts := map[string]int{}
	var order []string
	text := func(s string) int {
		i, ok := texts[s]
		if !ok {
			i = len(order)
			texts[s] = i
			order = append(order, s)
		}
		return i
	}
	part("[Content_Types].xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`)
	})
	part("xl/workbook.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<workbook xmlns:r="r"><sheets><sheet name="Лист1" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	})
	part("xl/_rels/workbook.xml.rels", func(w *bufio.Writer) {
		fmt.Fprint(w, `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`)
	})
	part("xl/worksheets/sheet1.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<worksheet><sheetData><row r="1">`)
		for i, n := range []string{"kato", "name", "day", "sex", "people"} {
			fmt.Fprintf(w, `<c r="%c1" t="s"><v>%d</v></c>`, 'A'+i, text(n))
		}
		fmt.Fprint(w, `</row>`)
		for i := range rows {
			n := i + 2
			fmt.Fprintf(w, `<row r="%d">`, n)
			for column, s := range []string{fmt.Sprintf("19%02d00000", []int{36, 40, 42, 52, 58, 62, 66, 68}[i%8]), fmt.Sprintf("село %d", i/8), largeDay(i / 8 / 3), []string{"both", "male", "female"}[i/8%3]} {
				fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+column, n, text(s))
			}
			fmt.Fprintf(w, `<c r="E%d"><v>%d</v></c></row>`, n, i%5_000_000)
		}
		fmt.Fprint(w, `</sheetData></worksheet>`)
	})
	part("xl/sharedStrings.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<sst>`)
		for _, s := range order {
			fmt.Fprintf(w, `<si><t>%s</t></si>`, s)
		}
		fmt.Fprint(w, `</sst>`)
	})
	must(t, z.Close())
	must(t, f.Close())
}

// largeDay gives days that are all different for a good hundred years.
func largeDay(i int) string { return fmt.Sprintf("%04d-%02d-%02d", 1970+i/336, 1+i/28%12, 1+i%28) }

// TestLargeWorkbookStaysWithinItsMemory decodes one to observations, in a process of
// its own. AUYL_LARGE_ROWS says how many rows it has: 1000000 is the budget.
func TestLargeWorkbookStaysWithinItsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads a large workbook")
	}
	rows := 100_000
	if v := os.Getenv("AUYL_LARGE_ROWS"); v != "" { //nolint:forbidigo // how large
		var err error
		rows, err = strconv.Atoi(v)
		must(t, err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	writeBook(t, path, rows)
	peak, said := peakMemory(t, "TestLargeBookTask", path)
	t.Logf("%d rows: peak %d MiB", rows, peak>>20)
	if !strings.Contains(said, fmt.Sprintf("in %d used %[1]d dead 0", rows)) {
		t.Errorf("not all rows were used: %s", said)
	}
	if peak > 256<<20 {
		t.Errorf("%d MiB resident, want at most 256", peak>>20)
	}
}

// TestLargeBookTask is the process of the test above.
func TestLargeBookTask(t *testing.T) {
	path := task(t)
	d := decoder(t, largeBookContract)
	body, err := os.ReadFile(path)
	must(t, err)
	out, err := d.Decode(&wire.RawPage{Url: filepath.Base(path), Vintage: &wire.Vintage{Source: "test.book"}}, body)
	must(t, err)
	if w := words(t, out); len(w.Dead) > 0 {
		t.Fatal(w.Flow, w.Dead[0])
	}
	t.Logf("in %d used %d dead %d", out.Flow.GetRecordsIn(), out.Flow.GetRecordsUsed(), out.Flow.GetRecordsDead())
	tellPeak(t)
}
