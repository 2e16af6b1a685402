package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
)

type sourcePauseCmd struct {
	common
	ID     string `arg:"" help:"Id of the source."`
	Reason string `help:"Why, for those who wonder." placeholder:"TEXT"`
	By     string `help:"Who; the user of this machine if empty." placeholder:"NAME"`
}

// Help implements kong's longer text.
func (*sourcePauseCmd) Help() string {
	return `The schedule asks the source no more, and its drop folder is not looked at, until auyl source resume. What is pushed is still
taken, and auyl source pull asks all the same. A running auyl obeys within seconds; it needs nats.listen. Example:
  auyl source pause goszakup.contracts --reason "their API is being moved"`
}

// who is the person who acts: as said, else the user of this machine.
func who(by string) (string, error) {
	if by != "" {
		return by, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", &exitError{exitUsage, errors.New("who are you? say --by NAME")}
	}
	return u.Username, nil
}

// withPauses opens the list of pauses at the streams, wherever they are.
func (c *common) withPauses(ctx context.Context, s streams, f func(*node, *ingest.Pauses) error) (err error) {
	c.reads = true
	n, err := openNode(*c, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.readStreams(ctx); err != nil {
		return err
	}
	p, err := ingest.OpenPauses(ctx, n.conn, n.cfg.NATS.Replicas, n.log)
	if err != nil {
		return err
	}
	return f(n, p)
}

func pauseText(p ingest.Pause) string {
	text := fmt.Sprintf("paused by %s, %s", p.By, stamp(time.UnixMilli(p.AtMs)))
	if p.Why != "" {
		text += ": " + p.Why
	}
	return text
}

func (c *sourcePauseCmd) Run(ctx context.Context, s streams) error {
	by, err := who(c.By)
	if err != nil {
		return err
	}
	return c.withPauses(ctx, s, func(n *node, p *ingest.Pauses) error {
		if _, err := contractOf(n.house, c.ID); err != nil {
			return err
		}
		was, done, err := p.Set(ctx, auyl.SourceID(c.ID), ingest.Pause{By: by, Why: c.Reason, AtMs: time.Now().UnixMilli()})
		switch {
		case err != nil:
			return err
		case !done:
			_, err = fmt.Fprintf(s.out, "%s is paused already: %s\n", c.ID, pauseText(was))
		default:
			_, err = fmt.Fprintf(s.out, "%s is paused: auyl source resume %s\n", c.ID, c.ID)
		}
		return err
	})
}

type sourceResumeCmd struct {
	common
	ID string `arg:"" help:"Id of the source."`
}

// Help implements kong's longer text.
func (*sourceResumeCmd) Help() string {
	return "A time that passed meanwhile is caught up once. Example:\n  auyl source resume goszakup.contracts"
}

func (c *sourceResumeCmd) Run(ctx context.Context, s streams) error {
	return c.withPauses(ctx, s, func(_ *node, p *ingest.Pauses) error {
		was, done, err := p.Clear(ctx, auyl.SourceID(c.ID))
		switch {
		case err != nil:
			return err
		case !done:
			_, err = fmt.Fprintf(s.out, "%s was not paused\n", c.ID)
		default:
			_, err = fmt.Fprintf(s.out, "%s is asked again; it was %s\n", c.ID, pauseText(was))
		}
		return err
	})
}

// pauses lists what is paused, nil where the streams are out of reach: of a running
// auyl without nats.listen.
func (c *common) pauses(ctx context.Context, s streams) (all map[auyl.SourceID]ingest.Pause) {
	err := c.withPauses(ctx, s, func(_ *node, p *ingest.Pauses) (err error) {
		all, err = p.All(ctx)
		return err
	})
	if err != nil {
		return nil
	}
	return all
}

// notePaused says of each source whether it is paused. A source that gave nothing so
// far has a line of its own.
func notePaused(sources []sourceHealth, paused map[auyl.SourceID]ingest.Pause) []sourceHealth {
	seen := map[string]bool{}
	for i := range sources {
		seen[sources[i].Source] = true
		if p, ok := paused[auyl.SourceID(sources[i].Source)]; ok {
			sources[i].Paused = pauseText(p)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(paused)) {
		if !seen[string(id)] {
			h := sourceHealth{Paused: pauseText(paused[id]), Drift: []string{}}
			h.Source = string(id)
			sources = append(sources, h)
		}
	}
	return sources
}
