package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
)

func TestReaderSurvivesDeletionOfItsConsumer(t *testing.T) {
	t.Parallel()
	s, c := serve(t, t.TempDir())
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	p := publisher(t, c, stream.Data, "cur.decode")
	f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
	deleted := 0
	remove := func() {
		st, err := js.Stream(t.Context(), stream.Data)
		if err != nil {
			t.Fatal(err)
		}
		for name := range st.ConsumerNames(t.Context()).Name() {
			if err := st.DeleteConsumer(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			deleted++
		}
	}
	for i := uint64(1); i <= 10; i++ {
		put(t, p, "obs.a", 3, i)
		if i%2 == 0 { // half of the time with messages already on their way
			if n, err := f.Pending(t.Context()); n != 4 || err != nil {
				t.Fatalf("Pending = %d, %v, want 4", n, err)
			}
		}
		remove()
		put(t, p, "obs.b", 2, 100+i)
		for _, want := range []struct {
			input uint64
			n     int
		}{{i, 3}, {100 + i, 2}} {
			if fr := next(t, f); fr.Cursor.InputSeq != want.input || len(fr.Messages) != want.n {
				t.Fatalf("frame of input %d with %d messages, want input %d with %d", fr.Cursor.InputSeq, len(fr.Messages), want.input, want.n)
			}
		}
	}
	if deleted < 10 {
		t.Errorf("only %d consumers were deleted", deleted)
	}
}

func TestStreamsSurviveServerRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(listen string) *embedded.Server {
		s, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := start("127.0.0.1:0")
	addr := strings.TrimPrefix(s.ClientURL(), "nats://")
	c, err := stream.Connect(t.Context(), stream.Options{URL: s.ClientURL(), Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := stream.Ensure(t.Context(), c, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	const frames = 1200
	p := publisher(t, c, stream.Data, "cur.decode")
	f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
	ctx := within(t, 60*time.Second)
	progress := make(chan uint64, frames)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := uint64(1); i <= frames; i++ {
			if _, err := p.Publish(ctx, texts("obs.a", 2, i), stream.Next{InputSeq: i}); err != nil {
				t.Errorf("publish %d: %v", i, err)
				return
			}
		}
	})
	wg.Go(func() {
		for i := uint64(1); i <= frames; i++ {
			fr, err := f.Next(ctx)
			if err != nil || fr.Cursor.Frame != i || fr.Cursor.InputSeq != i || len(fr.Messages) != 2 {
				t.Errorf("frame %d: got %+v with %d messages, %v", i, fr.Cursor, len(fr.Messages), err)
				break
			}
			progress <- i
		}
		close(progress)
	})
	restarts := 0
	for i := range progress {
		if i%300 == 0 && i < frames {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			s = start(addr)
			restarts++
		}
	}
	wg.Wait()
	if n := lastSeq(t, c, stream.Data); n != 3*frames || restarts != 3 {
		t.Errorf("%d messages after %d restarts, want %d after 3", n, restarts, 3*frames)
	}
}

// link is a connection to the server that can be cut around a commit.
type link struct {
	net.Listener
	server string

	mu       sync.Mutex
	cut      cut
	happened chan struct{} // closed when the commit was seen and cut
	clients  []net.Conn
	mute     string        // answers that hold this text and all after them are lost
	lost     chan struct{} // closed when the first of them was
}

// swallow loses what the server says from the given text on, on connections
// that exist.
func (k *link) swallow(text string) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mute, k.lost = text, make(chan struct{})
	return k.lost
}

// hangUp ends all connections.
func (k *link) hangUp() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.clients {
		c.Close()
	}
	k.clients = nil
}

type cut int

const (
	whole        cut = iota
	beforeCommit     // the commit does not reach the server
	afterCommit      // the commit arrives, its answer does not
)

func newLink(t *testing.T, server string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{Listener: l, server: strings.TrimPrefix(server, "nats://")}
	t.Cleanup(func() { l.Close(); k.hangUp() })
	go func() { // ends with the listener
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			k.mu.Lock()
			k.clients = append(k.clients, a)
			k.mu.Unlock()
			go k.carry(a)
		}
	}()
	return k
}

func (k *link) arm(c cut) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cut, k.happened = c, make(chan struct{})
	return k.happened
}

// carry copies between client and server. When the link is armed and a commit
// passes, the answers stop, and the connection stays open but mute.
func (k *link) carry(client net.Conn) {
	server, err := net.Dial("tcp", k.server)
	if err != nil {
		client.Close()
		return
	}
	var mu sync.Mutex
	mute := false
	go func() {
		defer client.Close()
		buf := make([]byte, 32<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			k.mu.Lock()
			starts := k.mute != "" && bytes.Contains(buf[:n], []byte(k.mute))
			if starts {
				k.mute = ""
				close(k.lost)
			}
			k.mu.Unlock()
			mu.Lock()
			mute = mute || starts
			drop := mute
			mu.Unlock()
			if !drop {
				if _, err := client.Write(buf[:n]); err != nil {
					return
				}
			}
		}
	}()
	defer server.Close()
	buf := make([]byte, 32<<10)
	var tail []byte
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		tail = append(tail, buf[:n]...)
		k.mu.Lock()
		hit := k.cut
		if hit != whole && bytes.Contains(tail, []byte("Nats-Batch-Commit")) {
			k.cut = whole
			mu.Lock()
			mute = true
			mu.Unlock()
			if hit == afterCommit {
				// All of the frame is in this read: it is small.
				_, _ = server.Write(buf[:n])
			}
			close(k.happened)
			k.mu.Unlock()
			// Whatever the client still says is lost, until it gives up
			// this connection or the test ends.
			if hit == afterCommit {
				_, _ = io.Copy(io.Discard, client)
			}
			client.Close()
			return
		}
		k.mu.Unlock()
		tail = tail[max(0, len(tail)-64):]
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestAmbiguousPublishIsNeverDoubled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]cut{"commit lost": beforeCommit, "answer lost": afterCommit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			inner := connect(t, s)
			if err := stream.Ensure(t.Context(), inner, stream.StreamOptions{}); err != nil {
				t.Fatal(err)
			}
			k := newLink(t, s.ClientURL())
			outer, err := stream.Connect(t.Context(), stream.Options{URL: "nats://" + k.Addr().String(), Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { outer.Close() })
			p := publisher(t, outer, stream.Data, "cur.decode")
			put(t, p, "obs.a", 2, 1)

			happened := k.arm(c)
			type result struct {
				cur stream.Cursor
				err error
			}
			got := make(chan result, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			go func() {
				cur, err := p.Publish(ctx, texts("obs.a", 2, 2), stream.Next{InputSeq: 2})
				got <- result{cur, err}
			}()
			<-happened
			if c == afterCommit {
				// The connection is mute: cut it once the frame is stored.
				f := openFrames(t, inner, stream.Data, []string{"obs.>"}, "cur.decode", 4)
				next(t, f)
				k.hangUp()
			}
			r := <-got
			if r.err != nil || r.cur.Frame != 2 || r.cur.Seq != 6 {
				t.Fatalf("Publish = %+v, %v, want frame 2 at 6", r.cur, r.err)
			}
			if n := lastSeq(t, inner, stream.Data); n != 6 {
				t.Errorf("%d messages, want 6", n)
			}
			if cur := put(t, p, "obs.a", 2, 3); cur.Frame != 3 || cur.Seq != 9 {
				t.Errorf("next frame: %+v, want 3 at 9", cur)
			}
		})
	}
}

// The consumer in the server survives, and counts as delivered what was lost
// on the way: asking it for more would wait for ever.
func TestReaderMissesNothingThatWasOnTheWire(t *testing.T) {
	t.Parallel()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	inner := connect(t, s)
	if err := stream.Ensure(t.Context(), inner, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	k := newLink(t, s.ClientURL())
	outer, err := stream.Connect(t.Context(), stream.Options{URL: "nats://" + k.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outer.Close() })
	p := publisher(t, inner, stream.Data, "cur.decode")
	f := openFrames(t, outer, stream.Data, []string{"obs.>"}, "cur.decode", 1)
	put(t, p, "obs.a", 2, 1)
	next(t, f)
	lost := k.swallow("obs.b.0")
	put(t, p, "obs.b", 2, 2)
	<-lost
	k.hangUp()
	if fr := next(t, f); fr.Cursor.InputSeq != 2 || len(fr.Messages) != 2 {
		t.Errorf("frame of input %d with %d messages, want input 2 with 2", fr.Cursor.InputSeq, len(fr.Messages))
	}
}

func TestPublisherIsUnsureWhenItsContextEndsTooEarly(t *testing.T) {
	t.Parallel()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	inner := connect(t, s)
	if err := stream.Ensure(t.Context(), inner, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	k := newLink(t, s.ClientURL())
	outer, err := stream.Connect(t.Context(), stream.Options{URL: "nats://" + k.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outer.Close() })
	p := publisher(t, outer, stream.Data, "cur.decode")
	happened := k.arm(afterCommit)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := p.Publish(ctx, texts("obs.a", 2, 1), stream.Next{InputSeq: 1})
		got <- err
	}()
	<-happened
	cancel()
	if err := <-got; !errors.Is(err, stream.ErrUnsure) || !errors.Is(err, context.Canceled) {
		t.Fatalf("Publish = %v, want ErrUnsure and the cause", err)
	}
	if _, err := p.Publish(t.Context(), nil, stream.Next{}); !errors.Is(err, stream.ErrUnsure) {
		t.Fatalf("second Publish = %v, want ErrUnsure", err)
	}
	next(t, openFrames(t, inner, stream.Data, nil, "cur.decode", 1)) // the frame was stored
	if cur := publisher(t, inner, stream.Data, "cur.decode").Cursor(); cur.InputSeq != 1 || cur.Frame != 1 {
		t.Errorf("opened again: %+v, want frame 1", cur)
	}
}
