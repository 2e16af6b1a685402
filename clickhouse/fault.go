package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Error is what the engine, or the way to it, answered instead of doing the work.
type Error struct {
	Code    int    // ClickHouse's number, such as 60 for an unknown table; 0 where it gave none
	Message string // as the engine gave it
	passing bool
}

func (e *Error) Error() string { return e.Message }

// Temporary reports whether the same request may succeed later: the engine is away, busy or out of room. A statement or
// a value that the engine refuses is not.
func (e *Error) Temporary() bool { return e.passing }

// passingCodes are the errors of the engine that say more about the moment than about the statement.
func passingCode(code int) bool {
	switch code {
	case 3, // UNEXPECTED_END_OF_FILE
		33,   // CANNOT_READ_ALL_DATA: the upload broke off
		95,   // CANNOT_READ_FROM_SOCKET
		96,   // CANNOT_WRITE_TO_SOCKET
		159,  // TIMEOUT_EXCEEDED
		198,  // DNS_ERROR
		202,  // TOO_MANY_SIMULTANEOUS_QUERIES
		203,  // NO_FREE_CONNECTION
		209,  // SOCKET_TIMEOUT
		210,  // NETWORK_ERROR
		225,  // NO_ZOOKEEPER
		236,  // ABORTED
		241,  // MEMORY_LIMIT_EXCEEDED
		242,  // TABLE_IS_READ_ONLY
		243,  // NOT_ENOUGH_SPACE
		252,  // TOO_MANY_PARTS
		279,  // ALL_CONNECTION_TRIES_FAILED
		285,  // TOO_FEW_LIVE_REPLICAS
		319,  // UNKNOWN_STATUS_OF_INSERT
		394,  // the query was canceled
		425,  // SYSTEM_ERROR
		439,  // CANNOT_SCHEDULE_TASK
		999,  // KEEPER_EXCEPTION
		1000, // POCO_EXCEPTION
		1002: // UNKNOWN_EXCEPTION
		return true
	}
	return false
}

var codeInText = regexp.MustCompile(`^Code: (\d+)\.`)

// answerError makes an error of an HTTP answer that is not 200. It reads the body.
func answerError(r *http.Response) error {
	const most = 8 << 10
	b, _ := io.ReadAll(io.LimitReader(r.Body, most)) // a half text is better than none
	text := strings.TrimSpace(string(b))
	code, _ := strconv.Atoi(r.Header.Get("X-ClickHouse-Exception-Code"))
	if m := codeInText.FindStringSubmatch(text); code == 0 && m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	if text == "" {
		text = "no text"
	}
	if code == 0 {
		text = fmt.Sprintf("HTTP status %d: %s", r.StatusCode, text)
	}
	passing := passingCode(code)
	if code == 0 {
		passing = r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusRequestTimeout
	}
	return &Error{Code: code, Message: text, passing: passing}
}

// connectionError makes an error of a request that had no answer. Errors of our own encoding and of ctx stay themselves.
func connectionError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &Error{Message: err.Error(), passing: true}
}

// wrap puts what was being done before an error, and turns errors of clickhouse-go into ours.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var own *Error
	var ex *driver.Exception
	var op net.Error
	switch {
	case errors.As(err, &own), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &ex):
		err = &Error{Code: int(ex.Code), Message: ex.Error(), passing: passingCode(int(ex.Code))}
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = &Error{Message: err.Error(), passing: true}
	}
	return fmt.Errorf("%s: %w", what, err)
}
