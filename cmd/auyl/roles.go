package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/auyl-kz/auyl/ingest"
)

// role is what ingest, transform and sink share: one part of the pipeline as a
// process of its own, between a NATS and a ClickHouse that others run.
type role struct {
	common
	Once   bool   `help:"Do what there is to do, and exit."`
	Health string `help:"Address on which /healthz, /readyz and /metrics answer; empty: http.listen of the configuration." env:"AUYL_HEALTH_LISTEN" placeholder:"127.0.0.1:9464"`
}

// Help implements kong's longer text.
func (*role) Help() string {
	return `The role needs NATS: nats.url in the configuration or AUYL_NATS_URL. Example:
  AUYL_NATS_URL=nats://127.0.0.1:4222 auyl ingest --data /var/lib/auyl`
}

// job is what a role does on its node: its parts, and what runs beside them.
type job struct {
	parts []part
	pull  func(context.Context) error
}

// run opens the node of a role, lets build say what to do on it, does that until
// ctx ends or there is nothing more to read, and closes the node.
func (r *role) run(ctx context.Context, s streams, name string, build func(*node) (job, error)) (err error) {
	n, err := openNode(r.common, s)
	if err != nil {
		return err
	}
	if n.cfg.NATS.URL == "" {
		return &exitError{exitUsage, fmt.Errorf("auyl %s shares its streams with other processes: set AUYL_NATS_URL, or use `auyl run` for all in one", name)}
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.lock(name); err != nil {
		return err
	}
	if err := n.openStreams(ctx); err != nil {
		return err
	}
	if name == "ingest" {
		asked := ctx
		if ctx, err = n.ingestLease(ctx, r.Once); err != nil {
			if asked.Err() != nil {
				return nil // asked to stop while it stood by
			}
			return err
		}
	}
	j, err := build(n)
	if err != nil {
		return err
	}
	addr := r.Health
	if addr == "" {
		addr = n.cfg.HTTP.Listen
	}
	if addr != "" {
		if _, err := n.serveHealth(ctx, addr, name, j.parts); err != nil {
			return err
		}
	}
	err = n.runParts(ctx, j.parts, j.pull)
	if errors.Is(context.Cause(ctx), errLeaseLost) {
		err = errors.Join(err, unreachable(errLeaseLost))
	}
	return err
}

// untilStopped is what a role does while its loops run.
func (r *role) untilStopped(ctx context.Context) error {
	if !r.Once {
		<-ctx.Done()
	}
	return nil // runParts drains
}

type ingestCmd struct{ role }

func (c *ingestCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, "ingest", func(n *node) (job, error) {
		if err := n.openArchive(ctx); err != nil {
			return job{}, err
		}
		addr, registers, err := n.simulated(ctx)
		if err != nil {
			return job{}, err
		}
		journal, err := n.journalPart(ctx)
		if err != nil {
			return job{}, err
		}
		decode, err := n.decodePart()
		if err != nil {
			return job{}, err
		}
		sched, err := n.schedule(ctx, addr, registers, !c.Once)
		if err != nil {
			return job{}, err
		}
		return job{[]part{journal, decode}, func(ctx context.Context) error { return c.pull(ctx, n, sched) }}, nil
	})
}

// pull asks every source once, or by schedule until ctx ends.
func (c *ingestCmd) pull(ctx context.Context, n *node, sched *ingest.Schedule) error {
	if c.Once {
		var got tally
		return n.round(func(begin time.Time) error {
			if err := sched.PullAll(ctx, begin, func(o ingest.Outcome) { got.add(o) }); err != nil {
				return err
			}
			return got.verdict()
		})
	}
	door, err := n.openPush(ctx)
	if err != nil {
		return err
	}
	return door.beside(ctx, func(ctx context.Context) error {
		if err := sched.PullDue(ctx, nil); err != nil {
			return err
		}
		return sched.Run(ctx)
	})
}

type transformCmd struct{ role }

func (c *transformCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, "transform", func(n *node) (job, error) {
		parts, err := n.stageParts()
		return job{parts, c.untilStopped}, err
	})
}

type sinkCmd struct{ role }

func (c *sinkCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, "sink", func(n *node) (job, error) {
		if n.cfg.ClickHouse.DSN == "" {
			return job{}, &exitError{exitUsage, errors.New("auyl sink writes to a ClickHouse that others run: set AUYL_CLICKHOUSE_DSN=http://user:password@host:8123/auyl")}
		}
		if err := n.openTables(ctx); err != nil {
			return job{}, err
		}
		if err := n.migrate(ctx); err != nil {
			return job{}, err
		}
		parts, err := n.sinkParts(ctx)
		return job{parts, c.untilStopped}, err
	})
}

// migrate brings the tables to this version and writes areas and catalogue.
func (n *node) migrate(ctx context.Context) error {
	if err := n.db.Migrate(ctx); err != nil {
		return err
	}
	return n.db.LoadReference(ctx, n.house.Areas, n.house.Catalogue)
}

type healthCmd struct {
	Addr string `help:"Address of the role." env:"AUYL_HEALTH_LISTEN" default:"127.0.0.1:9464"`
}

// Help implements kong's longer text.
func (*healthCmd) Help() string {
	return "Exit code 0 when the role answers, 3 when it does not. Example:\n  auyl health --addr 127.0.0.1:9464"
}

func (c *healthCmd) Run(ctx context.Context, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Addr+"/healthz", http.NoBody)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	client := &http.Client{Timeout: 5 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return unreachable(fmt.Errorf("role at %s answers %s", c.Addr, resp.Status))
	}
	_, err = fmt.Fprintln(s.out, "ok")
	return err
}
