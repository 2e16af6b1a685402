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

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
	"golang.org/x/sync/errgroup"
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
	frames, rows, largest, err := pages(h, h.o.rows)
	if err != nil {
		return nil, err
	}
	if largest > messageMost {
		return nil, fmt.Errorf("a message has %d bytes, want at most %d", largest, messageMost)
	}
	err = inLab(ctx, h, func(l *lab) error {
		took, ours, theirs, err := publish(ctx, l, frames, rows)
		if err != nil {
			return err
		}
		ready, theirsReady, err := prepared(ctx, h, l, rows)
		if err != nil {
			return err
		}
		n := float64(rows)
		m := n / 1e6
		out = []figure{
			{Name: "observations published → rows visible", Value: n / took.Seconds(), Unit: "observations/s", Budget: 2e6},
			{Name: "prepared native blocks → rows visible", Value: n / ready.Seconds(), Unit: "rows/s", Note: "17 columns"},
			{Name: "the first as a share of the second", Value: ready.Seconds() / took.Seconds() * 100, Unit: "%", Budget: 45},
			{Name: "processor time, stream to visible rows", Value: (ours + theirs) / m, Unit: "CPU-s/million", Budget: 1, Most: true},
			{Name: "  of it this process, NATS included", Value: ours / m, Unit: "CPU-s/million"},
			{Name: "  of it the engine", Value: theirs / m, Unit: "CPU-s/million"},
			{Name: "processor time of the engine, prepared blocks", Value: theirsReady / m, Unit: "CPU-s/million"},
		}
		return nil
	})
	return out, err
}

// pages makes the frames of pages as registers give them: a page is a month, its
// messages a district each, its rows settlements by series by days.
func pages(h *house, atLeast int) (frames [][]stream.Message, rows, largest int, err error) {
	day, err := auyl.ParseDay("2026-01-01")
	if err != nil {
		return nil, 0, 0, err
	}
	places := settlements(h, day)
	var series []string
	for i := range min(20, len(h.Catalogue.Series)) {
		series = append(series, string(h.Catalogue.Series[i].ID))
	}
	for f := 0; rows < atLeast; f++ {
		sum := sha256.Sum256(fmt.Append(nil, "page ", f))
		v := &wire.Vintage{Source: "akimat.household_book", Run: "bench", Page: uint32(f + 1), RawSeq: uint64(f + 1), RawSha256: sum[:], //nolint:gosec // a small number
			RecordedAtMs: 1_767_225_600_000 + int64(f), ReleasedAtMs: 1_767_225_600_000, Origin: uint32(auyl.OriginSynthetic), Rank: uint32(auyl.RankSynthetic), ContractVersion: 1}
		month := auyl.DayOf(time.Date(2016+f/12%10, time.Month(1+f%12), 1, 0, 0, 0, 0, time.UTC))
		var ms []stream.Message
		for k, p := range places {
			b, err := wire.Marshal(page(v, series, p.areas, month, f*len(places)+k))
			if err != nil {
				return nil, 0, 0, err
			}
			ms = append(ms, stream.Message{Subject: "obs." + p.district.String(), Data: b})
			rows += rowsPerMessage
			largest = max(largest, len(b))
		}
		frames = append(frames, ms)
	}
	return frames, rows, largest, nil
}

func page(v *wire.Vintage, series []string, areas []auyl.AreaCode, month auyl.Day, salt int) *wire.Observations {
	m := &wire.Observations{Vintage: v, SeriesDict: series, DimsDict: []string{"", "sex=female", "sex=male"}}
	for i := range rowsPerMessage {
		cell := i / len(series)
		m.Series = append(m.Series, uint32(i%len(series)))    //nolint:gosec // an index
		m.Dims = append(m.Dims, uint32(cell/len(areas)/28%3)) //nolint:gosec // an index
		m.Area = append(m.Area, uint32(areas[cell%len(areas)]))
		m.Freq = append(m.Freq, byte(auyl.FreqDay))
		m.Start = append(m.Start, int32(month)+int32(cell/len(areas)%28)) //nolint:gosec // a day of the month
		m.Value = append(m.Value, int64((i*7919+salt*104_729)%1_000_000)*10_000)
		m.Status = append(m.Status, byte(auyl.StatusNormal))
		m.Row = append(m.Row, uint32(salt%11*rowsPerMessage+i+1)) //nolint:gosec // a row of a page
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
func publish(ctx context.Context, l *lab, frames [][]stream.Message, rows int) (took time.Duration, ours, theirs float64, err error) {
	p, err := l.conn.OpenPublisher(ctx, stream.Data, "cur.decode")
	if err != nil {
		return 0, 0, 0, err
	}
	ours, theirs, err = cpu(l.engine.Pid())
	if err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	s := sink.New(l.conn, stream.Data, l.db.Writer(), sink.Options{})
	err = with(ctx, func(ctx context.Context) error {
		var last stream.Cursor
		for i, f := range frames {
			if last, err = p.Publish(ctx, f, stream.Next{InputSeq: uint64(i + 1)}); err != nil { //nolint:gosec // a small number
				return err
			}
		}
		return until(ctx, time.Millisecond, func() (bool, error) { return s.Done() >= last.Seq, nil })
	}, s.Run)
	if err != nil {
		return 0, 0, 0, err
	}
	took = time.Since(began)
	oursNow, theirsNow, err := cpu(l.engine.Pid())
	if err != nil {
		return 0, 0, 0, err
	}
	counts, err := l.db.Counts(ctx)
	if err == nil && counts["observation"] != uint64(rows) { //nolint:gosec // not negative
		err = fmt.Errorf("%d rows are there, want %d", counts["observation"], rows)
	}
	return took, oursNow - ours, theirsNow - theirs, err
}

// prepared reads back what is in the table as blocks of the Native format, and
// measures how fast a copy of the table takes them, two inserts at once, as the
// sink does.
func prepared(ctx context.Context, h *house, l *lab, rows int) (took time.Duration, theirs float64, err error) {
	if err := l.db.Exec(ctx, "CREATE TABLE prepared AS observation"); err != nil {
		return 0, 0, err
	}
	perPage := rowsPerMessage * len(settlements(h, auyl.DayOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))))
	pagesPerInsert := max(rowsPerInsert/perPage, 1)
	var bodies [][]byte
	for from := 1; (from-1)*perPage < rows; from += pagesPerInsert {
		var b bytes.Buffer
		// In the order of the pages, as the sink has them, not in that of the table.
		q := fmt.Sprintf("SELECT * FROM observation WHERE raw_seq >= %d AND raw_seq < %d ORDER BY raw_seq, row SETTINGS max_block_size = %d FORMAT Native",
			from, from+pagesPerInsert, blockRows)
		if err := l.db.Raw(ctx, q, "csv", &b); err != nil {
			return 0, 0, err
		}
		bodies = append(bodies, b.Bytes())
	}
	// The engine goes on merging what it took before, and would be measured with it.
	if err := l.db.Exec(ctx, "TRUNCATE TABLE observation"); err != nil {
		return 0, 0, err
	}
	dsn, err := url.Parse(l.engine.DSN())
	if err != nil {
		return 0, 0, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	defer client.CloseIdleConnections()
	_, before, err := cpu(l.engine.Pid())
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	g, posting := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, b := range bodies {
		g.Go(func() error { return post(posting, client, dsn, fmt.Sprint("prepared", i), b) })
	}
	if err := g.Wait(); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	_, after, err := cpu(l.engine.Pid())
	if err != nil {
		return 0, 0, err
	}
	var n bytes.Buffer
	if err := l.db.Raw(ctx, "SELECT count() FROM prepared FORMAT TSV", "csv", &n); err != nil {
		return 0, 0, err
	}
	if got := string(bytes.TrimSpace(n.Bytes())); got != fmt.Sprint(rows) {
		return 0, 0, fmt.Errorf("%s prepared rows are there, want %d", got, rows)
	}
	return took, after - before, nil
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
	defer resp.Body.Close() //nolint:errcheck // only read
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("insert of prepared blocks: %s: %s", resp.Status, said)
	}
	return err
}
