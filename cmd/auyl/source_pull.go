package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
)

type sourcePullCmd struct {
	common
	ID string `arg:"" help:"Id of the source."`
}

// Help implements kong's longer text.
func (*sourcePullCmd) Help() string {
	return `Asks whatever the schedule says. A running auyl run asks by itself and holds the data folder: exit 3. Examples:
  auyl source pull bns.taldau_wage
  auyl source pull minfin.local_budget --data /var/lib/auyl`
}

func (c *sourcePullCmd) Run(ctx context.Context, s streams) error {
	return c.writing(ctx, s, func(ctx context.Context, n *node, parts []part) error {
		if _, err := contractOf(n.house, c.ID); err != nil {
			return err
		}
		addr, registers, err := n.simulated(ctx)
		if err != nil {
			return err
		}
		sched, err := n.schedule(ctx, addr, registers, false)
		if err != nil {
			return err
		}
		before, err := n.givenOf(ctx, c.ID)
		if err != nil {
			return err
		}
		out, known, err := sched.PullSource(ctx, auyl.SourceID(c.ID))
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("source %s has no door: it is asked over HTTP and wants an entry under sources in %s", c.ID, c.Config)
		}
		if err := drain(ctx, parts, nil); err != nil {
			return err
		}
		after, err := n.givenOf(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := printPull(s.out, out, before, after, n.db != nil && n.cfg.NATS.URL == ""); err != nil {
			return err
		}
		switch {
		case out.Status == ingest.RunFailed:
			return unreachable(fmt.Errorf("source %s: %w", c.ID, out.Err))
		case out.Err != nil:
			return fmt.Errorf("source %s: some of it: %w", c.ID, out.Err)
		}
		if after.Dead > before.Dead && after.Used == before.Used {
			return fmt.Errorf("nothing could be used: auyl dead ls --source %s", c.ID)
		}
		return nil
	})
}

// givenOf is what one source has given; nothing where the tables are elsewhere.
func (n *node) givenOf(ctx context.Context, id string) (clickhouse.SourceStatus, error) {
	if n.db == nil {
		return clickhouse.SourceStatus{}, nil
	}
	all, err := n.given(ctx)
	return all[id], err
}

func printPull(out io.Writer, o ingest.Outcome, before, after clickhouse.SourceStatus, tables bool) error {
	fmt.Fprintf(out, "%s: %s, %d page(s), %d bytes\n", o.Run, o.Status, o.Pages, o.Bytes)
	if !tables {
		_, err := fmt.Fprintln(out, "the roles that run do the rest: auyl status says what became of it")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "source\tpages\trecords in\tused\tobservations\tevents\tskipped by rule\tdead\t")
	for _, x := range []struct {
		name string
		row  clickhouse.SourceStatus
	}{
		{"this pull", clickhouse.SourceStatus{
			Pages: after.Pages - before.Pages, RecordsIn: after.RecordsIn - before.RecordsIn, Used: after.Used - before.Used,
			Observations: after.Observations - before.Observations, Events: after.Events - before.Events,
			Skipped: after.Skipped - before.Skipped, Dead: after.Dead - before.Dead,
		}},
		{"since the beginning", after},
	} {
		r := x.row
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", x.name, r.Pages, r.RecordsIn, r.Used, r.Observations, r.Events, r.Skipped, r.Dead)
	}
	return w.Flush()
}
