package ingest_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

const (
	incomeContract = `id: test.income
version: 2
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: csv
area: {field: kato, by: code, within: "190000000"}
period: {field: month, freq: M}
fields:
  kato: {type: text, required: true, harmless: true}
  month: {type: period, required: true, harmless: true}
  value: {type: number, min: 0, harmless: true}
measures:
  - {series: retail_turnover, value: value}
`
	titledContract = `id: test.titled
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: csv
layout: {skip_rows: 1}
area: {field: kato, by: code, within: "190000000"}
period: {field: month, freq: M}
titles:
  - {field: month, pattern: 'за (\S+ \d{4})'}
fields:
  kato: {type: text, required: true, harmless: true}
  month: {type: period, required: true, harmless: true}
  value: {type: number, min: 0, harmless: true}
measures:
  - {series: retail_turnover, value: value}
`
)

// order decodes pages one behind the other, as the loop does, with what is
// remembered in a map.
type order struct {
	tb   testing.TB
	d    *ingest.Decoder
	past map[string][]byte
	seq  uint64
}

func orderOf(tb testing.TB, contracts ...string) *order {
	tb.Helper()
	return &order{tb, decoder(tb, contracts...), map[string][]byte{}, 0}
}

func (o *order) decode(page *wire.RawPage, body string) ingest.Decoded {
	o.tb.Helper()
	out, err := o.d.DecodeAfter(page, []byte(body), func(subject string) (*wire.Delivery, error) {
		b, ok := o.past[subject]
		if !ok {
			return nil, nil //nolint:nilnil // as the loop
		}
		d := &wire.Delivery{}
		return d, wire.Unmarshal(b, d)
	})
	must(o.tb, err)
	for _, p := range out.Past {
		o.past[p.Subject] = p.Data
	}
	return out
}

// page is the next page of a source under a name.
func (o *order) page(key, body string) *wire.RawPage {
	o.seq++
	sum := sha256.Sum256([]byte(body))
	source, _, _ := strings.Cut(key, "@")
	return &wire.RawPage{Url: key, Vintage: &wire.Vintage{
		Source: source, Run: fmt.Sprintf("%s/%d", source, o.seq), Page: 1, RawSeq: o.seq, RawSha256: sum[:], RecordedAtMs: int64(o.seq), ReleasedAtMs: int64(o.seq), Origin: 1, Rank: 1,
	}}
}

// take decodes the next page and returns the reasons for which it was held back.
func (o *order) take(key, body string) []string {
	o.tb.Helper()
	return heldFor(o.tb, o.decode(o.page(key, body), body))
}

func heldFor(tb testing.TB, d ingest.Decoded) []string {
	tb.Helper()
	var out []string
	for _, p := range d.Payloads {
		if !strings.HasPrefix(p.Subject, "dead.") {
			continue
		}
		var l wire.DeadLetters
		must(tb, wire.Unmarshal(p.Data, &l))
		for _, x := range l.GetLetters() {
			if x.GetPosition() == "page" && x.GetResolvedBy() == 0 {
				out = append(out, x.GetReason())
			}
		}
	}
	if len(out) > 0 && (d.Flow.GetObservations() > 0 || len(d.Past) > 0) {
		tb.Errorf("held back for %q, and yet %v", out, d.Flow)
	}
	return out
}

// places are okrugs of the oblast, in the order of their codes.
func places(tb testing.TB, n int) []string {
	tb.Helper()
	areas, err := schemas.LoadAreas(schemas.FS)
	must(tb, err)
	var out []string
	for _, a := range areas.All() {
		if a.Level == auyl.LevelOkrug && strings.HasPrefix(a.Code.String(), "19") && a.ValidFrom < 9000 && a.ValidTo == auyl.MaxDay && len(out) < n {
			out = append(out, a.Code.String())
		}
	}
	if len(out) < n {
		tb.Fatalf("%d okrugs, want %d", len(out), n)
	}
	return out
}

// month is a file of figures, each times a factor.
func month(at string, codes []string, times float64) string {
	var b strings.Builder
	b.WriteString("kato;month;value\n")
	for i, k := range codes {
		fmt.Fprintf(&b, "%s;%s;%.1f\n", k, at, float64(1000+37*i*i%900)*times)
	}
	return b.String()
}

func TestARepeatedDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	codes := places(t, 12)
	september := month("2026-09", codes, 1)
	reversed := func(body string) string {
		lines := strings.Split(strings.TrimSpace(body), "\n")
		slices.Reverse(lines[1:])
		return strings.Join(lines, "\n") + "\n"
	}
	titled := func(at string) string {
		return "Объём за " + at + "\n" + strings.ReplaceAll(strings.Replace(month("x", codes, 1), ";month;", ";", 1), ";x;", ";")
	}
	tests := []struct {
		name                     string
		firstKey, first, key, it string
		want                     []string
	}{
		{"the same bytes under this month's name", "test.income@2026-09.csv", september, "test.income@2026-10.csv", september, []string{"page_repeated"}},
		{"in words", "test.income@сентябрь 2026.csv", september, "test.income@октябрь 2026.csv", september, []string{"page_repeated"}},
		{"under a name that says no period", "test.income@a.csv", september, "test.income@b.csv", september, []string{"page_repeated"}},
		{"other bytes, the same records in another order", "test.income@2026-09.csv", september, "test.income@2026-10.csv", reversed(september), []string{"page_repeated"}},
		{"the same figures under another title", "test.titled@a.csv", titled("сентябрь 2026"), "test.titled@a.csv", titled("октябрь 2026"), []string{"page_repeated"}},
		{"a correction that corrects nothing", "test.income@2026-09.csv", september, "test.income@2026-09-rev.csv", september, nil},
		{"the same name again", "test.income@2026-09.csv", september, "test.income@2026-09.csv", september, nil},
		{"another order under the same name", "test.income@2026-09.csv", september, "test.income@2026-09.csv", reversed(september), nil},
		{"the month that follows, with the same figures in it", "test.income@2026-09.csv", september, "test.income@2026-10.csv", month("2026-10", codes, 1), nil},
		{"another district", "test.income@195200000.csv", september, "test.income@195800000.csv", month("2026-09", codes[:3], 2), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := orderOf(t, incomeContract, titledContract)
			if got := o.take(tt.firstKey, tt.first); got != nil {
				t.Fatalf("the first one is held back for %q:\n%s", got, tt.first)
			}
			if got := o.take(tt.key, tt.it); !slices.Equal(got, tt.want) {
				t.Errorf("held back for %q, want %q", got, tt.want)
			}
		})
	}
}

func TestABreakHoldsTheDeliveryBack(t *testing.T) {
	t.Parallel()
	codes := places(t, 20)
	column := strings.ReplaceAll
	tests := []struct {
		name string
		now  string
		want []string
	}{
		{"nothing", month("2026-10", codes, 1.1), nil},
		{"thousands", month("2026-10", codes, 0.001*1.02), []string{"unit_jump"}},
		{"of thousands", month("2026-10", codes, 1000), []string{"unit_jump"}},
		{"a year in a month", month("2026-10", codes, 12.3), []string{"unit_jump"}},
		{"four times as much", month("2026-10", codes, 4), nil},
		{"another column", month("2026-10", codes, 40), []string{"distribution"}},
		{"nothing but zeros", month("2026-10", codes, 0), []string{"distribution"}},
		{"one figure for all", column(month("2026-10", nil, 0), "\n", "\n"+strings.Join(codes, ";2026-10;700\n")+";2026-10;700\n"), []string{"distribution"}},
		{"half of the areas", month("2026-10", codes[:9], 1), []string{"areas_missing"}},
		{"some areas", month("2026-10", codes[:16], 1), nil},
		{"words for figures", strings.ReplaceAll(month("2026-10", codes, 1), ".0", " тыс."), nil}, // few rows: each is a dead letter
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := orderOf(t, incomeContract)
			for _, m := range []string{"2026-08", "2026-09"} {
				if got := o.take("test.income@"+m+".csv", month(m, codes, 1)); got != nil {
					t.Fatalf("%s is held back for %q", m, got)
				}
			}
			if got := o.take("test.income@2026-10.csv", tt.now); !slices.Equal(got, tt.want) {
				t.Errorf("held back for %q, want %q", got, tt.want)
			}
			// The feed goes on: what is held back is no measure for the next one.
			if got := o.take("test.income@2026-11.csv", month("2026-11", codes, 1.05)); got != nil && tt.name != "four times as much" {
				t.Errorf("the next one is held back for %q", got)
			}
		})
	}
}

func TestShrunkenAndFaultyDeliveriesAreHeldBack(t *testing.T) {
	t.Parallel()
	codes := places(t, 20)
	three := func(m string, n int, value string) string {
		var b strings.Builder
		b.WriteString("kato;month;value\n")
		for _, k := range codes[:n] {
			for _, at := range []string{m, "2026-01", "2026-02"} {
				fmt.Fprintf(&b, "%s;%s;%s\n", k, at, value)
			}
		}
		return b.String()
	}
	off := strings.Replace(incomeContract, "fields:", "hold: {off: [areas_missing, rows_missing]}\nfields:", 1)
	wide := strings.Replace(incomeContract, "fields:", "hold: {areas: 0.9, rows: 0.2}\nfields:", 1)
	tests := []struct {
		name, contract, key, now string
		want                     []string
	}{
		{"a third of it", incomeContract, "test.income@2026-10.csv", three("2026-10", 6, "5"), []string{"rows_missing", "areas_missing"}},
		{"said to be corrections", incomeContract, "test.income@2026-10-rev.csv", three("2026-10", 6, "5"), nil},
		{"the contract does not mind", off, "test.income@2026-10.csv", three("2026-10", 6, "5"), nil},
		{"the contract minds less", wide, "test.income@2026-10.csv", three("2026-10", 6, "5"), nil},
		{"words for figures", incomeContract, "test.income@2026-10.csv", strings.Replace(three("2026-10", 20, "много"), "много", "5", 25), []string{"rows_missing", "areas_missing", "faults_rose"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := orderOf(t, tt.contract)
			if got := o.take("test.income@2026-09.csv", three("2026-09", 20, "5")); got != nil {
				t.Fatalf("the first one is held back for %q", got)
			}
			if got := o.take(tt.key, tt.now); !slices.Equal(got, tt.want) {
				t.Errorf("held back for %q, want %q", got, tt.want)
			}
		})
	}
}

// decided is a decision on a page as it stands in RAW.
func (o *order) decided(page *wire.RawPage, accept bool, reasons ...string) *wire.RawPage {
	o.seq++
	v := wire.CloneVintage(page.GetVintage())
	v.ReplaySeq, v.ReplayedAtMs = o.seq, 1000
	r := &wire.Replay{AskedAtMs: 1000, Decision: &wire.Decision{Accept: accept, By: "aigul", Why: "the source says so"}}
	for _, x := range reasons {
		r.Letters = append(r.Letters, &wire.Refused{Position: "page", Reason: x})
	}
	return &wire.RawPage{Vintage: v, Url: page.GetUrl(), Replay: r}
}

func TestAnAcceptedDeliveryIsDecodedAndMeasuresTheNext(t *testing.T) {
	t.Parallel()
	codes := places(t, 12)
	o := orderOf(t, incomeContract)
	o.take("test.income@2026-09.csv", month("2026-09", codes, 1))
	body := month("2026-10", codes, 1000)
	page := o.page("test.income@2026-10.csv", body)
	if got := heldFor(t, o.decode(page, body)); !slices.Equal(got, []string{"unit_jump"}) {
		t.Fatalf("held back for %q", got)
	}
	out := o.decode(o.decided(page, true, "unit_jump"), body)
	if got := heldFor(t, out); got != nil || out.Flow.GetObservations() != 12 || out.Flow.GetRetried() != 1 || out.Flow.GetReplayOf() != page.GetVintage().GetRawSeq() {
		t.Errorf("accepted: held back for %q, flow %v", got, out.Flow)
	}
	said := letters(t, out)
	if len(said) != 1 || !strings.Contains(said[0], "unit_jump") {
		t.Errorf("letters %q", said)
	}
	if got := o.take("test.income@2026-11.csv", month("2026-11", codes, 1001)); got != nil {
		t.Errorf("the next in the new unit is held back for %q", got)
	}
	if got := o.take("test.income@2026-12.csv", month("2026-12", codes, 1)); !slices.Equal(got, []string{"unit_jump"}) {
		t.Errorf("the old unit again is held back for %q", got)
	}
}

func TestADecisionWaivesWhatItNames(t *testing.T) {
	t.Parallel()
	codes := places(t, 20)
	o := orderOf(t, incomeContract)
	o.take("test.income@2026-09.csv", month("2026-09", codes, 1))
	body := month("2026-10", codes[:9], 1000)
	page := o.page("test.income@2026-10.csv", body)
	if got := heldFor(t, o.decode(page, body)); !slices.Equal(got, []string{"areas_missing", "unit_jump"}) {
		t.Fatalf("held back for %q", got)
	}
	out := o.decode(o.decided(page, true, "areas_missing"), body)
	if got := heldFor(t, out); !slices.Equal(got, []string{"unit_jump"}) {
		t.Errorf("with one check waived: held back for %q", got)
	}
	out = o.decode(o.decided(page, true, "areas_missing", "unit_jump"), body)
	if out.Flow.GetObservations() != 9 || out.Flow.GetRecordsDead() != 0 {
		t.Errorf("with both waived: %v", out.Flow)
	}
}

func TestARejectedDeliveryStaysOutAndItsLettersEnd(t *testing.T) {
	t.Parallel()
	codes := places(t, 12)
	o := orderOf(t, incomeContract)
	o.take("test.income@2026-09.csv", month("2026-09", codes, 1))
	body := month("2026-10", codes, 1000)
	page := o.page("test.income@2026-10.csv", body)
	o.take("test.income@2026-10.csv", body)
	out := o.decode(o.decided(page, false, "unit_jump"), "") // without its bytes
	f := out.Flow
	if f.GetRecordsIn() != 1 || f.GetRecordsDead() != 1 || f.GetRetried() != 1 || f.GetObservations() != 0 || len(out.Past) != 0 {
		t.Errorf("flow %v, %d to remember", f, len(out.Past))
	}
	var l wire.DeadLetters
	must(t, wire.Unmarshal(out.Payloads[0].Data, &l))
	if x := l.GetLetters()[0]; x.GetResolvedBy() != 2 || x.GetDecision().GetAccept() || x.GetDecision().GetBy() != "aigul" || x.GetDecision().GetWhy() != "the source says so" {
		t.Errorf("letter %v", x)
	}
}

// TestTheOrderOfPagesDecidesAlone decodes the same order twice, the second time with
// a decoder that was made anew before each page, as after a crash.
func TestTheOrderOfPagesDecidesAlone(t *testing.T) {
	t.Parallel()
	codes := places(t, 20)
	bodies := map[string]string{}
	for i, m := range []string{"01", "02", "03", "04", "05"} {
		bodies["test.income@2026-"+m+".csv"] = month("2026-"+m, codes[:20-3*i], float64(1+999*(i%2)))
	}
	run := func(fresh bool) (all []auyl.Payload) {
		o := orderOf(t, incomeContract)
		for _, key := range slices.Sorted(func(yield func(string) bool) {
			for k := range bodies {
				if !yield(k) {
					return
				}
			}
		}) {
			if fresh {
				o.d = decoder(t, incomeContract)
			}
			out := o.decode(o.page(key, bodies[key]), bodies[key])
			all = append(append(all, out.Payloads...), out.Past...)
		}
		return all
	}
	a, b := run(false), run(true)
	if len(a) != len(b) {
		t.Fatalf("%d and %d messages", len(a), len(b))
	}
	for i := range a {
		if a[i].Subject != b[i].Subject || !slices.Equal(a[i].Data, b[i].Data) {
			t.Errorf("message %d differs: %s and %s", i, a[i].Subject, b[i].Subject)
		}
	}
}
