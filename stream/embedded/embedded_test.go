package embedded_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/auyl-kz/auyl/stream/embedded"
)

func start(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServesInProcessWithoutAPort(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{Dir: t.TempDir()})
	if u := s.ClientURL(); u != "" {
		t.Errorf("ClientURL() = %q, want none", u)
	}
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if got := nc.MaxPayload(); got != 1<<20 {
		t.Errorf("MaxPayload = %d, want 1 MiB", got)
	}
	js, err := nc.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AccountInfo(); err != nil {
		t.Errorf("AccountInfo: %v", err)
	}
}

func TestDirectoryHasOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, embedded.Options{Dir: dir})
	_, err := embedded.Start(t.Context(), embedded.Options{Dir: dir})
	var used *embedded.InUseError
	if !errors.As(err, &used) || used.PID != os.Getpid() || used.Dir != dir {
		t.Fatalf("second Start: %v, want InUseError of process %d", err, os.Getpid())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("second Close: %v", err)
	}
	start(t, embedded.Options{Dir: dir})
}

func TestListenerWantsCredentials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		o       embedded.Options
		good    []nats.Option
		bad     []nats.Option
		wantBad bool
	}{
		{"user", embedded.Options{User: "u", Password: "p"}, []nats.Option{nats.UserInfo("u", "p")}, []nats.Option{nats.UserInfo("u", "x")}, true},
		{"token", embedded.Options{Token: "t"}, []nats.Option{nats.Token("t")}, nil, true},
		{"open", embedded.Options{}, nil, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.o.Dir, tt.o.Listen = t.TempDir(), "127.0.0.1:0"
			s := start(t, tt.o)
			inner, err := s.Connect()
			if err != nil {
				t.Fatalf("in process: %v", err)
			}
			inner.Close()
			nc, err := nats.Connect(s.ClientURL(), tt.good...)
			if err != nil {
				t.Fatalf("right credentials: %v", err)
			}
			nc.Close()
			nc, err = nats.Connect(s.ClientURL(), tt.bad...)
			if err == nil {
				nc.Close()
			}
			if (err != nil) != tt.wantBad {
				t.Errorf("wrong credentials: %v, want an error: %v", err, tt.wantBad)
			}
		})
	}
}

func TestRefusesWrongOptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		o    embedded.Options
		want string
	}{
		{embedded.Options{}, "no directory"},
		{embedded.Options{Dir: "x", Listen: "0.0.0.0:4222"}, "wants a user or a token"},
		{embedded.Options{Dir: "x", Listen: ":4222"}, "wants a user or a token"},
		{embedded.Options{Dir: "x", Listen: "127.0.0.1"}, "missing port"},
		{embedded.Options{Dir: "x", Listen: "127.0.0.1:nats"}, "not a number"},
		{embedded.Options{Dir: "x", User: "u", Token: "t"}, "want one"},
	} {
		if _, err := embedded.Start(t.Context(), tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Start(%+v) = %v, want %q", tt.o, err, tt.want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a refused server left a directory")
	}
}

func TestPortInUseIsAnError(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	addr := strings.TrimPrefix(s.ClientURL(), "nats://")
	dir := t.TempDir()
	if _, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Listen: addr}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("Start on a used port: %v, want an error", err)
	}
	start(t, embedded.Options{Dir: dir}) // the directory is free again
}
