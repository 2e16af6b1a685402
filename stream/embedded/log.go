package embedded

import (
	"fmt"
	"log/slog"
	"sync"
)

// logger hands what the server says to a slog.Logger, and keeps what it calls
// fatal: the server's own logger would end the process there.
type logger struct {
	log *slog.Logger

	mu  sync.Mutex
	err error
}

func newLogger(l *slog.Logger) *logger {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	return &logger{log: l.With("component", "nats-server")}
}

// Noticef is the server's usual level: its start and stop. For us that is
// detail.
func (l *logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) } //nolint:sloglint // the server's words
func (l *logger) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }  //nolint:sloglint // the server's words
func (l *logger) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) } //nolint:sloglint // the server's words
func (l *logger) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) } //nolint:sloglint // the server's words
func (l *logger) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) } //nolint:sloglint // the server's words

// Fatalf keeps the first message for Start to return.
func (l *logger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf(format, v...)
	}
}

func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
