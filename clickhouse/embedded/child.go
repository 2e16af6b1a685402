//go:build linux || darwin

package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxFiles is wanted as the limit of open files. The engine keeps three for each of its threads, and one for each part of
// a table that is read: the usual 1,024 is near.
const maxFiles = 65536

// ChildMain is the main function of the child: the program calls it, and exits with its result, when its first argument is
// ChildArg. It serves until stdin ends or a SIGTERM or SIGINT comes.
func ChildMain(stdin *os.File, stdout, stderr io.Writer) int {
	in := bufio.NewReader(stdin)
	if err := runChild(in, stdout, stderr); err != nil {
		_ = json.NewEncoder(stdout).Encode(childReady{Error: err.Error(), Locked: errors.Is(err, ErrLocked)})
		return 1
	}
	return 0 // the caller's os.Exit runs no C++ exit handlers, as it should be
}

// runChild reads the configuration and runs the engine that it names.
func runChild(in *bufio.Reader, stdout, stderr io.Writer) error {
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	var c childConfig
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	raiseFileLimit()

	// From here on the end of the input, or a signal, ends the child, whatever it is doing.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT) //nolint:forbidigo // the child's main
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process: nothing can interrupt the read of a pipe that is not polled
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()

	for _, dir := range []string{"data", "tmp", "user_files", "format_schemas", "backups"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, dir), 0o700); err != nil {
			return err
		}
	}
	lock, err := lockFolder(ctx, c.Dir, c.LockTimeout)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	ready := func(version string) error {
		return json.NewEncoder(stdout).Encode(childReady{Version: version})
	}
	if c.Kind == Server {
		return runServer(ctx, c, lock, stderr, ready)
	}
	return runLibrary(ctx, c, ready)
}

// runLibrary serves the engine library on the parent's socket until ctx ends.
func runLibrary(ctx context.Context, c childConfig, ready func(version string) error) error {
	f := os.NewFile(3, "listener")
	ln, err := net.FileListener(f)
	if err != nil {
		return fmt.Errorf("take over socket: %w", err)
	}
	defer func() { _ = ln.Close() }()
	_ = f.Close()
	files := newEngineFiles(c)
	if err := files.write(); err != nil {
		return err
	}
	lib, err := openLibrary(c.Engine)
	if err != nil {
		return err
	}
	h, err := newHandler(lib, c, files)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxStatementBytes}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }() // joined below
	if err := ready(lib.version()); err != nil {
		return err
	}
	select {
	case err = <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopTimeout)
	defer cancel()
	if srv.Shutdown(drain) == nil { // with statements still running, closing the engine could wait for long
		h.close()
	}
	<-served //nolint:errcheck // it was told to end
	return nil
}

// raiseFileLimit raises the soft limit of open files as far as the hard one lets it. Where that fails, the engine still
// runs, with fewer files.
func raiseFileLimit() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur >= maxFiles {
		return
	}
	l.Cur = min(l.Max, maxFiles)
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
}

// lockPoll is how often a locked folder is looked at again.
const lockPoll = 50 * time.Millisecond

// lockFolder takes the folder for this process and its children that inherit the file, waiting for an old engine to leave
// it. The engine has a lock of its own, but only says in its log that it was refused.
func lockFolder(ctx context.Context, dir string, wait time.Duration) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "engine.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for deadline := time.Now().Add(wait); ; {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) {
			holder, _ := io.ReadAll(io.LimitReader(f, 32))
			_ = f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, fmt.Errorf("%w: %s, process %s; stop that one or give another folder", ErrLocked, dir, strings.TrimSpace(string(holder)))
			}
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, ctx.Err())
		}
	}
	if err := f.Truncate(0); err == nil { // who has it: for the message above, so no reason to stop
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return f, nil
}
