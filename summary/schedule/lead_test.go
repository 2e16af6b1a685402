package schedule_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
)

// bucket is a ledger in NATS, as cmd/auyl has it.
type bucket struct{ kv *stream.KV }

func (b bucket) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	value, revision, err = b.kv.Get(ctx, key)
	if errors.Is(err, stream.ErrNotFound) {
		err = send.ErrNone
	}
	return value, revision, err
}

func (b bucket) Update(ctx context.Context, key string, value []byte, expected uint64) (uint64, error) {
	revision, err := b.kv.Update(ctx, key, value, expected)
	if errors.Is(err, stream.ErrFenced) {
		err = send.ErrFenced
	}
	return revision, err
}

func (b bucket) Entries(ctx context.Context, prefix string, after uint64) ([]send.Entry, error) {
	list, err := b.kv.Entries(ctx, prefix, after)
	out := make([]send.Entry, len(list))
	for i, e := range list {
		out[i] = send.Entry(e)
	}
	return out, err
}

// TestLeaseOfNATSPassesOn has two schedulers at a real server, in real time: its
// store knows no simulated one. One sends; when it goes, the other leads at once.
func TestLeaseOfNATSPassesOn(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	w := &world{zone: time.UTC, absent: map[string][]string{}}
	led := make(chan int, 2)
	var wg sync.WaitGroup
	stops := make([]context.CancelFunc, 2)
	for i := range stops {
		nc, err := srv.Connect()
		if err != nil {
			t.Fatal(err)
		}
		c, err := stream.Wrap(nc, stream.Options{})
		if err != nil {
			t.Fatal(err)
		}
		kv, err := c.OpenKV(t.Context(), "summaries", 1)
		if err != nil {
			t.Fatal(err)
		}
		sender := send.New(bucket{kv}, map[string]send.Channel{"box": w}, w, send.Options{})
		looked := sync.OnceFunc(func() { led <- i })
		s, err := schedule.New(bucket{kv}, sender, w, []schedule.Declaration{declaration(time.UTC, "yearly", auyl.FreqYear, "0 0 2 1 *")},
			schedule.Options{First: true, Looked: func(context.Context) error { looked(); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stops[i] = stop
		wg.Go(func() {
			err := s.Lead(ctx, func(ctx context.Context) (schedule.Lease, error) {
				return c.WaitLease(ctx, "summaries", "test", time.Second)
			})
			if err != nil {
				t.Error(err)
			}
			_ = c.Close() //nolint:contextcheck // takes none
		})
	}
	first := <-led
	stops[first]()
	if second := <-led; second == first {
		t.Errorf("scheduler %d leads twice", first)
	}
	stops[1-first]()
	wg.Wait()
	if got := w.mailbox(); len(got) != 1 {
		t.Errorf("sent %q, want one", got)
	}
}
