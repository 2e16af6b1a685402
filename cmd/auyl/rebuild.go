package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

type rebuildCmd struct {
	common
	FromArchive bool `help:"Make the stream RAW too: from the journal of the raw archive, where the streams were lost."`
}

// Help implements kong's longer text.
func (*rebuildCmd) Help() string {
	return `Decodes and computes everything again, under contracts and catalogue as they are now: from the stream RAW and the raw archive
into new streams, a new memory of the stages and new tables, which then take the place of the old ones. Readers may query all the
time: they see a table as it was or as it is, never half of it. auyl run must not be at work on the folder. Broken off at any point,
even by kill -9, it changes nothing, and the next call goes on. It needs as much room again as the data folder takes. Examples:
  auyl rebuild --data /var/lib/auyl
  auyl rebuild --data /var/lib/auyl --from-archive   nats/ was lost: names, times and order come from raw/journal/`
}

func (c *rebuildCmd) Run(ctx context.Context, s streams) (err error) {
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	n.rebuilds = true
	defer func() { err = errors.Join(err, n.close()) }()
	if n.cfg.NATS.URL != "" {
		return &exitError{exitUsage, errors.New("auyl rebuild puts new streams in the place of those in its data folder, and nats.url names streams that others run: " +
			"to fill the tables alone again, drop them and start auyl sink; to compute again, remove state/ of auyl transform")}
	}
	p := newProgress(s.err)
	defer p.stop()
	for _, role := range []string{"run", "ingest", "transform", "sink"} {
		if err := n.lock(role); err != nil {
			return err
		}
	}
	if err := n.openArchive(ctx); err != nil {
		return err
	}
	p.say("starting ClickHouse")
	if err := n.openTables(ctx); err != nil {
		return err
	}
	if err := n.db.Migrate(ctx); err != nil {
		return err
	}
	pl, err := n.plan(ctx, c.FromArchive)
	if err != nil {
		return err
	}
	if pl.Phase == phaseBuild {
		err := n.buildAside(ctx, pl, p)
		if errors.Is(err, errBegunAnew) {
			if err := os.Remove(n.rebuildDir("plan.json")); err != nil {
				return fmt.Errorf("begin anew: %w", err)
			}
			if pl, err = n.plan(ctx, c.FromArchive); err != nil {
				return err
			}
			err = n.buildAside(ctx, pl, p)
		}
		if err != nil {
			return err
		}
		p.say("comparing old and new tables")
		if err := n.printRebuilt(ctx, s.out); err != nil {
			return err
		}
		pl.Phase = phasePlace
		if err := n.writePlan(pl); err != nil {
			return err
		}
	}
	p.say("putting the new tables in place")
	// What is begun here is finished: it takes an instant.
	if err := n.putInPlace(context.WithoutCancel(ctx), pl); err != nil {
		return err
	}
	p.stop()
	_, err = fmt.Fprintln(s.out, "rebuilt: the new tables and streams are in place")
	return err
}

// plan takes up the rebuild that was begun, or begins one.
func (n *node) plan(ctx context.Context, fromArchive bool) (*plan, error) {
	by, err := n.builder()
	if err != nil {
		return nil, err
	}
	pl, err := n.readPlan()
	if err != nil {
		return nil, err
	}
	if pl != nil {
		if pl.Phase == phasePlace {
			return pl, nil
		}
		whole, err := n.db.HasAside(ctx, pl.Tables)
		if err != nil {
			return nil, err
		}
		if whole && pl.By == by && pl.FromArchive == fromArchive {
			return pl, nil
		}
	}
	if err := os.RemoveAll(n.rebuildDir()); err != nil {
		return nil, fmt.Errorf("remove the rebuild that was begun: %w", err)
	}
	pl = &plan{By: by, FromArchive: fromArchive, Phase: phaseBuild}
	if pl.Tables, err = n.db.NewAside(ctx); err != nil {
		return nil, err
	}
	return pl, n.writePlan(pl)
}

// beside is a node whose streams and memory lie in the folder of the rebuild, with
// archive, key and tables of this one.
func (n *node) beside() (*node, error) {
	key, err := n.hashKey()
	if err != nil {
		return nil, err
	}
	b := &node{common: n.common, cfg: n.cfg, house: n.house, log: n.log, prog: n.prog, store: n.store, db: n.db, clock: n.clock, metrics: n.metrics}
	b.Data = n.rebuildDir()
	b.env = func(name string) (string, bool) {
		if name == "AUYL_HASH_KEY" {
			return string(key), true
		}
		return n.env(name)
	}
	return b, nil
}

// openStore starts a server over the streams in a folder, for this process alone.
func (n *node) openStore(ctx context.Context) error {
	srv, err := natsembedded.Start(ctx, natsembedded.Options{Dir: n.dir("nats")})
	if err != nil {
		return err
	}
	if err := n.join(srv); err != nil {
		return err
	}
	n.onClose(n.conn.Close)
	return stream.Ensure(ctx, n.conn, stream.StreamOptions{})
}

// buildAside makes streams, memory and tables from what was recorded, and returns
// when all of it is there and closed.
func (n *node) buildAside(ctx context.Context, pl *plan, p *progress) (err error) {
	b, err := n.beside()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	live := &node{common: n.common, log: n.log}
	defer func() { err = errors.Join(err, live.close()) }()
	p.say("starting NATS")
	if err := live.openStore(ctx); err != nil {
		return err
	}
	if err := b.openStore(ctx); err != nil {
		return err
	}
	old := live.conn
	if err := sameBeginning(ctx, live.conn, b.conn, pl.FromArchive); err != nil {
		return err
	}
	copied := func(done, until uint64) {
		p.say(fmt.Sprintf("copying what was recorded: %d of %d messages", done, until))
	}
	if pl.FromArchive {
		old = nil
		err = b.fromJournal(ctx, live.conn, copied)
	} else {
		err = stream.Copy(ctx, live.conn, b.conn, stream.Raw, copied)
	}
	if err != nil {
		return err
	}
	before, err := ingest.OpenBefore(ctx, b.conn, old)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, before.Close()) }() //nolint:contextcheck // it was only read from
	parts, err := b.partsAside(before)
	if err != nil {
		return err
	}
	if err := untilDrained(ctx, parts, p); err != nil {
		return err
	}
	// All cells are of the formulas as they are now: nothing is left to ask for.
	raw, err := ingest.OpenRaw(ctx, b.conn, ingest.CatalogueSource)
	if err != nil {
		return err
	}
	now, err := n.formulasOf()
	if err != nil {
		return err
	}
	state, err := json.Marshal(now)
	if err != nil || bytes.Equal(state, raw.State()) {
		return err
	}
	return ingest.PublishRecompute(ctx, raw, n.store, nil, n.clock.Next(), state)
}

// sameBeginning refuses to go on behind a copy of another RAW.
func sameBeginning(ctx context.Context, live, copied *stream.Conn, fromArchive bool) error {
	last, err := copied.LastSeq(ctx, stream.Raw)
	if err != nil || last == 0 || fromArchive {
		return err
	}
	was, err := copied.Get(ctx, stream.Raw, last)
	if err != nil {
		return err
	}
	is, err := live.Get(ctx, stream.Raw, last)
	if err != nil && !errors.Is(err, stream.ErrNotFound) {
		return err
	}
	if err != nil || is.Subject != was.Subject || !bytes.Equal(is.Data, was.Data) {
		return errBegunAnew
	}
	return nil
}

// errBegunAnew says that what was built belongs to another RAW.
var errBegunAnew = errors.New("what was built belongs to another RAW")

// fromJournal makes RAW from the archive alone. It refuses to forget what the
// stream in use has beyond the journal.
func (n *node) fromJournal(ctx context.Context, live *stream.Conn, said func(done, until uint64)) error {
	j, err := n.store.Journal(ctx)
	if err != nil {
		return err
	}
	has, err := live.LastSeq(ctx, stream.Raw)
	switch {
	case err != nil:
		return err
	case j.Last() == 0:
		return &exitError{exitData, errors.New("the raw archive has no journal yet: auyl run writes it")}
	case has > j.Last():
		return &exitError{exitData, fmt.Errorf("the journal of the raw archive ends at sequence %d and the stream RAW at %d: leave out --from-archive, and nothing is forgotten", j.Last(), has)}
	}
	return ingest.Restore(ctx, j, n.store, n.conn, said)
}

// untilDrained runs the loops until each has read all there is. Stopped before, it
// says so: half of a rebuild is nothing to go on with.
func untilDrained(ctx context.Context, parts []part, p *progress) error {
	loops, stop := context.WithCancel(ctx)
	defer stop()
	g, failed := errgroup.WithContext(loops)
	for _, x := range parts {
		g.Go(func() error {
			if err := x.run(failed); err != nil && failed.Err() == nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			return nil
		})
	}
	drained := drain(failed, parts, p)
	stop()
	if err := g.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("stopped: nothing was changed, and the next auyl rebuild goes on from here")
	}
	return drained
}

// partsAside are the loops of a rebuild.
func (n *node) partsAside(before *ingest.Before) ([]part, error) {
	decode, err := n.decodeLoop() // which sweeps nothing: the live one does
	if err != nil {
		return nil, err
	}
	decode.Again(before)
	stages, err := n.stageParts()
	if err != nil {
		return nil, err
	}
	parts := append([]part{n.decoding(decode)}, stages...)
	for _, name := range []string{stream.Data, stream.Indicators} {
		s := sink.New(n.conn, name, countedTables{n.db.AsideWriter(), n.metrics}, sink.Options{Logger: n.log})
		parts = append(parts, part{"sink " + name, s.Run, s.Done, n.lastSeq(name)})
	}
	return parts, nil
}

// printRebuilt says for each table whether the new rows are the old ones.
func (n *node) printRebuilt(ctx context.Context, out io.Writer) error {
	was, err := n.db.Contents(ctx, false)
	if err != nil {
		return err
	}
	is, err := n.db.Contents(ctx, true)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows before\trows now\tcontent")
	for _, t := range sortedKeys(is) {
		same := "equal"
		if was[t] != is[t] {
			same = "differs"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t, was[t].Rows, is[t].Rows, same)
	}
	return w.Flush()
}

// putInPlace replaces what is live by what was built. It may be called again after
// it was broken off at any point.
func (n *node) putInPlace(ctx context.Context, pl *plan) error {
	if err := n.db.ExchangeAside(ctx, pl.Tables); errors.Is(err, clickhouse.ErrAsideLost) {
		return fmt.Errorf("%w: remove %s, and tables whose names end in _rebuild, and call auyl rebuild again", err, n.rebuildDir())
	} else if err != nil {
		return err
	}
	for _, name := range []string{"nats", "state"} {
		if err := n.swapDir(name); err != nil {
			return err
		}
	}
	if err := n.db.LoadReference(ctx, n.house.Areas, n.house.Catalogue); err != nil {
		return err
	}
	if err := n.db.DropAside(ctx); err != nil {
		return err
	}
	// The plan goes last: without it the rest would be taken for a rebuild to begin.
	left, err := os.ReadDir(n.rebuildDir())
	if err != nil {
		return fmt.Errorf("tidy up: %w", err)
	}
	slices.SortStableFunc(left, func(a, b os.DirEntry) int { return boolInt(a.Name() == "plan.json") - boolInt(b.Name() == "plan.json") })
	for _, e := range left {
		if err := os.RemoveAll(n.rebuildDir(e.Name())); err != nil {
			return fmt.Errorf("tidy up: %w", err)
		}
	}
	return os.Remove(n.rebuildDir())
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
