package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/stream"
)

func TestCursorIsFoundAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, c := serve(t, dir)
	p := publisher(t, c, stream.Data, "cur.decode")
	if got := p.Cursor(); got.Frame != 0 || got.Seq != 0 {
		t.Fatalf("first cursor = %+v, want none", got)
	}
	put(t, p, "obs.a", 3, 7)
	want, err := p.Publish(t.Context(), texts("evt.b", 1, 9), stream.Next{InputSeq: 9, Data: []byte("etag"), Header: map[string]string{"Kind": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if want.Frame != 2 || want.Seq != 6 || want.InputSeq != 9 {
		t.Fatalf("cursor = %+v, want frame 2 at 6 for input 9", want)
	}
	check := func(c *stream.Conn) {
		t.Helper()
		if diff := cmp.Diff(want, publisher(t, c, stream.Data, "cur.decode").Cursor()); diff != "" {
			t.Error(diff)
		}
	}
	check(c)
	c.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = serve(t, dir)
	check(c)
	m, err := c.Get(t.Context(), stream.Data, 5)
	if err != nil || m.Subject != "evt.b.0" || string(m.Data) != "9/0" || m.Header != nil {
		t.Errorf("Get(5) = %+v, %v", m, err)
	}
	if _, err := c.Get(t.Context(), stream.Data, 77); !errors.Is(err, stream.ErrNotFound) {
		t.Errorf("Get(77) = %v, want ErrNotFound", err)
	}
}

func TestSecondWriterIsFenced(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	a := publisher(t, c, stream.Data, "cur.decode")
	b := publisher(t, c, stream.Data, "cur.decode")
	put(t, a, "obs.a", 2, 1)
	for range 2 {
		if _, err := b.Publish(t.Context(), texts("obs.b", 2, 1), stream.Next{InputSeq: 1}); !errors.Is(err, stream.ErrFenced) {
			t.Fatalf("second writer: %v, want ErrFenced", err)
		}
	}
	if n := lastSeq(t, c, stream.Data); n != 3 {
		t.Errorf("last sequence %d, want 3: the fenced frame left something", n)
	}
	put(t, a, "obs.a", 2, 2)
	b = publisher(t, c, stream.Data, "cur.decode")
	if cur := put(t, b, "obs.b", 0, 3); cur.Frame != 3 || cur.Seq != 7 {
		t.Errorf("after opening again: %+v, want frame 3 at 7", cur)
	}
}

func TestFrameIsRefusedWhole(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	p := publisher(t, c, stream.Data, "cur.decode")
	ok := stream.Message{Subject: "obs.a", Data: []byte("x")}
	for _, tt := range []struct {
		name string
		msgs []stream.Message
		next stream.Next
		is   error
		text string
	}{
		{"1,001 messages", make([]stream.Message, 1000), stream.Next{}, stream.ErrFrameTooLarge, "1001"},
		{"large message", []stream.Message{ok, {Subject: "obs.a", Data: make([]byte, 1<<20)}}, stream.Next{}, stream.ErrMessageTooLarge, "message 1"},
		{"large cursor", nil, stream.Next{Data: make([]byte, 1<<20)}, stream.ErrMessageTooLarge, "cursor message"},
		{"another stream's subject", []stream.Message{ok, {Subject: "ind.a"}}, stream.Next{}, nil, `does not hold subject "ind.a"`},
		{"wildcard", []stream.Message{{Subject: "obs.*"}}, stream.Next{}, nil, "does not hold"},
		{"cursor subject", []stream.Message{{Subject: "cur.decode"}}, stream.Next{}, nil, "that of the cursor"},
		{"NATS header", []stream.Message{{Subject: "obs.a", Header: map[string]string{"Nats-Msg-Id": "1"}}}, stream.Next{}, nil, "reserved"},
		{"our header", nil, stream.Next{Header: map[string]string{"Auyl-Frame": "1"}}, nil, "reserved"},
	} {
		_, err := p.Publish(t.Context(), tt.msgs, tt.next)
		if err == nil || (tt.is != nil && !errors.Is(err, tt.is)) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %v %q", tt.name, err, tt.is, tt.text)
		}
	}
	if n := lastSeq(t, c, stream.Data); n != 0 {
		t.Errorf("refused frames left %d messages", n)
	}
	if cur := put(t, p, "obs.a", 999, 1); cur.Seq != 1000 || cur.Frame != 1 {
		t.Errorf("frame of 1,000 messages: %+v", cur)
	}
	room := make([]byte, 1<<20-1000)
	if _, err := p.Publish(t.Context(), []stream.Message{{Subject: "obs.a", Data: room}}, stream.Next{Data: room}); err != nil {
		t.Errorf("largest messages: %v", err)
	}
	for _, bad := range []string{"", "cur.*", "cur.>", "cur.unknown"} {
		if _, err := c.OpenPublisher(t.Context(), stream.Data, bad); err == nil {
			t.Errorf("OpenPublisher(%q) succeeded", bad)
		}
	}
	if _, err := c.OpenPublisher(t.Context(), "NOPE", "cur.decode"); !errors.Is(err, stream.ErrNotFound) {
		t.Errorf("OpenPublisher of no stream: %v, want ErrNotFound", err)
	}
}

// More publishers than the server takes open batches: they take turns.
func TestManyPublishersTakeTurns(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	const n, frames = 80, 5
	var wg sync.WaitGroup
	for i := range n {
		p := publisher(t, c, stream.Raw, fmt.Sprintf("cur.fetch.s%d", i))
		wg.Go(func() {
			for k := range frames {
				_, err := p.Publish(t.Context(), texts(fmt.Sprintf("raw.s%d", i), 3, uint64(k)), stream.Next{Data: []byte("page")})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := lastSeq(t, c, stream.Raw); got != n*frames*4 {
		t.Errorf("last sequence %d, want %d", got, n*frames*4)
	}
	// Frames of different publishers follow each other and never interleave.
	f := openFrames(t, c, stream.Raw, []string{"raw.>"}, "cur.fetch.*", 0)
	seen := map[string]uint64{}
	for range n * frames {
		fr := next(t, f)
		source := strings.TrimPrefix(fr.Cursor.Subject, "cur.fetch.")
		if len(fr.Messages) != 3 || fr.LastSeq != fr.FirstSeq+3 {
			t.Fatalf("frame of %s: %d messages, %d to %d", source, len(fr.Messages), fr.FirstSeq, fr.LastSeq)
		}
		for _, m := range fr.Messages {
			if !strings.HasPrefix(m.Subject, "raw."+source+".") {
				t.Fatalf("frame of %s has message %s", source, m.Subject)
			}
		}
		seen[source]++
		if fr.Cursor.Frame != seen[source] {
			t.Fatalf("%s: frame %d, want %d", source, fr.Cursor.Frame, seen[source])
		}
	}
	if p, err := f.Pending(t.Context()); p != 0 || err != nil {
		t.Errorf("Pending = %d, %v, want 0", p, err)
	}
}

func TestCanceledPublishNeedsOpeningAgainOnlyIfUnsure(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	p := publisher(t, c, stream.Data, "cur.decode")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Publish(ctx, texts("obs.a", 2, 1), stream.Next{}); !errors.Is(err, context.Canceled) || errors.Is(err, stream.ErrUnsure) {
		t.Fatalf("canceled before anything was sent: %v", err)
	}
	if cur := put(t, p, "obs.a", 2, 1); cur.Frame != 1 || cur.Seq != 3 {
		t.Errorf("next frame: %+v", cur)
	}
}
