package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl/clickhouse"
	chembedded "github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// lab is what `auyl run` holds open: streams on disk, an engine as a child, and
// tables that are up to date.
type lab struct {
	dir    string
	conn   *stream.Conn
	engine *chembedded.Engine
	db     *clickhouse.DB

	closers []func() error
}

// inLab calls f with a lab in a folder of its own, which is removed afterwards.
func inLab(ctx context.Context, h *house, f func(*lab) error) error {
	return inDir(func(dir string) (err error) {
		l, err := openLab(ctx, h, dir, "owner-of-the-bench")
		defer func() { err = errors.Join(err, l.close()) }()
		if err != nil {
			return err
		}
		return f(l)
	})
}

func inDir(f func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "auyl-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return f(dir)
}

// openLab opens things in the order of cmd/auyl. The lab is never nil and the
// caller closes it, after an error too.
func openLab(ctx context.Context, h *house, dir, password string) (*lab, error) {
	l := &lab{dir: dir}
	srv, err := natsembedded.Start(ctx, natsembedded.Options{Dir: filepath.Join(dir, "nats")})
	if err != nil {
		return l, err
	}
	l.closers = append(l.closers, srv.Close)
	nc, err := srv.Connect()
	if err != nil {
		return l, err
	}
	if l.conn, err = stream.Wrap(nc, stream.Options{}); err != nil {
		return l, err
	}
	l.closers = append(l.closers, l.conn.Close)
	if err := stream.Ensure(ctx, l.conn, stream.StreamOptions{}); err != nil {
		return l, err
	}
	if l.engine, err = chembedded.Start(ctx, chembedded.Options{Dir: filepath.Join(dir, "clickhouse"), OwnerPassword: password}); err != nil {
		return l, err
	}
	l.closers = append(l.closers, l.engine.Close)
	if l.db, err = clickhouse.Open(ctx, l.engine.DSN(), clickhouse.Options{}); err != nil {
		return l, err
	}
	l.closers = append(l.closers, l.db.Close)
	if err := l.db.Migrate(ctx); err != nil {
		return l, err
	}
	return l, l.db.LoadReference(ctx, h.Areas, h.Catalogue)
}

// close undoes what was opened, last first.
func (l *lab) close() error {
	var errs []error
	for _, f := range slices.Backward(l.closers) {
		errs = append(errs, f())
	}
	l.closers = nil
	return errors.Join(errs...)
}

// with runs loops for as long as f runs. It returns the first error of a loop
// that ended before f did, or that of f.
func with(ctx context.Context, f func(context.Context) error, loops ...func(context.Context) error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	g, running := errgroup.WithContext(running)
	var ended error
	g.Go(func() error {
		defer stop()
		ended = f(running)
		return ended
	})
	for _, l := range loops {
		g.Go(func() error {
			if err := l(running); err != nil && running.Err() == nil {
				return err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ended
}

// until asks every so often until ok.
func until(ctx context.Context, every time.Duration, ok func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if yes, err := ok(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// cpu is the processor time that this process and a child have used so far, in seconds.
func cpu(pid int) (ours, theirs float64, err error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, fmt.Errorf("processor time: %w", err)
	}
	ours = time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("processor time of the engine: %w", err)
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name may have spaces
	f := strings.Fields(after)
	if len(f) < 13 {
		return 0, 0, fmt.Errorf("processor time of the engine: %q", stat)
	}
	user, uerr := strconv.ParseFloat(f[11], 64)
	system, serr := strconv.ParseFloat(f[12], 64)
	return ours, (user + system) / 100, errors.Join(uerr, serr) // in hundredths on every Linux that Go runs on
}

// machine is the processor time that everything on this machine has used so far, in seconds.
func machine() (float64, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("processor time of the machine: %w", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	sum := 0.0
	for i, f := range strings.Fields(first) { // cpu user nice system idle iowait irq softirq steal guest …
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, fmt.Errorf("processor time of the machine: %w", err)
		}
		sum += n
	}
	return sum / 100, nil
}

// residentMiB is the memory of a process that is there: all of it (VmRSS), or
// what is its own and not a page of its program's file (RssAnon).
func residentMiB(pid int, what string) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, what+":"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("resident memory: process %d has no %s", pid, what)
}

// childOf returns the only child of a process.
func childOf(pid int) (int, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that has ended
		}
		if f := strings.Fields(string(b)); len(f) > 0 {
			return strconv.Atoi(f[0])
		}
	}
	return 0, fmt.Errorf("process %d has no child", pid)
}
