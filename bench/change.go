package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stage"
	"github.com/auyl-kz/auyl/state"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/transform"
)

// desk is a source that shows the page it was given last.
type desk struct{ page ingest.Page }

// Pages implements ingest.Door.
func (d *desk) Pages(_ context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	return emit(d.page)
}

// change measures the whole way of one changed figure of one settlement: pull,
// raw archive, decode, district, oblast, both sinks, until the oblast's cell that
// the page caused can be read. State and tables hold the household book of the
// model before the first change.
func change(ctx context.Context, h *house) (out []figure, err error) {
	header, bodies, err := cuts(h, 4)
	if err != nil {
		return nil, err
	}
	err = inLab(ctx, h, func(l *lab) error {
		loops, err := l.parts(h)
		if err != nil {
			return err
		}
		store, err := archive.Open(filepath.Join(l.dir, "raw"))
		if err != nil {
			return err
		}
		decoder := ingest.NewLoop(l.conn, ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: h.zone}), store)
		raw, err := ingest.OpenRaw(ctx, l.conn, book)
		if err != nil {
			return err
		}
		c := h.Contracts[book]
		door := &desk{}
		puller, err := ingest.NewPuller(ingest.Source{ID: book, Origin: c.Origin, Rank: c.Rank, ContractVersion: c.Version, Door: door},
			raw, store, ingest.NewClock(time.Now), ingest.Options{})
		if err != nil {
			return err
		}
		var took []time.Duration
		err = with(ctx, func(ctx context.Context) error {
			m := &changer{l: l, door: door, puller: puller, header: header}
			if _, err := m.show(ctx, strings.Join(bodies, "")); err != nil {
				return fmt.Errorf("first page: %w", err)
			}
			for i := range h.pick(100, 20) {
				row, err := changed(bodies[len(bodies)-1], header, i)
				if err != nil {
					return err
				}
				t, err := m.show(ctx, row)
				if err != nil {
					return fmt.Errorf("change %d: %w", i+1, err)
				}
				took = append(took, t)
			}
			return nil
		}, append(loops, decoder.Run)...)
		if err != nil {
			return err
		}
		note := fmt.Sprintf("%d changes", len(took))
		out = []figure{
			{Name: "a changed observation → its indicators visible, p50", Value: percentile(took, 50), Unit: "ms", Note: note},
			{Name: "a changed observation → its indicators visible, p99", Value: percentile(took, 99), Unit: "ms", Budget: 1000, Most: true, Note: note},
		}
		return nil
	})
	return out, err
}

// changed is the row of the i-th settlement of a cut with another population.
func changed(body, header string, i int) (string, error) {
	names := strings.Split(strings.TrimRight(header, "\r"), ";")
	rows := strings.Split(strings.TrimSpace(body), "\n")
	f := strings.Split(rows[i%len(rows)], ";")
	for k, n := range names {
		if n == "population" && k < len(f) {
			f[k] = fmt.Sprint(2000 + i)
			return strings.Join(f, ";") + "\n", nil
		}
	}
	return "", fmt.Errorf("no population in %q", header)
}

// parts are the loops behind decode, as cmd/auyl joins them.
func (l *lab) parts(h *house) ([]func(context.Context) error, error) {
	d, err := transform.NewDistrict(h.Catalogue, h.Areas, transform.Options{Workers: runtime.GOMAXPROCS(0), Location: h.zone, Key: []byte(sealKey)})
	if err != nil {
		return nil, err
	}
	o, err := transform.NewOblast(h.Catalogue, h.Areas, transform.Options{Location: h.zone, Key: []byte(sealKey)})
	if err != nil {
		return nil, err
	}
	var loops []func(context.Context) error
	for _, s := range []struct {
		stage stage.Stage
		o     stage.Options
	}{
		{d, stage.Options{
			Name: "district", InputStream: stream.Data, InputFilter: []string{"obs.>", "evt.>"}, InputCursor: "cur.decode",
			OutputStream: stream.Indicators, OutputCursor: "cur.district",
		}},
		{o, stage.Options{
			Name: "oblast", InputStream: stream.Indicators, InputFilter: []string{"ind.d.>", "ind.x.>"}, InputCursor: "cur.district",
			OutputStream: stream.Indicators, OutputCursor: "cur.oblast",
		}},
	} {
		st, err := state.Open(filepath.Join(l.dir, "state", s.o.Name), state.Options{})
		if err != nil {
			return nil, err
		}
		l.closers = append(l.closers, st.Close)
		loops = append(loops, stage.New(l.conn, st, s.stage, s.o).Run)
	}
	for _, name := range []string{stream.Data, stream.Indicators} {
		loops = append(loops, sink.New(l.conn, name, l.db.Writer(), sink.Options{}).Run)
	}
	return loops, nil
}

type changer struct {
	l      *lab
	door   *desk
	puller *ingest.Puller
	header string
	pages  int
}

// show gives the source a page, has it pulled, and returns how long it took until
// the oblast had a cell of that page.
func (c *changer) show(ctx context.Context, rows string) (time.Duration, error) {
	c.pages++
	c.door.page = ingest.Page{Key: fmt.Sprintf("%s@bench-%d.csv", book, c.pages), ContentType: "text/csv", Body: []byte(c.header + "\n" + rows)}
	before, err := c.l.conn.LastSeq(ctx, stream.Raw)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	q := fmt.Sprintf("SELECT count() FROM indicator_value WHERE level = 'oblast' AND raw_seq > %d FORMAT TSV", before)
	began := time.Now()
	if o, err := c.puller.Pull(ctx); err != nil || o.Err != nil || o.Status != ingest.RunOK {
		return 0, fmt.Errorf("pull: %s: %w", o.Status, errorsOf(err, o.Err))
	}
	var n bytes.Buffer
	err = until(ctx, 2*time.Millisecond, func() (bool, error) {
		n.Reset()
		err := c.l.db.Raw(ctx, q, "csv", &n)
		return strings.TrimSpace(n.String()) != "0", err
	})
	return time.Since(began), err
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
