package main

import (
	"context"

	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
)

// readLags reads where each part stands from the cursors that it has published and
// from the ledgers of the sink.
func (n *node) readLags(ctx context.Context) ([]stageLag, error) {
	var out []stageLag
	for _, x := range []struct{ name, output, cursor, input, inputCursor string }{
		{"decode", stream.Data, "cur.decode", stream.Raw, ""},
		{"district", stream.Indicators, "cur.district", stream.Data, "cur.decode"},
		{"oblast", stream.Indicators, "cur.oblast", stream.Indicators, "cur.district"},
	} {
		p, err := n.conn.OpenPublisher(ctx, x.output, x.cursor)
		if err != nil {
			return nil, err
		}
		until := n.lastSeq(x.input)
		if x.inputCursor != "" {
			until = n.lastCursor(x.input, x.inputCursor)
		}
		end, err := until(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, stageLag{x.name, true, p.Cursor().InputSeq, end})
	}
	for _, name := range []string{stream.Data, stream.Indicators} {
		done, err := sink.Stored(ctx, n.conn, name, sink.Options{Replicas: n.cfg.NATS.Replicas})
		if err != nil {
			return nil, err
		}
		end, err := n.conn.LastSeq(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, stageLag{"sink " + name, true, done, end})
	}
	return out, nil
}
