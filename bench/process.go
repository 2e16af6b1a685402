package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// start measures how long streams, engine, tables and reference take to be ready,
// on an empty folder and on the same folder again.
func start(ctx context.Context, h *house) ([]figure, error) {
	var first, second time.Duration
	for range h.pick(3, 1) {
		err := inDir(func(dir string) error {
			for _, best := range []*time.Duration{&first, &second} {
				began := time.Now()
				l, err := openLab(ctx, h, dir, "owner-of-the-bench")
				took := time.Since(began)
				if err := errors.Join(err, l.close()); err != nil {
					return err
				}
				if *best == 0 || took < *best {
					*best = took
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return []figure{
		{Name: "start to ready, empty folder", Value: first.Seconds(), Unit: "s", Budget: 2, Most: true, Note: "NATS, engine, migrations, reference"},
		{Name: "start to ready, second start", Value: second.Seconds(), Unit: "s"},
	}, nil
}

const (
	buildTime = 10 * time.Minute
	pullTime  = 15 * time.Minute // of a loaded machine
	restTime  = 30 * time.Second
)

// memory starts the program itself on the example of Almaty oblast and looks at
// its memory after the first pull, and when it has been at rest for a while.
func memory(ctx context.Context, h *house) (out []figure, err error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	err = inDir(func(dir string) error {
		binary := filepath.Join(dir, "auyl")
		building, cancel := context.WithTimeout(ctx, buildTime)
		defer cancel()
		build := exec.CommandContext(building, "go", "build", "-o", binary, "./cmd/auyl") //nolint:gosec // a folder of ours
		build.Dir = root
		if said, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build auyl: %w: %s", err, said)
		}
		out, err = watch(ctx, h, root, binary, filepath.Join(dir, "data"))
		return err
	})
	return out, err
}

func moduleRoot(ctx context.Context) (string, error) {
	b, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(b))), nil
}

// watch runs auyl until it says that it is running, rests, and stops it in order.
func watch(ctx context.Context, h *house, root, binary, data string) (out []figure, err error) {
	running, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	cmd := exec.CommandContext(running, binary, "run", "--data", data, "--config", filepath.Join(root, "examples", "almaty", "auyl.yaml")) //nolint:gosec // built a moment ago
	cmd.Dir = root                                                                                                                         // where the engine library is found
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start auyl: %w", err)
	}
	ready := false
	for lines := bufio.NewScanner(stdout); !ready && lines.Scan(); {
		ready = strings.HasPrefix(lines.Text(), "Running:")
	}
	pulled := time.Since(began)
	if ready {
		out, err = atRest(running, h, cmd.Process.Pid, pulled)
	}
	stop := cmd.Process.Signal(syscall.SIGINT)
	_, drained := io.Copy(io.Discard, stdout) // until it has ended
	if werr := cmd.Wait(); werr != nil || !ready {
		err = errors.Join(err, fmt.Errorf("auyl run: %w: %s", errors.Join(werr, errNotReady(ready)), &said))
	}
	return out, errors.Join(err, stop, drained)
}

func errNotReady(ready bool) error {
	if ready {
		return nil
	}
	return errors.New("it ended before it was running")
}

func atRest(ctx context.Context, h *house, pid int, pulled time.Duration) ([]figure, error) {
	child, err := childOf(pid)
	if err != nil {
		return nil, err
	}
	after, err := residentMiB(pid, "VmRSS")
	if err != nil {
		return nil, err
	}
	note := "at once"
	if !h.o.short {
		note = restTime.String() + " later"
		if err := rest(ctx, restTime); err != nil {
			return nil, err
		}
	}
	resting, err := residentMiB(pid, "VmRSS")
	if err != nil {
		return nil, err
	}
	own, err := residentMiB(pid, "RssAnon")
	if err != nil {
		return nil, err
	}
	engine, err := residentMiB(child, "VmRSS")
	if err != nil {
		return nil, err
	}
	quiet, err := idle(ctx, h, pid, child)
	if err != nil {
		return nil, err
	}
	return append([]figure{
		{Name: "auyl run: from start to all sources in ClickHouse", Value: pulled.Seconds(), Unit: "s", Note: "example of Almaty oblast, empty folder"},
		{Name: "resident memory of the Go process after the first pull", Value: after, Unit: "MiB"},
		{Name: "resident memory of the Go process at rest", Value: resting, Unit: "MiB", Budget: 150, Most: true, Note: note},
		{Name: "  of it not pages of the program's file", Value: own, Unit: "MiB"},
		{Name: "resident memory of the engine at rest", Value: engine, Unit: "MiB"},
	}, quiet...), nil
}
