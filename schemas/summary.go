package schemas

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// Summary declares a text for people that is made of figures: what it says of
// which area and period, in which languages, and when. Who gets it is
// configuration.
type Summary struct {
	ID        string          `yaml:"id,required"`      // name of the file
	Version   uint32          `yaml:"version,required"` // raised when its content changes
	Titles    Names           `yaml:"titles,required"`
	Audience  Names           `yaml:"audience,required"`  // who reads it
	Level     auyl.Level      `yaml:"level,required"`     // of the area that it is about
	Freq      auyl.Freq       `yaml:"freq,required"`      // of its period; D is the day of an alert
	Languages []string        `yaml:"languages,required"` // kk, ru, en; the first one is the default
	Schedule  SummarySchedule `yaml:"schedule,required"`
	// Sections stand in the order in which they are read.
	Sections []SummarySection `yaml:"sections"`
	// Rules make an alert: it is worth sending only when one of them fires.
	Rules []SummaryRule `yaml:"rules"`

	File string `yaml:"-"` // where it was read
}

// SummarySchedule says when a summary is made.
type SummarySchedule struct {
	Cron    string   `yaml:"cron,required"` // minute hour day month weekday
	Zone    string   `yaml:"zone,required"` // in which cron and deadline are read
	WaitFor *WaitFor `yaml:"wait_for"`      // nil: what is there is enough
}

// WaitFor is the completeness that a summary waits for, up to a deadline.
type WaitFor struct {
	Indicators []auyl.IndicatorID `yaml:"indicators,required"`
	Level      auyl.Level         `yaml:"level,required"` // of the areas that are counted
	Share      float64            `yaml:"share,required"` // of them that must have a value, 0 to 1
	// UntilDay is the deadline: the day of the month of the schedule on which it is
	// sent with what there is, and what is missing is said at the top.
	UntilDay int `yaml:"until_day,required"`
}

// SummarySection declares one block.
type SummarySection struct {
	ID     string `yaml:"id,required"` // an anchor
	Titles Names  `yaml:"titles,required"`
	Shows  string `yaml:"shows,required"` // what is made of the indicators: see docs/summaries.md
	Annex  bool   `yaml:"annex"`          // behind page one
	// Indicators and all of Themes, in this order, each once.
	Indicators []auyl.IndicatorID `yaml:"indicators"`
	Themes     []string           `yaml:"themes"`
	Level      auyl.Level         `yaml:"level"`   // of the areas that are held side by side; nothing is the area itself
	Compare    []string           `yaml:"compare"` // previous, last_year, peers, plan
	Limit      int                `yaml:"limit"`   // of sentences or rows; 0 is the default of what is shown
	Say        SayRule            `yaml:"say"`
	// Open is said where a question that belongs here has no data.
	Open *Names `yaml:"open"`
}

// SayRule says what deserves a sentence. What is below stays in the tables.
type SayRule struct {
	Percent  float64 `yaml:"percent"`  // least change, of the value before
	Coverage float64 `yaml:"coverage"` // least share of the population, 0 to 1
	Below    float64 `yaml:"below"`    // of executions: the share of the plan below which it is said
}

// SummaryRule is one rule of an alert.
type SummaryRule struct {
	ID        string           `yaml:"id,required"`
	When      string           `yaml:"when,required"` // below, above, break, silent
	Indicator auyl.IndicatorID `yaml:"indicator"`     // of below, above and break
	Level     auyl.Level       `yaml:"level"`         // of the areas that are looked at
	Value     float64          `yaml:"value"`         // of below and above, in the unit of the indicator
	Sources   []auyl.SourceID  `yaml:"sources"`       // of silent; none is all
	Days      int              `yaml:"days"`          // of silent: without a delivery, beyond what the contract allows
}

// SummarySections are the words of SummarySection.Shows.
func SummarySections() []string {
	return []string{
		"changes", "attention", "targets", "table", "ranking", "map", "trend", "multiples", "budget", "credits", "proposals", "appeals", "calls",
		"animals", "feeds", "missing", "corrections",
	}
}

// LoadSummaries reads summaries/*.yaml and holds them against catalogue and
// contracts; sorted by id. Errors: Problems.
func LoadSummaries(fsys fs.FS, cat *Catalogue, contracts map[auyl.SourceID]*Contract) ([]Summary, error) {
	files, err := fs.Glob(fsys, "summaries/*.yaml")
	if err != nil {
		return nil, Problems{{File: "summaries", Message: err.Error()}}
	}
	var out []Summary
	var ps Problems
	for _, f := range files {
		s := Summary{File: f}
		doc, problems := readYAML(fsys, f, &s)
		if len(problems) == 0 {
			c := &summaryCheck{s: &s, doc: doc, cat: cat, contracts: contracts}
			problems = c.all()
		}
		ps = append(ps, problems...)
		out = append(out, s)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Summary) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

type summaryCheck struct {
	s         *Summary
	doc       *document
	cat       *Catalogue
	contracts map[auyl.SourceID]*Contract
	problems  Problems
}

func (c *summaryCheck) bad(at []any, format string, args ...any) {
	c.problems = append(c.problems, c.doc.problem(at, format, args...))
}

func (c *summaryCheck) word(at []any, got string, want []string) {
	if !slices.Contains(want, got) {
		c.bad(at, "unknown word %q%s", got, didYouMean(got, want))
	}
}

var (
	cronField = regexp.MustCompile(`^(\*|[0-9A-Za-z*,/-]+)$`)
	anchor    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
)

func (c *summaryCheck) all() Problems {
	s := c.s
	if name := strings.TrimSuffix(path.Base(s.File), ".yaml"); s.ID != name {
		c.bad([]any{"id"}, "id %q in a file of the name %q", s.ID, name)
	}
	if s.Version == 0 {
		c.bad([]any{"version"}, "versions count from 1")
	}
	if len(s.Languages) == 0 {
		c.bad([]any{"languages"}, "want one of kk, ru, en")
	}
	for i, l := range s.Languages {
		c.word([]any{"languages", i}, l, []string{"kk", "ru", "en"})
	}
	c.schedule()
	if len(s.Sections)+len(s.Rules) == 0 {
		c.bad(nil, "neither sections nor rules: want what it says")
	}
	seen := map[string]bool{}
	for i := range s.Sections {
		at := []any{"sections", i}
		if x := s.Sections[i].ID; seen[x] || !anchor.MatchString(x) {
			c.bad(append(at, "id"), "section %q: want an id of its own of lower-case letters, digits and hyphens", x)
		}
		seen[s.Sections[i].ID] = true
		c.section(at, &s.Sections[i])
	}
	for i := range s.Rules {
		c.rule([]any{"rules", i}, &s.Rules[i])
	}
	return c.problems
}

func (c *summaryCheck) schedule() {
	fields := strings.Fields(c.s.Schedule.Cron)
	if len(fields) != 5 || slices.ContainsFunc(fields, func(f string) bool { return !cronField.MatchString(f) }) {
		c.bad([]any{"schedule", "cron"}, `schedule %q: want five fields, minute hour day month weekday, such as "0 9 20 * *"`, c.s.Schedule.Cron)
	}
	if _, err := time.LoadLocation(c.s.Schedule.Zone); err != nil || c.s.Schedule.Zone == "" {
		c.bad([]any{"schedule", "zone"}, "zone %q: want one such as Asia/Almaty", c.s.Schedule.Zone)
	}
	w := c.s.Schedule.WaitFor
	if w == nil {
		return
	}
	at := []any{"schedule", "wait_for"}
	for i, id := range w.Indicators {
		c.indicator(append(slices.Clone(at), "indicators", i), id, w.Level)
	}
	if w.Share <= 0 || w.Share > 1 {
		c.bad(append(slices.Clone(at), "share"), "want a share above 0 and up to 1, found %v", w.Share)
	}
	if w.UntilDay < 1 || w.UntilDay > 28 {
		c.bad(append(slices.Clone(at), "until_day"), "want a day that every month has, 1 to 28, found %d", w.UntilDay)
	}
}

// indicator holds a name against the catalogue, and the level against its lowest one.
func (c *summaryCheck) indicator(at []any, id auyl.IndicatorID, level auyl.Level) {
	ind := c.cat.Indicator(id)
	if ind == nil {
		hint := "; auyl indicator ls lists them"
		if n := c.cat.Nearest(string(id)); n != "" {
			hint = `; did you mean "` + n + `"?`
		}
		c.bad(at, "unknown indicator %q%s", id, hint)
		return
	}
	if level != 0 && level > ind.Level {
		c.bad(at, "indicator %s has no cells below level %s, found level %s", id, ind.Level, level)
	}
}

func (c *summaryCheck) section(at []any, x *SummarySection) {
	below := func(more ...any) []any { return append(slices.Clone(at), more...) }
	c.word(below("shows"), x.Shows, SummarySections())
	for i, id := range x.Indicators {
		c.indicator(below("indicators", i), id, x.Level)
	}
	themes := c.cat.Themes()
	for i, t := range x.Themes {
		if !slices.Contains(themes, t) {
			hint := "; there are " + strings.Join(themes, ", ")
			if n := nearest(t, themes); n != "" {
				hint = `; did you mean "` + n + `"?`
			}
			c.bad(below("themes", i), "unknown theme %q%s", t, hint)
		}
	}
	for i, w := range x.Compare {
		c.word(below("compare", i), w, []string{"previous", "last_year", "peers", "plan"})
	}
	if x.Limit < 0 {
		c.bad(below("limit"), "%d is negative", x.Limit)
	}
	if x.Level != 0 && x.Level < c.s.Level {
		c.bad(below("level"), "level %s lies above that of the summary, %s", x.Level, c.s.Level)
	}
	if x.Say.Coverage < 0 || x.Say.Coverage > 1 {
		c.bad(below("say"), "want a coverage from 0 to 1, found %v", x.Say.Coverage)
	}
	if n := len(x.Indicators) + len(x.Themes); n == 0 && slices.Contains([]string{"changes", "attention", "targets", "table", "ranking", "map", "trend", "multiples", "budget"}, x.Shows) {
		c.bad(below("shows"), "%s wants indicators or themes", x.Shows)
	}
}

func (c *summaryCheck) rule(at []any, r *SummaryRule) {
	below := func(more ...any) []any { return append(slices.Clone(at), more...) }
	c.word(below("when"), r.When, []string{"below", "above", "break", "silent"})
	if r.When == "silent" {
		for i, id := range r.Sources {
			if c.contracts[id] == nil {
				ids := make([]string, 0, len(c.contracts))
				for k := range c.contracts {
					ids = append(ids, string(k))
				}
				slices.Sort(ids)
				c.bad(below("sources", i), "unknown source %q%s", id, didYouMean(string(id), ids))
			}
		}
		return
	}
	if r.Indicator == "" {
		c.bad(below("when"), "a rule %q wants an indicator", r.When)
		return
	}
	c.indicator(below("indicator"), r.Indicator, r.Level)
}

// Themes returns the names of the files of indicators, sorted.
func (c *Catalogue) Themes() []string {
	var out []string
	for i := range c.Indicators {
		out = append(out, c.Indicators[i].Theme)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Of returns the indicators of a section in its order, each once.
func (x *SummarySection) Of(c *Catalogue) []*Indicator {
	var out []*Indicator
	add := func(i *Indicator) {
		if i != nil && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	for _, id := range x.Indicators {
		add(c.Indicator(id))
	}
	for _, t := range x.Themes {
		for i := range c.Indicators {
			if c.Indicators[i].Theme == t {
				add(&c.Indicators[i])
			}
		}
	}
	return out
}
