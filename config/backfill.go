package config

import (
	"regexp"
	"slices"
	"strings"
)

// Backfill says how a source is asked for one period of its past.
type Backfill struct {
	URL  string `yaml:"url"`  // with {from} and {to}, {year}, {quarter}, {month} or {period}
	Step string `yaml:"step"` // how much is asked at once: A, S, Q, M, W or D; default M
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// validateBackfill checks what a source says of its past, and of its releases.
func (s *Source) validateBackfill(bad func(field, format string, args ...any)) {
	if s.ReleaseDay < 0 || s.ReleaseDay > 31 {
		bad(".release_day", "%d is no day of a month: want 1 to 31, or 0 for any", s.ReleaseDay)
	}
	b := s.Backfill
	if b == nil {
		return
	}
	if b.Step == "" {
		b.Step = "M"
	}
	if !slices.Contains([]string{"A", "S", "Q", "M", "W", "D"}, b.Step) {
		bad(".backfill.step", "%q: want A, S, Q, M, W or D", b.Step)
	}
	known := []string{"{from}", "{to}", "{year}", "{quarter}", "{month}", "{period}"}
	found := placeholder.FindAllString(b.URL, -1)
	for _, f := range found {
		if !slices.Contains(known, f) {
			bad(".backfill.url", "%s: want one of %s", f, strings.Join(known, " "))
		}
	}
	if len(found) == 0 {
		bad(".backfill.url", "every range would have the same address: want one of %s in it", strings.Join(known, " "))
	}
	if err := webURL(placeholder.ReplaceAllString(b.URL, "1")); err != nil {
		bad(".backfill.url", "%v", err)
	}
	if s.Order != nil {
		bad(".backfill", "a source that takes orders has no past to ask for")
	}
}
