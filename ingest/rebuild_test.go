package ingest_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
)

// fresh starts a server without a message.
func fresh(t *testing.T) *stream.Conn {
	t.Helper()
	srv, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { srv.Close() })
	nc, err := srv.Connect()
	must(t, err)
	c, err := stream.Wrap(nc, stream.Options{Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, stream.Ensure(t.Context(), c, stream.StreamOptions{}))
	return c
}

// messagesOf reads a stream whole, with headers but for the random ids of frames.
func messagesOf(t *testing.T, c *stream.Conn, name string) (out []stream.Message) {
	t.Helper()
	last, err := c.LastSeq(t.Context(), name)
	must(t, err)
	for seq := uint64(1); seq <= last; seq++ {
		m, err := c.Get(t.Context(), name, seq)
		must(t, err)
		delete(m.Header, "Auyl-Frame-Id")
		out = append(out, m)
	}
	return out
}

// again decodes the copy of RAW in to.
func (p *passing) again(t *testing.T, to, old *stream.Conn) {
	t.Helper()
	before, err := ingest.OpenBefore(t.Context(), to, old)
	must(t, err)
	defer func() { must(t, before.Close()) }()
	l := ingest.NewLoop(to, ingest.NewDecoder(p.house.Contracts, p.house.Areas, ingest.DecodeOptions{}), p.store)
	l.Again(before)
	last, err := to.LastSeq(t.Context(), stream.Raw)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	for l.Done() < last {
		select {
		case err := <-ended:
			t.Fatalf("loop ended: %v", err)
		default:
			runtime.Gosched()
		}
	}
	stop()
	must(t, <-ended)
}

const smeID = auyl.SourceID("bns.sme")

const smeHead = "kato\tokrug\tperiod\tsme_registered\tsme_active\n"

// keep pulls a page of a source whose pages are kept, and travel.
func (p *passing) keep(t *testing.T, key, body string) *ingest.RawPublisher {
	t.Helper()
	raw, err := ingest.OpenRaw(t.Context(), p.conn, smeID)
	must(t, err)
	src := ingest.Source{ID: smeID, Door: pages{{Key: key, Body: []byte(body)}}}
	puller, err := ingest.NewPuller(src, raw, p.store, ingest.NewClock(time.Now), ingest.Options{})
	must(t, err)
	pull(t, puller)
	return raw
}

// TestAllOfRawIsDecodedAgainAsItWas has pages whose bytes were let go, a page of
// which a record was refused and replayed under another contract, and plain ones.
func TestAllOfRawIsDecodedAgainAsItWas(t *testing.T) {
	t.Parallel()
	p := newPassing(t)
	p.pull(t, "a", "page 1")
	p.keep(t, "sme@2026-08", smeHead+"195234000\tа\t2026-08\t100\t80\n")
	raw := p.keep(t, "sme@2026-09", smeHead+"195234000\tа\t2026-09\t100\t80\n195235000\tа\t2026-09\tмного\t1\n")
	p.pull(t, "b", "page 2")
	p.decode(t) // and lets go of pages 1 and 2

	// The contract is mended, and the letter is replayed.
	var page *wire.RawPage
	for _, m := range messagesOf(t, p.conn, stream.Raw) {
		var x wire.RawPage
		if m.Subject == "raw."+string(smeID) {
			must(t, wire.Unmarshal(m.Data, &x))
			if x.GetUrl() == "sme@2026-09" {
				page = &x
			}
		}
	}
	page.GetVintage().RawSeq = frameOf(t, p.conn, page)
	p.house.Contracts[smeID].Version++
	letters := []*wire.Refused{{Row: 2, Position: "line 3", Field: "sme_registered", Reason: "not_a_number"}}
	must(t, ingest.PublishReplay(t.Context(), raw, page, letters, 5000))
	p.decode(t)
	want := messagesOf(t, p.conn, stream.Data)

	to := fresh(t)
	must(t, stream.Copy(t.Context(), p.conn, to, stream.Raw, nil))
	p.house.Contracts[smeID].Version-- // all but the page that was replayed are decoded to what they were
	p.again(t, to, p.conn)
	if d := cmp.Diff(want, messagesOf(t, to, stream.Data)); d != "" {
		t.Errorf("DATA (-was +again):\n%s", d)
	}

	// Without the old DATA pages that are gone are dead letters, and a replay has
	// nothing left to say: no record is counted twice.
	alone := fresh(t)
	must(t, stream.Copy(t.Context(), p.conn, alone, stream.Raw, nil))
	p.again(t, alone, nil)
	gone, flows := 0, 0
	for _, m := range messagesOf(t, alone, stream.Data) {
		switch {
		case strings.HasPrefix(m.Subject, "dead."):
			var d wire.DeadLetters
			must(t, wire.Unmarshal(m.Data, &d))
			for _, l := range d.GetLetters() {
				if l.GetReason() == string(ingest.ReasonPageGone) {
					gone++
				}
			}
		case strings.HasPrefix(m.Subject, "flow."):
			flows++
		}
	}
	if gone != 2 || flows != 4 {
		t.Errorf("%d pages gone and %d rows of flow, want 2 and one for each of 4 pages", gone, flows)
	}
}

// frameOf returns the sequence of the frame that brought a page.
func frameOf(t *testing.T, c *stream.Conn, page *wire.RawPage) uint64 {
	t.Helper()
	frames, err := c.OpenFrames(t.Context(), stream.Raw, []string{"raw.>"}, "cur.fetch.>", 1, stream.ReadOptions{})
	must(t, err)
	defer frames.Close()
	for {
		f, err := frames.Next(t.Context())
		must(t, err)
		for _, m := range f.Messages {
			var x wire.RawPage
			must(t, wire.Unmarshal(m.Data, &x))
			if x.GetUrl() == page.GetUrl() && x.GetRunEnd() == nil {
				return f.Cursor.Seq
			}
		}
	}
}

// TestRawIsMadeAgainFromTheArchive restores RAW from the journal, in two goes of
// which the first was broken off, and refuses to write on behind another stream.
func TestRawIsMadeAgainFromTheArchive(t *testing.T) {
	t.Parallel()
	p := newPassing(t)
	p.pull(t, "a", "page 1")
	p.keep(t, "sme@2026-08", smeHead+"195234000\tа\t2026-08\t100\t80\n")
	p.journal(t)
	p.keep(t, "sme@2026-09", smeHead+"195234000\tа\t2026-09\t100\t80\n")
	p.journal(t)
	want := messagesOf(t, p.conn, stream.Raw)
	if n, behind, err := ingest.VerifyJournal(t.Context(), p.conn, p.store); err != nil || int(n) != len(want) || behind != 0 {
		t.Errorf("VerifyJournal = %d, %d, %v, want %d entries", n, behind, err, len(want))
	}

	j, err := p.store.Journal(t.Context())
	must(t, err)
	small := 0
	must(t, j.Read(t.Context(), 1, func(e archive.Entry) error {
		if e.Object {
			small++
		}
		if strings.Contains(string(e.Data), smeHead) {
			t.Errorf("entry %d holds the bytes of its page", e.Seq)
		}
		return nil
	}))
	if small != 2 {
		t.Errorf("%d pages without their bytes, want 2", small)
	}
	to := fresh(t)
	ctx, stop := context.WithCancel(t.Context())
	if err := ingest.Restore(ctx, j, p.store, to, func(done, _ uint64) {
		if done == 3 {
			stop()
		}
	}); err == nil {
		t.Error("a restore that was stopped said nothing")
	}
	must(t, ingest.Restore(t.Context(), j, p.store, to, nil))
	if d := cmp.Diff(want, messagesOf(t, to, stream.Raw)); d != "" {
		t.Errorf("RAW (-was +restored):\n%s", d)
	}
	if _, err := ingest.OpenJournaler(t.Context(), fresh(t), p.store); err == nil || !strings.Contains(err.Error(), "it ends at sequence 0") {
		t.Errorf("OpenJournaler over an empty stream = %v, want a refusal", err)
	}
}

// journal writes down what RAW says.
func (p *passing) journal(t *testing.T) {
	t.Helper()
	w, err := ingest.OpenJournaler(t.Context(), p.conn, p.store)
	must(t, err)
	last, err := p.conn.LastSeq(t.Context(), stream.Raw)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for w.Done() < last {
		select {
		case err := <-ended:
			t.Fatalf("journaler ended: %v", err)
		default:
			runtime.Gosched()
		}
	}
	stop()
	must(t, <-ended)
}
