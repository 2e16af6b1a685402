package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/words"
)

type indicatorListCmd struct {
	common
	Theme string `help:"Only of this theme."`
	Lang  string `help:"Language of the names: kk, ru or en." default:"ru" enum:"kk,ru,en"`
}

// Help implements kong's longer text.
func (*indicatorListCmd) Help() string {
	return "Examples:\n  auyl indicator ls\n  auyl indicator ls --theme demography --lang kk"
}

func (c *indicatorListCmd) Run(s streams) error {
	c.reads = true
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "indicator\ttheme\tlevel\tfreq\tunit\tname")
	themes := map[string]bool{}
	for _, i := range n.house.Catalogue.Indicators {
		themes[i.Theme] = true
		if c.Theme == "" || c.Theme == i.Theme {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", i.ID, i.Theme, i.Level, i.Freq, i.Unit, words.Lang(c.Lang).Of(i.Names))
		}
	}
	if c.Theme != "" && !themes[c.Theme] {
		all := sortedKeys(themes)
		hint := "there are " + strings.Join(all, ", ")
		if near := schemas.Nearest(c.Theme, all); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return fmt.Errorf("unknown theme %q: %s", c.Theme, hint)
	}
	return w.Flush()
}

type indicatorShowCmd struct {
	common
	ID   string `arg:"" help:"Id of the indicator."`
	Lang string `help:"Language: kk, ru or en." default:"ru" enum:"kk,ru,en"`
}

// Help implements kong's longer text.
func (*indicatorShowCmd) Help() string {
	return `Says what an indicator means, from what it is computed, and how far it is covered now where the data folder has tables.
Examples:
  auyl indicator show ambulance_on_time_share
  auyl indicator show ambulance_on_time_share --lang kk`
}

func (c *indicatorShowCmd) Run(ctx context.Context, s streams) error {
	c.reads = true
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	i, err := indicatorOf(n.house.Catalogue, c.ID)
	if err != nil {
		return err
	}
	v := shown{h: n.house, l: words.Lang(c.Lang), out: s.out}
	if err := v.meaning(i); err != nil {
		return err
	}
	if _, err := os.Stat(n.dir("clickhouse")); n.cfg.ClickHouse.DSN == "" && errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(s.out, "\n%s\n", v.pick("Қамту қазір: кесте жоқ (auyl run)", "Охват сейчас: таблиц нет (auyl run)", "Coverage now: there are no tables (auyl run)"))
		return err
	}
	return c.reading(ctx, s, func(n *node) error {
		list, err := n.db.Coverages(ctx, i.ID)
		if err != nil {
			return err
		}
		return v.coverage(list)
	})
}

// shown writes an indicator in one language.
type shown struct {
	h   *schemas.House
	l   words.Lang
	out io.Writer
}

func (v shown) pick(kk, ru, en string) string { return v.l.Of(schemas.Names{KK: kk, RU: ru, EN: en}) }

// meaning writes what the catalogue says.
func (v shown) meaning(i *schemas.Indicator) error {
	fmt.Fprintf(v.out, "%s (%s)\n\n%s\n\n", v.l.Of(i.Names), i.ID, v.l.Of(i.Description))
	w := tabwriter.NewWriter(v.out, 0, 0, 2, ' ', 0)
	yes := v.pick("иә: шағын ұяшықтар жасырылады", "да: малые ячейки скрываются", "yes: small cells are hidden")
	if !i.Sensitive {
		yes = v.pick("жоқ", "нет", "no")
	}
	for _, kv := range [][2]string{
		{v.pick("тақырып", "тема", "theme"), i.Theme},
		{v.pick("формула", "формула", "formula"), words.Formula(v.h.Catalogue, i, v.l)},
		{v.pick("формула нұсқасы", "версия формулы", "formula version"), fmt.Sprint(i.Version)},
		{v.pick("бірлік", "единица", "unit"), i.Unit},
		{v.pick("бағыт", "направление", "direction"), words.Direction(i.Direction, v.l)},
		{v.pick("жиілік", "периодичность", "frequency"), words.Freq(i.Freq, v.l)},
		{v.pick("ең төменгі деңгей", "нижний уровень", "lowest level"), words.Level(i.Level, v.l)},
		{v.pick("жоғары деңгейде", "на уровне выше", "rolls up as"), words.Rollup(i.Rollup, v.l)},
		{v.pick("қамту", "охват", "coverage"), words.Coverage(i.Coverage, v.l)},
		{v.pick("ақылға сыйымды мән", "правдоподобные значения", "plausible"), number(i.Plausible.Min) + " … " + number(i.Plausible.Max)},
		{v.pick("әкімге байланысты", "зависит от акима", "an akim controls it"), words.Controllable(i.Controllable, v.l)},
		{v.pick("құпия", "чувствительный", "sensitive"), yes},
	} {
		fmt.Fprintf(w, "%s\t%s\n", kv[0], kv[1])
	}
	for _, id := range i.Uses {
		fmt.Fprintf(w, "%s\t%s: %s\n", v.pick("көрсеткіш арқылы", "через показатель", "by indicator"), id, v.l.Of(v.h.Catalogue.Indicator(id).Names))
	}
	for _, id := range i.Inputs {
		x := v.h.Catalogue.SeriesOf(id)
		fmt.Fprintf(w, "%s\t%s: %s, %s\n", v.pick("қатар", "ряд", "series"), x.ID, v.l.Of(x.Names), x.Unit)
	}
	for _, id := range i.Sources {
		k := v.h.Contracts[id]
		origin := v.pick("нақты", "реальный", "real")
		if k.Origin.String() != "real" {
			origin = v.pick("синтетикалық", "синтетический", "synthetic")
		}
		fmt.Fprintf(w, "%s\t%s: %s (%s, %s)\n", v.pick("дереккөз", "источник", "source"), id, v.l.Of(k.Title), origin, k.Rank)
	}
	return w.Flush()
}

// coverage writes what the tables say, a line for each level and frequency.
func (v shown) coverage(list []clickhouse.Coverage) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(v.out, "\n%s\n", v.pick("Қамту қазір: ұяшық әлі жоқ", "Охват сейчас: ячеек ещё нет", "Coverage now: no cell yet"))
		return err
	}
	fmt.Fprintf(v.out, "\n%s\n", v.pick("Қамту қазір", "Охват сейчас", "Coverage now"))
	w := tabwriter.NewWriter(v.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, v.pick("деңгей\tкезең\tмәні бар\tбағалау\tжасырын\tқамту\tшығу тегі", "уровень\tпериод\tсо значением\tоценка\tскрыто\tохват\tпроисхождение",
		"level\tperiod\twith a value\testimated\thidden\tcoverage\torigin"))
	for _, c := range list {
		share := "–"
		if c.Coverage != nil {
			share = number(*c.Coverage*100) + " %"
		}
		origin := v.pick("нақты", "реальное", "real")
		if c.Synthetic {
			origin = v.pick("синтетикалық", "синтетическое", "synthetic")
		}
		fmt.Fprintf(w, "%s\t%s\t%d / %d\t%d\t%d\t%s\t%s\n", v.level(c.Level), c.Period, c.Filled, c.Areas, c.Estimated, c.Suppressed, share, origin)
	}
	return w.Flush()
}

func (v shown) level(name string) string {
	if l, err := auyl.ParseLevel(name); err == nil {
		return words.Level(l, v.l)
	}
	return name
}
