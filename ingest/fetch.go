package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Page is what a source answered to one request: one file, one response body.
type Page struct {
	Key         string // what the page is called from pull to pull: URL or file name, without secrets
	ContentType string
	Body        []byte
	ETag        string
	Modified    string // Last-Modified as the source spells it
	ReleasedAt  time.Time
	// What a paging door read in the page, kept for when the page is unchanged.
	Rows, Total int
	Next        string
	// Part says which part of a file the page is; nil: it is all of it.
	Part *wire.Part
	// Note makes this no page: Next is kept under Key, durable when emit returns,
	// for a door that has to know after a restart what it has begun.
	Note bool
}

// Door asks one source for its pages.
type Door interface {
	// Pages calls emit for each page that may have changed, in a fixed order,
	// and unchanged for each page that the source says is as it was. It stops at
	// the first error of emit. known says what was had of a page before.
	Pages(ctx context.Context, known func(key string) Known, emit func(Page) error, unchanged func(key string)) error
}

// Archive keeps raw objects.
type Archive interface {
	// Put returns once the bytes are durable.
	Put(ctx context.Context, b []byte) ([sha256.Size]byte, error)
}

// Publisher writes frames of one source into RAW; it is fenced, so that of two
// writers one is refused.
type Publisher interface {
	// State returns what the last frame carried, nil at the start.
	State() []byte
	// Publish stores the messages and the new state in one atomic batch.
	Publish(ctx context.Context, msgs []auyl.Payload, state []byte) error
}

// Source is one feed to pull.
type Source struct {
	ID              auyl.SourceID
	Origin          auyl.Origin
	Rank            auyl.Rank
	ContractVersion uint32
	// ByReference keeps the bytes of pages out of the stream, which then holds
	// their hash alone: for registers with personal data.
	ByReference bool
	Door        Door
	// Lane sets pulls beside the live ones apart, such as those of a backfill; "" is
	// live. Its publisher is that of OpenRawLane.
	Lane string
}

// runID is what a pull of the source is called.
func (s *Source) runID(n uint64) string {
	if s.Lane != "" {
		return fmt.Sprintf("%s/%s-%d", s.ID, s.Lane, n)
	}
	return fmt.Sprintf("%s/%d", s.ID, n)
}

// Outcome is the end of one pull.
type Outcome struct {
	Source auyl.SourceID
	Run    string
	Status string // ok, unchanged, partial, failed
	Pages  uint32
	Bytes  uint64
	Err    error // why it is partial or failed
}

// The statuses of a pull.
const (
	RunOK        = "ok"
	RunUnchanged = "unchanged"
	RunPartial   = "partial"
	RunFailed    = "failed"
)

// Clock gives ever later instants of at least a millisecond's distance, so that
// no two pages of a process are recorded at one time and a clock that is set
// back never makes a later page look older. It is safe for concurrent use.
type Clock struct {
	mu   sync.Mutex
	now  func() time.Time
	last time.Time
}

// NewClock returns a clock over now.
func NewClock(now func() time.Time) *Clock { return &Clock{now: now} }

// After makes all later instants later than t.
func (c *Clock) After(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.last) {
		c.last = t
	}
}

// Next returns the next instant, in UTC and whole milliseconds.
func (c *Clock) Next() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.now().UTC().Truncate(time.Millisecond)
	if !t.After(c.last) {
		t = c.last.Add(time.Millisecond)
	}
	c.last = t
	return t
}

// Options of a Puller; the zero value is ready to use.
type Options struct {
	// InlineBytes is the largest page that travels within its message; a larger
	// one is referred to by its hash. 0 means 512 KiB, half of what a message of
	// the stream holds.
	InlineBytes int
	// QuietUnchanged leaves pulls that found nothing new without a record: for a
	// folder that is looked at every few seconds.
	QuietUnchanged bool
	// ResumeWithin is how old a page of a failed pull may be for the next pull to
	// go on behind it instead of asking for it again. 0 means 6 hours.
	ResumeWithin time.Duration
	Logger       *slog.Logger
}

// Puller pulls one source: pages go to the archive first and then, with the
// state of the pull, into RAW in one atomic frame each. A pull that was broken
// off is taken up under its run id, at the page where it stopped. It is not
// safe for concurrent use; of two processes with a Puller of one source the
// slower one is refused by the fence of its publisher.
type Puller struct {
	src   Source
	out   Publisher
	store Archive
	clock *Clock
	o     Options
	state pullState
}

// NewPuller reads the state of the last pull.
func NewPuller(src Source, out Publisher, store Archive, clock *Clock, o Options) (*Puller, error) {
	if o.InlineBytes == 0 {
		o.InlineBytes = 512 << 10
	}
	if o.ResumeWithin == 0 {
		o.ResumeWithin = 6 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Puller{src: src, out: out, store: store, clock: clock, o: o}
	var err error
	if p.state, err = parseState(out.State()); err != nil {
		return nil, fmt.Errorf("pull %s: %w", src.ID, err)
	}
	clock.After(time.UnixMilli(p.state.LastRecordedMs))
	return p, nil
}

// LastStarted returns when the last pull began; the zero time when there was none.
func (p *Puller) LastStarted() time.Time {
	if p.state.StartedMs == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.state.StartedMs)
}

// Interrupted reports whether the last pull was broken off before its end.
func (p *Puller) Interrupted() bool { return p.state.Open }

// Pull asks the source once. What the source did wrong is in the outcome and in
// the record of the run; the error is for what is wrong on our side (archive,
// stream, a canceled context), after which the pull may be repeated.
func (p *Puller) Pull(ctx context.Context) (Outcome, error) {
	st := &p.state
	if !st.Open {
		st.Open, st.Run, st.RunPages, st.RunBytes = true, st.Run+1, 0, 0
		st.StartedMs = p.clock.Next().UnixMilli()
	}
	if st.BrokenMs == 0 {
		st.BrokenMs = st.StartedMs // until it comes to a good end
	}
	out := Outcome{Source: p.src.ID, Run: p.src.runID(st.Run)}
	seen := make(map[string]bool)
	var ours error
	err := p.src.Door.Pages(ctx,
		p.known,
		func(pg Page) error {
			seen[pg.Key] = true
			ours = p.page(ctx, pg)
			return ours
		},
		func(key string) { seen[key] = true; p.touch(key) })
	switch {
	case ours != nil:
		return out, fmt.Errorf("pull %s: %w", p.src.ID, ours)
	case ctx.Err() != nil:
		return out, fmt.Errorf("pull %s: %w", p.src.ID, ctx.Err())
	}
	out.Pages, out.Bytes, out.Err = st.RunPages, st.RunBytes, err
	switch {
	case err != nil && (out.Pages > 0 || len(seen) > 0):
		out.Status = RunPartial
	case err != nil:
		out.Status = RunFailed
	case out.Pages == 0:
		out.Status = RunUnchanged
	default:
		out.Status = RunOK
	}
	if out.Status == RunUnchanged && p.o.QuietUnchanged {
		st.Open, st.Run, st.BrokenMs = false, st.Run-1, 0
		return out, nil
	}
	return out, p.end(ctx, out)
}

// known is what was had of a page, and whether a pull that goes on after a failed
// one may pass it over.
func (p *Puller) known(key string) Known {
	k := p.state.Pages[key]
	k.Fresh = k.AtMs > p.state.BrokenMs && p.clock.now().Sub(time.UnixMilli(k.AtMs)) <= p.o.ResumeWithin
	return k
}

// touch notes that a page is as it was. The note becomes durable with the next
// frame; until then a crash costs one question more.
func (p *Puller) touch(key string) {
	if k, ok := p.state.Pages[key]; ok && !p.known(key).Fresh {
		k.AtMs = max(p.clock.now().UnixMilli(), p.state.BrokenMs+1)
		p.state.Pages[key] = k
	}
}

// page archives and publishes one page unless its bytes are those we have.
func (p *Puller) page(ctx context.Context, pg Page) error {
	if pg.Note {
		next := p.state.clone()
		next.LastRecordedMs = p.clock.Next().UnixMilli()
		next.Pages[pg.Key] = Known{Next: pg.Next, AtMs: next.LastRecordedMs}
		return p.publish(ctx, next)
	}
	sum := sha256.Sum256(pg.Body)
	st := &p.state
	name := hex.EncodeToString(sum[:])
	if k := st.Pages[pg.Key]; k.SHA256 == name {
		k.ETag, k.Modified, k.Rows, k.Total, k.Next = pg.ETag, pg.Modified, pg.Rows, pg.Total, pg.Next
		st.Pages[pg.Key] = k
		p.touch(pg.Key)
		return nil
	}
	if _, err := p.store.Put(ctx, pg.Body); err != nil {
		return err
	}
	at := p.clock.Next()
	msg := p.message(at, st.RunPages+1, pg, sum)
	next := st.clone()
	next.RunPages++
	next.RunBytes += uint64(len(pg.Body))
	next.LastRecordedMs = at.UnixMilli()
	next.Pages[pg.Key] = Known{
		SHA256: name, ETag: pg.ETag, Modified: pg.Modified, Rows: pg.Rows, Total: pg.Total, Next: pg.Next, AtMs: next.LastRecordedMs,
	}
	if err := p.publish(ctx, next, msg); err != nil {
		return err
	}
	p.o.Logger.DebugContext(ctx, "page stored", "source", p.src.ID, "run", p.src.runID(st.Run), "page", st.RunPages, "bytes", len(pg.Body))
	return nil
}

// message is a page as RAW holds it.
func (p *Puller) message(at time.Time, number uint32, pg Page, sum [sha256.Size]byte) *wire.RawPage {
	msg := &wire.RawPage{
		Vintage:     p.vintage(at, number, sum),
		Url:         pg.Key,
		ContentType: pg.ContentType,
		SizeBytes:   uint64(len(pg.Body)),
		Part:        pg.Part,
	}
	if !pg.ReleasedAt.IsZero() {
		msg.Vintage.ReleasedAtMs = pg.ReleasedAt.UnixMilli()
	}
	if len(pg.Body) <= p.o.InlineBytes && !p.src.ByReference {
		msg.Data = pg.Body
	}
	return msg
}

func (p *Puller) end(ctx context.Context, out Outcome) error {
	at := p.clock.Next()
	msg := &wire.RawPage{
		Vintage: p.vintage(at, 0, [sha256.Size]byte{}),
		RunEnd: &wire.RunEnd{
			Source: string(p.src.ID), Run: out.Run, Status: out.Status, Pages: out.Pages, Bytes: out.Bytes,
			StartedAtMs: p.state.StartedMs, FinishedAtMs: at.UnixMilli(), Origin: uint32(p.src.Origin),
		},
	}
	if out.Err != nil {
		msg.RunEnd.Error = clip(out.Err.Error(), 1000)
	}
	next := p.state.clone()
	next.Open = false
	if out.Err == nil {
		next.BrokenMs = 0
	}
	next.LastRecordedMs = at.UnixMilli()
	if err := p.publish(ctx, next, msg); err != nil {
		return fmt.Errorf("pull %s: %w", p.src.ID, err)
	}
	return nil
}

func (p *Puller) vintage(at time.Time, page uint32, sum [sha256.Size]byte) *wire.Vintage {
	v := &wire.Vintage{
		Source: string(p.src.ID), Run: p.src.runID(p.state.Run), Page: page,
		RecordedAtMs: at.UnixMilli(), ReleasedAtMs: at.UnixMilli(),
		Origin: uint32(p.src.Origin), Rank: uint32(p.src.Rank), ContractVersion: p.src.ContractVersion,
	}
	if page != 0 {
		v.RawSha256 = sum[:]
	}
	return v
}

// publish stores the messages and the state in one frame.
func (p *Puller) publish(ctx context.Context, next pullState, msgs ...*wire.RawPage) error {
	var payloads []auyl.Payload
	for _, msg := range msgs {
		data, err := wire.Marshal(msg)
		if err != nil {
			return err
		}
		payloads = append(payloads, auyl.Payload{Subject: "raw." + string(p.src.ID), Data: data})
	}
	state, err := next.bytes()
	if err != nil {
		return err
	}
	if err := p.out.Publish(ctx, payloads, state); err != nil {
		return err
	}
	p.state = next
	return nil
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// ErrRefused says that a source answered in a way that asking again now will
// not change: a missing key, a page that does not exist.
var ErrRefused = errors.New("source refused")
