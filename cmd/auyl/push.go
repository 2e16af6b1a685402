package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/push"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
)

// checkPush holds the sources that push against contracts.
func checkPush(cfg *config.Config, h *schemas.House) error {
	var faults []error
	for i, s := range cfg.Push.Sources {
		if h.Contracts[auyl.SourceID(s.ID)] == nil {
			faults = append(faults, cfg.Fault(fmt.Sprintf("$.push.sources[%d].id", i), "source %s has no contract: write schemas/contracts/%s.yaml", s.ID, s.ID))
		}
	}
	return errors.Join(faults...)
}

// pushDoor is where partners send pages: a port, and subjects of NATS.
type pushDoor struct {
	n    *node
	door *push.Door
	l    net.Listener
}

// pushConcurrent is how many deliveries are taken at once by each way.
const pushConcurrent = 8

// openPush listens for pushes; nil where nobody pushes.
func (n *node) openPush(ctx context.Context) (*pushDoor, error) {
	c := n.cfg.Push
	if len(c.Sources) == 0 {
		return nil, nil //nolint:nilnil // none
	}
	window, err := time.ParseDuration(c.Window)
	if err != nil {
		return nil, fmt.Errorf("push: %w", err)
	}
	secrets := map[string][]byte{}
	for _, s := range c.Sources {
		if secrets[s.ID], err = n.pushSecret(s); err != nil {
			return nil, err
		}
	}
	inbox := ingest.NewInbox(func(ctx context.Context, id auyl.SourceID) (*ingest.Puller, error) {
		return n.puller(ctx, id, nil, ingest.Options{})
	})
	door, err := push.New(secrets, inbox, push.Options{Window: window, MaxBytes: c.MaxBytes, Concurrent: pushConcurrent, Logger: n.log})
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, unreachable(fmt.Errorf("push: %w", err))
	}
	n.log.InfoContext(ctx, "push door open", "address", l.Addr().String())
	return &pushDoor{n, door, l}, nil
}

func (n *node) pushSecret(s config.PushSource) ([]byte, error) {
	if s.SecretEnv != "" {
		v, ok := n.env(s.SecretEnv)
		if !ok || v == "" {
			return nil, &exitError{exitUsage, fmt.Errorf("push: source %s: the environment has no %s", s.ID, s.SecretEnv)}
		}
		return []byte(v), nil
	}
	b, err := os.ReadFile(n.cfg.Path(s.SecretFile))
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("push: secret of %s: %w", s.ID, err)}
	}
	return []byte(strings.TrimSpace(string(b))), nil
}

// beside takes pushes while f runs. When f returns, or ctx ends, no more is taken
// in, and what is under way is answered.
func (d *pushDoor) beside(ctx context.Context, f func(context.Context) error) error {
	if d == nil {
		return f(ctx)
	}
	srv := &http.Server{Handler: d.door, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 90 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer stop()
		return f(ctx)
	})
	g.Go(func() error {
		if err := srv.Serve(d.l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("push: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		answering, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return srv.Shutdown(answering)
	})
	g.Go(func() error {
		return d.n.conn.Serve(ctx, push.Subject+"*.*", "auyl-ingest", pushConcurrent, func(ctx context.Context, m stream.Message) []byte {
			return d.door.Message(ctx, m.Subject, m.Header, m.Data).JSON()
		})
	})
	return g.Wait()
}
