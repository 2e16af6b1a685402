package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// formulasFile stands beside the memory of the stages and says under which
// formulas it was filled. The stages compute a cell when something that it looks
// up changes; a formula that changes moves none of the old ones, so that what is
// there would say one thing up to some day and another thing from then on.
const formulasFile = "formulas.json"

// formulaOf is the formula of an indicator in formulasFile.
type formulaOf struct {
	Version uint32 `json:"version"`
	Hash    string `json:"hash"`
}

func formulasOf(c *schemas.Catalogue) map[auyl.IndicatorID]formulaOf {
	out := map[auyl.IndicatorID]formulaOf{}
	for i := range c.Indicators {
		out[c.Indicators[i].ID] = formulaOf{c.Indicators[i].Version, c.Indicators[i].FormulaHash()}
	}
	return out
}

// sameFormulas refuses to go on under other formulas than those that what is there
// was computed with. Where the memory is empty, or older than this file, it writes
// down what the formulas are now.
func (n *node) sameFormulas() error {
	now := formulasOf(n.house.Catalogue)
	b, err := os.ReadFile(n.dir("state", formulasFile))
	if errors.Is(err, fs.ErrNotExist) {
		return n.writeFormulas(now)
	}
	var was map[auyl.IndicatorID]formulaOf
	if err == nil {
		err = json.Unmarshal(b, &was)
	}
	if err != nil {
		return fmt.Errorf("formulas of the memory of the stages: %w", err)
	}
	changed, added := formulasMoved(was, now)
	if len(changed)+len(added) == 0 {
		return nil
	}
	mend := fmt.Sprintf("auyl rebuild --data %s computes all cells again, while readers go on reading", n.Data)
	if n.cfg.NATS.URL != "" {
		mend = "put back the catalogue, or begin with fresh streams and state"
	}
	if len(changed) > 0 {
		return &exitError{exitData, fmt.Errorf("the catalogue has another formula than the cells that are there: %s: %s", list(changed), mend)}
	}
	n.log.Warn("new indicators have cells from now on only: "+mend, "indicators", list(added))
	for _, id := range added {
		was[auyl.IndicatorID(id)] = now[auyl.IndicatorID(id)]
	}
	return n.writeFormulas(was)
}

// formulasMoved lists what has another formula, or the same under another version,
// and what is new. What left the catalogue keeps the cells that it has.
func formulasMoved(was, now map[auyl.IndicatorID]formulaOf) (changed, added []string) {
	for id, f := range now {
		switch w, ok := was[id]; {
		case !ok:
			added = append(added, string(id))
		case w != f:
			changed = append(changed, fmt.Sprintf("%s (version %d → %d)", id, w.Version, f.Version))
		}
	}
	slices.Sort(changed)
	slices.Sort(added)
	return changed, added
}

// list names a few, and counts the others.
func list(all []string) string {
	const most = 8
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(all[:most], ", "), len(all)-most)
}

func (n *node) writeFormulas(f map[auyl.IndicatorID]formulaOf) error {
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(n.dir("state"), 0o750); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	part := n.dir("state", formulasFile+".part")
	if err := os.WriteFile(part, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := os.Rename(part, n.dir("state", formulasFile)); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
