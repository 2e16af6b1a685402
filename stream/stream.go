package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrFenced says that another writer moved the cursor or the key.
	// Nothing of the refused write was stored.
	ErrFenced = errors.New("fenced by another writer")
	// ErrUnsure says that a publisher's last frame may or may not have been
	// stored: open the publisher again and look at its cursor.
	ErrUnsure = errors.New("outcome of the last frame is unknown; open the publisher again")
	// ErrFrameTooLarge says that a frame has more than [MaxFrameMessages].
	ErrFrameTooLarge = errors.New("frame has too many messages")
	// ErrMessageTooLarge says that one message exceeds what the server takes.
	ErrMessageTooLarge = errors.New("message is larger than the server takes")
	// ErrNotFound says that a message or key does not exist.
	ErrNotFound = errors.New("not found")
	// ErrLost says that a stream no longer holds the sequence that a reader
	// wants next: a size limit discarded it unread.
	ErrLost = errors.New("wanted sequence was discarded")
	// ErrClosed says that the connection was closed.
	ErrClosed = errors.New("connection is closed")
)

// defaultTimeout bounds one exchange with the server. A frame of 100 MiB was
// measured to take 0.4 s, a server that restarts a store of 190 MB 0.1 s.
const defaultTimeout = 10 * time.Second

// maxOpenBatches stays below the 50 open batches that a server takes for one
// stream, so that a second process can publish too.
const maxOpenBatches = 20

// Options say where the server is and who we are. The zero value connects to
// the default address on this machine without credentials.
type Options struct {
	URL       string // one or more, separated by commas; nats://127.0.0.1:4222 if empty
	User      string // with Password
	Password  string
	Token     string // instead of User and Password
	CredsFile string // path of a .creds file, instead of the above

	TLSCAFile   string // certificate authorities to trust, PEM; the system's if empty
	TLSCertFile string // our certificate, PEM, with TLSKeyFile
	TLSKeyFile  string

	Name    string        // shown in the server's list of connections; auyl if empty
	Timeout time.Duration // of one exchange with the server; 10 s if zero
	Logger  *slog.Logger  // nil is silent
}

// Message is what is published and read. The headers that NATS itself uses
// (Nats-…) are left out on reading and refused on publishing.
type Message struct {
	Subject string
	Header  map[string]string // nil if there are none
	Data    []byte
}

// Msg is a stored message.
type Msg struct {
	Message
	Seq  uint64    // in the stream, from 1
	Time time.Time // when the server stored it
}

// Conn is a connection to JetStream.
type Conn struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	timeout time.Duration
	batches chan struct{} // one token for each open batch

	mu      sync.Mutex
	readers map[*reader]struct{}
}

// Connect connects to a server by its address. The connection mends itself
// for as long as it is open; the caller closes it.
func Connect(ctx context.Context, o Options) (*Conn, error) {
	url := o.URL
	if url == "" {
		url = nats.DefaultURL
	}
	name := o.Name
	if name == "" {
		name = "auyl"
	}
	opts := []nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		// Nothing is buffered while the server is away: half a batch that
		// arrives after a reconnect helps nobody.
		nats.ReconnectBufSize(-1),
	}
	if deadline, ok := ctx.Deadline(); ok {
		opts = append(opts, nats.Timeout(time.Until(deadline)))
	}
	switch {
	case o.CredsFile != "":
		opts = append(opts, nats.UserCredentials(o.CredsFile))
	case o.Token != "":
		opts = append(opts, nats.Token(o.Token))
	case o.User != "":
		opts = append(opts, nats.UserInfo(o.User, o.Password))
	}
	if o.TLSCAFile != "" {
		opts = append(opts, nats.RootCAs(o.TLSCAFile))
	}
	if o.TLSCertFile != "" {
		opts = append(opts, nats.ClientCert(o.TLSCertFile, o.TLSKeyFile))
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("connect stream server: %w", err)
	}
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		// The address is left out: it may hold a password.
		return nil, fmt.Errorf("connect stream server as %q: %w", name, err)
	}
	c, err := Wrap(nc, o)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// Wrap uses a connection that exists, such as that of an embedded server, and
// owns it from then on. Of the options it takes Timeout and Logger. It
// replaces the connection's reconnect handler.
func Wrap(nc *nats.Conn, o Options) (*Conn, error) {
	c := &Conn{
		nc:      nc,
		log:     o.Logger,
		timeout: o.Timeout,
		batches: make(chan struct{}, maxOpenBatches),
		readers: map[*reader]struct{}{},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(c.timeout))
	if err != nil {
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	c.js = js
	nc.SetReconnectHandler(func(*nats.Conn) { c.resetReaders() })
	return c, nil
}

// Close ends all readers and closes the connection. It may be called twice.
// A publish that is under way at that moment fails.
func (c *Conn) Close() error {
	c.resetReaders()
	if !c.nc.IsClosed() && c.nc.IsConnected() {
		// What was handed to the client leaves the process; if the server is
		// gone in this very moment there is nobody to tell.
		ctx, cancel := context.WithTimeout(context.Background(), min(c.timeout, time.Second)) //nolint:forbidigo // Close has no context
		defer cancel()
		_ = c.nc.FlushWithContext(ctx)
	}
	c.nc.Close()
	return nil
}

// LastSeq returns the sequence of the last message of a stream, 0 if it never
// had any.
func (c *Conn) LastSeq(ctx context.Context, stream string) (uint64, error) {
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("last sequence of %s: %w", stream, c.mapError(err))
	}
	return s.CachedInfo().State.LastSeq, nil
}

// Get reads one message by its sequence. The error is [ErrNotFound] if the
// stream does not hold it.
func (c *Conn) Get(ctx context.Context, stream string, seq uint64) (Message, error) {
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return Message{}, fmt.Errorf("get %s:%d: %w", stream, seq, c.mapError(err))
	}
	m, err := s.GetMsg(ctx, seq)
	if err != nil {
		return Message{}, fmt.Errorf("get %s:%d: %w", stream, seq, c.mapError(err))
	}
	return Message{Subject: m.Subject, Header: plainHeader(m.Header), Data: m.Data}, nil
}

// Last reads the newest message of a subject. The error is [ErrNotFound] if the
// stream holds none.
func (c *Conn) Last(ctx context.Context, stream, subject string) (Message, error) {
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return Message{}, fmt.Errorf("last of %s %s: %w", stream, subject, c.mapError(err))
	}
	m, err := s.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return Message{}, fmt.Errorf("last of %s %s: %w", stream, subject, c.mapError(err))
	}
	return Message{Subject: m.Subject, Header: plainHeader(m.Header), Data: m.Data}, nil
}

// resetReaders makes each reader start anew at the next sequence it wants.
// After a reconnect this is needed even if the consumer has survived: what
// was on the wire is lost, and a consumer without acknowledgment counts it as
// delivered.
func (c *Conn) resetReaders() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for r := range c.readers {
		r.stop()
	}
}

// mapError puts our sentinels before those of the client.
func (c *Conn) mapError(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrKeyNotFound),
		errors.Is(err, jetstream.ErrKeyDeleted), errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case c.nc.IsClosed():
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return err
}

// temporary reports whether the same request may succeed later.
func temporary(err error) bool {
	for _, e := range []error{
		nats.ErrTimeout, context.DeadlineExceeded, nats.ErrNoResponders, nats.ErrDisconnected,
		nats.ErrConnectionReconnecting, nats.ErrReconnectBufExceeded, nats.ErrNoServers,
		jetstream.ErrNoStreamResponse, jetstream.ErrNoHeartbeat,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.Code == 503 || api.Code == 429)
}

// backoff is the time before try n (from 1) is repeated.
func backoff(n int) time.Duration {
	return min(10*time.Millisecond<<min(n, 10), 2*time.Second)
}

// plainHeader keeps the headers that are not the protocol's own.
func plainHeader(h nats.Header) map[string]string {
	var out map[string]string
	for k, v := range h {
		if strings.HasPrefix(k, natsPrefix) || len(v) == 0 {
			continue
		}
		if out == nil {
			out = make(map[string]string, len(h))
		}
		out[k] = v[0]
	}
	return out
}

// natsPrefix begins the headers of the protocol.
const natsPrefix = "Nats-"

// covers reports whether each subject that matches sub also matches pattern.
func covers(pattern, sub string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(sub, ".")
	for i, t := range p {
		if t == ">" {
			return i < len(s)
		}
		if i >= len(s) || s[i] == ">" || (t != "*" && t != s[i]) {
			return false
		}
	}
	return len(p) == len(s)
}
