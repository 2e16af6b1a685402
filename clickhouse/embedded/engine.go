package embedded

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// ErrLocked is the error of an engine whose data folder another engine still has after the wait for it.
var ErrLocked = errors.New("data folder is in use by another engine")

// Options say how the engine runs. Only Dir must be given.
type Options struct {
	Dir        string   // data folder, made where it is missing; one engine at a time
	Engine     Location // the zero value is what Locate finds
	Executable string   // the program to start with ChildArg; "" is os.Executable
	Listen     string   // loopback address and port; "" is 127.0.0.1:0, a free port
	Database   string   // made at the start, served to the reader; "" is auyl

	OwnerPassword  string // of the user default; "" makes a random one for each Start
	ReaderPassword string // of the user reader; "" makes a random one for each Start

	MaxMemoryBytes    int64         // of the engine; 0 is 2 GB
	Parallel          int           // statements at once, further ones wait; 0 is 8 (library only)
	ReaderTime        time.Duration // of one statement of the reader, in whole seconds; 0 is 60 s
	ReaderMemoryBytes int64         // of one statement of the reader; 0 is a quarter of MaxMemoryBytes

	StartTimeout time.Duration // from the start of the child to its first answer; 0 is 60 s
	LockTimeout  time.Duration // wait for an old engine to leave the folder; 0 is 10 s
	StopTimeout  time.Duration // until a child that was told to stop is killed; 0 is 15 s
	Logger       *slog.Logger  // nil discards
}

var databasePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// withDefaults fills in what is zero and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("data folder is not given")
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return o, fmt.Errorf("data folder: %w", err)
	}
	if o.Engine == (Location{}) {
		if o.Engine, err = Locate(LocateOptions{}); err != nil {
			return o, err
		}
	}
	if o.Executable == "" {
		if o.Executable, err = os.Executable(); err != nil {
			return o, fmt.Errorf("find this program: %w", err)
		}
	}
	orDefault(&o.Listen, "127.0.0.1:0")
	orDefault(&o.Database, "auyl")
	orDefault(&o.OwnerPassword, randomHex(16))
	orDefault(&o.ReaderPassword, randomHex(16))
	orDefault(&o.MaxMemoryBytes, 2_000_000_000)
	orDefault(&o.Parallel, 8)
	orDefault(&o.ReaderTime, time.Minute)
	orDefault(&o.ReaderMemoryBytes, o.MaxMemoryBytes/4)
	orDefault(&o.StartTimeout, time.Minute)
	orDefault(&o.LockTimeout, 10*time.Second)
	orDefault(&o.StopTimeout, 15*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !databasePattern.MatchString(o.Database):
		return o, fmt.Errorf("database %q: want letters, digits and underscores", o.Database)
	case o.OwnerPassword == o.ReaderPassword:
		return o, errors.New("owner and reader have the same password")
	case o.ReaderTime < time.Second:
		return o, fmt.Errorf("reader's time %s: want at least 1s", o.ReaderTime)
	case o.Parallel < 0 || o.MaxMemoryBytes < 0 || o.ReaderMemoryBytes <= 0:
		return o, errors.New("parallel and memory limits must be positive")
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return o, fmt.Errorf("listen address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return o, fmt.Errorf("listen address %q: want a loopback address, since passwords travel in the clear", o.Listen)
	}
	return o, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Engine is a running engine. Its methods are safe for concurrent use.
type Engine struct {
	o      Options
	addr   string
	ln     *net.TCPListener // library only: handed to each child
	stop   context.CancelFunc
	gone   chan struct{} // closed when supervise has returned
	closed sync.Once

	mu       sync.Mutex
	pid      int
	restarts int
	started  time.Duration
	version  string
	closeErr error
}

// Start starts the engine and returns when it answers. ctx bounds the start only; the caller closes the engine. The error
// is ErrNoEngine or ErrLocked where these fit.
func Start(ctx context.Context, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("start engine: %T is no TCP listener", ln), ln.Close())
	}
	e := &Engine{o: o, addr: ln.Addr().String(), ln: tcp, gone: make(chan struct{})}
	if o.Engine.Kind == Server { // it wants to listen itself; the port was free a moment ago
		if err := ln.Close(); err != nil {
			return nil, fmt.Errorf("start engine: %w", err)
		}
		e.ln = nil
	}
	p, err := e.launch(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start engine: %w", err), e.closeListener())
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = cancel
	go e.supervise(life, p) // Close waits for it
	return e, nil
}

// launch starts a child and notes how that went.
func (e *Engine) launch(ctx context.Context) (*process, error) {
	began := time.Now()
	p, ready, err := startChild(ctx, e.o, e.addr, e.ln)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pid, e.started, e.version = p.pid(), time.Since(began), ready.Version
	e.o.Logger.InfoContext(ctx, "engine started", "pid", e.pid, "version", e.version, "addr", e.addr, "took", e.started)
	return p, nil
}

// Restarts are backed off from the first of these to the last; a child that lived for steadyAfter starts at the first again.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 30 * time.Second
	steadyAfter  = time.Minute
)

// supervise starts the engine again whenever it ends, until life is over. It owns the process.
func (e *Engine) supervise(life context.Context, p *process) {
	defer close(e.gone)
	wait, quick := firstBackoff, 0 // quick counts the ends since the last steady child
	for {
		began := time.Now()
		select {
		case <-life.Done():
			e.closeErr = p.shutdown(e.o.StopTimeout)
			return
		case <-p.exited:
		}
		e.o.Logger.WarnContext(life, "engine ended, starting it again", "pid", p.pid(), "err", p.err)
		if time.Since(began) > steadyAfter {
			wait, quick = firstBackoff, 0
		}
		// One crash is mended at once; a child that crashes again and again is not started in a tight loop.
		quick++
		if quick > 2 {
			if !pause(life, wait) {
				return
			}
			wait = min(2*wait, lastBackoff)
		}
		for {
			next, err := e.launch(life)
			if err == nil {
				p = next
				break
			}
			if life.Err() != nil {
				return
			}
			e.o.Logger.ErrorContext(life, "engine did not start, trying again: see its log lines", "err", err, "wait", wait)
			if !pause(life, wait) {
				return
			}
			wait = min(2*wait, lastBackoff)
		}
		e.mu.Lock()
		e.restarts++
		e.mu.Unlock()
	}
}

// pause waits, and tells whether ctx was still alive at the end of it.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// DSN gives the address for the owner, as clickhouse-go parses it. It holds the password.
func (e *Engine) DSN() string { return e.dsn(ownerUser, e.o.OwnerPassword) }

// ReaderDSN is DSN for the reader.
func (e *Engine) ReaderDSN() string { return e.dsn(readerUser, e.o.ReaderPassword) }

func (e *Engine) dsn(user, password string) string {
	u := url.URL{Scheme: "http", User: url.UserPassword(user, password), Host: e.addr, Path: "/" + e.o.Database}
	return u.String()
}

// Addr gives host and port of the HTTP interface. They stay the same over restarts.
func (e *Engine) Addr() string { return e.addr }

// Pid gives the process id of the latest child.
func (e *Engine) Pid() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Restarts tells how often a child has been started after the first.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

// StartTime tells how long the latest start took, from the fork to the first answer.
func (e *Engine) StartTime() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.started
}

// Version gives the engine's version.
func (e *Engine) Version() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.version
}

// Close stops the engine in order, killing it where that takes too long, and waits for its end. It may be called twice.
func (e *Engine) Close() error {
	e.closed.Do(func() {
		e.stop()
		<-e.gone
		e.closeErr = errors.Join(e.closeErr, e.closeListener())
	})
	return e.closeErr
}

func (e *Engine) closeListener() error {
	if e.ln == nil {
		return nil
	}
	return e.ln.Close()
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
