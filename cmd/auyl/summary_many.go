package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	w, err := c.wanted(s)
	if err != nil {
		return err
	}
	def := w.def
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
		e, err := summary.Open(ctx, facts{n.db}, w.house, def, w.areas[0].Oblast(), w.period, w.asOf)
		if err != nil {
			return err
		}
		made, all := atomic.Int64{}, len(w.areas)*len(langs)
		forms := newForms()
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0)) // so many documents are in memory at once
		for _, area := range w.areas {
			for _, lang := range langs {
				g.Go(func() error {
					if err := gctx.Err(); err != nil {
						return err
					}
					doc, err := e.Compose(area, lang)
					if err != nil {
						return err
					}
					name := fmt.Sprintf("%s-%s-%s-%s.%s", def.ID, area, w.period, lang, form.extension)
					err = writeWhole(filepath.Join(c.Output, name), func(out io.Writer) error { return forms.write(out, form.name, doc) })
					if err != nil {
						return fmt.Errorf("%s in %s: %w", area, lang, err)
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
	out := codesOf(house.Areas.OfLevel(def.Level, period.LastDay()))
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
