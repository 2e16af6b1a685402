package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary"
)

// everyArea stands for all areas of the level of a summary.
const everyArea = "all"

// isMany reports whether the flags name more than one document.
func (c *summaryRenderCmd) isMany() bool { return c.Area == everyArea || strings.Contains(c.Lang, ",") }

// many makes the summaries of all areas, or in several languages, of one vintage,
// each in a file of its own. What was there under the same name is replaced.
func (c *summaryRenderCmd) many(ctx context.Context, s streams, form summaryFormat) error {
	if c.Output == "" {
		return &exitError{exitUsage, errors.New("many summaries go to a folder: say -o DIR")}
	}
	asOf, err := parseTime(c.AsOf)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	period, err := parsePeriod(c.Period)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	house, err := c.house(s)
	if err != nil {
		return err
	}
	def, err := summaryOf(house, c.ID)
	if err != nil {
		return err
	}
	areas, err := c.areas(house, def, period)
	if err != nil {
		return err
	}
	langs := def.Languages[:1]
	if c.Lang != "" {
		langs = strings.Split(c.Lang, ",")
	}
	for _, l := range langs {
		if !slices.Contains(def.Languages, l) {
			return &exitError{exitUsage, fmt.Errorf("--lang %s: %s is written in %s", l, def.ID, strings.Join(def.Languages, ", "))}
		}
	}
	if err := os.MkdirAll(c.Output, 0o750); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return c.reading(ctx, s, func(n *node) error {
		bar := newProgress(s.err)
		defer bar.stop()
		bar.say("reading figures")
		began := time.Now()
		e, err := summary.Open(ctx, facts{n.db}, house, def, areas[0].Oblast(), period, asOf)
		if err != nil {
			return err
		}
		made, all := atomic.Int64{}, len(areas)*len(langs)
		forms := newForms()
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0)) // so many documents are in memory at once
		for _, area := range areas {
			for _, lang := range langs {
				g.Go(func() error {
					if err := gctx.Err(); err != nil {
						return err
					}
					doc, err := e.Compose(area, lang)
					if err != nil {
						return err
					}
					var out bytes.Buffer
					if err := forms.write(&out, form.name, doc); err != nil {
						return fmt.Errorf("%s in %s: %w", area, lang, err)
					}
					name := fmt.Sprintf("%s-%s-%s-%s.%s", def.ID, area, period, lang, form.extension)
					if err := writeWhole(filepath.Join(c.Output, name), out.Bytes()); err != nil {
						return err
					}
					bar.say(share(int(made.Add(1)), all, time.Since(began)))
					return nil
				})
			}
		}
		if err := g.Wait(); err != nil {
			return err
		}
		bar.stop()
		fmt.Fprintf(s.out, "%d summaries as of %s in %s\n", all, e.AsOf.UTC().Format(time.DateTime+"Z"), c.Output)
		return nil
	})
}

// areas are those that the flags name, of the level of the summary and there in the period.
func (c *summaryRenderCmd) areas(house *schemas.House, def *schemas.Summary, period auyl.Period) ([]auyl.AreaCode, error) {
	if c.Area != everyArea {
		area, err := auyl.ParseAreaCode(c.Area)
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		_, err = summary.CheckArea(house, def, area, period)
		return []auyl.AreaCode{area}, err
	}
	var out []auyl.AreaCode
	for _, a := range house.Areas.All() {
		if a.Level == def.Level && a.ValidFrom <= period.LastDay() && period.LastDay() < a.ValidTo {
			out = append(out, a.Code)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no area of level %s was there in %s", def.Level, period)
	}
	return out, nil
}

// share says how much is done, and how long the rest will take at this pace.
func share(done, all int, took time.Duration) string {
	left := (took / time.Duration(done) * time.Duration(all-done)).Round(time.Second)
	return fmt.Sprintf("%s summaries, %s left", bar(done, all), left)
}
