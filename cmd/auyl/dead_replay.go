package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

type deadReplayCmd struct {
	common
	Source string `help:"Only of this source."`
	Reason string `help:"Only for this reason, such as out_of_range."`
	Since  string `help:"Only letters that were written at this time or later, UTC: 2026-07-01 or 2026-07-01T12:00:00Z." placeholder:"TIME"`
	Yes    bool   `help:"Do it; without it only what would be done is shown."`
}

// Help implements kong's longer text.
func (*deadReplayCmd) Help() string {
	return `Decodes open dead letters again under the contracts as they are now, after one was mended. What passes stands where it would
have stood when its page came: an old figure does not displace a newer one. Letters that pass are marked resolved. A second
replay finds nothing to do. auyl run must not be at work on the folder; with --yes the command starts what it needs. Examples:
  auyl dead replay --source minfin.local_budget
  auyl dead replay --source minfin.local_budget --reason unknown_word --yes`
}

// refusedPage is a page with the letters of it that are taken up.
type refusedPage struct {
	source  string
	run     string
	page    uint32
	rawSeq  uint64
	letters []clickhouse.DeadLetter
}

func (c *deadReplayCmd) Run(ctx context.Context, s streams) error {
	since, err := parseTime(c.Since)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	q := clickhouse.DeadQuery{Source: c.Source, Reason: c.Reason, Since: since, Open: true}
	if !c.Yes {
		return c.reading(ctx, s, func(n *node) error { return n.wouldReplay(ctx, q, s.out) })
	}
	return c.writing(ctx, s, func(ctx context.Context, n *node, parts []part) error {
		return n.replay(ctx, q, parts, s)
	})
}

// writing opens a node that nobody else has open, runs its loops and lets f put
// something in at the front once what was there is through.
func (c *common) writing(ctx context.Context, s streams, f func(context.Context, *node, []part) error) (err error) {
	n, err := openNode(*c, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	// Of roles between a NATS and a ClickHouse that others run, only the one that
	// fetches has to be still: the others do their part as they always do.
	role := "run"
	if n.cfg.NATS.URL != "" {
		role = "ingest"
	}
	if err := n.lock(role); err != nil {
		return err
	}
	if err := n.openArchive(ctx); err != nil {
		return err
	}
	if err := n.openStreams(ctx); err != nil {
		return err
	}
	if role == "ingest" { // of this machine or of another one
		l, err := n.lease(ctx, role)
		if err != nil {
			return err
		}
		n.onClose(l.Close)
	}
	if role == "run" || n.cfg.ClickHouse.DSN != "" {
		if err := n.openTables(ctx); err != nil {
			return err
		}
	}
	journal, err := n.journalPart(ctx)
	if err != nil {
		return err
	}
	decode, err := n.decodePart()
	if err != nil {
		return err
	}
	parts := []part{journal, decode}
	if role == "run" {
		if err := n.migrate(ctx); err != nil {
			return err
		}
		stages, err := n.stageParts()
		if err != nil {
			return err
		}
		sinks, err := n.sinkParts(ctx)
		if err != nil {
			return err
		}
		parts = append(append(parts, stages...), sinks...)
	}
	return n.runParts(ctx, parts, func(ctx context.Context) error {
		if err := drain(ctx, parts, nil); err != nil {
			return err
		}
		return f(ctx, n, parts)
	})
}

// pagesOf puts letters together by page, in the order in which the pages came.
// Letters of files that no contract claimed are left to the next pull, which takes
// the file up under its contract once there is one.
func (n *node) pagesOf(letters []clickhouse.DeadLetter) (pages []refusedPage, unclaimed int) {
	at := map[uint64]int{}
	for _, l := range slices.Backward(letters) { // they come newest first
		if n.house.Contracts[auyl.SourceID(l.Source)] == nil {
			unclaimed++
			continue
		}
		k, ok := at[l.RawSeq]
		if !ok {
			k = len(pages)
			at[l.RawSeq] = k
			pages = append(pages, refusedPage{source: l.Source, run: l.Run, page: l.Page, rawSeq: l.RawSeq})
		}
		pages[k].letters = append(pages[k].letters, l)
	}
	return pages, unclaimed
}

func sayUnclaimed(out io.Writer, k int) {
	if k > 0 {
		fmt.Fprintf(out, "%d letter(s) of sources without a contract stay: once there is one, the next pull takes the file\n", k)
	}
}

// wouldReplay says what a replay would take up.
func (n *node) wouldReplay(ctx context.Context, q clickhouse.DeadQuery, out io.Writer) error {
	letters, err := n.db.DeadLetters(ctx, q)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		if err := n.checkNames(q.Source, q.Reason); err != nil {
			return err
		}
	}
	pages, unclaimed := n.pagesOf(letters)
	type key struct{ source, reason, contract string }
	count, order := map[key]int{}, []key{}
	total := 0
	for _, p := range pages {
		for _, l := range p.letters {
			k := key{p.source, l.Reason, fmt.Sprintf("version %d, as it was", l.ContractVersion)}
			if v := n.house.Contracts[auyl.SourceID(p.source)].Version; v != l.ContractVersion {
				k.contract = fmt.Sprintf("version %d → %d", l.ContractVersion, v)
			}
			if count[k] == 0 {
				order = append(order, k)
			}
			count[k]++
			total++
		}
	}
	if total > 0 {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "source\treason\tcontract\tletters")
		for _, k := range order {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", k.source, k.reason, k.contract, count[k])
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	sayUnclaimed(out, unclaimed)
	if total == 0 {
		_, err = fmt.Fprintln(out, "nothing to replay: no open letter fits")
		return err
	}
	_, err = fmt.Fprintf(out, "%d letter(s) of %d page(s) would be decoded again: add --yes\n", total, len(pages))
	return err
}

// replay takes letters up and says what became of them.
func (n *node) replay(ctx context.Context, q clickhouse.DeadQuery, parts []part, s streams) error {
	if n.db == nil {
		return &exitError{exitUsage, errors.New("the letters are in tables that others run: set AUYL_CLICKHOUSE_DSN")}
	}
	before, err := n.db.DeadLetters(ctx, q)
	if err != nil {
		return err
	}
	if len(before) == 0 {
		if err := n.checkNames(q.Source, q.Reason); err != nil {
			return err
		}
	}
	pages, unclaimed := n.pagesOf(before)
	if len(pages) == 0 {
		sayUnclaimed(s.out, unclaimed)
		_, err := fmt.Fprintln(s.out, "nothing to replay: no open letter fits")
		return err
	}
	given, err := n.given(ctx)
	if err != nil {
		return err
	}
	var faults []error
	asked := map[string]map[uint64]bool{}
	at := ingest.NewClock(time.Now).Next()
	for _, p := range pages {
		if err := n.replayPage(ctx, p, at); errors.Is(err, errPageGone) {
			faults = append(faults, err)
			continue
		} else if err != nil {
			return err
		}
		if asked[p.source] == nil {
			asked[p.source] = map[uint64]bool{}
		}
		for _, l := range p.letters {
			asked[p.source][l.Number] = true
		}
	}
	if err := drain(ctx, parts, nil); err != nil {
		return err
	}
	if n.cfg.NATS.URL != "" {
		fmt.Fprintf(s.out, "%d page(s) were asked for again; the roles that run do the rest: auyl dead ls says what is left\n", len(pages)-len(faults))
		return errors.Join(faults...)
	}
	if err := n.printReplay(ctx, s.out, asked, given); err != nil {
		return err
	}
	sayUnclaimed(s.out, unclaimed)
	return errors.Join(faults...)
}

// errPageGone says that a page cannot be decoded again.
var errPageGone = errors.New("the page cannot be decoded again")

// replayPage puts the letters of a page into RAW again.
func (n *node) replayPage(ctx context.Context, p refusedPage, at time.Time) error {
	page, err := n.rawPage(ctx, p)
	if err != nil {
		return err
	}
	if page.GetSizeBytes() > 0 {
		if _, err := n.store.Get(ctx, [32]byte(page.GetVintage().GetRawSha256())); err != nil {
			return fmt.Errorf("%s page %d: %w: %w", p.run, p.page, errPageGone, err)
		}
	}
	letters := make([]*wire.Refused, len(p.letters))
	for i, l := range p.letters {
		letters[i] = &wire.Refused{Row: l.Row, Position: l.Position, Field: l.Field, Reason: l.Reason}
	}
	raw, err := ingest.OpenRaw(ctx, n.conn, auyl.SourceID(p.source))
	if err != nil {
		return err
	}
	return ingest.PublishReplay(ctx, raw, page, letters, at.UnixMilli())
}

// rawPage reads the message that brought a page. The sequence of a page is that of
// the end of its frame.
func (n *node) rawPage(ctx context.Context, p refusedPage) (*wire.RawPage, error) {
	for seq := p.rawSeq - 1; seq > 0 && p.rawSeq-seq < stream.MaxFrameMessages; seq-- {
		m, err := n.conn.Get(ctx, stream.Raw, seq)
		if errors.Is(err, stream.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		var page wire.RawPage
		if m.Subject != "raw."+p.source {
			break // the frame before
		}
		if err := wire.Unmarshal(m.Data, &page); err != nil {
			return nil, err
		}
		if v := page.GetVintage(); v.GetRun() == p.run && v.GetPage() == p.page {
			v.RawSeq = p.rawSeq
			return &page, nil
		}
	}
	return nil, fmt.Errorf("%s page %d: %w: the stream RAW has discarded it", p.run, p.page, errPageGone)
}

// given is what each source has given.
func (n *node) given(ctx context.Context) (map[string]clickhouse.SourceStatus, error) {
	list, err := n.db.Status(ctx)
	out := map[string]clickhouse.SourceStatus{}
	for _, x := range list {
		out[x.Source] = x
	}
	return out, err
}

func (n *node) printReplay(ctx context.Context, out io.Writer, asked map[string]map[uint64]bool, before map[string]clickhouse.SourceStatus) error {
	after, err := n.given(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "source\tletters\tresolved\topen now\tobservations\tevents")
	for _, source := range sortedKeys(asked) {
		letters, err := n.db.DeadLetters(ctx, clickhouse.DeadQuery{Source: source})
		if err != nil {
			return err
		}
		resolved := 0
		for _, l := range letters {
			if asked[source][l.Number] && l.ResolvedBy != 0 {
				resolved++
			}
		}
		a, b := after[source], before[source]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t+%d\t+%d\n", source, len(asked[source]), resolved, a.DeadLetters, a.Observations-b.Observations, a.Events-b.Events)
	}
	return w.Flush()
}
