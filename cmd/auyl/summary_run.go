package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
)

// composing makes what is sent: forms of documents, when they are due, and what
// is missing for them.
type composing interface {
	send.Renderer
	schedule.Completeness
	// Declarations are the summaries by their ids, without recipients.
	Declarations() []schedule.Declaration
}

// summarizer sends summaries, by schedule or by hand.
type summarizer struct {
	n          *node
	compose    composing
	ledger     send.Ledger
	sender     *send.Sender
	recipients []recipient
	shown      uint64 // revision of the ledger up to which the tables know it
}

// openSummarizer opens the ledger and the ways out. The streams must be open.
func (n *node) openSummarizer(ctx context.Context, compose composing) (*summarizer, error) {
	ledger, err := n.summaryLedger(ctx)
	if err != nil {
		return nil, err
	}
	channels, domain, err := n.summaryChannels(ctx)
	if err != nil {
		return nil, fmt.Errorf("summaries: %w", err)
	}
	to, err := n.recipients()
	if err != nil {
		return nil, fmt.Errorf("summaries: %w", err)
	}
	return &summarizer{
		n: n, compose: compose, ledger: ledger, recipients: to,
		sender: send.New(ledger, channels, compose, send.Options{Domain: domain, Logger: n.log}),
	}, nil
}

// summaries is the summarizer of auyl run; nil where nobody gets summaries.
func (n *node) summaries(ctx context.Context) (*summarizer, error) {
	if len(n.cfg.Summaries.Recipients) == 0 {
		return nil, nil //nolint:nilnil // none
	}
	compose, err := n.composing(ctx)
	if errors.Is(err, errNoSummaries) {
		n.log.InfoContext(ctx, "recipients get no summaries", "err", err)
		return nil, nil //nolint:nilnil // none
	}
	if err != nil {
		return nil, err
	}
	return n.openSummarizer(ctx, compose)
}

// scheduler looks after the declared summaries. The tables must be open as their
// owner.
func (s *summarizer) scheduler() (*schedule.Scheduler, error) {
	list := s.compose.Declarations()
	for i := range list {
		for _, r := range s.recipients {
			if r.wants(list[i].Summary) {
				list[i].Recipients = append(list[i].Recipients, r.Recipient)
			}
		}
	}
	list = slices.DeleteFunc(list, func(d schedule.Declaration) bool { return len(d.Recipients) == 0 })
	return schedule.New(s.ledger, s.sender, s.compose, list, schedule.Options{
		First: s.n.cfg.Summaries.Catcher, Looked: s.showSummaries, Logger: s.n.log,
	})
}

// summaryLease is how long the lease of a scheduler outlives it.
const summaryLease = 30 * time.Second

// lead runs the schedules while this process has the lease. A nil summarizer has
// none to run.
func (s *summarizer) lead(ctx context.Context) error {
	if s == nil {
		return nil
	}
	sched, err := s.scheduler()
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	holder := fmt.Sprintf("%s, process %d", host, os.Getpid())
	return sched.Lead(ctx, func(ctx context.Context) (schedule.Lease, error) {
		return s.n.conn.WaitLease(ctx, "summaries", holder, summaryLease)
	})
}

// tell says where summaries go.
func (s *summarizer) tell(out io.Writer) {
	if s == nil {
		return
	}
	fmt.Fprintf(out, "Summaries   by schedule to %d recipients", len(s.recipients))
	if s.n.cfg.Summaries.Catcher {
		fmt.Fprintf(out, "; mail is caught in %s", s.n.mailDir())
	}
	fmt.Fprintln(out)
}

type summarizeCmd struct{ role }

// Run is the role that sends summaries by schedule; several may run, one sends.
func (c *summarizeCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, "summarize", func(n *node) (job, error) {
		if n.cfg.ClickHouse.DSN == "" {
			return job{}, &exitError{exitUsage, errors.New("auyl summarize reads a ClickHouse that others run: set AUYL_CLICKHOUSE_DSN=http://user:password@host:8123/auyl")}
		}
		if err := n.openTables(ctx); err != nil {
			return job{}, err
		}
		if err := n.migrate(ctx); err != nil {
			return job{}, err
		}
		compose, err := n.composing(ctx)
		if err != nil {
			return job{}, err
		}
		sum, err := n.openSummarizer(ctx, compose)
		if err != nil {
			return job{}, err
		}
		if c.Once {
			sched, err := sum.scheduler()
			return job{nil, func(ctx context.Context) error {
				_, err := sched.Look(ctx)
				return err
			}}, err
		}
		return job{nil, sum.lead}, nil
	})
}
