package summary_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/document"
)

//nolint:revive // what a command line asks for
func compose(tb testing.TB, f summary.Facts, id string, area auyl.AreaCode, period, lang string, asOf time.Time) *document.Document {
	tb.Helper()
	p, err := auyl.ParsePeriod(period)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := summary.Compose(tb.Context(), f, loaded(tb), declared(tb, id), area, p, lang, asOf)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// said is all that a document tells in sentences and notices, a line each.
func said(d *document.Document) string {
	var b strings.Builder
	for _, n := range d.Notices {
		fmt.Fprintln(&b, "!", n.Text)
	}
	for _, s := range d.Sections {
		fmt.Fprintln(&b, "#", s.Title, s.Empty)
		for _, x := range s.Sentences {
			for _, r := range x {
				b.WriteString(r.Text)
			}
			b.WriteByte('\n')
		}
		for _, t := range s.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					b.WriteString(c.Text + " | ")
				}
				b.WriteByte('\n')
			}
		}
	}
	return strings.ReplaceAll(b.String(), "\u00a0", " ")
}

func TestTheLargestChangesAreSaidBestAndWorst(t *testing.T) {
	t.Parallel()
	f := &table{cells: []summary.Cell{
		set(t, "registered_unemployment_rate", oblast, "2026-M08", 3.0),
		set(t, "registered_unemployment_rate", oblast, "2026-M09", 2.4),
		set(t, "staff_vacancy_rate", oblast, "2026-M08", 6.0),
		set(t, "staff_vacancy_rate", oblast, "2026-M09", 9.5),
		set(t, "retail_turnover_per_capita", oblast, "2026-M08", 500),
		set(t, "retail_turnover_per_capita", oblast, "2026-M09", 500.01), // no change that is seen
	}}
	for lang, want := range map[string][]string{
		"ru": {
			"# Изменения: стало лучше \nДоля зарегистрированных безработных: 2,4 %", "Это на 0,6 п. п. меньше, чем в августе 2026 года (3,0 %", //nolint:dupword // percentage points
			"# Изменения: стало хуже \nДоля вакантных единиц аппарата акима: 9,5 %", "Это на 3,5 п. п. больше, чем в августе 2026 года (6,0 %", //nolint:dupword // percentage points
		},
		"kk": {"Бұл 2026 жылғы тамыздағы көрсеткіштен (6,0 %", "3,5 пайыздық тармаққа жоғары."},
		"en": {"That is 3.5 percentage points more than in August 2026 (6.0%"},
	} {
		got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", lang, time.Time{}))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, got)
			}
		}
		if strings.Contains(got, "500,0") {
			t.Errorf("%s: no change is told as one:\n%s", lang, got)
		}
	}
}

func TestWhatTheDataDoNotCarryIsNotSaid(t *testing.T) {
	t.Parallel()
	now := func(with ...func(*summary.Cell)) summary.Cell {
		return set(t, "appeals_on_time_share", oblast, "2026-M09", 40, with...)
	}
	then := func(with ...func(*summary.Cell)) summary.Cell {
		return set(t, "appeals_on_time_share", oblast, "2026-M08", 80, with...)
	}
	for name, cells := range map[string][]summary.Cell{
		"nothing before":         {now()},
		"suppressed now":         {now(empty(auyl.StatusConfidential, "confidential")), then()},
		"suppressed then":        {now(), then(empty(auyl.StatusConfidential, "confidential"))},
		"missing now":            {now(empty(auyl.StatusMissing, "no_data")), then()},
		"a break":                {now(func(c *summary.Cell) { c.Status = auyl.StatusBreak }), then()},
		"another formula":        {now(func(c *summary.Cell) { c.FormulaVersion = 2 }), then()},
		"other boundaries":       {now(func(c *summary.Cell) { c.BoundaryVersion = "2026-09-01" }), then()},
		"a model after a figure": {now(synthetic), then()},
		"far less covered":       {now(covered(0.6)), then()},
		"too little covered":     {now(covered(0.45)), then(covered(0.45))},
		"a handful":              {now(of(2, 5)), then(of(4, 5))},
		"within chance":          {now(of(20, 50)), then(of(25, 50))},
	} {
		got := said(compose(t, &table{cells: cells}, "oblast-monthly", oblast, "2026-M09", "en", time.Time{}))
		if !strings.Contains(got, "No marked improvement") || !strings.Contains(got, "No marked decline") || strings.Contains(got, "Appeals answered on time:") {
			t.Errorf("%s: a change is told:\n%s", name, got)
		}
	}
	got := said(compose(t, &table{cells: []summary.Cell{now(of(400, 1000)), then(of(800, 1000))}}, "oblast-monthly", oblast, "2026-M09", "en", time.Time{}))
	if !strings.Contains(got, "Appeals answered on time: 40.0%") {
		t.Errorf("a change of a thousand appeals is not told:\n%s", got)
	}
}

// TestYoungFiguresAreNotHeldAgainstRipeOnes has August grow from 5 to 9 % as reports came
// in late: that September begins with 5.5 % is no improvement.
func TestYoungFiguresAreNotHeldAgainstRipeOnes(t *testing.T) {
	t.Parallel()
	first, ripe := 5.0, 9.0
	f := &table{cells: []summary.Cell{
		set(t, "staff_vacancy_rate", oblast, "2026-M08", ripe), set(t, "staff_vacancy_rate", oblast, "2026-M09", 5.5),
	}}
	if got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "en", time.Time{})); strings.Contains(got, "No marked improvement") {
		t.Fatalf("without a revision it is one:\n%s", got)
	}
	f.revisions = []summary.Revision{{Indicator: "staff_vacancy_rate", Area: oblast, Level: auyl.LevelOblast, Period: mustPeriod(t, "2026-M08"), Old: &first, New: &ripe, Class: "late_report"}}
	if got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "en", time.Time{})); !strings.Contains(got, "No marked improvement") {
		t.Errorf("a young figure is held against a ripe one:\n%s", got)
	}
}

func TestHowFarAFigureIsToBeBelievedIsSaidBehindIt(t *testing.T) {
	t.Parallel()
	old, revised := 5.5, 6.0
	f := &table{
		cells: []summary.Cell{
			set(t, "staff_vacancy_rate", oblast, "2026-M08", 6.0, covered(0.9)),
			set(t, "staff_vacancy_rate", oblast, "2026-M09", 9.5, covered(0.86)),
			set(t, "budget_expenditure_execution", oblast, "2026-M09", 91, covered(0.7)),
			set(t, "budget_expenditure_execution", oblast, "2025-M09", 95),
			set(t, "ambulance_on_time_share", oblast, "2026-M09", 70, synthetic),
		},
		revisions: []summary.Revision{{
			Indicator: "staff_vacancy_rate", Area: oblast, Level: auyl.LevelOblast, Period: mustPeriod(t, "2026-M08"), Old: &old, New: &revised, Class: "late_report",
			OldRecordedAt: time.Date(2026, 9, 12, 4, 0, 0, 0, time.UTC), RecordedAt: time.Date(2026, 10, 3, 4, 0, 0, 0, time.UTC),
		}},
	}
	got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "kk", time.Time{}))
	for _, w := range []string{
		"халықтың 86 %-ы тұратын жерлерден ғана бар, өткенде 90 %-ы еді",
		"2026 жылғы тамыз бойынша бұрынғы сан түзетілді, бұрын 5,5 % болған; себебі: кешіккен есеп келді.",
		"2025 жылғы қыркүйектегі санмен салыстырылмайды: ол кезде дерек халықтың 100 %-ы тұратын жерлерден, қазір 70 %-ы тұратын жерлерден бар.",
		"саны синтетикалық: оларды модель жасаған, § белгісімен көрсетілген.",
		"70,0 %§",
		"Дерек жетпейді. Шығыстардың атқарылуы: 136 аумақтың 136 аумағынан жоқ.",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in\n%s", w, got)
		}
	}
}

func mustPeriod(tb testing.TB, s string) auyl.Period {
	tb.Helper()
	p, err := auyl.ParsePeriod(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestEmptyCellsAreSaidAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	const karasay, ile auyl.AreaCode = 195200000, 196800000
	f := &table{cells: []summary.Cell{
		set(t, "ambulance_on_time_share", oblast, "2026-M09", 70),
		set(t, "ambulance_on_time_share", karasay, "2026-M09", 1, empty(auyl.StatusConfidential, "confidential")),
		set(t, "ambulance_on_time_share", ile, "2026-M09", 1, empty(auyl.StatusMissing, "coverage")),
	}}
	for lang, want := range map[string][2]string{
		"kk": {"заңмен жасырылған", "қамту аз"}, "ru": {"скрыто по закону", "охват мал"}, "en": {"suppressed by law", "too few reported"},
	} {
		d := compose(t, f, "oblast-monthly", oblast, "2026-M09", lang, time.Time{})
		i := slices.IndexFunc(d.Sections, func(s document.Section) bool { return s.ID == "ambulance" })
		var hidden, missing bool
		for _, c := range d.Sections[i].Charts {
			for _, r := range c.Regions {
				hidden = hidden || r.Area == karasay && r.Value == nil && r.Text == want[0]
				missing = missing || r.Area == ile && r.Value == nil && r.Text == want[1]
			}
		}
		if !hidden || !missing || !strings.Contains(said(d), want[0]) {
			t.Errorf("%s: suppressed said %v, missing said %v", lang, hidden, missing)
		}
	}
}

func TestOneVintageGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	f := &table{feeds: []summary.Feed{{Source: "acs.staff", Newest: first, Until: mustPeriod(t, "2026-M08").LastDay(), Origin: auyl.OriginSynthetic}}}
	for i, a := range loaded(t).Areas.All() {
		if a.Level == auyl.LevelOkrug && a.Code.Oblast() == oblast && a.ValidTo == auyl.MaxDay {
			f.cells = append(f.cells, set(t, "staff_vacancy_rate", a.Code, "2026-M09", float64(i%17), synthetic), set(t, "population_total", a.Code, "2026-07-01", float64(1000+i)))
		}
	}
	f.cells = append(f.cells, set(t, "staff_vacancy_rate", oblast, "2026-M08", 6), set(t, "staff_vacancy_rate", oblast, "2026-M09", 9.5))
	later := set(t, "staff_vacancy_rate", oblast, "2026-M09", 7)
	later.RecordedAt = second
	render := func(asOf time.Time) string {
		b, err := json.Marshal(compose(t, f, "oblast-monthly", oblast, "2026-M09", "kk", asOf))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := render(time.Time{})
	for range 5 {
		if render(first) != before {
			t.Fatal("the same vintage gives other bytes")
		}
	}
	f.cells = append(f.cells, later)
	if render(first) != before {
		t.Error("what was learnt later is in the summary of then")
	}
	if render(time.Time{}) == before {
		t.Error("what was learnt later is not in the summary of now")
	}
}

func TestAnAreaThatWasNotThereIsRefused(t *testing.T) {
	t.Parallel()
	h := loaded(t)
	for _, tt := range []struct {
		id, area, period string
		is               error
		want             []string
	}{
		{"district-monthly", "191800000", "2023-M05", summary.ErrNoSuchArea, []string{"on 2023-05-31", "code 191800000 meant nothing", "Алатау Г.А. from 2024-01-01 to now"}},
		{"okrug-quarterly", "191033000", "2024-Q1", summary.ErrNoSuchArea, []string{"Заречный с.о. from 2022-06-08 to 2023-12-31", "went to 191810000"}},
		{"district-monthly", "199900000", "2026-M05", summary.ErrNoSuchArea, []string{"no code 199900000", "areas.csv"}},
		{"district-monthly", "190000000", "2026-M05", summary.ErrWrongLevel, []string{"is for the level district", "of level oblast"}},
		{"oblast-monthly", "190000000", "2026-Q3", summary.ErrWrongPeriod, []string{"such as 2026-M07", "found 2026-Q3"}},
	} {
		area, err := auyl.ParseAreaCode(tt.area)
		if err != nil {
			t.Fatal(err)
		}
		_, err = summary.Compose(t.Context(), &table{}, h, declared(t, tt.id), area, mustPeriod(t, tt.period), "kk", time.Time{})
		if !errors.Is(err, tt.is) {
			t.Errorf("%s %s %s: error %v, want %v", tt.id, tt.area, tt.period, err, tt.is)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s %s %s: no %q in %q", tt.id, tt.area, tt.period, w, err)
			}
		}
	}
	if _, err := summary.Compose(t.Context(), &table{}, h, declared(t, "oblast-monthly"), oblast, mustPeriod(t, "2026-M09"), "kk", time.Time{}); !errors.Is(err, summary.ErrNothingKnown) {
		t.Errorf("of nothing a summary is made: %v", err)
	}
	f := &table{cells: []summary.Cell{set(t, "staff_vacancy_rate", oblast, "2026-M09", 7)}}
	if _, err := summary.Compose(t.Context(), f, h, declared(t, "oblast-monthly"), oblast, mustPeriod(t, "2026-M09"), "de", time.Time{}); err == nil || !strings.Contains(err.Error(), "is written in kk, ru, en") {
		t.Errorf("language de: %v", err)
	}
}

func TestEveryFigureLeadsToItsExplanation(t *testing.T) {
	t.Parallel()
	f := &table{
		cells: []summary.Cell{
			set(t, "staff_vacancy_rate", oblast, "2026-M08", 6), set(t, "staff_vacancy_rate", oblast, "2026-M09", 9.5),
			set(t, "ambulance_on_time_share", oblast, "2026-M09", 70), set(t, "kpi_achievement_index", oblast, "2026-S1", 70),
		},
		feeds:  []summary.Feed{{Source: "moh.ambulance_103", Newest: first, Until: mustPeriod(t, "2026-M09").LastDay()}},
		events: map[string][]summary.Events{"ambulance_call": {{Okrug: 195259000, Events: 9, Late: 2, Timed: 8, Counts: map[string]uint64{"address_resolved": 7}}}},
	}
	d := compose(t, f, "oblast-monthly", oblast, "2026-M09", "ru", time.Time{})
	figures, counts := 0, 0
	for _, s := range d.Sections {
		for _, x := range s.Sentences {
			for _, r := range x {
				if r.Figure != nil {
					figures++
					want := fmt.Sprintf("auyl indicator explain %s %s %s --as-of ", r.Figure.Indicator, r.Figure.Area, r.Figure.Period)
					if !strings.HasPrefix(r.Figure.Explain, want) {
						t.Errorf("%q is explained by %q", r.Text, r.Figure.Explain)
					}
				}
				if r.Explain != "" {
					counts++
					if !strings.Contains(r.Explain, "kind = 'ambulance_call' AND startsWith(area, '19') AND occurred_at >= '2026-08-31 19:00:00'") {
						t.Errorf("%q is explained by %q", r.Text, r.Explain)
					}
				}
			}
		}
	}
	if figures < 4 || counts != 4 {
		t.Errorf("%d figures and %d counts lead somewhere", figures, counts)
	}
}

func TestNoneIsSaidOnlyWhereTheSourceHasToldOfThePeriod(t *testing.T) {
	t.Parallel()
	f := &table{cells: []summary.Cell{set(t, "population_total", oblast, "2026-07-01", 10)}}
	none := []string{"No applications in the period", "No proposal is without an answer", "No calls in the period", "None stands out", "None of the"}
	got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "en", time.Time{}))
	for _, w := range none {
		if strings.Contains(got, w) {
			t.Errorf("%q is said of what nobody has told of:\n%s", w, got)
		}
	}
	for source, w := range map[auyl.SourceID]string{"spk.auyl_amanaty": none[0], "akimat.proposals": none[1], "moh.ambulance_103": none[2]} {
		f.feeds = []summary.Feed{{Source: source, Newest: first, Until: mustPeriod(t, "2026-M09").LastDay()}}
		if got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "en", time.Time{})); !strings.Contains(got, w) {
			t.Errorf("%s has told of all and %q is not said:\n%s", source, w, got)
		}
		f.feeds[0].Until -= 20
		if got := said(compose(t, f, "oblast-monthly", oblast, "2026-M09", "en", time.Time{})); !strings.Contains(got, "told of events up to 10 September 2026") {
			t.Errorf("%s has stopped and that is not said:\n%s", source, got)
		}
	}
}

// TestEveryDeclarationIsMadeInEveryLanguageOfNothing finds texts that are not there: each section with no facts but one.
func TestEveryDeclarationIsMadeInEveryLanguageOfNothing(t *testing.T) {
	t.Parallel()
	f := &table{cells: []summary.Cell{set(t, "population_total", oblast, "2026-07-01", 10)}}
	for id, at := range map[string]struct {
		area   auyl.AreaCode
		period string
	}{
		"oblast-monthly": {oblast, "2026-M09"}, "district-monthly": {195200000, "2026-M09"}, "okrug-quarterly": {195259000, "2026-Q3"},
		"operations-weekly": {oblast, "2026-W40"}, "oblast-yearly": {oblast, "2025"}, "alert": {oblast, "2026-10-12"},
	} {
		for _, lang := range []string{"kk", "ru", "en"} {
			d := compose(t, f, id, at.area, at.period, lang, time.Time{})
			for _, s := range d.Sections {
				if len(s.Sentences)+len(s.Charts)+len(s.Tables) == 0 && s.Empty == "" {
					t.Errorf("%s in %s: section %s says nothing, not even why", id, lang, s.ID)
				}
			}
		}
	}
}
