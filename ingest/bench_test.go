package ingest_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/csv"
	"github.com/auyl-kz/auyl/ingest/egov"
	"github.com/auyl-kz/auyl/ingest/taldau"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// BenchmarkCSV reads one file three times: to observations, with the scanner of
// the house alone, and with that of the standard library alone.
func BenchmarkCSV(b *testing.B) {
	d := decoder(b, peopleContract)
	var page strings.Builder
	page.WriteString(peopleHeader)
	const rows = 100_000
	for i := range rows {
		fmt.Fprintf(&page, "19%02d00000;село;%04d-%02d-%02d;both;%d;\n", []int{36, 40, 42, 52, 58, 62, 66, 68}[i%8], 1970+i/8/336, 1+i/8/28%12, 1+i/8%28, i)
	}
	body := []byte(page.String())
	measure := func(name string, read func() (int, error)) { measure(b, name, len(body), rows, read) }
	measure("observations", func() (int, error) {
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: "test.people"}}, body)
		return int(out.Flow.GetRecordsIn()), err
	})
	measure("ours", func() (int, error) {
		var n counter
		err := csv.Decode(body, csv.Options{}, &n)
		return int(n), err
	})
	measure("encoding", func() (n int, err error) {
		r := stdcsv.NewReader(bytes.NewReader(body))
		r.Comma, r.ReuseRecord = ';', true
		for ; ; n++ {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				return n, nil
			} else if err != nil {
				return n, err
			}
		}
	})
}

func measure(b *testing.B, name string, size, rows int, read func() (int, error)) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		before := processor(b)
		for b.Loop() {
			if n, err := read(); err != nil || n < rows {
				b.Fatal(n, err)
			}
		}
		// The time of the processor, and not that of the clock: what is held
		// against each other must not depend on who else is at work.
		b.ReportMetric(float64(rows*b.N)/(processor(b)-before).Seconds(), "records/cpu-s")
	})
}

// jsonContract is a contract of records in one of the JSON formats.
const jsonContract = `id: test.json
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: synthetic
rank: synthetic
format: %s
number: {missing: [x]}
area: {field: %s, by: %s, within: "190000000"}
period: {field: date}
fields:
  %[2]s: {type: text, required: true, harmless: true}
  date: {type: period, required: true, harmless: true}
  value: {type: number, min: 0, harmless: true}
measures:
  - {series: population_end, value: value}
`

// BenchmarkTaldau reads one answer three times: to observations, into records, and
// into the types of a program with the decoder of the standard library alone.
func BenchmarkTaldau(b *testing.B) {
	areas, err := schemas.LoadAreas(schemas.FS)
	must(b, err)
	var terms []string
	for _, district := range []auyl.AreaCode{193600000, 194000000, 194200000, 195200000, 195800000, 196200000, 196600000, 196800000} {
		terms = append(terms, areas.Terms()[district])
	}
	const slicesOf, periods = 500, 120
	type period struct {
		Name  string `json:"name"`
		Date  string `json:"date"`
		Value string `json:"value"`
	}
	type slice struct {
		Terms     []string `json:"terms"`
		TermNames []string `json:"termNames"`
		Periods   []period `json:"periods"`
	}
	var list []slice
	for i := range slicesOf {
		s := slice{Terms: []string{terms[i%len(terms)], strconv.Itoa(i)}, TermNames: []string{"ҚОНАЕВ Г.А.", "Всего"}}
		for j := range periods {
			s.Periods = append(s.Periods, period{fmt.Sprintf("январь %d года", 2010+j/12), largeDay(i/len(terms)*periods + j), strconv.Itoa(i * j)})
		}
		list = append(list, s)
	}
	body, err := json.Marshal(list)
	must(b, err)
	d := decoder(b, fmt.Sprintf(jsonContract, "taldau", "term", "taldau_term"))
	measureJSON(b, d, body, slicesOf*periods, func() (int, error) {
		var n counter
		err := taldau.Decode(body, taldau.Options{}, &n)
		return int(n), err
	}, func() (n int, err error) {
		var list []slice
		err = json.Unmarshal(body, &list)
		for i := range list {
			n += len(list[i].Periods)
		}
		return n, err
	})
}

// BenchmarkEgov does the same with rows of data.egov.kz.
func BenchmarkEgov(b *testing.B) {
	type row struct {
		ID    int    `json:"id"`
		KATO  string `json:"kato"`
		Name  string `json:"name_ru"`
		Date  string `json:"date"`
		Value string `json:"value"`
	}
	const rows = 60_000
	var list []row
	for i := range rows {
		list = append(list, row{i, fmt.Sprintf("19%02d00000", []int{36, 40, 42, 52, 58, 62, 66, 68}[i%8]), "Село", largeDay(i / 8), strconv.Itoa(i)})
	}
	body, err := json.Marshal(list)
	must(b, err)
	d := decoder(b, fmt.Sprintf(jsonContract, "egov", "kato", "code"))
	measureJSON(b, d, body, rows, func() (int, error) {
		var n counter
		err := egov.Decode(body, egov.Options{}, &n)
		return int(n), err
	}, func() (int, error) {
		var list []row
		err := json.Unmarshal(body, &list)
		return len(list), err
	})
}

func measureJSON(b *testing.B, d *ingest.Decoder, body []byte, rows int, records, alone func() (int, error)) {
	b.Helper()
	measure(b, "observations", len(body), rows, func() (int, error) {
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: "test.json"}}, body)
		if out.Flow.GetRecordsUsed() != uint64(rows) {
			return 0, fmt.Errorf("%v", out.Flow)
		}
		return rows, err
	})
	measure(b, "records", len(body), rows, records)
	measure(b, "encoding", len(body), rows, alone)
}

// processor returns the time that this process had of processors.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	must(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// counter counts records and does nothing else.
type counter int

func (*counter) Header([]string) error { return nil }

func (c *counter) Record(int, string, []string) error {
	*c++
	return nil
}

func (*counter) Broken(_ int, _ string, cause error) error { return cause }
