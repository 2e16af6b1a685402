package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

type backfillCmd struct {
	common
	ID    string        `arg:"" help:"Id of the source."`
	From  string        `help:"First period, such as 2020, 2020-Q3 or 2020-07-01." required:"true" placeholder:"PERIOD"`
	To    string        `help:"Last period, included." required:"true" placeholder:"PERIOD"`
	Pause time.Duration `help:"Rest between two ranges." default:"2s"`
	Dry   bool          `help:"Only show the addresses that would be asked."`
}

// Help implements kong's longer text.
func (*backfillCmd) Help() string {
	return `Asks a source for its past, range by range, as sources[].backfill of the configuration says. It keeps half the rate of live pulls,
rests between ranges, and waits while the source is being pulled or decoding is behind. Broken off, the same command goes on
where it stopped. Works beside a running auyl with nats.listen, and when nothing runs. Example:
  auyl backfill goszakup.contracts --from 2024 --to 2025-M06`
}

func (c *backfillCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	src, ranges, err := c.plan(cfg)
	if err != nil {
		return err
	}
	if c.Dry {
		for _, p := range ranges {
			fmt.Fprintln(s.out, p, ingest.AddressOf(src.Backfill.URL, p))
		}
		return nil
	}
	if cfg.NATS.URL == "" && !c.inUse() {
		return c.writing(ctx, s, func(ctx context.Context, n *node, parts []part) error {
			err := c.fill(ctx, s, n, src, ranges)
			if ctx.Err() != nil {
				return err
			}
			return errors.Join(err, drain(ctx, parts, nil))
		})
	}
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.openArchive(ctx); err != nil {
		return err
	}
	if err := n.readStreams(ctx); err != nil {
		return err
	}
	err = c.fill(ctx, s, n, src, ranges)
	return err
}

// plan finds the source and cuts the time into ranges.
func (c *backfillCmd) plan(cfg *config.Config) (src config.Source, ranges []auyl.Period, err error) {
	found := false
	for _, x := range cfg.Sources {
		if x.ID == c.ID {
			src, found = x, true
		}
	}
	switch {
	case !found:
		return src, nil, fmt.Errorf("source %s is not asked over HTTP: its past comes as files, put them into a drop folder", c.ID)
	case src.Backfill == nil:
		return src, nil, fmt.Errorf("source %s has no address for its past: add to it in %s\n  backfill: {url: \"https://…?from={from}&to={to}\", step: M}\nor, if each answer tells all periods, there is nothing to fill: auyl source pull %s", c.ID, c.Config, c.ID)
	}
	from, err := periodFlag("--from", c.From)
	if err != nil {
		return src, nil, err
	}
	to, err := periodFlag("--to", c.To)
	if err != nil {
		return src, nil, err
	}
	step, err := auyl.ParseFreq(src.Backfill.Step)
	if err != nil {
		return src, nil, err
	}
	if to.LastDay() < from.Start() {
		return src, nil, &exitError{exitUsage, fmt.Errorf("--to %s is before --from %s", c.To, c.From)}
	}
	return src, ingest.Ranges(from.Start(), to.LastDay(), step), nil
}

func periodFlag(flag, text string) (auyl.Period, error) {
	p, err := auyl.ParsePeriod(text)
	if err != nil {
		return p, &exitError{exitUsage, fmt.Errorf("%s: %w: want 2020, 2020-Q3, 2020-M07 or 2020-07-01", flag, err)}
	}
	return p, nil
}

// fill asks range by range.
func (c *backfillCmd) fill(ctx context.Context, s streams, n *node, src config.Source, ranges []auyl.Period) error {
	contract, err := contractOf(n.house, c.ID)
	if err != nil {
		return err
	}
	if contract.KeepRaw() == schemas.RawDrop {
		return fmt.Errorf("source %s keeps no bytes (raw: drop): what is fetched beside its live pulls could not be let go in time", c.ID)
	}
	lease, err := n.lease(ctx, "backfill "+c.ID)
	if err != nil {
		return err
	}
	defer lease.Close() //nolint:errcheck,contextcheck // it runs out by itself
	n.slower()
	addr := ""
	if strings.Contains(src.Backfill.URL, "://"+config.Simulated) {
		if addr, _, err = n.simulated(ctx); err != nil {
			return err
		}
	}
	web, err := n.web(addr)
	if err != nil {
		return err
	}
	p := newProgress(s.err)
	defer p.stop()
	begin, first := time.Now(), -1
	job := &ingest.Backfill{
		Source: contract.ID, Ranges: ranges,
		Open: func(r auyl.Period) (ingest.Door, error) { return n.pastDoor(src, r, web, addr) },
		Wait: func(ctx context.Context) error { return ingest.GiveWay(ctx, n.conn, contract.ID, c.Pause) },
		Progress: func(done int) {
			if first < 0 {
				first = done
			}
			p.say(c.ID + " " + bar(done, len(ranges)) + " ranges" + estimate(done-first, len(ranges)-done, time.Since(begin)))
		},
	}
	raw, err := ingest.OpenRawLane(ctx, n.conn, contract.ID, ingest.BackfillLane)
	if err != nil {
		return err
	}
	store, byReference := n.keeping(contract, raw)
	puller, err := ingest.NewPuller(ingest.Source{
		ID: contract.ID, Origin: contract.Origin, Rank: contract.Rank, ContractVersion: contract.Version,
		ByReference: byReference, Door: job, Lane: ingest.BackfillLane,
	}, raw, store, n.clock, ingest.Options{Logger: n.log})
	if err != nil {
		return err
	}
	out, err := puller.Pull(ctx)
	p.stop()
	if err != nil {
		return fmt.Errorf("%w: the same command goes on where it stopped", err)
	}
	return printBackfill(s.out, out, first, len(ranges))
}

func printBackfill(w io.Writer, out ingest.Outcome, first, ranges int) error {
	if first > 0 {
		fmt.Fprintf(w, "taken up at range %d of %d\n", first+1, ranges)
	}
	fmt.Fprintf(w, "%s: %s, %d ranges, %d page(s), %d bytes\n", out.Run, out.Status, ranges, out.Pages, out.Bytes)
	if out.Err != nil {
		return unreachable(fmt.Errorf("source %s: %w: the same command goes on there", out.Source, out.Err))
	}
	return nil
}

// pastDoor is the door of a source to one range of its past.
func (n *node) pastDoor(src config.Source, r auyl.Period, web *ingest.Web, simAddr string) (ingest.Door, error) {
	address := ingest.AddressOf(src.Backfill.URL, r)
	if src.Base != "" {
		src.Base = address
	} else {
		src.URLs = []string{address}
	}
	return n.webDoor(src, web, simAddr)
}

// slower halves what hosts are asked, so that live pulls have the other half.
func (n *node) slower() {
	n.cfg.Web.PerSecond /= 2
	for name, h := range n.cfg.Web.Hosts {
		h.PerSecond /= 2
		if h.PerDay > 0 {
			h.PerDay = max(1, h.PerDay/2)
		}
		n.cfg.Web.Hosts[name] = h
	}
}

const barWidth = 20

// bar shows how much of something is done.
func bar(done, all int) string {
	k := barWidth * done / max(1, all)
	return fmt.Sprintf("[%s%s] %d of %d", strings.Repeat("#", k), strings.Repeat(".", barWidth-k), done, all)
}

// estimate says how long the rest takes, going by what is done; "" while nothing is.
func estimate(done, left int, took time.Duration) string {
	if done <= 0 || left <= 0 {
		return ""
	}
	rest := took / time.Duration(done) * time.Duration(left)
	if rest < time.Minute {
		return ", less than a minute left"
	}
	return fmt.Sprintf(", about %s left", strings.TrimSuffix(rest.Round(time.Minute).String(), "0s"))
}
