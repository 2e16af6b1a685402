package summary_test

import (
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/document"
)

func TestAnAlertCountsWhatFired(t *testing.T) {
	t.Parallel()
	const karasay, ile auyl.AreaCode = 195200000, 196800000
	f := &table{
		cells: []summary.Cell{
			set(t, "ambulance_on_time_share", karasay, "2026-M09", 59.9), set(t, "ambulance_on_time_share", ile, "2026-M09", 60),
			set(t, "power_outage_hours", ile, "2026-M09", 8.5),
			set(t, "population_total", karasay, "2026-10-01", 10, func(c *summary.Cell) { c.Status = auyl.StatusBreak }),
		},
		feeds: []summary.Feed{
			{Source: "acs.staff", Newest: first, Until: mustPeriod(t, "2026-M05").LastDay()},
			{Source: "mio.power_supply", Newest: first, Until: mustPeriod(t, "2026-M09").LastDay()},
		},
	}
	d := compose(t, f, "alert", oblast, "2026-10-12", "ru", time.Time{})
	got := said(d)
	if d.Fired != 4 {
		t.Errorf("fired %d, want 4:\n%s", d.Fired, got)
	}
	for _, w := range []string{
		"Карасайский район: Доля вызовов скорой с прибытием в норматив (1–3 кат.), сентябрь 2026 года: 59,9 %", "ниже порога 60,0 %",
		"Илийский район: Перерывы электроснабжения на потребителя, сентябрь 2026 года: 8,5 часа", "выше порога 8,0 часа", "Ряд прерван", "нет данных за июнь 2026 года",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in\n%s", w, got)
		}
	}
	quiet := &table{cells: []summary.Cell{set(t, "ambulance_on_time_share", ile, "2026-M09", 90)}}
	if d := compose(t, quiet, "alert", oblast, "2026-10-12", "kk", time.Time{}); d.Fired != 0 || d.Sections[0].Empty == "" {
		t.Errorf("fired %d where nothing is wrong", d.Fired)
	}
}

func TestADiffSaysWhatChangedAndWhy(t *testing.T) {
	t.Parallel()
	two, three, thousand := 2.0, 3.0, 2000.0
	base := document.Figure{Indicator: "x", Area: oblast, Period: mustPeriod(t, "2026-M09"), Value: &two, Status: "A", Coverage: 0.9, FormulaVersion: 1, Boundaries: "b"}
	doc := func(f *document.Figure) *document.Document {
		d := &document.Document{Summary: "s", Area: oblast, Period: mustPeriod(t, "2026-M09"), Sections: []document.Section{{}}}
		if f != nil {
			d.Sections[0].Sentences = []document.Sentence{{{Text: "x", Figure: f}}}
		}
		return d
	}
	for class, change := range map[string]func(f *document.Figure){
		"":            func(*document.Figure) {},
		"correction":  func(f *document.Figure) { f.Value = &three },
		"late_report": func(f *document.Figure) { f.Value, f.Coverage = &three, 1 },
		"withdrawal":  func(f *document.Figure) { f.Value, f.Status = nil, "M" },
		"unit_jump":   func(f *document.Figure) { f.Value = &thousand },
		"methodology": func(f *document.Figure) { f.FormulaVersion = 2 },
		"boundary":    func(f *document.Figure) { f.Boundaries = "c" },
	} {
		g := base
		change(&g)
		list, err := summary.Diff(doc(&base), doc(&g))
		got := ""
		if len(list) > 0 {
			got = list[0].Class
		}
		if err != nil || got != class || len(list) > 1 {
			t.Errorf("class %q, %v, want %q", got, err, class)
		}
	}
	if list, err := summary.Diff(doc(nil), doc(&base)); err != nil || len(list) != 1 || list[0].Class != "added" {
		t.Errorf("added: %v, %v", list, err)
	}
	if list, err := summary.Diff(doc(&base), doc(nil)); err != nil || len(list) != 1 || list[0].Class != "removed" {
		t.Errorf("removed: %v, %v", list, err)
	}
	other := doc(nil)
	other.Area = 195200000
	if _, err := summary.Diff(doc(nil), other); err == nil {
		t.Error("two areas are compared")
	}
}
