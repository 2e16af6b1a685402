package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// streamsFile is how another command on this machine finds the streams of a
// running auyl; only where nats.listen lets others in.
func (n *node) streamsFile() string { return n.dir("streams.json") }

type streamsEndpoint struct {
	URL string `json:"url"`
}

func (n *node) tellStreams(url string, open bool) error {
	if !open {
		return nil
	}
	b, err := json.Marshal(streamsEndpoint{url})
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.streamsFile(), b, 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	n.onClose(func() error { return os.Remove(n.streamsFile()) })
	return nil
}

// readStreams connects to the streams to read them: to the configured server, to
// those of a running auyl, or to those of the data folder where nothing runs.
func (n *node) readStreams(ctx context.Context) (err error) {
	o := n.cfg.NATS
	so := stream.Options{URL: o.URL, User: o.User, Password: o.Password, Logger: n.log}
	if o.URL == "" {
		var ep streamsEndpoint
		if b, err := os.ReadFile(n.streamsFile()); err == nil && json.Unmarshal(b, &ep) == nil {
			so.URL = ep.URL
			if o.User == "" {
				token, _ := os.ReadFile(n.dir("nats.token"))
				so.Token = strings.TrimSpace(string(token))
			}
		}
	}
	if so.URL != "" {
		if n.conn, err = stream.Connect(ctx, so); err == nil {
			n.onClose(n.conn.Close)
			return nil
		}
		if o.URL != "" {
			return unreachable(fmt.Errorf("NATS at %s: %w", o.URL, err))
		} // a file that a killed auyl left behind
	}
	if _, err := os.Stat(n.dir("nats")); err != nil {
		return &exitError{exitData, fmt.Errorf("no streams in %s: run `auyl run` first, or give another --data", n.Data)}
	}
	srv, err := natsembedded.Start(ctx, natsembedded.Options{Dir: n.dir("nats")})
	if used, ok := errors.AsType[*natsembedded.InUseError](err); ok {
		return unreachable(fmt.Errorf("%w: stop it, or let others in with nats.listen: 127.0.0.1:0", used))
	}
	if err != nil {
		return err
	}
	if err := n.join(srv); err != nil {
		return err
	}
	n.onClose(n.conn.Close)
	return nil
}

// pages reads what RAW says of pages; "" is every source.
func (n *node) pages(ctx context.Context, source string) ([]ingest.PageRef, error) {
	var out []ingest.PageRef
	err := ingest.ReadPages(ctx, n.conn, auyl.SourceID(source), func(p ingest.PageRef) error {
		out = append(out, p)
		return nil
	})
	return out, err
}
