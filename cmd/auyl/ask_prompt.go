package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/peterh/liner"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/internal/sqlscan"
)

// maxScript bounds what is read from standard input.
const maxScript = 1 << 20

// secretWords keep a statement out of the history file.
var secretWords = regexp.MustCompile(`(?i)password|secret|token|identified\s+by|api_?key|://[^/\s]*:[^/\s]*@`)

// script runs the statements of a text, each up to its semicolon, and the commands that stand on lines of their own; the
// first mistake ends it.
func (a *asker) script(ctx context.Context, in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, maxScript+1))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	if len(b) > maxScript {
		return fmt.Errorf("standard input has more than %d bytes", maxScript)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return &exitError{exitUsage, errors.New(`no question: give a statement, as in auyl query "SELECT 1"`)}
	}
	for text != "" && !a.quit {
		part, rest := text, ""
		if strings.HasPrefix(text, `\`) {
			part, rest, _ = strings.Cut(text, "\n")
		} else if s, r, ok := sqlscan.Statement(text); ok {
			part, rest = s, r
		}
		if strings.TrimSpace(part) != "" {
			if err := a.once(ctx, part); err != nil {
				return err
			}
		}
		text = strings.TrimSpace(rest)
	}
	return nil
}

// prompt talks on a terminal until \q or the end of input. Ctrl-C ends the question that is running, or the lines typed so
// far, and not the program; a SIGTERM ends that.
func (a *asker) prompt(ctx context.Context) error {
	ctx, leave := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM)
	defer leave()
	// Nobody else takes an interrupt any more once main has seen the first: between two questions it must not kill.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	l := liner.NewLiner()
	defer func() { _ = l.Close() }()
	l.SetCtrlCAborts(true)
	l.SetCompleter(a.complete(ctx))
	path, err := a.historyFile()
	if err != nil {
		return err
	}
	if f, err := os.Open(path); err == nil {
		_, err = l.ReadHistory(f)
		if err = errors.Join(err, f.Close()); err != nil {
			fmt.Fprintln(a.s.err, "auyl: history:", err)
		}
	}
	fmt.Fprintln(a.s.err, `auyl query: a statement ends with ; · \? help · \q leaves`)
	typed := ""
	for !a.quit && ctx.Err() == nil {
		select {
		case <-interrupts: // came while nothing was asked
			typed = ""
		default:
		}
		ask := "auyl> "
		if typed != "" {
			ask = "  ... "
		}
		line, err := l.Prompt(ask)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			typed = ""
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(a.s.err)
			return nil
		case err != nil:
			return fmt.Errorf("read line: %w", err)
		}
		if typed == "" && strings.HasPrefix(strings.TrimSpace(line), `\`) {
			a.try(ctx, strings.TrimSpace(line))
			a.remember(l, path, line)
			continue
		}
		typed += line + "\n"
		for {
			statement, rest, ok := sqlscan.Statement(typed)
			if !ok {
				break
			}
			if typed = strings.TrimLeft(rest, " \t\r\n"); strings.TrimSpace(statement) != "" {
				a.remember(l, path, strings.Join(strings.Fields(statement), " ")+";")
				a.try(ctx, statement)
			}
		}
		if strings.TrimSpace(typed) == "" {
			typed = ""
		}
	}
	return nil
}

// try runs one statement or command; Ctrl-C ends it alone, and a mistake is told and forgotten.
func (a *asker) try(ctx context.Context, text string) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := a.once(ctx, text)
	if ctx.Err() != nil {
		fmt.Fprintln(a.s.err, "\nstopped")
		return
	}
	if err != nil {
		report(a.s, err)
	}
}

// historyFile is in the user's folder for state, for its owner alone.
func (a *asker) historyFile() (string, error) {
	dir, ok := a.s.env("XDG_STATE_HOME")
	if !ok || !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("history: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	dir = filepath.Join(dir, "auyl")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("history: %w", err)
	}
	return filepath.Join(dir, "query_history"), nil
}

// remember adds a line to the history, unless it seems to hold a secret.
func (a *asker) remember(l *liner.State, path, line string) {
	l.AppendHistory(line)
	if err := appendHistory(path, line); err != nil {
		fmt.Fprintln(a.s.err, "auyl:", err)
	}
}

// appendHistory writes one line for its owner alone, also where the file was open to others before.
func appendHistory(path, line string) error {
	if secretWords.MatchString(line) || strings.TrimSpace(line) == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	_, err = fmt.Fprintln(f, line)
	if err = errors.Join(f.Chmod(0o600), err, f.Close()); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// complete offers the names of tables and views for the last word of a line.
func (a *asker) complete(ctx context.Context) liner.Completer {
	var b strings.Builder
	var names []string
	if err := a.db.Ask(ctx, clickhouse.Question{Statement: clickhouse.TablesSQL, Format: clickhouse.Rows}, &b); err == nil {
		for line := range strings.Lines(b.String()) {
			if name, _, ok := strings.Cut(strings.TrimPrefix(line, `["`), `"`); ok {
				names = append(names, name)
			}
		}
		names = names[min(2, len(names)):] // the lines of names and types
	}
	return func(line string) []string {
		at := strings.LastIndexAny(line, " \t(,.") + 1
		if at == len(line) {
			return nil
		}
		var out []string
		for _, n := range names {
			if strings.HasPrefix(n, line[at:]) {
				out = append(out, line[:at]+n)
			}
		}
		return slices.Compact(out)
	}
}
