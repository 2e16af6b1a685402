// Package catcher is a mail server for examples: it takes every message that
// comes over loopback and keeps it as a file, and hands nothing on.
package catcher

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// maxBytes bounds one message: a summary with its attachments is a few MiB.
const maxBytes = 32 << 20

// Catcher is a running server. The files of a message are named for its day and
// its Message-ID: the same message again is the same file.
type Catcher struct {
	dir  string
	srv  *smtp.Server
	l    net.Listener
	done chan error
}

// errOpen says that others could reach the catcher.
var errOpen = errors.New("the catcher listens on loopback only")

// Start listens on a loopback address; port 0 takes a free one. The caller closes.
func Start(ctx context.Context, listen, dir string, log *slog.Logger) (*Catcher, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("start mail catcher: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("start mail catcher: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("start mail catcher on %s: %w", listen, errOpen), l.Close())
	}
	c := &Catcher{dir: dir, l: l, done: make(chan error, 1)}
	c.srv = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{dir: dir}, nil }))
	c.srv.Domain = "catcher.auyl"
	c.srv.MaxMessageBytes, c.srv.MaxRecipients = maxBytes, 100
	c.srv.ReadTimeout, c.srv.WriteTimeout = time.Minute, time.Minute
	c.srv.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	go func() { c.done <- c.srv.Serve(l) }() // joined by Close
	return c, nil
}

// Port is the port of the server.
func (c *Catcher) Port() int {
	a, ok := c.l.Addr().(*net.TCPAddr)
	if !ok {
		return 0 // Start made sure that it is
	}
	return a.Port
}

// Close ends the server.
func (c *Catcher) Close() error {
	_ = c.srv.Close()
	_ = c.l.Close() // where Serve has not begun yet; twice otherwise
	if err := <-c.done; err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("mail catcher: %w", err)
	}
	return nil
}

type session struct {
	dir string
	to  []string
}

func (s *session) Reset()                             { s.to = nil }
func (*session) Logout() error                        { return nil }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data keeps a message before it is acknowledged.
func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a message"}
	}
	day := "undated"
	if at, err := m.Header.Date(); err == nil {
		day = at.UTC().Format("20060102T150405Z")
	}
	sum := sha256.Sum256([]byte(m.Header.Get("Message-ID") + "\n" + strings.Join(s.to, "\n")))
	if err := keep(s.dir, day+"-"+hex.EncodeToString(sum[:6])+".eml", body); err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "could not be kept"}
	}
	return nil
}

// keep writes a file whole, and durably.
func keep(dir, name string, body []byte) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
