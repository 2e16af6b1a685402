package ingest_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
)

// passing is a pipeline up to decode with one source whose pages are not kept.
type passing struct {
	conn    *stream.Conn
	store   *archive.Store
	raw     *ingest.RawPublisher
	sweeper *ingest.Sweeper
	house   *schemas.House
}

const calls = auyl.SourceID("moh.ambulance_103")

func newPassing(t *testing.T) *passing {
	t.Helper()
	srv, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	nc, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stream.Wrap(nc, stream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := stream.Ensure(t.Context(), conn, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	key, err := archive.EnsureKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := archive.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &passing{conn: conn, store: archive.New(folder, key)}
	p.sweeper = ingest.NewSweeper(conn, p.store, time.Now)
	if p.house, err = schemas.Load(schemas.FS); err != nil {
		t.Fatal(err)
	}
	p.house.Contracts[calls].Raw = schemas.RawDrop
	p.reopen(t)
	return p
}

// reopen is what a start does behind the last frame.
func (p *passing) reopen(t *testing.T) {
	t.Helper()
	raw, err := ingest.OpenRaw(t.Context(), p.conn, calls)
	if err != nil {
		t.Fatal(err)
	}
	p.raw = raw
}

func (p *passing) put(t *testing.T, body string) {
	t.Helper()
	if _, err := p.store.Once(string(calls), p.raw.Seq).Put(t.Context(), []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func (p *passing) pull(t *testing.T, key, body string) {
	t.Helper()
	src := ingest.Source{ID: calls, ByReference: true, Door: pages{{Key: key, Body: []byte(body)}}}
	puller, err := ingest.NewPuller(src, p.raw, p.store.Once(string(calls), p.raw.Seq), ingest.NewClock(time.Now), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pull(t, puller)
}

func (p *passing) sweep(t *testing.T, decoded uint64, want int) {
	t.Helper()
	if n, err := p.sweeper.Sweep(t.Context(), decoded); err != nil || n != want {
		t.Fatalf("Sweep(%d) = %d, %v, want %d", decoded, n, err, want)
	}
}

// decode runs the loop until all of RAW is decoded.
func (p *passing) decode(t *testing.T) (done uint64) {
	t.Helper()
	l := ingest.NewLoop(p.conn, ingest.NewDecoder(p.house.Contracts, p.house.Areas, ingest.DecodeOptions{}), p.store)
	l.Sweeping(p.sweeper)
	last, err := p.conn.LastSeq(t.Context(), stream.Raw)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	frames, err := p.conn.OpenFrames(t.Context(), stream.Data, []string{"flow.>", "run.>"}, "cur.decode", 1, stream.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	for {
		f, err := frames.Next(t.Context())
		if err != nil {
			t.Fatalf("%v; loop: %v", err, <-ended)
		}
		if f.Cursor.InputSeq == last {
			break
		}
	}
	for l.Done() < last { // the sweep of the last frame is done once this is told
		select {
		case err := <-ended:
			t.Fatalf("loop ended: %v", err)
		default:
			runtime.Gosched()
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return last
}

func (p *passing) there(t *testing.T) (n int) {
	t.Helper()
	if err := p.store.Passing(t.Context(), func(archive.Object) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSweepTakesWhatWasDecodedAndNothingElse(t *testing.T) {
	t.Parallel()
	p := newPassing(t)
	p.put(t, "page 1") // a pull that is broken off before it has published
	p.sweep(t, 0, 0)
	p.reopen(t)
	p.pull(t, "a", "page 1")
	last, err := p.conn.LastSeq(t.Context(), stream.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p.sweep(t, 0, 0)      // nothing is decoded yet
	p.sweep(t, last-1, 0) // nor all of it
	p.put(t, "page 1")    // the same bytes again, for a frame that is still to come
	p.sweep(t, last, 1)
	if n := p.there(t); n != 1 {
		t.Fatalf("%d objects wait, want the one without a frame", n)
	}
	if b, err := p.store.Get(t.Context(), sum("page 1")); err != nil || string(b) != "page 1" {
		t.Fatalf("Get = %q, %v: the frame that is still to come misses its bytes", b, err)
	}
}

func TestDecodeLetsGoOfPagesThatAreNotKept(t *testing.T) {
	t.Parallel()
	p := newPassing(t)
	p.pull(t, "a", "page 1")
	p.pull(t, "b", "page 2")
	p.pull(t, "b", "page 1") // back to bytes that were there before
	p.decode(t)
	if n := p.there(t); n != 0 {
		t.Errorf("%d objects are left, want none", n)
	}
	if _, err := p.store.Get(t.Context(), sum("page 2")); !errors.Is(err, archive.ErrGone) {
		t.Errorf("Get = %v, want ErrGone", err)
	}
	// A crash between the cursor of decode and the sweep: the next start sweeps.
	p.pull(t, "c", "page 3")
	last := p.decode(t)
	p.put(t, "page 4")
	p.reopen(t)
	p.pull(t, "d", "page 5")
	if n := p.there(t); n != 2 {
		t.Fatalf("%d objects wait, want that of the broken pull and that of the frame", n)
	}
	p.sweep(t, last, 0)
	p.decode(t)
	if n := p.there(t); n != 0 {
		t.Errorf("%d objects are left after the next start, want none", n)
	}
}

func TestPageThatWasLetGoIsADeadLetter(t *testing.T) {
	t.Parallel()
	p := newPassing(t)
	p.pull(t, "a", "page 1")
	last, err := p.conn.LastSeq(t.Context(), stream.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p.sweep(t, last, 1) // as if decode's cursor had been lost in a power cut after the sweep
	p.decode(t)
	found := false
	end, err := p.conn.LastSeq(t.Context(), stream.Data)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= end; seq++ {
		m, err := p.conn.Get(t.Context(), stream.Data, seq)
		if err != nil {
			t.Fatal(err)
		}
		found = found || m.Subject == "dead."+string(calls)
	}
	if !found {
		t.Error("no dead letter: the page ended in silence")
	}
}

func sum(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }
