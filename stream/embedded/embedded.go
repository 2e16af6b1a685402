// Package embedded runs a NATS server inside this process, with its streams in
// a directory. By default nobody but this process can talk to it: it opens no
// port. One process at a time may use a directory; a lock file says which.
//
// The package starts and stops the server. What travels through it is the
// business of package stream.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	defaultMaxPayload = 1 << 20
	// maxPending is how much may wait to be taken by one connection before
	// the server cuts it off as too slow. Several readers with 64 MiB in
	// flight each share the in-process connection, and the server's default
	// of 64 MiB for all would cut them off while they catch up.
	maxPending = 1 << 30
	// startTimeout is for a large store; 190 MB were measured at 95 ms.
	startTimeout = 2 * time.Minute
)

// Options configure a server. Only Dir is required.
type Options struct {
	// Dir holds the streams; it is created if it does not exist.
	Dir string
	// Listen is an address for clients of other processes, such as
	// 127.0.0.1:4222; port 0 takes a free one. Empty: none can connect.
	// An address beyond this machine demands User or Token.
	Listen string
	// User and Password, or Token, are what clients must show. The connection
	// within the process shows them by itself.
	User     string
	Password string
	Token    string
	// SyncAlways makes every write reach the disk before it is acknowledged:
	// for machines that may lose power. Without it a killed process loses
	// nothing, as the kernel has the pages.
	SyncAlways bool
	// SyncInterval is the time between flushes to the disk otherwise; 2
	// minutes if zero.
	SyncInterval time.Duration
	// MaxPayload bounds one message, headers included; 1 MiB if zero.
	MaxPayload int
	// MaxStoreBytes bounds all streams together; three quarters of the free
	// disk if zero.
	MaxStoreBytes int64
	// Logger gets what the server says; nil is silent.
	Logger *slog.Logger
}

// InUseError says that another process has the directory.
type InUseError struct {
	Dir string
	PID int // 0 if unknown
}

// Error names the directory and the process.
func (e *InUseError) Error() string {
	pid := "unknown"
	if e.PID > 0 {
		pid = strconv.Itoa(e.PID)
	}
	return fmt.Sprintf("stream store %s is in use by another auyl (pid %s)", e.Dir, pid)
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	s    *server.Server
	o    Options
	lock *os.File
	once sync.Once
	err  error // of Close
}

// Start starts a server and returns when it takes connections. The caller
// closes it. The error is an [*InUseError] if another process, or another
// Server of this one, has the directory.
func Start(ctx context.Context, o Options) (*Server, error) {
	opts, err := serverOptions(o)
	if err != nil {
		return nil, fmt.Errorf("start stream server: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("start stream server: %w", err)
	}
	lock, err := acquire(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start stream server: %w", err)
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start stream server: %w", err), lock.Close())
	}
	l := newLogger(o.Logger)
	ns.SetLoggerV2(l, false, false, false)
	s := &Server{s: ns, o: o, lock: lock}
	ns.Start() // returns when the store is open and the listener, if any, is up
	if err := s.ready(ctx, l); err != nil {
		return nil, errors.Join(fmt.Errorf("start stream server in %s: %w", o.Dir, err), s.Close())
	}
	return s, nil
}

func serverOptions(o Options) (*server.Options, error) {
	if o.Dir == "" {
		return nil, errors.New("no directory given")
	}
	opts := &server.Options{
		ServerName:        "auyl",
		DontListen:        true,
		JetStream:         true,
		StoreDir:          o.Dir,
		SyncAlways:        o.SyncAlways,
		SyncInterval:      o.SyncInterval,
		JetStreamMaxStore: o.MaxStoreBytes,
		MaxPayload:        defaultMaxPayload,
		MaxPending:        maxPending,
		NoSigs:            true,
		Username:          o.User,
		Password:          o.Password,
		Authorization:     o.Token,
	}
	if o.MaxPayload > 0 {
		opts.MaxPayload = int32(o.MaxPayload)
	}
	if o.Token != "" && o.User != "" {
		return nil, errors.New("both a user and a token are given, want one")
	}
	if o.Listen == "" {
		return opts, nil
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen address: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("listen address %s: port %q is not a number to 65535", o.Listen, port)
	}
	ip := net.ParseIP(host)
	if local := host == "localhost" || ip != nil && ip.IsLoopback(); !local && o.User == "" && o.Token == "" {
		return nil, fmt.Errorf("listen address %s is open to other machines and wants a user or a token", o.Listen)
	}
	opts.DontListen, opts.Host, opts.Port = false, host, int(n)
	if n == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return opts, nil
}

// ready waits until the server takes connections or has said why it does not.
func (s *Server) ready(ctx context.Context, l *logger) error {
	if err := l.fatal(); err != nil {
		return err // the server would wait for itself until the limit
	}
	limit := startTimeout
	if d, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(d))
	}
	switch ok := s.s.ReadyForConnections(limit); {
	case ctx.Err() != nil:
		return ctx.Err()
	case !ok:
		return fmt.Errorf("not ready after %v", limit)
	case !s.s.JetStreamEnabled():
		return errors.New("JetStream is not enabled")
	}
	return nil
}

// Connect connects within the process. The caller closes the connection,
// usually by handing it to stream.Wrap; it should be closed before the server.
func (s *Server) Connect() (*nats.Conn, error) {
	opts := []nats.Option{
		nats.InProcessServer(s.s),
		nats.Name("auyl in process"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectBufSize(-1),
	}
	switch {
	case s.o.Token != "":
		opts = append(opts, nats.Token(s.o.Token))
	case s.o.User != "":
		opts = append(opts, nats.UserInfo(s.o.User, s.o.Password))
	}
	nc, err := nats.Connect("", opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to the stream server in process: %w", err)
	}
	return nc, nil
}

// ClientURL is the address for other processes, without credentials; empty if
// the server does not listen.
func (s *Server) ClientURL() string {
	if s.o.Listen == "" {
		return ""
	}
	return s.s.ClientURL()
}

// Close stops the server, waits until the store is closed and frees the
// directory. It may be called twice.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.s.Shutdown()
		s.s.WaitForShutdown()
		if err := s.lock.Close(); err != nil {
			s.err = fmt.Errorf("unlock stream store %s: %w", s.o.Dir, err)
		}
	})
	return s.err
}
