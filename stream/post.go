package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Summaries holds the summaries that are sent to subjects, summary.>, for whoever
// reads them. It is no part of the pipeline and made only where it is used.
const Summaries = "SUMMARY"

// EnsureSummaries creates the stream of summaries or brings it to these options.
// Running it twice changes nothing.
func EnsureSummaries(ctx context.Context, c *Conn, replicas int) error {
	_, err := c.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: Summaries, Description: "summaries sent to subjects", Subjects: []string{"summary.>"},
		Storage: jetstream.FileStorage, Replicas: max(replicas, 1), Compression: jetstream.S2Compression,
		MaxAge: 400 * 24 * time.Hour, Duplicates: 24 * time.Hour,
	})
	if err != nil {
		return fmt.Errorf("ensure stream %s: %w", Summaries, c.mapError(err))
	}
	return nil
}

// Post publishes one message to a subject of somebody's stream and returns once
// the stream has it. A stream drops a second one with the same id for as long as
// it looks for duplicates. The error is [ErrNotFound] where no stream takes the
// subject, and [ErrUnsure] where nobody can tell whether it was stored.
func (c *Conn) Post(ctx context.Context, id string, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	_, err := c.js.PublishMsg(ctx, natsMsg(m), jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("post %s: %w: no stream takes the subject", m.Subject, ErrNotFound)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("post %s: %w", m.Subject, ErrMessageTooLarge)
	case errors.As(err, &api), errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("post %s: %w", m.Subject, c.mapError(err)) // refused, or never left
	}
	return fmt.Errorf("post %s: %w: %w", m.Subject, ErrUnsure, err)
}
