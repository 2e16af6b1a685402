package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/transform"
)

// formulas are those under which the cells were computed. They stand in RAW, in the
// state of ingest.CatalogueSource: with what was asked for when they changed last.
//
// The stages compute a cell when something that it looks up changes; a formula that
// changes moves none of the old ones. So a start under other formulas asks for all
// cells of those indicators again. They come as a new vintage under the new version,
// behind all that is in RAW by then: what was published before stays what it was.
type formulas struct {
	Of   map[auyl.IndicatorID]formulaOf `json:"of"`
	Kept []string                       `json:"kept"` // what the stage of districts keeps: transform.Kept
}

// formulaOf is the formula of one indicator.
type formulaOf struct {
	Version uint32   `json:"version"`
	Hash    string   `json:"hash"`
	Needs   []string `json:"-"` // of what is kept
}

// formulasOf are those of the catalogue.
func (n *node) formulasOf() (*formulas, error) {
	model := transform.ModelOf(n.house.Catalogue)
	f := &formulas{Of: map[auyl.IndicatorID]formulaOf{}}
	var err error
	if f.Kept, err = transform.Kept(model); err != nil {
		return nil, err
	}
	for i := range n.house.Catalogue.Indicators {
		ind := &n.house.Catalogue.Indicators[i]
		one := transform.Model{Series: model.Series, Parameters: model.Parameters}
		for _, m := range model.Indicators {
			if m.ID == ind.ID {
				one.Indicators = append(one.Indicators, m)
			}
		}
		needs, err := transform.Kept(one)
		if err != nil {
			return nil, err
		}
		f.Of[ind.ID] = formulaOf{ind.Version, ind.FormulaHash(), needs}
	}
	return f, nil
}

// sameFormulas asks for what has another formula than the cells that are there to
// be computed again. It refuses where that cannot be done from what is kept. It is
// called before the stages run, by whoever writes to RAW.
func (n *node) sameFormulas(ctx context.Context) error {
	now, err := n.formulasOf()
	if err != nil {
		return err
	}
	raw, err := ingest.OpenRaw(ctx, n.conn, ingest.CatalogueSource)
	if err != nil {
		return err
	}
	state, err := json.Marshal(now)
	if err != nil {
		return err
	}
	var was formulas
	if len(raw.State()) == 0 { // a new folder, or one that is older than this
		return ingest.PublishRecompute(ctx, raw, n.store, nil, n.clock.Next(), state)
	}
	if err := json.Unmarshal(raw.State(), &was); err != nil {
		return fmt.Errorf("formulas in RAW: %w", err)
	}
	moved, lacking := now.since(&was)
	if len(lacking) > 0 {
		return &exitError{exitData, fmt.Errorf("the formulas of %s changed and look up what was not kept for the old ones: "+
			"auyl rebuild --data %s computes all cells again, while readers go on reading", list(lacking), n.Data)}
	}
	if len(moved) == 0 && slices.Equal(was.Kept, now.Kept) && len(was.Of) == len(now.Of) {
		return nil
	}
	if len(moved) > 0 {
		n.log.WarnContext(ctx, "formulas changed: all cells of these indicators are computed again", "indicators", list(moved))
	}
	ids := make([]auyl.IndicatorID, len(moved))
	for i, id := range moved {
		ids[i] = auyl.IndicatorID(id)
	}
	return ingest.PublishRecompute(ctx, raw, n.store, ids, n.clock.Next(), state)
}

// since lists what is new or has another formula, apart those that need more than
// was kept. What left the catalogue keeps the cells that it has.
func (f *formulas) since(was *formulas) (moved, lacking []string) {
	for id, x := range f.Of {
		w, ok := was.Of[id]
		if ok && w.Version == x.Version && w.Hash == x.Hash {
			continue
		}
		kept := !slices.ContainsFunc(x.Needs, func(s string) bool { return !slices.Contains(was.Kept, s) })
		switch {
		case kept:
			moved = append(moved, string(id))
		case ok:
			lacking = append(lacking, fmt.Sprintf("%s (version %d → %d)", id, w.Version, x.Version))
		}
		// A new indicator over a new series has nothing to be computed from yet.
	}
	slices.Sort(moved)
	slices.Sort(lacking)
	return moved, lacking
}

// list names a few, and counts the others.
func list(all []string) string {
	const most = 8
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(all[:most], ", "), len(all)-most)
}
