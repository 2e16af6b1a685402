package ingest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// canaries are a person who is not born yet, as registers write one.
var canaries = []string{
	"991231500005", "991231 500 005", "+7 (000) 000-00-01", "Канарейкина Проба", "proba@kanareyka.example",
	"0000 0000 0000 0000", "KZ00 ZZZ0 12AB 34CD 56EF", "KZ00ZZZ012AB34CD56EF",
}

// canaryRow is a record of a contract in which everything that may be text holds
// a canary; what must be readable for the record to get further is readable.
func canaryRow(c *schemas.Contract, names []string, n int) []string {
	row := make([]string, len(names))
	for i, name := range names {
		f, declared := c.Fields[name]
		canary := canaries[(n+i)%len(canaries)]
		good := n%4 == 0 // a record that gets through, so that what it makes is searched too
		switch {
		case !declared || f.Personal != "":
			row[i] = canary
		case name == c.Area.Field && (good || n%3 != 0):
			row[i] = "195259000"
		case len(f.OneOf) > 0 && (good || n%7 != 0):
			row[i] = f.OneOf[n%len(f.OneOf)]
		case f.Type == "number" && (good || n%5 != 0):
			row[i] = "1"
			if f.Min != nil && *f.Min > 1 {
				row[i] = strconv.Itoa(int(*f.Min))
			}
		case f.Type == "period" && (good || n%11 != 0):
			row[i] = map[auyl.Freq]string{auyl.FreqYear: "2025", auyl.FreqHalfYear: "2026-S1", auyl.FreqQuarter: "2026-Q2", auyl.FreqMonth: "2026-M09"}[c.Period.Freq]
			if row[i] == "" {
				row[i] = "2026-09-01"
			}
		case f.Type == "instant" && (good || n%13 != 0):
			row[i] = "2026-09-14 10:00:00"
		case slices.Contains(c.Unique, name) || c.Event != nil && c.Event.ID == name:
			row[i] = fmt.Sprintf("N-%d", n)
		default:
			row[i] = canary
		}
	}
	return row
}

// TestNoCanaryComesOutOfAnyContract gives each contract of delimited text pages
// whose every free cell, undeclared column, title and broken line holds a canary,
// and looks for it in all that the decoder says, also in its usual disguises.
// AUYL_CANARY_RECORDS says how many records there are in all.
func TestNoCanaryComesOutOfAnyContract(t *testing.T) {
	t.Parallel()
	total := 100_000
	if v := os.Getenv("AUYL_CANARY_RECORDS"); v != "" { //nolint:forbidigo // how long to look
		n, err := strconv.Atoi(v)
		must(t, err)
		total = n
	}
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{HashKey: []byte("a key of the house, long enough")})
	var ids []auyl.SourceID
	for _, id := range slices.Sorted(maps.Keys(house.Contracts)) {
		if house.Contracts[id].Format == "csv" {
			ids = append(ids, id)
		}
	}
	var disguises [][]byte
	for _, c := range canaries {
		disguises = append(disguises, []byte(c), []byte(url.QueryEscape(c)), []byte(base64.StdEncoding.EncodeToString([]byte(c))))
	}
	var said, told, millions atomic.Int64
	var work sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		work.Go(func() {
			for page := w; said.Load() < int64(total) && !t.Failed(); page += workers {
				c := house.Contracts[ids[page%len(ids)]]
				body, records := canaryPage(c, page)
				v := &wire.Vintage{Source: string(c.ID), Run: string(c.ID) + "/1", Page: 1, RecordedAtMs: 1000, ReleasedAtMs: 1000}
				out, err := d.Decode(&wire.RawPage{Url: string(c.ID) + "@2026-Q3.csv", Vintage: v}, body)
				if err != nil {
					t.Errorf("%s: %v", c.ID, err)
					return
				}
				told.Add(int64(out.Flow.GetObservations() + out.Flow.GetEvents()))
				for _, p := range out.Payloads {
					for i, x := range disguises {
						if at := bytes.Index(p.Data, x); at >= 0 {
							t.Errorf("%s: %q is in %s: …%q…", c.ID, canaries[i/3], p.Subject, p.Data[max(0, at-60):min(len(p.Data), at+60)])
							return
						}
					}
				}
				n := said.Add(int64(records))
				if m := millions.Load(); n/1_000_000 > m && millions.CompareAndSwap(m, n/1_000_000) {
					t.Logf("%d records searched, nothing found", n)
				}
			}
		})
	}
	work.Wait()
	if told.Load() == 0 {
		t.Error("no record of any contract got through: nothing was tried")
	}
	t.Logf("%d records of %d contracts, %d observations and events", said.Load(), len(ids), told.Load())
}

// canaryPage is a page of a contract full of canaries, and how many records it has.
func canaryPage(c *schemas.Contract, page int) (body []byte, records int) {
	const perPage = 5000
	names := slices.Sorted(maps.Keys(c.Fields))
	for _, title := range c.Titles {
		names = slices.DeleteFunc(names, func(n string) bool { return n == title.Field })
	}
	names = append(names, "контакт")
	delimiter := c.Layout.Delimiter
	if delimiter == "" {
		delimiter = ";"
	}
	var b bytes.Buffer
	for range c.Layout.SkipRows {
		fmt.Fprintf(&b, "Исполнитель: %s, тел. %s%s\n", canaries[3], canaries[2], delimiter)
	}
	b.WriteString(strings.Join(names, delimiter) + "\n")
	for n := range perPage {
		b.WriteString(strings.Join(canaryRow(c, names, page+n), delimiter) + "\n")
	}
	fmt.Fprintf(&b, "Исполнитель: %s, тел. %s%s%s\n", canaries[3], canaries[2], delimiter, canaries[0])
	return b.Bytes(), perPage + 1
}
