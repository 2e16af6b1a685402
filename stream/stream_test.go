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
	if dir := os.Getenv(childDir); dir != "" { //nolint:forbidigo // set by TestKilledPublisherTearsNoFrame
		child(dir)
		return
	}
	os.Exit(m.Run()) //nolint:forbidigo // TestMain ends the program
}

// serve starts a server in dir and connects to it in process.
func serve(tb testing.TB, dir string) (*embedded.Server, *stream.Conn) {
	tb.Helper()
	s, err := embedded.Start(tb.Context(), embedded.Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	c := connect(tb, s)
	if err := stream.Ensure(tb.Context(), c, stream.StreamOptions{}); err != nil {
		tb.Fatal(err)
	}
	return s, c
}

func connect(tb testing.TB, s *embedded.Server) *stream.Conn {
	tb.Helper()
	nc, err := s.Connect()
	if err != nil {
		tb.Fatal(err)
	}
	c, err := stream.Wrap(nc, stream.Options{Logger: slog.New(slog.NewTextHandler(tb.Output(), nil))})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}

func publisher(tb testing.TB, c *stream.Conn, name, subject string) *stream.Publisher {
	tb.Helper()
	p, err := c.OpenPublisher(tb.Context(), name, subject)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func openFrames(tb testing.TB, c *stream.Conn, name string, filter []string, cursor string, from uint64) *stream.Frames {
	tb.Helper()
	f, err := c.OpenFrames(tb.Context(), name, filter, cursor, from, stream.ReadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}

// put publishes a frame of n messages and returns its cursor.
func put(tb testing.TB, p *stream.Publisher, subject string, n int, input uint64) stream.Cursor {
	tb.Helper()
	cur, err := p.Publish(tb.Context(), texts(subject, n, input), stream.Next{InputSeq: input, Data: fmt.Appendf(nil, "state %d", input)})
	if err != nil {
		tb.Fatal(err)
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

func within(tb testing.TB, d time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), d)
	tb.Cleanup(cancel)
	return ctx
}

func lastSeq(tb testing.TB, c *stream.Conn, name string) uint64 {
	tb.Helper()
	n, err := c.LastSeq(tb.Context(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// next reads a frame and fails after a while.
func next(tb testing.TB, f *stream.Frames) stream.Frame {
	tb.Helper()
	fr, err := f.Next(within(tb, 20*time.Second))
	if err != nil {
		tb.Fatal(err)
	}
	return fr
}
