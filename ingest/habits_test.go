package ingest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// headCount is one register under the format that a test asks for: a code, a day,
// a figure, and names in both languages.
func headCount(format, layout string) string {
	return `id: test.` + format + `
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: ` + format + `
layout: {` + layout + `}
number: {decimal: ",", thousands: "\u00a0\u202f ", missing: ["…", "н/д"], confidential: [x], zero: ["-", "0,0"], provisional: ["*"]}
area: {field: kato, by: code_or_name, name: name_ru, parent: "=195200000", within: "190000000", levels: [okrug]}
period: {field: day, freq: D, min: 2020-01-01}
skip:
  - {rule: footnote, field: day, in: ["* предварительные данные"]}
fields:
  kato: {type: text, harmless: true}
  name_ru: {type: text, harmless: true}
  name_kk: {type: text, harmless: true}
  day: {type: period, required: true, harmless: true}
  people: {type: number, min: 0, max: 100000, harmless: true}
measures:
  - {series: population_end, value: people}
`
}

const headCountHeader = "kato;name_ru;name_kk;day;people\n"

// refusedAs is a page of which nothing was taken.
func refusedAs(why string) said {
	return said{Dead: []string{"page  " + why}, Flow: "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"}
}

func used(obs ...string) said {
	return said{Obs: obs, Flow: "in 1 used 1 skipped map[] dead 0 obs 1 evt 0"}
}

func deadAs(why ...string) said {
	return said{Dead: why, Flow: "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"}
}

// TestHabitsOfPagesHaveTheirOutcome is one row for each way in which sources write
// pages that are not what their contract says, or only look so.
func TestHabitsOfPagesHaveTheirOutcome(t *testing.T) {
	t.Parallel()
	d := decoder(t, headCount("csv", `delimiter: ";"`), headCount("json", `records: "items"`), headCount("egov", ""), headCount("xlsx", ""), strings.Replace(strings.NewReplacer(
		"kato", "term", "code_or_name, name: name_ru, parent: \"=195200000\"", "taldau_term", "day", "date", "people", "value", "  name_ru: {type: text, harmless: true}\n  name_kk: {type: text, harmless: true}\n", "", "layout: {}\n", "",
	).Replace(headCount("taldau", "")), "field: day", "field: date", 1))
	figure := func(v string) string { return headCountHeader + "195259000;;;01.10.2026;" + v + "\n" }
	row := func(line string) string { return headCountHeader + line + "\n" }
	const is = "195200000 population_end[] 195259000 2026-10-01 "
	tests := []struct {
		name, source, body string
		want               said
	}{
		// Pages that are no data.
		{"a login page in place of JSON", "test.json", "<!DOCTYPE html><html><title>Вход</title></html>", refusedAs(`page_html "a page of HTML"`)},
		{"a captcha behind blank lines", "test.egov", "\n\n <html lang=\"ru\"><script src=\"/recaptcha/api.js\"></script>", refusedAs(`page_html "a page of HTML"`)},
		{"a captcha that is a script alone", "test.taldau", "<script>location='/challenge'</script>", refusedAs(`page_html "a page of HTML"`)},
		{"a captcha with a mark before it", "test.csv", "\ufeff<!doctype HTML><body>captcha</body>", refusedAs(`page_html "a page of HTML"`)},
		{"a captcha in place of a workbook", "test.xlsx", "<html><body>Подтвердите, что вы не робот</body></html>", refusedAs(`page_html "a page of HTML"`)},
		{"a captcha as JSON", "test.json", `{"captcha": true, "url": "/verify"}`, refusedAs(`page_broken "no list of records at the declared place: no \"items\""`)},
		{"an error in plain words", "test.csv", "Слишком много запросов\n", refusedAs(`missing_column "columns Слишком много запросов"`)},
		{"an empty list of JSON", "test.json", `{"items": []}`, refusedAs(`page_empty "0 records"`)},
		{"an empty list of the portal", "test.egov", `[]`, refusedAs(`page_empty "0 records"`)},
		{"an empty set of the portal that counts rows", "test.egov", `{"totalCount": 10, "data": []}`, refusedAs(`page_empty "0 records"`)},
		{"an empty list of Taldau", "test.taldau", `[]`, refusedAs(`page_empty "0 records"`)},
		{"a header alone", "test.csv", headCountHeader, refusedAs(`page_empty "0 records"`)},
		{"{} in place of records", "test.json", `{}`, refusedAs(`page_broken "no list of records at the declared place: no \"items\""`)},
		{"{} in place of rows", "test.egov", `{}`, refusedAs(`page_broken "not a list of rows: an object without a list under \"data\""`)},
		{"{} in place of slices", "test.taldau", `{}`, refusedAs(`page_broken "not a list of slices: the JSON begins with '{'"`)},
		{"quotes in JSON that are not escaped", "test.json", `{"items": [{"kato": "195259000", "name_ru": "ТОО "Ромашка"", "day": "01.10.2026", "people": "7"}]}`, refusedAs(`page_broken "broken JSON: at byte 54 of 108"`)},
		{"quotes in a slice that are not escaped", "test.taldau", `[{"terms":["1"],"termNames":["с. "Новое""],"periods":[]}]`, refusedAs(`page_broken "broken JSON: at byte 36 of 63"`)},
		{"UTF-16", "test.csv", "\xff\xfek\x00a\x00t\x00o\x00", refusedAs(`page_broken "NUL byte in the text: the page is UTF-16"`)},
		// Marks and spellings that are let pass.
		{"a mark before JSON", "test.json", "\ufeff" + `{"items": [{"kato": "195259000", "name_ru": "", "name_kk": "", "day": "01.10.2026", "people": "7"}]}`, used(is + "7 A")},
		{"keys with blanks behind them", "test.egov", `[{"kato ": "195259000", "name_ru": "", "name_kk": "", " day": "01.10.2026", "people ": "7"}]`, used(is + "7 A")},
		{"a header with blanks behind it", "test.csv", "kato ;name_ru;name_kk;day; people\t\n195259000;;;01.10.2026;7\n", used(is + "7 A")},
		{"columns in another order", "test.csv", "people;day;name_kk;name_ru;kato\n7;01.10.2026;;;195259000\n", used(is + "7 A")},
		{"a figure as a text with blanks around it", "test.json", `{"items": [{"kato": "195259000", "name_ru": "", "name_kk": "", "day": "01.10.2026", "people": " 1 204 "}]}`, used(is + "1204 A")},
		{"a figure as a number", "test.json", `{"items": [{"kato": "195259000", "name_ru": "", "name_kk": "", "day": "01.10.2026", "people": 1204}]}`, used(is + "1204 A")},
		{"a figure with a point where the contract has a comma", "test.json", `{"items": [{"kato": "195259000", "name_ru": "", "name_kk": "", "day": "01.10.2026", "people": 7.5}]}`, deadAs(`$.items[0] people not_a_number "7.5"`)},
		{"blanks between thousands", "test.csv", figure("12 045"), used(is + "12045 A")},
		{"blanks that do not break between thousands", "test.csv", figure("12\u00a0045,5"), used(is + "12045.5 A")},
		{"narrow blanks between thousands", "test.csv", figure("12\u202f045"), used(is + "12045 A")},
		{"a comma between thousands", "test.csv", figure("12,045,000"), deadAs(`line 2 people not_a_number "12,045,000"`)},
		{"a letter in a figure", "test.csv", figure("1O2"), deadAs(`line 2 people not_a_number "1O2"`)},
		{"a hyphen", "test.csv", figure("-"), used(is + "0 A")},
		{"a dash", "test.csv", figure("–"), used(is + "0 A")},
		{"a long dash", "test.csv", figure("—"), used(is + "0 A")},
		{"an ellipsis", "test.csv", figure("…"), used(is + "0 M")},
		{"three points", "test.csv", figure("..."), used(is + "0 M")},
		{"a Latin x", "test.csv", figure("x"), used(is + "0 C")},
		{"a Cyrillic х", "test.csv", figure("х"), used(is + "0 C")},
		{"not available, in letters", "test.csv", figure("н/д"), used(is + "0 M")},
		{"0,0 as the contract says", "test.csv", figure("0,0"), used(is + "0 A")},
		{"a figure that is preliminary", "test.csv", figure("7*"), used(is + "7 P")},
		{"a figure that is missing", "test.csv", figure(""), said{Flow: "in 1 used 0 skipped map[empty:1] dead 0 obs 0 evt 0"}},
		{"thousands as millions", "test.csv", figure("12045000"), deadAs(`line 2 people out_of_range "12045000"`)},
		// Rows that are none.
		{"a footnote in a cell of its own", "test.csv", figure("7") + ";;;* предварительные данные;\n", said{Obs: []string{is + "7 A"}, Flow: "in 2 used 1 skipped map[footnote:1] dead 0 obs 1 evt 0"}},
		{"a footnote below the table", "test.csv", figure("7") + "* предварительные данные\n", said{Obs: []string{is + "7 A"}, Dead: []string{`line 3  unreadable_record "number of fields: 1 fields, the header has 5"`}, Flow: "in 2 used 1 skipped map[] dead 1 obs 1 evt 0"}},
		{"a row twice", "test.csv", figure("7") + "195259000;;;01.10.2026;7\n", said{Obs: []string{is + "7 A"}, Flow: "in 2 used 1 skipped map[duplicate:1] dead 0 obs 1 evt 0"}},
		{"a key with two figures", "test.csv", figure("7") + "195259000;;;01.10.2026;8\n", said{Obs: []string{is + "7 A"}, Dead: []string{`line 3 kato duplicate_key "195259000"`}, Flow: "in 2 used 1 skipped map[] dead 1 obs 1 evt 0"}},
		{"a column that slipped in", "test.csv", row("195259000;;;;01.10.2026;7"), deadAs(`line 2  unreadable_record "number of fields: 6 fields, the header has 5"`)},
		{"columns of the languages swapped", "test.csv", row(";Шамалған а.о.;Шамалганский с.о.;01.10.2026;7"), used(is + "7 A")},
		{"headers of the languages swapped", "test.csv", "kato;name_kk;name_ru;day;people\n;Шамалганский с.о.;Шамалған а.о.;01.10.2026;7\n", used(is + "7 A")},
		{"a renamed column", "test.csv", strings.Replace(figure("7"), "people", "peoples", 1), refusedAs(`missing_column "columns kato, name_ru, name_kk, day, peoples"`)},
		// Dates.
		{"a date as Kazakhstan writes it", "test.csv", row("195259000;;;01.10.2026;7"), used(is + "7 A")},
		{"a date as a day number of a spreadsheet", "test.csv", row("195259000;;;46296;7"), used(is + "7 A")},
		{"a date that a spreadsheet gave a time", "test.csv", row("195259000;;;01.10.2026 0:00:00;7"), used(is + "7 A")},
		{"a date in words", "test.csv", row("195259000;;;1 октября 2026 года;7"), used(is + "7 A")},
		{"29 February of a leap year", "test.csv", row("195259000;;;29.02.2024;7"), used("195200000 population_end[] 195259000 2024-02-29 7 A")},
		{"29 February of no leap year", "test.csv", row("195259000;;;29.02.2026;7"), deadAs(`line 2 day bad_period "29.02.2026"`)},
		{"month before day", "test.csv", row("195259000;;;10/01/2026;7"), deadAs(`line 2 day bad_period "10/01/2026"`)},
		{"months since January where days are wanted", "test.csv", row("195259000;;;январь-июнь 2026 года;7"), deadAs(`line 2 day bad_period "январь-июнь 2026 года"`)},
		{"a quarter where days are wanted", "test.csv", row("195259000;;;1 кв. 2026;7"), deadAs(`line 2 day bad_period "1 кв. 2026"`)},
		// Codes.
		{"a code that lost its first zero", "test.csv", row("95259000;;;01.10.2026;7"), deadAs(`line 2 kato unknown_area "95259000"`)},
		{"a code as a spreadsheet's number", "test.json", `{"items": [{"kato": 195259000, "name_ru": "", "name_kk": "", "day": "01.10.2026", "people": "7"}]}`, used(is + "7 A")},
		{"a code with decimals", "test.csv", row("195259000.0;;;01.10.2026;7"), deadAs(`line 2 kato unknown_area "195259000.0"`)},
		{"a code that is closed", "test.csv", row("191033000;;;01.10.2026;7"), deadAs(`line 2 kato area_closed "191033000"`)},
		{"a code that was open then", "test.csv", row("191033000;;;01.10.2023;7"), used("191000000 population_end[] 191033000 2023-10-01 7 A")},
		{"a name that is elsewhere", "test.csv", row(";Нарынкольский с.о.;;01.10.2026;7"), deadAs(`line 2 name_ru unknown_area "Нарынкольский с.о."`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, decode(t, d, tt.source, tt.body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
