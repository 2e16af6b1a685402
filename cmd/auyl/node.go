package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/clickhouse"
	chembedded "github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// node is what a process holds open: streams, tables, archive and what closes
// them, in the order in which they were opened.
type node struct {
	common
	cfg   *config.Config
	house *schemas.House
	log   *slog.Logger
	env   func(string) (string, bool)
	prog  string // how this program was called, for lines to paste

	conn    *stream.Conn
	natsURL string
	db      *clickhouse.DB
	readDSN string // of the reader, who may only ask
	store   *archive.Store
	clock   *ingest.Clock // of everything that is recorded
	metrics *metrics

	rebuilds bool // this is auyl rebuild, which finishes what it left half done

	closers []func() error
}

// openNode reads configuration and schemas and opens nothing yet: whatever is
// wrong with them stops the start before anything is touched.
func openNode(c common, s streams) (*node, error) {
	cfg, err := c.load(s)
	if err != nil {
		return nil, err
	}
	house, err := houseOf(cfg)
	if err != nil {
		return nil, err
	}
	if err := checkSources(cfg, house); err != nil {
		return nil, err
	}
	return &node{common: c, cfg: cfg, house: house, log: c.logger(s), env: s.env, prog: s.prog, clock: ingest.NewClock(time.Now), metrics: newMetrics()}, nil
}

// houseOf reads areas, catalogue and contracts: those of the folder that the
// configuration names, else those built in.
func houseOf(cfg *config.Config) (*schemas.House, error) {
	if cfg.Schemas == "" {
		return schemas.Load(schemas.FS)
	}
	dir := cfg.Path(cfg.Schemas)
	h, err := schemas.Load(os.DirFS(dir))
	return h, within(dir, err)
}

// checkSources holds the sources of the configuration against contracts and the
// language of schedules.
func checkSources(cfg *config.Config, h *schemas.House) error {
	var faults []error
	for i, s := range cfg.Sources {
		if h.Contracts[auyl.SourceID(s.ID)] == nil {
			faults = append(faults, cfg.Fault(fmt.Sprintf("$.sources[%d].id", i), "source %s has no contract: write schemas/contracts/%s.yaml", s.ID, s.ID))
		}
		if err := ingest.CheckTimes(s.Schedule); err != nil {
			faults = append(faults, cfg.Fault(fmt.Sprintf("$.sources[%d].schedule", i), "%v", err))
		}
	}
	return errors.Join(append(faults, checkPush(cfg, h), checkSummaries(cfg, h))...)
}

// close undoes what was opened, last first.
func (n *node) close() error {
	var errs []error
	for _, v := range slices.Backward(n.closers) {
		errs = append(errs, v())
	}
	n.closers = nil
	return errors.Join(errs...)
}

func (n *node) onClose(f func() error) { n.closers = append(n.closers, f) }

// lock makes this process the only one of its role on the data folder.
func (n *node) lock(role string) error {
	if err := os.MkdirAll(n.Data, 0o750); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	path := n.dir(role + ".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		b := make([]byte, 32)
		k, _ := f.Read(b)
		return errors.Join(&exitError{exitUnreachable, fmt.Errorf("data folder %s is in use by another auyl %s (process %s): stop it, or give another --data",
			n.Data, role, strings.TrimSpace(string(b[:k])))}, f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintln(os.Getpid()))); err != nil {
		return errors.Join(fmt.Errorf("data folder: %w", err), f.Close())
	}
	n.onClose(f.Close)
	return n.settled()
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// openStreams connects to NATS, or starts it inside the process.
func (n *node) openStreams(ctx context.Context) error {
	o := n.cfg.NATS
	if o.URL != "" {
		conn, err := stream.Connect(ctx, stream.Options{URL: o.URL, User: o.User, Password: o.Password, Logger: n.log})
		if err != nil {
			return unreachable(fmt.Errorf("NATS at %s: %w", o.URL, err))
		}
		n.conn = conn
	} else {
		so := natsembedded.Options{Dir: n.dir("nats"), Listen: o.Listen, User: o.User, Password: o.Password, SyncAlways: o.SyncEvery}
		if o.Listen != "" && o.User == "" {
			token, err := n.secret("nats.token")
			if err != nil {
				return err
			}
			so.Token = token
		}
		srv, err := natsembedded.Start(ctx, so)
		if err != nil {
			return err
		}
		if err := n.join(srv); err != nil {
			return err
		}
		n.natsURL = srv.ClientURL()
		if err := n.tellStreams(n.natsURL, o.Listen != ""); err != nil {
			return err
		}
	}
	n.onClose(n.conn.Close)
	return stream.Ensure(ctx, n.conn, stream.StreamOptions{Replicas: o.Replicas})
}

// join connects to a server inside the process, which ends with the node.
func (n *node) join(srv *natsembedded.Server) error {
	n.onClose(srv.Close)
	nc, err := srv.Connect()
	if err != nil {
		return err
	}
	n.conn, err = stream.Wrap(nc, stream.Options{Logger: n.log})
	return err
}

// endpoint is how another command on this machine finds the running engine.
type endpoint struct {
	ReaderDSN string `json:"reader_dsn"`
}

func (n *node) endpointFile() string { return n.dir("engine.json") }

// openTables connects to ClickHouse as its owner, or starts an engine.
func (n *node) openTables(ctx context.Context) error {
	dsn := n.cfg.ClickHouse.DSN
	if dsn == "" {
		e, err := n.startEngine(ctx)
		if err != nil {
			return err
		}
		dsn, n.readDSN = e.DSN(), e.ReaderDSN()
		b, err := json.Marshal(endpoint{n.readDSN})
		if err != nil {
			return err
		}
		if err := os.WriteFile(n.endpointFile(), b, 0o600); err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
		n.onClose(func() error { return os.Remove(n.endpointFile()) })
	} else {
		n.readDSN = dsn
	}
	db, err := clickhouse.Open(ctx, dsn, clickhouse.Options{Cluster: n.cfg.ClickHouse.Cluster, Logger: n.log, Inserted: n.metrics.inserted})
	if err != nil {
		return unreachable(fmt.Errorf("ClickHouse: %w", err))
	}
	n.db = db
	n.onClose(db.Close)
	return nil
}

func (n *node) startEngine(ctx context.Context) (*chembedded.Engine, error) {
	loc, err := chembedded.Locate(chembedded.LocateOptions{Path: n.cfg.ClickHouse.Engine})
	if err != nil {
		return nil, unreachable(err)
	}
	listen := n.cfg.ClickHouse.Listen
	if l, err := net.Listen("tcp", listen); errors.Is(err, syscall.EADDRINUSE) { //nolint:noctx // asks whether the port is free, for an instant
		listen = "127.0.0.1:0"
	} else if err != nil {
		return nil, unreachable(fmt.Errorf("ClickHouse engine: %w", err))
	} else if err := l.Close(); err != nil {
		return nil, err
	}
	owner, err := n.secret("owner.password")
	if err != nil {
		return nil, err
	}
	reader, err := n.secret("reader.password")
	if err != nil {
		return nil, err
	}
	e, err := chembedded.Start(ctx, chembedded.Options{
		Dir: n.dir("clickhouse"), Engine: loc, Listen: listen,
		OwnerPassword: owner, ReaderPassword: reader, Logger: n.log,
	})
	if err != nil {
		return nil, unreachable(fmt.Errorf("ClickHouse engine: %w", err))
	}
	n.onClose(e.Close)
	return e, nil
}

// secret is made once for a data folder: a client that was set up yesterday still
// connects today, and so does a dictionary that reads its table as the owner.
func (n *node) secret(name string) (string, error) {
	path := n.dir(name)
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	secret := rand.Text()
	// Whole or not at all: half a secret after a kill would be taken for one.
	part := path + ".part"
	if err := os.WriteFile(part, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return secret, nil
}

// openReader connects as the reader: to the engine of a running auyl, to the
// configured server, or to an engine of its own where nothing runs.
func (n *node) openReader(ctx context.Context) error {
	if n.cfg.ClickHouse.DSN != "" {
		return n.dialReader(ctx, n.cfg.ClickHouse.DSN)
	}
	var ep endpoint
	if b, err := os.ReadFile(n.endpointFile()); err == nil && json.Unmarshal(b, &ep) == nil {
		if err := n.dialReader(ctx, ep.ReaderDSN); err == nil {
			return nil
		}
	}
	if _, err := os.Stat(n.dir("clickhouse")); err != nil {
		return &exitError{exitData, fmt.Errorf("no tables in %s: run `auyl run` first, or give another --data", n.Data)}
	}
	e, err := n.startEngine(ctx)
	if err != nil {
		return err
	}
	return n.dialReader(ctx, e.ReaderDSN())
}

func (n *node) dialReader(ctx context.Context, dsn string) error {
	db, err := clickhouse.OpenReader(ctx, dsn)
	if err != nil {
		return unreachable(fmt.Errorf("ClickHouse: %w", err))
	}
	n.db = db
	n.onClose(db.Close)
	return nil
}
