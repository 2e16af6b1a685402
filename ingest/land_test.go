package ingest_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// landContract is the text of a contract of the house, changed.
func landContract(t *testing.T, id string, oldnew ...string) string {
	t.Helper()
	b, err := fs.ReadFile(schemas.FS, "contracts/"+id+".yaml")
	must(t, err)
	text := string(b)
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("contract %s lacks %q", id, oldnew[i])
		}
	}
	return strings.NewReplacer(oldnew...).Replace(text)
}

// treasuryDecoder knows the workbook of the treasury, the same as text, and as text
// with Kazakh words.
func treasuryDecoder(t *testing.T, more ...string) *ingest.Decoder {
	t.Helper()
	const id = "akimat.okrug_budget_execution"
	plain := []string{"id: " + id, "id: test.lines", "format: xlsx", "format: csv", "layout: {header: [4, 5]}", `layout: {skip_rows: 3, header_rows: 2, delimiter: ";"}`}
	kk := append([]string{}, plain...)
	kk[1] = "id: test.kazakh"
	kk = append(
		kk, `КАТО (\d{9})`, `ӘАОЖ (\d{9})`, `по состоянию на (\d{1,2} \p{L}+ \d{4} года)`, `(\d{4} жылғы \d{1,2} \p{L}+)`,
		"Классификация / код", "Жіктеуіш / коды", "Классификация / наименование", "Жіктеуіш / атауы", "План / на год", "Жоспар / жылға",
		"План / на период", "Жоспар / кезеңге", "Исполнение / сумма", "Атқарылуы / сома",
	)
	return decoder(t, append(more, landContract(t, id), landContract(t, id, plain...), landContract(t, id, kk...))...)
}

func recordedLand(t *testing.T, d *ingest.Decoder, source, file string) said {
	t.Helper()
	body, err := os.ReadFile("testdata/recorded/" + file)
	must(t, err)
	out, err := d.Decode(&wire.RawPage{Url: source + "@x", Vintage: &wire.Vintage{Source: source, Run: "r", Page: 1}}, body)
	must(t, err)
	for _, p := range out.Payloads {
		for _, canary := range []string{"(000)", "Пробная"} {
			if strings.Contains(string(p.Data), canary) {
				t.Errorf("%s: %q left decode in %s", file, canary, p.Subject)
			}
		}
	}
	return words(t, out)
}

func TestTreasuryWorkbooksDecodeWithAllTheirHabits(t *testing.T) {
	t.Parallel()
	d := treasuryDecoder(t)
	const good = "in 14 used 8 skipped map[footnote:1 signature:1 total_row:4] dead 0 obs 24 evt 0"
	for _, tt := range []struct {
		source, file, flow string
		dead               []string
	}{
		{"akimat.okrug_budget_execution", "lines_2026-11-01.xlsx", good, nil},
		{"test.lines", "lines_2026-11-01.csv", good, nil},
		{"test.lines", "lines_2026-11-01_cp1251.csv", good, nil},
		{"test.kazakh", "lines_2026-11-01_kz1048.csv", good, nil},
		{"test.kazakh", "lines_2026-11-01_broken_lost_letters.csv", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"missing_column"}},
		{"test.lines", "lines_2026-11-01_broken_renamed_column.csv", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"missing_column"}},
		// Six lines are over any okrug's budget; the marks say nothing of the unit.
		{
			"test.lines", "lines_2026-11-01_broken_unit_x1000.csv", "in 14 used 2 skipped map[footnote:1 signature:1 total_row:4] dead 6 obs 6 evt 0",
			[]string{"out_of_range", "out_of_range", "out_of_range", "out_of_range", "out_of_range", "out_of_range"},
		},
		// Rows that are too wide are dead before anything in them is believed, those
		// too that would say that they are totals: ten, where one might skip four.
		{
			"test.lines", "lines_2026-11-01_broken_shifted_columns.csv", "in 14 used 2 skipped map[footnote:1 signature:1] dead 10 obs 6 evt 0",
			[]string{
				"unreadable_record", "unreadable_record", "unreadable_record", "unreadable_record", "unreadable_record",
				"unreadable_record", "unreadable_record", "unreadable_record", "unreadable_record", "unreadable_record",
			},
		},
		// A page is decoded by itself: that it repeats last month is for those to see
		// who have last month too. What was added within November is then nothing.
		{"test.lines", "lines_2026-12-01_broken_last_month_again.csv", good, nil},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			got := recordedLand(t, d, tt.source, "treasury_budget/"+tt.file)
			if got.Flow != tt.flow {
				t.Errorf("flow = %s, want %s", got.Flow, tt.flow)
			}
			if len(got.Dead) != len(tt.dead) {
				t.Fatalf("dead = %q, want %q", got.Dead, tt.dead)
			}
			for i, reason := range tt.dead {
				if !strings.Contains(got.Dead[i], " "+reason+" ") {
					t.Errorf("dead %q, want %s", got.Dead[i], reason)
				}
			}
			if tt.flow != good {
				return
			}
			month, day := "2026-M10", "2026-11-01"
			if strings.Contains(tt.file, "last_month") {
				month, day = "2026-M11", "2026-12-01"
			}
			for _, want := range []string{
				"195200000 budget_line_plan_year[line=104402] 195259000 " + day + " 40830 A",
				"195200000 budget_line_plan_period[line=201501] 195259000 " + month + " 6100 A",
				"195200000 budget_line_actual[line=104102] 195259000 " + month + " 7933.6 A",
				"195200000 budget_line_plan_period[line=104501] 195259000 " + month + " 0 A",
				"195200000 budget_line_actual[line=104501] 195259000 " + month + " 0 M",
				"195200000 budget_line_actual[line=104600] 195259000 " + month + " 0 C",
			} {
				if !strings.Contains(strings.Join(got.Obs, "\n")+"\n", want+"\n") {
					t.Errorf("no %q in\n%s", want, strings.Join(got.Obs, "\n"))
				}
			}
		})
	}
}

func TestPastureBalancesAreJoinedByCode(t *testing.T) {
	t.Parallel()
	d := decoder(t, landContract(t, "land.pasture_balance"))
	for _, tt := range []struct {
		file, flow string
		dead       []string
	}{
		{"balance_2025-11-01.csv", "in 6 used 5 skipped map[total_row:1] dead 0 obs 40 evt 0", nil},
		{
			"balance_2025-11-01_broken_unit_thousand_ha.csv", "in 6 used 0 skipped map[total_row:1] dead 5 obs 0 evt 0",
			[]string{"out_of_range", "out_of_range", "out_of_range", "out_of_range", "out_of_range"},
		},
		// Names that the oblast has once are as good as codes; of two the rows are dead.
		{
			"balance_2025-11-01_broken_no_codes.csv", "in 6 used 3 skipped map[total_row:1] dead 2 obs 24 evt 0",
			[]string{"unknown_area", "unknown_area"},
		},
		{"balance_2025-11-01_broken_total.csv", "in 6 used 5 skipped map[] dead 1 obs 40 evt 0", []string{"total_mismatch"}},
	} {
		got := recordedLand(t, d, "land.pasture_balance", "pasture_balance/"+tt.file)
		if got.Flow != tt.flow || len(got.Dead) != len(tt.dead) {
			t.Errorf("%s: flow %s, dead %q, want %s", tt.file, got.Flow, got.Dead, tt.flow)
			continue
		}
		for i, reason := range tt.dead {
			if !strings.Contains(got.Dead[i], " "+reason+" ") {
				t.Errorf("%s: dead %q, want %s", tt.file, got.Dead[i], reason)
			}
		}
	}
}

// TestLandSourcesKeepTheirRules holds small pages of the other sources to
// their contracts: one habit a row.
func TestLandSourcesKeepTheirRules(t *testing.T) {
	t.Parallel()
	d := decoder(t, landContract(t, "moa.livestock_id", ", minimum: 0.5, partial: \"-rev\"", ""),
		landContract(t, "land.cadastre", "encoding: windows-1251", "encoding: utf-8"),
		landContract(t, "bns.agri_output", "min_records: 11\n", ""),
		landContract(t, "minfin.local_budget", ", minimum: 0.5, partial: \"-rev\"", ""),
		landContract(t, "kgd.tax_receipts", "format: xlsx", "format: csv", `layout: {sheet: "Свод"}`, "", "min_records: 5\n", "", ", minimum: 0.5, partial: \"-rev\"", ""))
	const (
		herds = "kato,species,as_of,heads,heads_household,born,died,due,vaccinated\n"
		land  = "kato;category;as_of;area_ha;used_ha;norm_zone;norm_cattle;norm_sheep;norm_horse;norm_camel\n"
		taxes = "КАТО;КБК;Дата;Начислено;Уплачено;Недоимка;Начислено за 12 месяцев;Плательщики\n"
		money = "kato\tas_of\ttax\tnontax\tcapital_sales\ttransfers\trevenue_total\texpenditure_plan\texpenditure_actual\t" +
			"own_revenue_plan_period\texpenditure_plan_period\texpenditure_development\trent\n"
		output = "kato\tperiod\tfigure\tvalue\tmark\n"
	)
	for _, tt := range []struct{ name, source, body, flow, dead string }{
		{
			"an okrug's tax", "kgd.tax_receipts", taxes + "195259000;104102;01.11.2026;900.4;740.6;12.5;1100;231\n",
			"in 1 used 1 skipped map[] dead 0 obs 5 evt 0", "",
		},
		{
			"refunds outweigh payments", "kgd.tax_receipts", taxes + "195259000;104302;01.02.2026;10;-3.2;1;90;17\n",
			"in 1 used 1 skipped map[] dead 0 obs 5 evt 0", "",
		},
		{
			"few payers are hidden", "kgd.tax_receipts", taxes + "195259000;104302;01.02.2026;x;x;x;x;x\n",
			"in 1 used 1 skipped map[] dead 0 obs 5 evt 0", "",
		},
		{
			"few payers that were not hidden", "kgd.tax_receipts", taxes + "195259000;104302;01.02.2026;10;3.2;1;90;3\n",
			"in 1 used 0 skipped map[] dead 1 obs 0 evt 0", "Плательщики out_of_range \"\"",
		},
		{
			"posted to a district", "kgd.tax_receipts", taxes + "195200000;104402;01.11.2026;;740.6;;;\n",
			"in 1 used 0 skipped map[posted_to_district:1] dead 0 obs 0 evt 0", "",
		},
		{
			"a list of debtors", "kgd.tax_receipts", "ИИН;Должник;Долг\n991231500003;Пробная;7\n",
			"in 1 used 0 skipped map[] dead 1 obs 0 evt 0", "missing_column",
		},
		{
			"horses twice", "moa.livestock_id", herds + "195259000,horse,01.11.2026,120,80,1,0,30,30\n195259000,horse,01.11.2026,133,80,1,0,30,30\n",
			"in 2 used 1 skipped map[] dead 1 obs 6 evt 0", "kato duplicate_key",
		},
		{
			"more vaccinated than due", "moa.livestock_id", herds + "195259000,sheep,01.11.2026,900,800,1,0,30,31\n",
			"in 1 used 0 skipped map[] dead 1 obs 0 evt 0", "vaccinated out_of_range",
		},
		{
			"species add up", "moa.livestock_id", herds + "195259000,sheep,01.11.2026,900,800,1,0,30,29\n195259000,cattle,01.11.2026,200,80,2,1,50,41\n",
			"in 2 used 2 skipped map[] dead 0 obs 8 evt 0", "",
		},
		{
			"five categories overlap", "land.cadastre", land + "195259000;пашня;2025-11-01;100;90;;;;;\n195259000;орошаемые;2025-11-01;60,5;40;;;;;\n" +
				"195259000;сенокосы;2025-11-01;-;;;;;;\n195259000;пастбища;2025-11-01;900;;предгорная степь;6;1,2;7,2;8,4\n195259000;населённые пункты;2025-11-01;70;;;;;;\n",
			"in 5 used 5 skipped map[] dead 0 obs 11 evt 0", "",
		},
		{
			"more used than there is", "land.cadastre", land + "195259000;орошаемые;2025-11-01;60,5;61;;;;;\n" + strings.Repeat("195259000;пашня;2025-11-01;1;1;;;;;\n", 4),
			"in 5 used 1 skipped map[duplicate:3] dead 1 obs 1 evt 0", "used_ha out_of_range",
		},
		{
			"a first release is preliminary", "bns.agri_output", output + "195200000\t2026-Q3\tmilk\t5120.4\t*\n195200000\t2026-Q3\tfood\tx\t\n",
			"in 2 used 2 skipped map[] dead 0 obs 2 evt 0", "",
		},
		{
			"rent exceeds what it is part of", "minfin.local_budget", money + "195259000\t01.11.2026\t1\t2\t-\t7\t10\t30\t9\t3\t9\t1\t2,5\n",
			"in 1 used 0 skipped map[] dead 1 obs 0 evt 0", "rent out_of_range",
		},
		{
			"a total that is short", "minfin.local_budget", money + "195259000\t01.11.2026\t1\t2\t-\t7\t10\t30\t9\t3\t9\t1\t1\n" +
				"190000000\t01.11.2026\t1\t2\t-\t7\t14\t30\t9\t3\t9\t1\t1\n",
			"in 2 used 1 skipped map[] dead 1 obs 11 evt 0", "revenue_total total_mismatch",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, tt.source, tt.body)
			if got.Flow != tt.flow || !strings.Contains(strings.Join(got.Dead, "\n"), tt.dead) || (tt.dead == "") != (len(got.Dead) == 0) {
				t.Errorf("flow %s, dead %q, want %s, dead %s\n%s", got.Flow, got.Dead, tt.flow, tt.dead, strings.Join(got.Obs, "\n"))
			}
			for _, o := range got.Obs {
				if strings.Contains(o, "milk_gross") && !strings.HasSuffix(o, "5120.4 P") {
					t.Errorf("milk = %s, want it preliminary", o)
				}
				if tt.name == "species add up" && strings.Contains(o, "heads_vaccinated[]") && !strings.HasSuffix(o, " 70 A") {
					t.Errorf("vaccinated = %s, want 70", o)
				}
			}
		})
	}
}

// TestPlansOfMaslikhatsAreReadAsTheyAreSpelled holds the contract of decisions to
// what their texts hold, after they were put into rows by hand: the rows keep one
// spelling, and what is left of another is refused and not guessed.
func TestPlansOfMaslikhatsAreReadAsTheyAreSpelled(t *testing.T) {
	t.Parallel()
	d := decoder(t, landContract(t, "maslikhat.okrug_budget"))
	const header = "decision,decision_date,area,year,line,amount\n"
	for _, tt := range []struct{ name, row, want string }{
		{"a point", "30-3,2025-12-26,195259000,2026,tax,60180.0", "60180 A"},
		{"no decimals", "30-3,2025-12-26,195259000,2026,tax,54959", "54959 A"},
		{"a comma and blanks", "30-3,2025-12-26,195259000,2026,tax,\"184 163,4\"", "not_a_number"},
		{"nothing planned", "30-3,2025-12-26,195259000,2026,nontax,0", "0 A"},
		{"the typo of the act", "30-3,2025-12-26,195259000,2026,продажы,0", "unknown_word"},
		{"a kk line", "30-3,2025-12-26,195259000,2026,салықтық түсімдер,13570", "unknown_word"},
		{"a deficit", "30-3,2025-12-26,195259000,2026,balance,-49137", "-49137 A"},
	} {
		got := decode(t, d, "maslikhat.okrug_budget", header+tt.row+"\n")
		if all := strings.Join(append(got.Obs, got.Dead...), "\n"); !strings.Contains(all, tt.want) || len(got.Obs)+len(got.Dead) != 1 {
			t.Errorf("%s: %s, want %s", tt.name, all, tt.want)
		}
	}
}
