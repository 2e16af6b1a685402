package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
)

const (
	rowsPerMessage = 10_000    // some 200 KiB: of a page one message a district
	rowsPerInsert  = 800_000   // what the sink's default range holds
	blockRows      = 1 << 16   // as the writer cuts them
	messageMost    = 512 << 10 // bytes
)

// throughput measures the way of observations from DATA to rows that can be
// seen, publishing included, and then what the same engine takes from blocks that
// were prepared: the same rows, columns, table and size of insert.
func throughput(ctx context.Context, h *house) (out []figure, err error) {
	in, err := pages(h, h.o.rows)
	if err != nil {
		return nil, err
	}
	if in.largest > messageMost {
		return nil, fmt.Errorf("a message has %d bytes, want at most %d", in.largest, messageMost)
	}
	err = inLab(ctx, h, func(l *lab) error {
		busy, err := machine()
		if err != nil {
			return err
		}
		s, err := publish(ctx, l, in)
		if err != nil {
			return err
		}
		busyNow, err := machine()
		if err != nil {
			return err
		}
		ready, err := prepared(ctx, l, in)
		if err != nil {
			return err
		}
		n := float64(in.rows)
		m := n / 1e6
		out = []figure{
			{Name: "observations published → rows visible", Value: n / s.took.Seconds(), Unit: "observations/s", Budget: 2e6},
			{Name: "prepared native blocks → rows visible", Value: n / ready.took.Seconds(), Unit: "rows/s", Note: "17 columns"},
			{Name: "the first as a share of the second", Value: ready.took.Seconds() / s.took.Seconds() * 100, Unit: "%", Budget: 45},
			{Name: "processor time, stream to visible rows", Value: (s.ours + s.theirs) / m, Unit: "CPU-s/million", Budget: 1, Most: true},
			{Name: "  of it this process, NATS included", Value: s.ours / m, Unit: "CPU-s/million"},
			{Name: "  of it the engine", Value: s.theirs / m, Unit: "CPU-s/million"},
			{Name: "processor time of the engine, prepared blocks", Value: ready.theirs / m, Unit: "CPU-s/million"},
			{Name: "cores that other processes had meanwhile", Value: max(busyNow-busy-s.ours-s.theirs, 0) / s.took.Seconds(), Unit: "cores", Note: "the rate is worth less the more it is"},
		}
		return nil
	})
	return out, err
}

// load is what is published.
type load struct {
	frames         [][]stream.Message
	rows, perFrame int
	largest        int // message, in bytes
}

// spent is the time that something took, and the processor time of this process
// and of the engine in seconds.
type spent struct {
	took         time.Duration
	ours, theirs float64
}

// spend measures f.
func spend(l *lab, f func() error) (s spent, err error) {
	ours, theirs, err := cpu(l.engine.Pid())
	if err != nil {
		return s, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return s, err
	}
	s.took = time.Since(began)
	s.ours, s.theirs, err = cpu(l.engine.Pid())
	s.ours -= ours
	s.theirs -= theirs
	return s, err
}

// pages makes the frames of pages as registers give them: a page is a month, its
// messages a district each, its rows settlements by series by days.
func pages(h *house, atLeast int) (load, error) {
	day, err := auyl.ParseDay("2026-01-01")
	if err != nil {
		return load{}, err
	}
	places := settlements(h, day)
	in := load{perFrame: rowsPerMessage * len(places)}
	var series []string
	for i := range min(20, len(h.Catalogue.Series)) {
		series = append(series, string(h.Catalogue.Series[i].ID))
	}
	for f := 0; in.rows < atLeast; f++ {
		sum := sha256.Sum256(fmt.Append(nil, "page ", f))
		v := &wire.Vintage{
			Source: "akimat.household_book", Run: "bench", Page: uint32(f + 1), RawSeq: uint64(f + 1), RawSha256: sum[:],
			RecordedAtMs: 1_767_225_600_000 + int64(f), ReleasedAtMs: 1_767_225_600_000, Origin: uint32(auyl.OriginSynthetic), Rank: uint32(auyl.RankSynthetic), ContractVersion: 1,
		}
		month := auyl.DayOf(time.Date(2016+f/12%10, time.Month(1+f%12), 1, 0, 0, 0, 0, time.UTC))
		var ms []stream.Message
		for k, p := range places {
			b, err := wire.Marshal(page(v, series, p.areas, month, f*len(places)+k))
			if err != nil {
				return load{}, err
			}
			ms = append(ms, stream.Message{Subject: "obs." + p.district.String(), Data: b})
			in.largest = max(in.largest, len(b))
		}
		in.frames = append(in.frames, ms)
		in.rows += in.perFrame
	}
	return in, nil
}

func page(v *wire.Vintage, series []string, areas []auyl.AreaCode, month auyl.Day, salt int) *wire.Observations {
	m := &wire.Observations{Vintage: v, SeriesDict: series, DimsDict: []string{"", "sex=female", "sex=male"}}
	for i := range rowsPerMessage {
		cell := i / len(series)
		m.Series = append(m.Series, uint32(i%len(series)))
		m.Dims = append(m.Dims, uint32(cell/len(areas)/28%3))
		m.Area = append(m.Area, uint32(areas[cell%len(areas)]))
		m.Freq = append(m.Freq, byte(auyl.FreqDay))
		m.Start = append(m.Start, int32(month)+int32(cell/len(areas)%28))
		m.Value = append(m.Value, int64((i*7919+salt*104_729)%1_000_000)*10_000)
		m.Status = append(m.Status, byte(auyl.StatusNormal))
		m.Row = append(m.Row, uint32(salt%11*rowsPerMessage+i+1))
	}
	return m
}

type place struct {
	district auyl.AreaCode
	areas    []auyl.AreaCode
}

// settlements are those of each district of the oblast, in the order of codes.
func settlements(h *house, day auyl.Day) []place {
	var out []place
	at := map[auyl.AreaCode]int{}
	for _, d := range h.Areas.Children(oblast, day) {
		at[d.Code] = len(out)
		out = append(out, place{district: d.Code})
	}
	for _, a := range h.Areas.All() {
		if a.Level != auyl.LevelSettlement || !a.Valid(day) || a.Code.Oblast() != oblast {
			continue
		}
		if d, ok := h.Areas.Ancestor(a.Code, auyl.LevelDistrict, day); ok {
			p := &out[at[d.Code]]
			p.areas = append(p.areas, a.Code)
		}
	}
	for i := range out {
		if len(out[i].areas) == 0 {
			out[i].areas = []auyl.AreaCode{out[i].district}
		}
	}
	return out
}

const oblast auyl.AreaCode = 190_000_000

// publish publishes all frames while a sink runs, and returns when the last row
// can be seen.
func publish(ctx context.Context, l *lab, in load) (spent, error) {
	p, err := l.conn.OpenPublisher(ctx, stream.Data, "cur.decode")
	if err != nil {
		return spent{}, err
	}
	out, err := spend(l, func() error {
		s := sink.New(l.conn, stream.Data, l.db.Writer(), sink.Options{})
		return with(ctx, func(ctx context.Context) error {
			var last stream.Cursor
			for i, f := range in.frames {
				if last, err = p.Publish(ctx, f, stream.Next{InputSeq: uint64(i + 1)}); err != nil {
					return err
				}
			}
			return until(ctx, time.Millisecond, func() (bool, error) { return s.Done() >= last.Seq, nil })
		}, s.Run)
	})
	if err != nil {
		return spent{}, err
	}
	counts, err := l.db.Counts(ctx)
	if err == nil && counts["observation"] != uint64(in.rows) {
		err = fmt.Errorf("%d rows are there, want %d", counts["observation"], in.rows)
	}
	return out, err
}

// prepared reads back what is in the table as blocks of the Native format, and
// measures how fast a copy of the table takes them, two inserts at once, as the
// sink does.
func prepared(ctx context.Context, l *lab, in load) (spent, error) {
	if err := l.db.Exec(ctx, "CREATE TABLE prepared AS observation"); err != nil {
		return spent{}, err
	}
	pages := max(rowsPerInsert/in.perFrame, 1)
	var bodies [][]byte
	for from := 1; from <= len(in.frames); from += pages {
		var b bytes.Buffer
		// In the order of the pages, as the sink has them, not in that of the table.
		q := fmt.Sprintf("SELECT * FROM observation WHERE raw_seq >= %d AND raw_seq < %d ORDER BY raw_seq, row SETTINGS max_block_size = %d FORMAT Native",
			from, from+pages, blockRows)
		if err := l.db.Raw(ctx, q, "csv", &b); err != nil {
			return spent{}, err
		}
		bodies = append(bodies, b.Bytes())
	}
	// The engine goes on merging what it took before, and would be measured with it.
	if err := l.db.Exec(ctx, "TRUNCATE TABLE observation"); err != nil {
		return spent{}, err
	}
	dsn, err := url.Parse(l.engine.DSN())
	if err != nil {
		return spent{}, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	defer client.CloseIdleConnections()
	out, err := spend(l, func() error {
		g, posting := errgroup.WithContext(ctx)
		g.SetLimit(2)
		for i, b := range bodies {
			g.Go(func() error { return post(posting, client, dsn, fmt.Sprint("prepared", i), b) })
		}
		return g.Wait()
	})
	if err != nil {
		return spent{}, err
	}
	var n bytes.Buffer
	if err := l.db.Raw(ctx, "SELECT count() FROM prepared FORMAT TSV", "csv", &n); err != nil {
		return spent{}, err
	}
	if got := string(bytes.TrimSpace(n.Bytes())); got != fmt.Sprint(in.rows) {
		return spent{}, fmt.Errorf("%s prepared rows are there, want %d", got, in.rows)
	}
	return out, nil
}

func post(ctx context.Context, client *http.Client, dsn *url.URL, token string, body []byte) (err error) {
	u := url.URL{Scheme: dsn.Scheme, Host: dsn.Host, Path: "/", RawQuery: url.Values{
		"database": {"auyl"}, "query": {"INSERT INTO prepared FORMAT Native"}, "insert_deduplication_token": {token},
		"async_insert": {"0"}, "optimize_on_insert": {"0"}, // as the writer has it
	}.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	password, _ := dsn.User.Password()
	req.Header.Set("X-ClickHouse-User", dsn.User.Username())
	req.Header.Set("X-ClickHouse-Key", password)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("insert of prepared blocks: %s: %s", resp.Status, said)
	}
	return err
}
