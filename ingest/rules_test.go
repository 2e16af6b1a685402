package ingest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// posts lists posts of okrug offices, a line each.
const posts = `id: x.posts
version: 1
title: {ru: а, kk: б, en: c}
license: test
origin: synthetic
rank: synthetic
format: csv
layout: {delimiter: ";"}
area: {field: kato, by: code_or_name, name: okrug, parent: "=195800000", within: "190000000", levels: [okrug]}
period: {field: day, freq: M, as_of: true}
unique: [kato, okrug, post]
fields:
  kato: {type: text, harmless: true}
  okrug: {type: text, harmless: true}
  post: {type: text, required: true, harmless: true}
  day: {type: period, required: true, harmless: true}
  taken: {type: number, min: 0, max: 1, harmless: true}
measures:
  - {series: staff_posts, value: "=1", sum: true}
  - {series: staff_taken, value: taken, sum: true, times: 1000}
`

const testSeries = `# yaml-language-server: $schema=../schema/series.schema.json
series:
  - {id: staff_posts, names: {ru: а, kk: б, en: c}, unit: post, kind: flow, freq: [M], level: okrug}
  - {id: staff_taken, names: {ru: а, kk: б, en: c}, unit: post, kind: flow, freq: [M], level: okrug}
  - {id: plan_tax, names: {ru: а, kk: б, en: c}, unit: KZT, kind: flow, freq: [A], level: okrug}
  - {id: plan_fees, names: {ru: а, kk: б, en: c}, unit: KZT, kind: flow, freq: [A], level: okrug}
  - {id: heads, names: {ru: а, kk: б, en: c}, unit: head, kind: stock, freq: [D], level: okrug, max_age_days: 400}
`

func TestPostsOfAListAreAddedUp(t *testing.T) {
	t.Parallel()
	d := decoderWith(t, testSeries, nil, posts)
	got := decode(t, d, "x.posts", `kato;okrug;post;day;taken
195830000;Нарынкольский с.о.;akim;01.11.2026;1
195830000;Нарынкольский с.о.;vet;01.11.2026;0
195830000;Нарынкольский с.о.;vet;01.11.2026;0
;Шалкодинский с.о.;akim;01.11.2026;1
;Жамбылский с.о.;akim;01.11.2026;1
195839000;Жамбылский с.о.;akim;01.11.2026;7
195839000;Жамбылский с.о.;vet;01.11.2026;1
;Нигдеский с.о.;vet;01.11.2026;1
`)
	want := said{
		Obs: []string{
			"195800000 staff_posts[] 195830000 2026-M10 2 A", "195800000 staff_taken[] 195830000 2026-M10 1000 A",
			"195800000 staff_posts[] 195875000 2026-M10 1 A", "195800000 staff_taken[] 195875000 2026-M10 1000 A",
			// A post of Zhambyl is lost, so its counts are known to be short.
			"195800000 staff_posts[] 195839000 2026-M10 2 E", "195800000 staff_taken[] 195839000 2026-M10 2000 E",
		},
		Dead: got.Dead, Flow: got.Flow,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(got.Dead) != 2 || !strings.Contains(got.Dead[0], ingest.ReasonRange) || !strings.Contains(got.Dead[1], ingest.ReasonArea) {
		t.Errorf("dead letters %q, want one out of range and one unknown area", got.Dead)
	}
}

// plan is a budget plan whose every wording is the whole of it, with its date in a
// title and totals that must add up.
const plan = `id: x.plan
version: 1
title: {ru: а, kk: б, en: c}
license: test
origin: synthetic
rank: synthetic
format: csv
layout: {delimiter: ";", skip_rows: 2}
number: {decimal: ",", thousands: " ", missing: ["…"], provisional: ["*"]}
area: {field: kato, by: code, within: "190000000"}
period: {field: year, freq: A}
restates: true
titles:
  - {field: kato, pattern: 'КАТО (\d{9})'}
  - {field: year, pattern: 'на (\d{4}) год'}
totals:
  - {when: {line: ["0"]}, of: [amount], tolerance: 0.1}
unique: [line]
fields:
  kato: {type: text, harmless: true}
  year: {type: period, harmless: true}
  line: {type: text, required: true, harmless: true}
  amount: {type: number, harmless: true}
measures:
  - {series: plan_tax, value: amount, when: {line: ["1"]}}
  - {series: plan_fees, value: amount, when: {line: ["2"]}}
`

func TestPlansAreHeldAgainstTheirTotalsAndRestated(t *testing.T) {
	t.Parallel()
	d := decoderWith(t, testSeries, nil, plan)
	title := "Бюджет округа (КАТО 195259000);\nутверждён на 2026 год;тыс. тенге\nline;amount\n"
	for _, tt := range []struct {
		name, body string
		want       said
	}{
		{"adds up", "1;1 200,5\n2;300,0*\n0;1 500,5\n", said{
			Obs:  []string{"195200000 plan_tax[] 195259000 2026 1200.5 A", "195200000 plan_fees[] 195259000 2026 300 P"},
			Flow: "in 3 used 2 skipped map[total_row:1] dead 0 obs 2 evt 0",
		}},
		{"a line less is withdrawn", "1;1 200,5\n0;1 200,5\n", said{
			Obs:  []string{"195200000 plan_tax[] 195259000 2026 1200.5 A", "195200000 plan_fees[] 195259000 2026 0 M"},
			Flow: "in 2 used 1 skipped map[total_row:1] dead 0 obs 2 evt 0",
		}},
		{"does not add up", "1;1 200,5\n2;300,0\n0;1 600,5\n", said{
			Obs:  []string{"195200000 plan_tax[] 195259000 2026 1200.5 A", "195200000 plan_fees[] 195259000 2026 300 A"},
			Dead: []string{`line 6 amount total_mismatch "1 600,5"`},
			Flow: "in 3 used 2 skipped map[] dead 1 obs 2 evt 0",
		}},
		{"a part that is missing proves nothing", "1;1 200,5\n2;…\n0;1 600,5\n", said{
			Obs:  []string{"195200000 plan_tax[] 195259000 2026 1200.5 A", "195200000 plan_fees[] 195259000 2026 0 M"},
			Flow: "in 3 used 2 skipped map[total_row:1] dead 0 obs 2 evt 0",
		}},
	} {
		if d := cmp.Diff(tt.want, decode(t, d, "x.plan", title+tt.body)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
	lost := decode(t, d, "x.plan", "Бюджет округа;\nутверждён;\nline;amount\n1;5\n")
	if want := []string{`page  missing_column "columns line, amount"`}; !cmp.Equal(lost.Dead, want) {
		t.Errorf("without title: dead %q, want %q", lost.Dead, want)
	}
}

// herd reports heads by okrug and knows who counted.
const herd = `id: x.herd
version: 1
title: {ru: а, kk: б, en: c}
license: test
origin: synthetic
rank: synthetic
format: csv
layout: {delimiter: ";"}
area: {field: kato, by: code, within: "190000000", levels: [okrug]}
period: {field: month, freq: M}
expect: {level: okrug, freq: M, by_day: 5, minimum: 0.01, partial: "-rev"}
unique: [counter, kato]
limits:
  - {field: heads, when: {small: ["1"]}, max: 100}
fields:
  kato: {type: text, harmless: true}
  month: {type: period}
  heads: {type: number, min: 0, at_most: capacity}
  capacity: {type: number}
  small: {type: text}
  counter: {type: text, personal: hash}
  born: {type: instant, personal: generalise, keep: year}
measures:
  - {series: heads, value: heads, sum: true, at: end}
`

func TestRulesBetweenFields(t *testing.T) {
	t.Parallel()
	const iin = "991231500005"
	d := decoderWith(t, testSeries, []byte("a key of the house, long enough"), herd)
	got := decode(t, d, "x.herd", `kato;month;heads;capacity;small;counter;born
195830000;ноябрь 2026;50;100;1;`+iin+`;31.12.2099
195830000;ноябрь 2026;50;100;1;9912 3150 0005;31.12.2099
195830000;ноябрь 2026;70;60;0;2;31.12.2099
195839000;2026 жылғы 1 қараша;150;1000;1;3;31.12.2099
195845000;2026-11;40;1000;0;4;31.12.2099
`)
	want := said{
		Obs: []string{"195800000 heads[] 195830000 2026-12-01 50 E", "195800000 heads[] 195845000 2026-12-01 40 A"},
		// Neither figure is harmless, so neither is quoted.
		Dead: []string{`line 4 heads out_of_range ""`, `line 5 heads out_of_range ""`},
		Flow: "in 5 used 2 skipped map[duplicate:1] dead 2 obs 2 evt 0",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestShrunkenPageIsRefused(t *testing.T) {
	t.Parallel()
	d := decoderWith(t, testSeries, []byte("a key of the house, long enough"), herd)
	body := "kato;month;heads;capacity;small;counter;born\n195830000;2026-11;5;9;0;a;\n"
	got := decode(t, d, "x.herd", body) // one okrug of 137, and a hundredth of them must report
	if want := []string{`page  page_shrunken "1 areas"`}; !cmp.Equal(got.Dead, want) || len(got.Obs) > 0 {
		t.Errorf("dead %q, want %q; observations %q", got.Dead, want, got.Obs)
	}
	page := &wire.RawPage{Url: "x.herd@2026-11-rev.csv", Vintage: &wire.Vintage{Source: "x.herd"}}
	out, err := d.Decode(page, []byte(body))
	must(t, err)
	if got := words(t, out); len(got.Obs) != 1 || len(got.Dead) != 0 {
		t.Errorf("a page of corrections: %+v, want its one observation", got)
	}
}

func TestNothingIsHashedWithoutAKey(t *testing.T) {
	t.Parallel()
	d := decoderWith(t, testSeries, []byte("short"), herd)
	if _, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: "x.herd"}}, []byte("kato\n1\n")); err == nil {
		t.Error("a contract that hashes was read with a key of five bytes")
	}
}

func TestContractsOfRulesAreChecked(t *testing.T) {
	t.Parallel()
	cat, err := schemas.LoadCatalogue(schemas.FS)
	must(t, err)
	for _, tt := range []struct{ old, replacement, want string }{
		{`unique: [counter, kato]`, ``, "wants unique"},
		{`personal: hash}`, `personal: hash, harmless: true}`, "cannot be harmless"},
		{`at_most: capacity`, `at_most: kato`, "has type text, want number"},
		{`keep: year`, `keep: century`, "keep wants year, month or day"},
		{`by: code,`, `by: name,`, "names repeat"},
		{`{field: kato, by: code,`, `{field: counter, by: code,`, "is hashed: it can name a record, no more"},
		{`max: 100}`, `}`, "a limit wants min or max"},
		{`minimum: 0.01`, `minimum: 7`, "minimum from 0 to 1"},
		{`value: heads, sum`, `value: "=x", sum`, "constant"},
	} {
		text := strings.Replace(strings.Replace(herd, "series: heads", "series: livestock_registered", 1), tt.old, tt.replacement, 1)
		_, err := schemas.LoadContracts(fstest.MapFS{"contracts/x.herd.yaml": {Data: []byte(text)}}, cat)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s → %s: %v, want %q", tt.old, tt.replacement, err, tt.want)
		}
	}
}
