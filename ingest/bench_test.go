package ingest_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/ingest/csv"
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
	measure := func(name string, read func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			before := processor(b)
			for b.Loop() {
				if n, err := read(); err != nil || n < rows {
					b.Fatal(n, err)
				}
			}
			// The time of the processor, and not that of the clock: what is held
			// against each other must not depend on who else is at work.
			b.ReportMetric(rows*float64(b.N)/(processor(b)-before).Seconds(), "records/cpu-s")
		})
	}
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
