package stream_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// serve starts a server in dir and connects to it in process.
func serve(t testing.TB, dir string) (*embedded.Server, *stream.Conn) {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := connect(t, s)
	if err := stream.Ensure(t.Context(), c, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	return s, c
}

func connect(t testing.TB, s *embedded.Server) *stream.Conn {
	t.Helper()
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	c, err := stream.Wrap(nc, stream.Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func publisher(t testing.TB, c *stream.Conn, name, subject string) *stream.Publisher {
	t.Helper()
	p, err := c.OpenPublisher(t.Context(), name, subject)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func openFrames(t testing.TB, c *stream.Conn, name string, filter []string, cursor string, from uint64) *stream.Frames {
	t.Helper()
	f, err := c.OpenFrames(t.Context(), name, filter, cursor, from, stream.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// put publishes a frame of n messages and returns its cursor.
func put(t testing.TB, p *stream.Publisher, subject string, n int, input uint64) stream.Cursor {
	t.Helper()
	cur, err := p.Publish(t.Context(), texts(subject, n, input), stream.Next{InputSeq: input, Data: fmt.Appendf(nil, "state %d", input)})
	if err != nil {
		t.Fatal(err)
	}
	return cur
}

func texts(subject string, n int, input uint64) []stream.Message {
	msgs := make([]stream.Message, n)
	for i := range msgs {
		msgs[i] = stream.Message{Subject: fmt.Sprintf("%s.%d", subject, i), Data: fmt.Appendf(nil, "%d/%d", input, i)}
	}
	return msgs
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func lastSeq(t testing.TB, c *stream.Conn, name string) uint64 {
	t.Helper()
	n, err := c.LastSeq(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// next reads a frame and fails after a while.
func next(t testing.TB, f *stream.Frames) stream.Frame {
	t.Helper()
	fr, err := f.Next(within(t, 20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return fr
}
