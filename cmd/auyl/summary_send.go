package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
)

type summarySendCmd struct {
	common
	ID      string   `arg:"" optional:"" help:"Summary, such as oblast-monthly."`
	Area    string   `help:"KATO code of the area." placeholder:"190000000"`
	Period  string   `help:"Period: 2026, 2026-Q3, 2026-09, 2026-W37." placeholder:"2026-09"`
	Lang    []string `help:"Languages; default: those of each recipient." placeholder:"kk"`
	To      []string `help:"Recipients by their ids in the configuration; default: all that get this summary." placeholder:"ID"`
	AsOf    string   `help:"Vintage of a new edition: a time, or now; default: that of the edition that was sent, else now." placeholder:"now"`
	Resolve string   `help:"Decide on an uncertain or failed delivery, by its key in auyl summary history." placeholder:"KEY"`
	As      string   `help:"With --resolve: sent, it has arrived; again, it has not and is tried again." enum:"sent,again," default:""`
}

// Help implements kong's longer text.
func (*summarySendCmd) Help() string {
	return `Who was sent this edition is not sent it again. A mail server's log says whether an uncertain delivery arrived: look for its message
id. Examples:
  auyl summary send oblast-monthly --area 190000000 --period 2026-09 --to akim
  auyl summary send oblast-monthly --area 190000000 --period 2026-09 --as-of now
  auyl summary send --resolve KEY --as sent`
}

func (c *summarySendCmd) Run(ctx context.Context, s streams) (err error) {
	if (c.Resolve == "") != (c.As == "") || (c.Resolve == "") == (c.ID == "") {
		return &exitError{exitUsage, errors.New("want a summary with --area and --period, or --resolve KEY with --as sent or --as again")}
	}
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.readStreams(ctx); err != nil {
		return err
	}
	if c.Resolve != "" {
		return c.resolve(ctx, n, s)
	}
	if err := n.openReader(ctx); err != nil {
		return err
	}
	compose, err := n.composing(ctx)
	if err != nil {
		return err
	}
	sum, err := n.openSummarizer(ctx, compose)
	if err != nil {
		return err
	}
	return c.send(ctx, sum, s)
}

// resolve writes down what a person decided. The next look of the scheduler, or
// the next auyl summary send, acts on it.
func (c *summarySendCmd) resolve(ctx context.Context, n *node, s streams) error {
	ledger, err := n.summaryLedger(ctx)
	if err != nil {
		return err
	}
	d, err := send.New(ledger, nil, nil, send.Options{Logger: n.log}).Resolve(ctx, c.Resolve, c.As == "sent")
	if errors.Is(err, send.ErrNone) {
		return fmt.Errorf("%s is no delivery: see auyl summary history --state uncertain", c.Resolve)
	}
	if err != nil {
		return err
	}
	if err := reopen(ctx, ledger, d); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s %s %s in %s to %s is %s now\n", d.Summary, d.Area, d.Period, d.Lang, d.Recipient, d.State)
	return err
}

// reopen has the scheduler look after a run again that was done but for this delivery.
func reopen(ctx context.Context, l send.Ledger, d send.Delivery) error {
	if d.State != send.Planned || d.Edition != "" {
		return nil // of an edition made by hand auyl summary send is run again
	}
	return send.ReopenRun(ctx, l, send.Run{Summary: d.Summary, Area: d.Area, Period: d.Period})
}

func (c *summarySendCmd) send(ctx context.Context, sum *summarizer, s streams) error {
	run, err := c.run(ctx, sum)
	if err != nil {
		return err
	}
	to, err := c.recipients(sum, run)
	if err != nil {
		return err
	}
	got, err := sum.sender.Deliver(ctx, run, to)
	if err != nil {
		return err
	}
	if got.Pending == 0 && run.Edition != "" {
		if err := send.EndRun(ctx, sum.ledger, run, time.Now().UTC().Truncate(time.Millisecond)); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "%s %s %s as of %s: %d sent (%d of them before), %d pending, %d failed, %d uncertain\n",
		run.Summary, run.Area, run.Period, stamp(run.AsOf), got.Sent, got.Before, got.Pending, got.Failed, got.Uncertain)
	switch {
	case got.Failed+got.Uncertain > 0:
		return errors.New("not all was sent: see auyl summary history")
	case got.Pending > 0:
		return unreachable(errors.New("not all was taken yet: run the same again later, it sends only what is left"))
	}
	return nil
}

// run is the edition that is to be sent: written down before it is used, so that
// the same command gives the same bytes again.
func (c *summarySendCmd) run(ctx context.Context, sum *summarizer) (send.Run, error) {
	list := sum.compose.Declarations()
	i := slices.IndexFunc(list, func(d schedule.Declaration) bool { return d.Summary == c.ID })
	if i < 0 {
		var ids []string
		for _, d := range list {
			ids = append(ids, d.Summary)
		}
		return send.Run{}, &exitError{exitUsage, fmt.Errorf("no summary %q: there are %s", c.ID, strings.Join(ids, ", "))}
	}
	area, err := auyl.ParseAreaCode(c.Area)
	if err != nil {
		return send.Run{}, &exitError{exitUsage, fmt.Errorf("--area: %w", err)}
	}
	period, err := parsePeriod(c.Period)
	if err != nil {
		return send.Run{}, &exitError{exitUsage, fmt.Errorf("--period: %w", err)}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	r := send.Run{Summary: c.ID, Version: list[i].Version, Area: area, Period: period, State: send.Open, DueAt: now, OpenedAt: now, AsOf: now}
	switch c.AsOf {
	case "":
		if have, ok, err := newest(ctx, sum.ledger, r); ok || err != nil {
			return have, err
		}
	case "now":
	default:
		if r.AsOf, err = time.Parse(time.RFC3339, c.AsOf); err != nil {
			return r, &exitError{exitUsage, fmt.Errorf("--as-of: %q: want now, or a time such as 2026-10-05T09:00:00+05:00", c.AsOf)}
		}
		r.AsOf = r.AsOf.UTC().Truncate(time.Millisecond)
	}
	if r.Missing, err = sum.compose.Missing(ctx, list[i], area, period); err != nil {
		return r, err
	}
	r.Edition = send.EditionOf(r.AsOf)
	have, _, err := send.CreateRun(ctx, sum.ledger, r)
	return have.Run, err
}

// newest is the edition that people have: that of the schedule, else the last one
// made by hand.
func newest(ctx context.Context, l send.Ledger, r send.Run) (run send.Run, ok bool, err error) {
	run, err = send.ReadRun(ctx, l, r)
	switch {
	case err == nil && !run.AsOf.IsZero():
		return run, true, nil
	case err != nil && !errors.Is(err, send.ErrNone):
		return run, false, err
	}
	h, err := send.ReadHistory(ctx, l, 0)
	for _, e := range h.Runs {
		if e.Summary == r.Summary && e.Area == r.Area && e.Period == r.Period && !e.AsOf.IsZero() {
			run, ok = e.Run, true // in the order in which they were written
		}
	}
	return run, ok, err
}

// recipients are those of --to, or all that get this summary.
func (c *summarySendCmd) recipients(sum *summarizer, run send.Run) ([]send.Recipient, error) {
	var out []send.Recipient
	for _, id := range c.To {
		if !slices.ContainsFunc(sum.recipients, func(r recipient) bool { return r.ID == id }) {
			return nil, &exitError{exitUsage, fmt.Errorf("--to: no recipient %q under summaries.recipients of the configuration", id)}
		}
	}
	for _, r := range sum.recipients {
		if len(c.To) > 0 && !slices.Contains(c.To, r.ID) || len(c.To) == 0 && (!r.wants(run.Summary) || !r.Wants(run.Area)) {
			continue
		}
		to := r.Recipient
		if len(c.Lang) > 0 {
			to.Langs = c.Lang
		}
		out = append(out, to)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nobody gets %s of %s: name recipients with --to, or under summaries.recipients of the configuration", run.Summary, run.Area)
	}
	return out, nil
}
