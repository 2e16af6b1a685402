package stream

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"github.com/auyl-kz/auyl/stream/embedded"
)

// The server sends a reader no more than its bytes, however slow it reads.
func TestBytesInFlightAreBounded(t *testing.T) {
	ats.Register() // see bubble
	defer ats.Unregister()
	synctest.Test(t, func(t *testing.T) {
		s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		connect := func() *Conn {
			nc, err := s.Connect()
			if err != nil {
				t.Fatal(err)
			}
			c, err := Wrap(nc, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		w, r := connect(), connect()
		if err := Ensure(t.Context(), w, StreamOptions{}); err != nil {
			t.Fatal(err)
		}
		p, err := w.OpenPublisher(t.Context(), Raw, "cur.fetch.a")
		if err != nil {
			t.Fatal(err)
		}
		const frames, limit = 40, 8 << 20
		data := make([]byte, 1000<<10)
		for range frames {
			if _, err := p.Publish(t.Context(), []Message{{Subject: "raw.a", Data: data}}, Next{}); err != nil {
				t.Fatal(err)
			}
		}
		f, err := r.OpenFrames(t.Context(), Raw, []string{"raw.>"}, "cur.fetch.*", 1, ReadOptions{MaxBytes: limit})
		if err != nil {
			t.Fatal(err)
		}
		before := r.nc.Stats().InBytes
		read, peak := 0, 0
		for range frames {
			fr, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			read += fr.Bytes
			synctest.Wait() // all that the server may send now is here
			peak = max(peak, int(r.nc.Stats().InBytes-before)-read)
		}
		if peak > limit || peak < limit/4 {
			t.Errorf("%d bytes in flight at most, want up to %d", peak, limit)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		r.Close()
		w.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-time.After(time.Second) // see settle
	})
}

// A message that got lost between the server and us is read again.
func TestReaderFillsAGap(t *testing.T) {
	t.Parallel()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Wrap(nc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := Ensure(t.Context(), c, StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	p, err := c.OpenPublisher(t.Context(), Data, "cur.decode")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.OpenFrames(t.Context(), Data, []string{"obs.>"}, "cur.decode", 1, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := uint64(1); i <= 5; i++ {
		if _, err := p.Publish(t.Context(), []Message{{Subject: "obs.a"}, {Subject: "obs.b"}}, Next{}); err != nil {
			t.Fatal(err)
		}
		it, err := f.r.iterator(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := it.Next(); err != nil { // the message that gets lost
			t.Fatal(err)
		}
		fr, err := f.Next(t.Context())
		if err != nil || fr.Cursor.Frame != i || len(fr.Messages) != 2 {
			t.Fatalf("frame %d with %d messages, %v, want frame %d with 2", fr.Cursor.Frame, len(fr.Messages), err, i)
		}
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, subject string
		want             bool
	}{
		{"a.b", "a.b", true},
		{"a.b", "a.c", false},
		{"a.*", "a.b", true},
		{"a.*", "a", false},
		{"a.*", "a.b.c", false},
		{"a.>", "a.b.c", true},
		{"a.>", "a", false},
		{">", "a", true},
		{"a.>", "a.>", true},
		{"a.*", "a.>", false},
		{"a.>", "a.*", true},
		{"a.b", "a.*", false},
		{"*.b", "a.b", true},
		{"a", "a.b", false},
	} {
		if got := covers(tt.pattern, tt.subject); got != tt.want {
			t.Errorf("covers(%q, %q) = %v, want %v", tt.pattern, tt.subject, got, tt.want)
		}
	}
	if got, want := minimal([]string{"obs.>", "cur.x", "obs.a", "cur.x"}), []string{"cur.x", "obs.>"}; !slices.Equal(got, want) {
		t.Errorf("minimal = %v, want %v", got, want)
	}
}

func TestBackoffIsBounded(t *testing.T) {
	t.Parallel()
	for n := 1; n < 100; n++ {
		if d := backoff(n); d <= 0 || d > 2*time.Second {
			t.Fatalf("backoff(%d) = %v", n, d)
		}
	}
}
