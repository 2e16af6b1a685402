package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/export/sheet"
)

type queryCmd struct {
	common
	Format string `short:"f" help:"pretty, csv, tsv, json (an array of rows), jsonl (a row a line), parquet or xlsx; the last two want -o or a pipe." default:"pretty" enum:"pretty,csv,tsv,json,jsonl,parquet,xlsx"`
	Output string `short:"o" help:"Write the answer to this file, whole or not at all." placeholder:"FILE" type:"path"`
	AsOf   string `help:"What indicator_current means: what was known at this time, UTC, such as 2026-07-01 or 2026-07-01T12:00:00Z." placeholder:"TIME"`
	Lang   string `help:"Language of the names that \\i and \\a list: kk, ru or en." default:"ru" enum:"kk,ru,en"`
	SQL    string `arg:"" optional:"" name:"sql" help:"One statement that reads; database auyl is the default. Without it: a prompt on a terminal, else statements from standard input."`
}

// Help implements kong's longer text.
func (*queryCmd) Help() string {
	return `Works while auyl runs, and when nothing runs: then it starts the engine itself.
Start from the views auyl.indicator_current, auyl.indicator_asof(t='…') and auyl.observation_current. In CSV a text that a
spreadsheet would run as a formula gets a ' in front. Examples:
  auyl query --format csv "SELECT area_name_ru, value FROM auyl.indicator_current WHERE indicator = 'population_total' AND level = 'district' AND is_latest"
  auyl query -f xlsx -o okrugs.xlsx --as-of 2026-07-01 "SELECT * FROM indicator_current WHERE level = 'okrug'"
  auyl query            a prompt: \? lists its commands, Ctrl-C stops a question, \q leaves`
}

func (c *queryCmd) Run(ctx context.Context, s streams) error {
	asOf, err := parseTime(c.AsOf)
	if err != nil {
		return err
	}
	return c.reading(ctx, s, func(n *node) error {
		a := &asker{db: n.db, s: s, format: c.Format, output: c.Output, asOf: asOf, lang: c.Lang}
		if c.SQL != "" {
			return a.once(ctx, c.SQL)
		}
		if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) && isTerminal(s.out) {
			return a.prompt(ctx)
		}
		return a.script(ctx, s.in)
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// asker puts questions and writes answers where and how the user wants them.
type asker struct {
	db     *clickhouse.DB
	s      streams
	format string
	output string
	asOf   time.Time
	lang   string
	quit   bool
}

// once runs what is given on the command line: a statement, or a command of the prompt.
func (a *asker) once(ctx context.Context, text string) error {
	if strings.HasPrefix(strings.TrimSpace(text), `\`) {
		return a.command(ctx, strings.TrimSpace(text))
	}
	return a.answer(ctx, clickhouse.Question{Statement: text, AsOf: a.asOf})
}

// answer writes the answer to a question, in the format that is set where the question names none.
func (a *asker) answer(ctx context.Context, q clickhouse.Question) error {
	if q.Format == "" {
		q.Format = a.format
	}
	if a.output == "" {
		if (q.Format == "parquet" || q.Format == "xlsx") && isTerminal(a.s.out) {
			return &exitError{exitUsage, fmt.Errorf("%s is not for a terminal: say -o FILE", q.Format)}
		}
		return a.write(ctx, q, a.s.out)
	}
	return writeWhole(a.output, func(w io.Writer) error { return a.write(ctx, q, w) })
}

// writeWhole writes a file whole or not at all.
func writeWhole(name string, write func(io.Writer) error) error {
	part := name + ".part"
	f, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	w := bufio.NewWriterSize(f, 256<<10)
	err = write(w)
	err = errors.Join(err, w.Flush(), f.Close())
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

func (a *asker) write(ctx context.Context, q clickhouse.Question, w io.Writer) error {
	if isTerminal(a.s.err) {
		p := newProgressAfter(a.s.err, time.Second)
		defer p.stop()
		p.say("asking (Ctrl-C stops)")
		w = &stopOnWrite{w: w, p: p}
	}
	if q.Format != "xlsx" {
		return a.db.Ask(ctx, q, w)
	}
	q.Format = clickhouse.Rows
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, pw := io.Pipe()
	asked := make(chan error, 1)
	go func() { // ends with the question, which the cancel above ends; joined below
		err := a.db.Ask(ctx, q, pw)
		pw.CloseWithError(err)
		asked <- err
	}()
	err := sheet.Write(w, r)
	r.CloseWithError(err)
	if e := <-asked; e != nil && (err == nil || errors.Is(err, e)) {
		return e
	}
	return err
}

// stopOnWrite takes the progress off the terminal before the answer begins.
type stopOnWrite struct {
	w io.Writer
	p *progress
}

func (s *stopOnWrite) Write(b []byte) (int, error) {
	s.p.stop()
	return s.w.Write(b)
}
