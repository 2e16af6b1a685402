package summary

import (
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// The marks beside a number: what kind of figure it is, then how sure it is.
const (
	markAdministrative = "†"
	markSelfReported   = "‡"
	markPress          = "¶"
	markSynthetic      = "§"
	markEstimated      = "°"
	markProvisional    = "*"
	markImputed        = "^"
	markBreak          = "‖"
)

// mark says beside a number how far it may be quoted; official and normal has none.
func (c *composer) mark(ind *schemas.Indicator, x Cell) string {
	out := ""
	add := func(m string) {
		c.marks[m] = true
		out += m
	}
	if x.Value == nil {
		return ""
	}
	switch x.Origin {
	case auyl.OriginSynthetic:
		add(markSynthetic)
	default:
		switch c.weakest(ind) {
		case auyl.RankAdministrative:
			add(markAdministrative)
		case auyl.RankSelfReported:
			add(markSelfReported)
		case auyl.RankPress:
			add(markPress)
		default:
		}
	}
	switch x.Status {
	case auyl.StatusEstimated:
		add(markEstimated)
	case auyl.StatusProvisional:
		add(markProvisional)
	case auyl.StatusImputed:
		add(markImputed)
	case auyl.StatusBreak:
		add(markBreak)
	default: // normal; empty ones have no mark
	}
	return out
}

// weakest is the rank of the weakest source of an indicator that is not synthetic.
func (c *composer) weakest(ind *schemas.Indicator) auyl.Rank {
	var out auyl.Rank
	for _, id := range ind.Sources {
		if k := c.House.Contracts[id]; k != nil && k.Origin == auyl.OriginReal {
			out = max(out, k.Rank)
		}
	}
	return out
}

func (c *composer) legend() []document.Mark {
	var out []document.Mark
	for _, m := range []struct{ sign, key string }{
		{markAdministrative, "mark.administrative"},
		{markSelfReported, "mark.self_reported"},
		{markPress, "mark.press"},
		{markSynthetic, "mark.synthetic"},
		{markEstimated, "mark.estimated"},
		{markProvisional, "mark.provisional"},
		{markImputed, "mark.imputed"},
		{markBreak, "mark.break"},
	} {
		if c.marks[m.sign] {
			out = append(out, document.Mark{Sign: m.sign, Text: c.text(m.key, nil)})
		}
	}
	return out
}

// notices are what the reader must know before the figures.
func (c *composer) notices() []document.Notice {
	var out []document.Notice
	add := func(k document.NoticeKind, key string, args map[string]words.Arg) {
		out = append(out, document.Notice{Kind: k, Text: c.text(key, args)})
	}
	if w := c.Def.Schedule.WaitFor; w != nil {
		for _, id := range w.Indicators {
			have, all := c.complete(id, w.Level)
			if all > 0 && float64(have) < w.Share*float64(all) {
				ind := c.House.Catalogue.Indicator(id)
				add(document.Missing, "notice.missing", map[string]words.Arg{
					"name": plain(c.name(ind.Names)), "missing": c.w.Count(all - have), "all": c.w.Count(all),
				})
			}
		}
	}
	late := 0
	for _, f := range c.feeds {
		if c.sources[f.Source] && c.late(f).days > 0 {
			late++
		}
	}
	if late > 0 {
		add(document.Late, "notice.late", map[string]words.Arg{"n": c.w.Count(late)})
	}
	switch c.synthetic {
	case 0:
	case c.shown:
		add(document.Synthetic, "notice.synthetic.all", nil)
	default:
		add(document.Synthetic, "notice.synthetic", map[string]words.Arg{"n": c.w.Count(c.synthetic), "all": c.w.Count(c.shown)})
	}
	return out
}

// complete counts the areas of a level, in the area of the document, that have a
// value in the period, and all of them.
func (c *composer) complete(id auyl.IndicatorID, level auyl.Level) (have, all int) {
	return c.Complete(c.area.Code, id, level)
}

// Complete counts the areas of a level within an area that have a value of an
// indicator in the period of the edition, and all of them. What has nothing to
// divide by, or is suppressed, has reported.
func (e *Edition) Complete(within auyl.AreaCode, id auyl.IndicatorID, level auyl.Level) (have, all int) {
	ind := e.House.Catalogue.Indicator(id)
	if ind == nil {
		return 0, 0
	}
	codes := []auyl.AreaCode{within}
	if level != e.Def.Level {
		codes = nil
		for _, a := range e.areasOf(within, level) {
			codes = append(codes, a.Code)
		}
	}
	for _, code := range codes {
		x, ok := e.at(ind, code, e.Period)
		if ok && (x.Value != nil || x.Reason == "denominator_zero" || x.Reason == "weight_zero" || x.Status == auyl.StatusConfidential) {
			have++
		}
	}
	return have, len(codes)
}

func (c *composer) sourceList() []document.Source {
	var out []document.Source
	for _, f := range c.feeds {
		if !c.sources[f.Source] {
			continue
		}
		out = append(out, document.Source{
			ID: f.Source, Name: c.sourceName(f.Source), Synthetic: f.Origin == auyl.OriginSynthetic,
			Newest: f.Newest.In(c.zone).Format("02.01.2006"),
		})
	}
	slices.SortFunc(out, func(a, b document.Source) int {
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
	return out
}

func (c *composer) labels() document.Labels {
	t := func(key string) string { return c.text("label."+key, nil) }
	return document.Labels{
		AsOf: t("as_of"), Sources: t("sources"), Marks: t("marks"), Annex: t("annex"), Contents: t("contents"), Explain: t("explain"),
		Unit: t("unit"), Page: t("page"), Table: t("table"), NoData: t("no_data"), Better: t("better"), Worse: t("worse"),
		Skip: t("skip"), Coverage: t("coverage"), Synthetic: t("synthetic"), Interval: t("interval"),
	}
}
