package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/push"
	"github.com/auyl-kz/auyl/stream"
)

// inbox opens pullers over one log; now is their clock.
func inbox(t *testing.T, l *log, now func() time.Time) *ingest.Inbox {
	t.Helper()
	store, err := archive.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return ingest.NewInbox(func(_ context.Context, id auyl.SourceID) (*ingest.Puller, error) {
		return ingest.NewPuller(ingest.Source{ID: id}, l, store, ingest.NewClock(now), ingest.Options{})
	})
}

func TestEachDeliveryIsARunOfItsOwn(t *testing.T) {
	t.Parallel()
	var l log
	b := inbox(t, &l, time.Now)
	until := time.Now().Add(time.Hour)
	for i, body := range []string{"1", "2", "2", "1"} {
		got, err := b.Push(t.Context(), push.Delivery{Source: "a.b", Name: "x", Nonce: fmt.Sprint("nonce", i), Until: until, Body: []byte(body)})
		if err != nil || got.Run != fmt.Sprintf("a.b/%d", i+1) {
			t.Fatalf("delivery %d = %+v, %v", i, got, err)
		}
	}
	want := []string{"a.b/1 page 1 1", "a.b/1 ok 1", "a.b/2 page 1 2", "a.b/2 ok 1", "a.b/3 unchanged 0", "a.b/4 page 1 1", "a.b/4 ok 1"}
	if d := cmp.Diff(want, l.said()); d != "" {
		t.Errorf("frames (-want +got):\n%s", d)
	}
}

func TestANonceIsRememberedOverARestartUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	at := time.Now()
	now := func() time.Time { return at }
	var l log
	send := func(nonce string) error {
		d := push.Delivery{Source: "a.b", Name: "x", Nonce: nonce, Until: at.Add(10 * time.Minute), Body: []byte(nonce)}
		_, err := inbox(t, &l, now).Push(t.Context(), d) // each time as after a restart
		return err
	}
	if err := send("one"); err != nil {
		t.Fatal(err)
	}
	if err := send("two"); err != nil {
		t.Fatal(err)
	}
	if err := send("one"); !errors.Is(err, push.ErrReplay) {
		t.Errorf("replay = %v, want ErrReplay", err)
	}
	at = at.Add(11 * time.Minute)
	if err := send("three"); err != nil {
		t.Fatal(err)
	}
	if got := string(l.state); !strings.Contains(got, `"three"`) || strings.Contains(got, `"one"`) {
		t.Errorf("state = %s, want nonces whose time is over forgotten", got)
	}
}

func TestWhatIsNotDurableIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	l := log{fail: errors.New("stream is away")}
	b := inbox(t, &l, time.Now)
	d := push.Delivery{Source: "a.b", Name: "x", Nonce: "n", Until: time.Now().Add(time.Hour), Body: []byte("1")}
	if _, err := b.Push(t.Context(), d); !errors.Is(err, l.fail) {
		t.Fatalf("Push = %v, want %v", err, l.fail)
	}
	l.fail = nil
	if got, err := b.Push(t.Context(), d); err != nil || got.Run != "a.b/1" {
		t.Errorf("Push of the same later = %+v, %v, want it taken: it was not had", got, err)
	}
}

// fenced is refused once, as when another process took the same source's push.
type fenced struct {
	log
	times int
}

func (f *fenced) Publish(ctx context.Context, msgs []auyl.Payload, state []byte) error {
	if f.times > 0 {
		f.times--
		return stream.ErrFenced
	}
	return f.log.Publish(ctx, msgs, state)
}

func TestAnotherWriterIsLookedBehind(t *testing.T) {
	t.Parallel()
	store, err := archive.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &fenced{times: 1}
	opened := 0
	b := ingest.NewInbox(func(_ context.Context, id auyl.SourceID) (*ingest.Puller, error) {
		opened++
		return ingest.NewPuller(ingest.Source{ID: id}, f, store, ingest.NewClock(time.Now), ingest.Options{})
	})
	_, err = b.Push(t.Context(), push.Delivery{Source: "a.b", Name: "x", Nonce: "n", Until: time.Now().Add(time.Hour), Body: []byte("1")})
	if err != nil || opened != 2 {
		t.Errorf("Push = %v after %d openings, want it stored at the second", err, opened)
	}
}

func TestDeliveriesOfOneSourceFollowEachOther(t *testing.T) {
	t.Parallel()
	var l log // not safe for concurrent use: the race detector watches
	b := inbox(t, &l, time.Now)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			d := push.Delivery{Source: "a.b", Name: fmt.Sprint(i % 5), Nonce: fmt.Sprint("n", i), Until: time.Now().Add(time.Hour), Body: fmt.Append(nil, i)}
			if _, err := b.Push(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(l.frames) != 40 {
		t.Errorf("%d messages, want a page and an end for each of 20", len(l.frames))
	}
}
