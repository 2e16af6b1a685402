package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/push"
)

// drainTime bounds how long Ctrl-C waits for what was taken in.
const drainTime = 2 * time.Minute

type runCmd struct {
	common
	Once bool `help:"Pull every source once, drain, print the flow table and exit."`
}

// Help implements kong's longer text.
func (*runCmd) Help() string {
	return `Examples:
  auyl run                          pull by schedule until Ctrl-C
  auyl run --once --data /tmp/auyl  pull every source once and exit`
}

func (c *runCmd) Run(ctx context.Context, s streams) error {
	begun, err := c.run(ctx, s)
	if !begun && ctx.Err() != nil {
		return nil //nolint:nilerr // asked to stop before anything was taken in
	}
	return err
}

// run reports whether the loops were started: from then on what was taken in has
// to be drained.
func (c *runCmd) run(ctx context.Context, s streams) (begun bool, err error) {
	n, err := openNode(c.common, s)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	p := newProgress(s.err)
	defer p.stop()
	if err := n.lock("run"); err != nil {
		return false, err
	}
	p.say("starting NATS and ClickHouse")
	g, opening := errgroup.WithContext(ctx)
	g.Go(func() error { return n.openArchive(opening) })
	g.Go(func() error { return n.openStreams(opening) })
	if err := g.Wait(); err != nil {
		return false, err
	}
	if err := n.openTables(ctx); err != nil {
		return false, err
	}
	p.say("bringing the tables up to date")
	if err := n.migrate(ctx); err != nil {
		return false, err
	}
	p.say("writing synthetic registers")
	addr, registers, err := n.simulated(ctx)
	if err != nil {
		return false, err
	}
	journal, err := n.journalPart(ctx)
	if err != nil {
		return false, err
	}
	decode, err := n.decodePart()
	if err != nil {
		return false, err
	}
	stages, err := n.stageParts()
	if err != nil {
		return false, err
	}
	sched, err := n.schedule(ctx, addr, registers, !c.Once)
	if err != nil {
		return false, err
	}
	stock, err := n.stocktaking(ctx, !c.Once)
	if err != nil {
		return false, err
	}
	sinks, err := n.sinkParts(ctx)
	if err != nil {
		return false, err
	}
	parts := slices.Concat([]part{journal, decode}, stages, sinks)
	metricsAddr := ""
	if n.cfg.HTTP.Listen != "" {
		if metricsAddr, err = n.serveHealth(ctx, n.cfg.HTTP.Listen, "run", parts); err != nil {
			return false, err
		}
	}
	return true, n.runParts(ctx, parts, func(pulling context.Context) error {
		before, err := n.db.Counts(pulling)
		if err != nil {
			return err
		}
		usedBefore, deadBefore, err := n.ends(pulling)
		if err != nil {
			return err
		}
		var got tally
		tell := func(o ingest.Outcome) { got.add(o); p.say("pulled " + string(o.Source)) }
		p.say("pulling sources")
		pullAndDrain := func(pull func(*ingest.Schedule) error) error {
			// Stock is taken last: what all the others gave is in the tables then.
			for _, s := range []*ingest.Schedule{sched, stock} {
				if err := pull(s); err != nil {
					return err
				}
				if err := drain(pulling, parts, p); err != nil {
					return err
				}
			}
			return nil
		}
		if c.Once {
			err = n.round(func(begin time.Time) error {
				return pullAndDrain(func(s *ingest.Schedule) error { return s.PullAll(pulling, begin, tell) })
			})
		} else {
			err = pullAndDrain(func(s *ingest.Schedule) error { return s.PullDue(pulling, tell) })
		}
		if err != nil {
			return err
		}
		p.stop()
		if err := n.printFlow(pulling, s.out, before, addr); err != nil {
			return err
		}
		if c.Once {
			used, dead, err := n.ends(pulling)
			if err == nil && used == usedBefore && dead > deadBefore {
				err = fmt.Errorf("nothing could be used: %d dead letters, see auyl dead ls", dead-deadBefore)
			}
			return errors.Join(err, got.verdict())
		}
		if metricsAddr != "" {
			fmt.Fprintf(s.out, "\nMetrics     http://%s/metrics   (also /healthz and /readyz)\n", metricsAddr)
		}
		debug.FreeOSMemory() // the first pull needed more than what comes now
		door, err := n.openPush(pulling)
		if err != nil {
			return err
		}
		if door != nil {
			fmt.Fprintf(s.out, "Push        http://%s%s<source>   (signed POST; the same over NATS at %s<source>)\n", door.l.Addr(), push.Prefix, push.Subject)
		}
		sum, err := n.summaries(pulling)
		if err != nil {
			return err
		}
		sum.tell(s.out)
		fmt.Fprintln(s.out, "\nRunning: changed files and sources reach ClickHouse by themselves. Ctrl-C drains and stops.")
		return door.beside(pulling, func(ctx context.Context) error {
			g, ctx := errgroup.WithContext(ctx)
			g.Go(func() error { return sched.Run(ctx) })
			g.Go(func() error { return stock.Run(ctx) })
			g.Go(func() error { return sum.lead(ctx) })
			return g.Wait()
		})
	})
}

// round asks every source once, and remembers that until all is done: a round
// that was broken off, by Ctrl-C or by kill -9, is taken up by the next one.
func (n *node) round(pull func(begin time.Time) error) error {
	path := n.dir("round")
	begin := time.Now()
	if b, err := os.ReadFile(path); err == nil {
		if t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b))); err == nil {
			begin = t
		}
	} else if err := os.WriteFile(path, []byte(begin.Format(time.RFC3339Nano)+"\n"), 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := pull(begin); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// ends counts the records of all pages that were used and that are dead.
func (n *node) ends(ctx context.Context) (used, dead uint64, err error) {
	flow, err := n.db.FlowTable(ctx)
	for _, f := range flow {
		used += f.Used
		dead += f.Dead
	}
	return used, dead, err
}

// tally counts how pulls ended.
type tally struct {
	usable int
	faults []error
}

func (t *tally) add(o ingest.Outcome) {
	if o.Status != ingest.RunFailed {
		t.usable++
	}
	if o.Err != nil {
		t.faults = append(t.faults, fmt.Errorf("source %s: %s: %w", o.Source, o.Status, o.Err))
	}
}

// verdict is an error only where nothing at all could be used.
func (t *tally) verdict() error {
	if t.usable > 0 || len(t.faults) == 0 {
		return nil
	}
	return errors.Join(t.faults...)
}

// runParts runs the loops while pull runs. When pull returns, or ctx ends, what
// was taken in is drained, and then the loops are stopped. It returns the first
// error of a loop, or that of pull.
func (n *node) runParts(ctx context.Context, parts []part, pull func(context.Context) error) error {
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoops()
	g, failed := errgroup.WithContext(loops)
	for _, p := range parts {
		g.Go(func() error {
			if err := p.run(failed); err != nil && failed.Err() == nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	pulling, stopPull := context.WithCancel(ctx)
	defer stopPull()
	context.AfterFunc(failed, stopPull) // a loop that fails stops the pull
	err := pull(pulling)
	if failed.Err() == nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // asked to stop
		}
		draining, cancel := context.WithTimeout(failed, drainTime)
		if derr := drain(draining, parts, nil); derr != nil && failed.Err() == nil {
			err = errors.Join(err, fmt.Errorf("drain: %w: the next start goes on from here", derr))
		}
		cancel()
	}
	stopLoops()
	if lerr := g.Wait(); lerr != nil {
		return lerr
	}
	return err
}

// drain waits until every part has read all that the part before it wrote.
func drain(ctx context.Context, parts []part, p *progress) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, part := range parts {
		until, err := part.until(ctx) // once: whoever writes to it is drained by now
		if err != nil {
			return err
		}
		for {
			done := part.done()
			if done >= until {
				break
			}
			p.say(fmt.Sprintf("%s: %d of %d messages", part.name, done, until))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	return nil
}

const firstQuery = `SELECT period, area_name_ru, value, status, origin FROM auyl.indicator_current WHERE indicator = 'population_total' AND (period = '2023-01-01' OR is_latest) AND level IN ('district', 'oblast') ORDER BY period, level, area`

// printFlow prints what came in and what became of it, and where to look.
func (n *node) printFlow(ctx context.Context, out io.Writer, before map[string]uint64, simAddr string) error {
	flow, err := n.db.FlowTable(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "source\torigin\tpages\trecords in\tobservations\tevents\tskipped by rule\tdead\t")
	for _, f := range flow {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", f.Source, f.Origin, f.Pages, f.RecordsIn, f.Observations, f.Events, f.Skipped, f.Dead)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	after, err := n.db.Counts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "table\trows\tnew rows\t")
	for _, t := range sortedKeys(after) {
		fmt.Fprintf(w, "%s\t%d\t%d\t\n", t, after[t], after[t]-before[t])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	fmt.Fprintf(out, "ClickHouse  %s   (user reader, read-only; password in %s)\n", address(n.readDSN), n.dir("reader.password"))
	switch {
	case n.cfg.NATS.URL != "":
		fmt.Fprintf(out, "NATS        %s\n", n.cfg.NATS.URL)
	case n.natsURL != "":
		fmt.Fprintf(out, "NATS        %s   (token in %s)\n", n.natsURL, n.dir("nats.token"))
	default:
		fmt.Fprintln(out, "NATS        inside this process (nats.listen in the configuration opens it to others)")
	}
	if simAddr != "" {
		fmt.Fprintf(out, "Simulated   http://%s   (every figure from it is synthetic)\n", simAddr)
	}
	_, err = fmt.Fprintf(out, "\nAsk:\n  %s query --data %s \"%s\"\n", n.prog, n.Data, firstQuery)
	return err
}

// address is where a DSN leads, without user and password.
func address(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host
}
