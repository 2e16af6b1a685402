package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// Serve answers requests on a subject, which may have wildcards, until ctx ends;
// then it takes no more, lets the answers that are due go out, and returns nil.
// Of several processes that serve under one queue each request reaches one. Up to
// concurrent requests are handled at once, as many again wait, and what is beyond
// that gets no answer, as when nobody serves: whoever asked asks again.
func (c *Conn) Serve(ctx context.Context, subject, queue string, concurrent int, handle func(ctx context.Context, m Message) []byte) error {
	sub, err := c.nc.QueueSubscribeSync(subject, queue)
	if err != nil {
		return fmt.Errorf("serve %s: %w", subject, c.mapError(err))
	}
	defer c.unsubscribe(sub)
	if err := sub.SetPendingLimits(concurrent, -1); err != nil {
		return fmt.Errorf("serve %s: %w", subject, c.mapError(err))
	}
	var g errgroup.Group
	g.SetLimit(concurrent)
	defer g.Wait() //nolint:errcheck // the handlers return none
	for {
		m, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, nats.ErrSlowConsumer):
			c.log.WarnContext(ctx, "requests dropped: more than can be answered", "subject", subject)
			continue
		case err != nil:
			return fmt.Errorf("serve %s: %w", subject, c.mapError(err))
		case m.Reply == "":
			continue // nobody waits for an answer
		}
		g.Go(func() error {
			answer := handle(context.WithoutCancel(ctx), Message{Subject: m.Subject, Header: plainHeader(m.Header), Data: m.Data})
			if err := m.Respond(answer); err != nil {
				c.log.WarnContext(ctx, "request not answered", "subject", m.Subject, "err", err)
			}
			return nil
		})
	}
}

// unsubscribe returns once the server knows, so that whoever asks from then on is
// told that nobody serves.
func (c *Conn) unsubscribe(sub *nats.Subscription) {
	if err := sub.Unsubscribe(); err == nil {
		_ = c.nc.FlushTimeout(min(c.timeout, time.Second)) // a server that is gone has forgotten us anyway
	}
}

// Request asks whoever serves a subject and waits for the answer. The error is
// [ErrNotFound] if nobody does.
func (c *Conn) Request(ctx context.Context, m Message) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	got, err := c.nc.RequestMsgWithContext(ctx, natsMsg(m))
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, fmt.Errorf("request %s: %w", m.Subject, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", m.Subject, c.mapError(err))
	}
	return got.Data, nil
}
