package stream_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"github.com/auyl-kz/auyl/stream"
)

// bubble runs a test in simulated time, server included. The server keeps a
// ticker behind a package variable; started within a bubble it would block in
// a way that no bubble counts as idle, so it is started before.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	ats.Register()
	defer ats.Unregister()
	synctest.Test(t, f)
}

// settle lets the loops of a stopped server, which look up once a millisecond
// whether they should end, end before the bubble does.
func settle() { <-time.After(time.Second) }

// An idle day, longer than the server keeps a consumer nobody asks.
func TestReaderSurvivesAnIdleDay(t *testing.T) {
	bubble(t, func(t *testing.T) { //nolint:thelper // the test itself
		s, c := serve(t, t.TempDir())
		p := publisher(t, c, stream.Data, "cur.decode")
		f := openFrames(t, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
		put(t, p, "obs.a", 2, 1)
		next(t, f)
		put(t, p, "obs.a", 2, 2)
		<-time.After(24 * time.Hour)
		put(t, p, "obs.a", 2, 3)
		for want := uint64(2); want <= 3; want++ {
			if fr := next(t, f); fr.Cursor.Frame != want || len(fr.Messages) != 2 {
				t.Errorf("frame %d, want %d", fr.Cursor.Frame, want)
			}
		}
		f.Close()
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		settle()
	})
}
