package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/auyl-kz/auyl/config"
)

// Exit codes, as DESIGN says: what a script can rely on.
const (
	exitDone        = 0
	exitData        = 1 // the input or the data is wrong
	exitUsage       = 2
	exitUnreachable = 3 // a dependency is out of reach
)

// exitError is an error with the exit code that it means.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func unreachable(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUnreachable, err}
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	prog     string // as it was called
}

// common are the flags of every command that reads state.
type common struct {
	Data   string `help:"Folder that holds all state." default:"./data" env:"AUYL_DATA" type:"path"`
	Config string `help:"Configuration file." default:"examples/almaty/auyl.yaml" env:"AUYL_CONFIG" type:"path"`
	Log    string `help:"What to log to standard error: debug, info, warn, error." default:"warn" enum:"debug,info,warn,error" env:"AUYL_LOG"`

	reads bool // the command only reads
}

func (c *common) load(s streams) (*config.Config, error) {
	cfg, err := config.Load(c.Config, s.env)
	if c.reads && errors.Is(err, fs.ErrNotExist) {
		return config.Default(s.env) // whoever only reads needs no more than the data folder
	}
	return cfg, err
}

func (c *common) dir(parts ...string) string {
	return filepath.Join(append([]string{c.Data}, parts...)...)
}

func (c *common) logger(s streams) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Log)); err != nil {
		l = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: l}))
}

type cli struct {
	Run       runCmd       `cmd:"" help:"Pull, decode, compute and store everything, with NATS and ClickHouse inside."`
	Ingest    ingestCmd    `cmd:"" help:"Only fetch and decode, against NATS at AUYL_NATS_URL."`
	Transform transformCmd `cmd:"" help:"Only compute indicators, against NATS at AUYL_NATS_URL."`
	Sink      sinkCmd      `cmd:"" help:"Only write tables, from NATS at AUYL_NATS_URL to ClickHouse at AUYL_CLICKHOUSE_DSN."`
	Summarize summarizeCmd `cmd:"" help:"Only send summaries by schedule, from ClickHouse at AUYL_CLICKHOUSE_DSN, with their ledger in NATS at AUYL_NATS_URL."`
	Rebuild   rebuildCmd   `cmd:"" help:"Make streams, memory and tables again from what was recorded, beside those in use."`
	Backup    backupCmd    `cmd:"" help:"Copy what cannot be made again: raw archive, streams, keys."`
	Restore   restoreCmd   `cmd:"" help:"Copy a backup into an empty data folder, and rebuild the rest."`
	Query     queryCmd     `cmd:"" help:"Ask ClickHouse, read-only."`
	Export    exportCmd    `cmd:"" help:"Write a package of open data: CSV with its description, SDMX-CSV, Parquet."`
	Summary   summaryCmd   `cmd:"" help:"Texts for people made of the figures: list, show, render, compare."`
	Status    statusCmd    `cmd:"" help:"What each source gave, and what became of it."`
	Check     checkCmd     `cmd:"" help:"Read configuration, contracts, catalogue and areas, and name every fault."`
	Indicator indicatorCmd `cmd:"" help:"The catalogue of indicators, and where a value comes from."`
	Source    sourceCmd    `cmd:"" help:"The contracts of sources: list, show, try on a file, draft from a file, pull, pause, decide on deliveries."`
	Backfill  backfillCmd  `cmd:"" help:"Ask a source for its past, range by range."`
	Dead      deadCmd      `cmd:"" help:"Records and pages that did not pass."`
	Raw       rawCmd       `cmd:"" help:"The bytes as a source gave them."`
	Health    healthCmd    `cmd:"" help:"Ask a role whether it is well."`
	Simulate  simulateCmd  `cmd:"" help:"Serve the state APIs' shapes over a synthetic oblast."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

const about = `auyl turns what state registers publish about villages into district indicators in ClickHouse.

  auyl run                              the Almaty example, until Ctrl-C
  auyl query "SELECT count() FROM auyl.observation"
  auyl indicator explain population_total 195200000 2023-01-01

Exit codes: 0 done, 1 the input or the data is wrong, 2 usage, 3 a dependency is out of reach.`

// exited carries the exit code that kong asked for through a panic: kong calls
// Exit for --help and offers no other way back.
type exited int

func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("auyl"), kong.Description(about), kong.UsageOnError(),
		kong.Writers(s.out, s.err), kong.Exit(func(n int) { panic(exited(n)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}),
		kong.Vars{"summary_formats": strings.Join(summaryFormNames(), ", ")},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintln(s.err, "auyl:", err)
		return exitUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "auyl: %v\n", err)
		var pe *kong.ParseError
		if errors.As(err, &pe) && pe.Context != nil {
			fmt.Fprintf(s.err, "Try: auyl %s--help\n", commandOf(pe.Context))
		}
		return exitUsage
	}
	if err := k.Run(); err != nil {
		return report(s, err)
	}
	return exitDone
}

func commandOf(k *kong.Context) string {
	if k.Selected() == nil {
		return ""
	}
	return strings.TrimPrefix(k.Selected().FullPath(), "auyl ") + " "
}

// report prints an error, each of several on a line of its own.
func report(s streams, err error) int {
	code := exitData
	if e, ok := errors.AsType[*exitError](err); ok {
		code = e.code
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(s.err, "auyl:", strings.TrimRight(line, "\n"))
	}
	return code
}

type versionCmd struct{}

func (*versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "auyl", version)
	return err
}
