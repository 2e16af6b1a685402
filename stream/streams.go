package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams, as they are named in the server.
const (
	// Raw holds the bytes of sources as they came.
	Raw = "RAW"
	// Data holds what decoding says about them.
	Data = "DATA"
	// Indicators holds what is computed from that.
	Indicators = "IND"
)

// MaxFrameMessages is how many messages a frame may have, the cursor message
// included: the server's limit for one atomic batch.
const MaxFrameMessages = 1000

// StreamOptions say how the streams are kept. The zero value is one replica,
// compressed, without a limit of size.
type StreamOptions struct { //nolint:revive // Options are those of a connection
	Replicas      int   // 1 if zero; 3 in a cluster
	NoCompression bool  // S2 otherwise
	RawMaxBytes   int64 // 0 is unlimited
	DataMaxBytes  int64 // 0 is unlimited
	IndMaxBytes   int64 // 0 is unlimited
}

// Ensure creates the streams or brings them to the given options. Running it
// twice changes nothing.
func Ensure(ctx context.Context, c *Conn, o StreamOptions) error {
	for _, cfg := range streams(o) {
		if _, err := c.js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("ensure stream %s: %w", cfg.Name, c.mapError(err))
		}
	}
	return nil
}

// streams lists the streams. What must be committed together shares a stream,
// because an atomic batch cannot span two: a stage's observations, events, dead
// letters, flow counts and cursor are therefore subjects of one stream, not
// streams of their own.
func streams(o StreamOptions) []jetstream.StreamConfig {
	config := func(name, description string, maxBytes int64, subjects ...string) jetstream.StreamConfig {
		cfg := jetstream.StreamConfig{
			Name:        name,
			Description: description,
			Subjects:    subjects,
			Retention:   jetstream.LimitsPolicy,
			Storage:     jetstream.FileStorage,
			Replicas:    max(o.Replicas, 1),
			Compression: jetstream.S2Compression,
			MaxBytes:    -1,
			// Without a limit nothing is ever discarded: age says nothing
			// about whether a message is still needed. With one, the oldest
			// messages go, as new data is worth more than a refusal to take
			// it; a reader that wanted them is told (ErrLost), so the limit
			// belongs well above what a slow reader lags behind. A cursor
			// subject that has been silent longer than that loses its cursor
			// and starts from the beginning.
			Discard:            jetstream.DiscardOld,
			DenyDelete:         true,
			AllowAtomicPublish: true,
			// AllowDirect stays off: a direct read may be answered by a
			// replica that lags, and cursors are read back to learn whether
			// a frame was stored.
		}
		if maxBytes > 0 {
			cfg.MaxBytes = maxBytes
		}
		if o.NoCompression {
			cfg.Compression = jetstream.NoCompression
		}
		return cfg
	}
	return []jetstream.StreamConfig{
		config(Raw, "bytes of sources as they came", o.RawMaxBytes,
			"raw.>", "cur.fetch.>"),
		config(Data, "what decoding says about the raw bytes", o.DataMaxBytes,
			"obs.>", "evt.>", "dead.>", "flow.>", "run.>", "past.>", "cur.decode"),
		config(Indicators, "indicators and their revisions", o.IndMaxBytes,
			"ind.>", "rev.>", "deadind.>", "cur.district", "cur.oblast"),
	}
}
