package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/internal/wait"
	"github.com/auyl-kz/auyl/stream"
)

// BackfillLane is the lane of backfills: their frames have a cursor and runs of their
// own, so that live pulls of the source go on beside them.
const BackfillLane = "backfill"

// Ranges cuts the days between two, both included, into whole periods, oldest first.
func Ranges(from, to auyl.Day, step auyl.Freq) []auyl.Period {
	var out []auyl.Period
	for at := from; at <= to; {
		p := auyl.NewPeriod(step, at)
		out = append(out, p)
		at = p.End()
	}
	return out
}

// placeholders are what an address of a backfill may hold.
func placeholders(p auyl.Period) *strings.Replacer {
	first, last := p.Start().Time(), p.LastDay().Time()
	return strings.NewReplacer(
		"{from}", first.Format(time.DateOnly), "{to}", last.Format(time.DateOnly), "{period}", p.String(),
		"{year}", first.Format("2006"), "{month}", first.Format("01"), "{quarter}", strconv.Itoa((int(first.Month())+2)/3),
	)
}

// AddressOf is the address of one range: {from} and {to} are its first and last day,
// {year}, {quarter} and {month} those of its first, {period} is its name.
func AddressOf(template string, p auyl.Period) string { return placeholders(p).Replace(template) }

// Backfill is a door that asks a source range by range. How far it came is durable
// behind each range: broken off, it goes on where it stopped; once it is through, the
// next one begins at the first range again.
type Backfill struct {
	Source auyl.SourceID
	Ranges []auyl.Period
	// Open makes the door of one range.
	Open func(auyl.Period) (Door, error)
	// Wait is called before each range; it gives way to what is more urgent.
	Wait func(context.Context) error
	// Progress is called before each range, and at the end; nil is silent.
	Progress func(done int)
}

// note is the name under which the progress of these ranges is kept.
func (b *Backfill) note() string {
	first, last := b.Ranges[0], b.Ranges[len(b.Ranges)-1]
	return fmt.Sprintf("#backfill=%s..%s", first, last)
}

// Pages implements Door. It ends at the first range that fails.
func (b *Backfill) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	done, err := strconv.Atoi(known(b.note()).Next)
	if err != nil || done < 0 || done >= len(b.Ranges) {
		done = 0 // it never began, or is through
	}
	for i := done; i < len(b.Ranges); i++ {
		if b.Progress != nil {
			b.Progress(i)
		}
		if err := b.Wait(ctx); err != nil {
			return err
		}
		door, err := b.Open(b.Ranges[i])
		if err != nil {
			return err
		}
		if err := door.Pages(ctx, known, emit, unchanged); err != nil {
			return fmt.Errorf("range %s: %w", b.Ranges[i], err)
		}
		next := strconv.Itoa(i + 1)
		if i+1 == len(b.Ranges) {
			next = "" // through
		}
		if err := emit(Page{Key: b.note(), Note: true, Next: next}); err != nil {
			return err
		}
	}
	if b.Progress != nil {
		b.Progress(len(b.Ranges))
	}
	return nil
}

// Limits of giving way.
const (
	wayBacklog = 500              // messages of RAW that are not decoded yet
	wayLook    = time.Second      // between two looks
	wayLive    = 30 * time.Minute // a live pull that is open for longer was broken off
)

// GiveWay returns after a rest, once no live pull of the source is under way and
// what was fetched is decoded but for a little.
func GiveWay(ctx context.Context, conn *stream.Conn, id auyl.SourceID, between time.Duration) error {
	if err := wait.For(ctx, between); err != nil {
		return err
	}
	for {
		busy, err := busyWith(ctx, conn, id)
		if err != nil || !busy {
			return err
		}
		if err := wait.For(ctx, wayLook); err != nil {
			return err
		}
	}
}

func busyWith(ctx context.Context, conn *stream.Conn, id auyl.SourceID) (bool, error) {
	last, err := conn.LastSeq(ctx, stream.Raw)
	if err != nil {
		return false, err
	}
	decoded, err := DecodedSeq(ctx, conn)
	if err != nil {
		return false, err
	}
	if last > decoded+wayBacklog {
		return true, nil
	}
	live, err := OpenRaw(ctx, conn, id)
	if err != nil {
		return false, err
	}
	st, err := parseState(live.State())
	if err != nil {
		return false, err
	}
	return st.Open && time.Since(time.UnixMilli(st.StartedMs)) < wayLive, nil
}

// OpenRawLane is OpenRaw for a lane beside the live pulls of a source. The puller of
// it has the same Lane in its Source.
func OpenRawLane(ctx context.Context, conn *stream.Conn, id auyl.SourceID, lane string) (*RawPublisher, error) {
	if lane == "" {
		return nil, errors.New("a lane without a name")
	}
	p, err := conn.OpenPublisher(ctx, stream.Raw, "cur.fetch."+lane+"."+string(id))
	if err != nil {
		return nil, err
	}
	return &RawPublisher{p}, nil
}
