package ingest

import (
	"strings"

	"github.com/auyl-kz/auyl"
)

// alike maps what looks alike on a screen to one spelling: a Cyrillic х and a
// Latin x, a dash of any length, three points and an ellipsis.
func alike(s string) string {
	return strings.NewReplacer("х", "x", "Х", "x", "X", "x", "–", "-", "—", "-", "−", "-", "‑", "-", "...", "…").Replace(strings.TrimSpace(s))
}

// lookalike finds the mark of a contract that raw would be if its letters were
// those that they look like. It is asked where nothing else fits; of marks that
// look alike and mean different things none is taken.
func (n *numbers) lookalike(raw string) (status auyl.Status, ok bool) {
	text := alike(raw)
	for _, of := range []struct {
		marks  []string
		status auyl.Status
	}{
		{n.rule.Confidential, auyl.StatusConfidential},
		{n.rule.Missing, auyl.StatusMissing},
		{n.rule.Zero, auyl.StatusNormal},
	} {
		for _, mark := range of.marks {
			if mark == "" || alike(mark) != text {
				continue
			}
			if ok && status != of.status {
				return 0, false
			}
			status, ok = of.status, true
			break
		}
	}
	return status, ok
}
