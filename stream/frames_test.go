package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl/stream"
)

func TestFramesAreReadWhole(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	p := publisher(t, c, stream.Data, "cur.decode")
	put(t, p, "obs.a", 2, 1) // 1-3
	put(t, p, "evt.a", 2, 2) // 4-6
	put(t, p, "obs.a", 0, 3) // 7
	put(t, p, "obs.b", 1, 4) // 8-9
	type row struct {
		Frame, First, Last, Input uint64
		Seqs                      []uint64
	}
	all := []row{{1, 1, 3, 1, []uint64{1, 2}}, {2, 4, 6, 2, []uint64{4, 5}}, {3, 7, 7, 3, nil}, {4, 8, 9, 4, []uint64{8}}}
	obs := []row{all[0], {2, 4, 6, 2, nil}, all[2], all[3]}
	for _, tt := range []struct {
		name   string
		filter []string
		from   uint64
		want   []row
	}{
		{"all", []string{"obs.>", "evt.>"}, 0, all},
		{"overlapping filters", []string{"obs.>", "obs.a.>", "evt.>", "cur.decode", "obs.>"}, 1, all},
		{"filtered", []string{"obs.>"}, 1, obs},
		{"from the second", []string{"obs.>"}, 4, obs[1:]},
		{"cursors alone", nil, 7, []row{all[2], {4, 8, 9, 4, nil}}},
		{"at the end", []string{"obs.>"}, 10, nil},
	} {
		f := openFrames(t, c, stream.Data, tt.filter, "cur.decode", tt.from)
		var got []row
		for {
			fr, ok, err := f.TryNext(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if !ok {
				break
			}
			got = append(got, row{fr.Cursor.Frame, fr.FirstSeq, fr.LastSeq, fr.Cursor.InputSeq, fr.Seqs})
			if want := fmt.Sprintf("state %d", fr.Cursor.InputSeq); string(fr.Cursor.Data) != want {
				t.Errorf("%s: cursor data %q, want %q", tt.name, fr.Cursor.Data, want)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if _, err := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 2).Next(within(t, 10*time.Second)); err == nil {
		t.Error("a frame read from its middle was taken for whole")
	}
	q := publisher(t, c, stream.Indicators, "cur.district")
	put(t, q, "ind.a", 1, 1)
	put(t, publisher(t, c, stream.Indicators, "cur.oblast"), "ind.b", 1, 1)
	if _, err := openFrames(t, c, stream.Indicators, []string{"ind.>"}, "cur.oblast", 1).Next(within(t, 10*time.Second)); err == nil {
		t.Error("messages of another cursor's frame were taken for ours")
	}
}

func TestNextWaitsAndGoesOnAfterCancel(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
	for i := range uint64(20) {
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() { _, err := f.Next(ctx); got <- err }()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Fatalf("Next = %v, want canceled", err)
		}
		put(t, publisher(t, c, stream.Data, "cur.decode"), "obs.a", 2, i+1)
		if fr := next(t, f); fr.Cursor.InputSeq != i+1 || len(fr.Messages) != 2 {
			t.Fatalf("frame %+v, want input %d", fr.Cursor, i+1)
		}
	}
	go c.Close()
	if _, err := f.Next(within(t, 20*time.Second)); !errors.Is(err, stream.ErrClosed) {
		t.Errorf("Next on a closed connection: %v, want ErrClosed", err)
	}
}

// Whatever is published, from whichever frame it is read: nothing twice,
// nothing missed, and Pending counts exactly what is left.
func TestFramesProperty(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	cursors := []string{"cur.fetch.a", "cur.fetch.b", "cur.fetch.c"}
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 12), 1, 12).Draw(rt, "sizes")
		base := lastSeq(t, c, stream.Raw)
		var ends []uint64
		for i, n := range sizes {
			who := rapid.IntRange(0, 2).Draw(rt, "who")
			put(t, publisher(t, c, stream.Raw, cursors[who]), fmt.Sprintf("raw.%d", who), n, uint64(i))
			ends = append(ends, lastSeq(t, c, stream.Raw))
		}
		skip := rapid.IntRange(0, len(sizes)-1).Draw(rt, "skip")
		from := base + 1
		if skip > 0 {
			from = ends[skip-1] + 1
		}
		f := openFrames(t, c, stream.Raw, []string{"raw.>"}, "cur.fetch.*", from)
		defer f.Close()
		want := from
		for i := skip; i < len(sizes); i++ {
			if n, err := f.Pending(t.Context()); err != nil || n != ends[len(ends)-1]-want+1 {
				rt.Fatalf("Pending = %d, %v at %d, want %d", n, err, want, ends[len(ends)-1]-want+1)
			}
			fr := next(t, f)
			if fr.FirstSeq != want || fr.LastSeq != ends[i] || len(fr.Messages) != sizes[i] {
				rt.Fatalf("frame %d to %d with %d messages, want %d to %d with %d", fr.FirstSeq, fr.LastSeq, len(fr.Messages), want, ends[i], sizes[i])
			}
			want = fr.LastSeq + 1
		}
	})
}

func TestMessagesAreReadInOrder(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	p := publisher(t, c, stream.Data, "cur.decode")
	before := time.Now().Add(-time.Minute)
	if _, err := p.Publish(t.Context(), []stream.Message{
		{Subject: "obs.a", Data: []byte("1"), Header: map[string]string{"Kind": "x"}},
		{Subject: "evt.a", Data: []byte("2")},
		{Subject: "obs.b", Data: []byte("3")},
	}, stream.Next{InputSeq: 1}); err != nil {
		t.Fatal(err)
	}
	m, err := c.OpenMessages(t.Context(), stream.Data, []string{"obs.>"}, 0, stream.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var got []stream.Msg
	for {
		n, err := m.Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		x, err := m.Next(within(t, 20*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if x.Time.Before(before) {
			t.Errorf("time %v", x.Time)
		}
		x.Time = time.Time{}
		got = append(got, x)
	}
	want := []stream.Msg{
		{Message: stream.Message{Subject: "obs.a", Data: []byte("1"), Header: map[string]string{"Kind": "x"}}, Seq: 1},
		{Message: stream.Message{Subject: "obs.b", Data: []byte("3")}, Seq: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A stream with a limit of size throws away old frames: the reader is told.
func TestDiscardedFramesAreReported(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	if err := stream.Ensure(t.Context(), c, stream.StreamOptions{NoCompression: true, DataMaxBytes: 3 << 20}); err != nil {
		t.Fatal(err)
	}
	p := publisher(t, c, stream.Data, "cur.decode")
	data := make([]byte, 300<<10)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	for i := range uint64(10) {
		if _, err := p.Publish(t.Context(), []stream.Message{{Subject: "obs.a", Data: data}, {Subject: "obs.b", Data: data}}, stream.Next{InputSeq: i}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.OpenFrames(t.Context(), stream.Data, []string{"obs.>"}, "cur.decode", 1, stream.ReadOptions{}); !errors.Is(err, stream.ErrLost) {
		t.Errorf("reading from 1: %v, want ErrLost", err)
	}
	f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 0)
	for want := uint64(0); want < 10; {
		fr := next(t, f)
		if len(fr.Messages) != 2 || (want > 0 && fr.Cursor.Frame != want+1) || fr.Cursor.Frame < 3 {
			t.Fatalf("frame %d with %d messages after frame %d", fr.Cursor.Frame, len(fr.Messages), want)
		}
		want = fr.Cursor.Frame
	}
}

// What one goroutine was told is stored, another must not miss: on this rests
// the end of a run that works until nothing is left.
func TestPendingNeverLagsBehindThePublisher(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	p := publisher(t, c, stream.Data, "cur.decode")
	f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
	for i := uint64(1); i <= 300; i++ {
		put(t, p, "obs.a", 3, i)
		fr, ok, err := f.TryNext(within(t, 20*time.Second))
		if err != nil || !ok || fr.Cursor.Frame != i {
			t.Fatalf("TryNext after frame %d: frame %d, %v, %v", i, fr.Cursor.Frame, ok, err)
		}
		if _, ok, err := f.TryNext(t.Context()); ok || err != nil {
			t.Fatalf("TryNext at the end: %v, %v", ok, err)
		}
	}
}
