package stream_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/stream"
)

func TestRequestsAreAnsweredUntilServingEnds(t *testing.T) {
	t.Parallel()
	s, c := serve(t, t.TempDir())
	other := connect(t, s)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- c.Serve(ctx, "push.*.*", "q", 2, func(_ context.Context, m stream.Message) []byte {
			return []byte(m.Subject + " " + m.Header["Push-Name"] + " " + string(m.Data))
		})
	}()
	ask := func() ([]byte, error) {
		return other.Request(within(t, 10*time.Second), stream.Message{Subject: "push.a.b", Header: map[string]string{"Push-Name": "x"}, Data: []byte("1")})
	}
	got, err := ask()
	for errors.Is(err, stream.ErrNotFound) { // until it serves
		got, err = ask()
	}
	if err != nil || string(got) != "push.a.b x 1" {
		t.Errorf("Request = %q, %v, want the handler's answer", got, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v, want nil after ctx ended", err)
	}
	if _, err := ask(); !errors.Is(err, stream.ErrNotFound) {
		t.Errorf("Request when nobody serves = %v, want ErrNotFound", err)
	}
}
