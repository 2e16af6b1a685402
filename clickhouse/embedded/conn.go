//go:build linux || darwin

package embedded

import (
	"errors"
	"time"
	"unsafe"
)

var errNoResult = errors.New("engine gave no result")

// conn is one connection: a session with its own settings, database and role. It runs one statement at a time and is not
// safe for concurrent use.
type conn struct {
	lib    *library
	ptr    uintptr // what closing takes
	handle uintptr // *ptr, what all other calls take
}

// close ends the session. It may be called twice.
func (c *conn) close() {
	if c.ptr != 0 {
		c.lib.closeConn(c.ptr)
		c.ptr, c.handle = 0, 0
	}
}

// run executes a statement to its end and keeps the whole output. The caller destroys the result.
func (c *conn) run(query, format string, params map[string]string) (*result, error) {
	return c.lib.take(c.call(c.lib.query, query, format, params))
}

// exec is run without interest in the output.
func (c *conn) exec(query string) error {
	r, err := c.run(query, "Null", nil)
	if err != nil {
		return err
	}
	r.destroy()
	return nil
}

// value gives the output of a query of one row and one column, as it is.
func (c *conn) value(query string) (string, error) {
	r, err := c.run(query, "RawBLOB", nil)
	if err != nil {
		return "", err
	}
	defer r.destroy()
	return string(r.bytes()), nil
}

// result is the output of a statement, or a chunk of it.
type result struct {
	lib *library
	ptr uintptr
}

// take makes a result of what a call returned, or an *EngineError.
func (l *library) take(p uintptr) (*result, error) {
	if p == 0 {
		return nil, errNoResult
	}
	if e := l.resultError(p); e != 0 {
		err := newEngineError(cString(e))
		l.destroy(p)
		return nil, err
	}
	return &result{l, p}, nil
}

// bytes is memory of the library, valid until destroy.
func (r *result) bytes() []byte {
	n := r.lib.resultLength(r.ptr)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.ptr)), n) //nolint:gosec // memory of C, n bytes long
}

func (r *result) summary() summary {
	return summary{
		ReadRows: r.lib.resultReadRows(r.ptr), ReadBytes: r.lib.resultReadBytes(r.ptr),
		WrittenRows: r.lib.resultRowsWritten(r.ptr), WrittenBytes: r.lib.resultBytesWritten(r.ptr),
		ResultRows: r.lib.resultRows(r.ptr), Elapsed: time.Duration(r.lib.resultElapsed(r.ptr) * float64(time.Second)),
	}
}

func (r *result) destroy() {
	if r.ptr != 0 {
		r.lib.destroy(r.ptr)
		r.ptr = 0
	}
}

// stream is a running SELECT whose output is fetched in chunks. The library takes no other statement this way.
type stream struct {
	c    *conn
	ptr  uintptr
	done bool
}

func (c *conn) stream(query, format string, params map[string]string) (*stream, error) {
	r, err := c.lib.take(c.call(c.lib.streamQuery, query, format, params))
	if err != nil {
		return nil, err
	}
	return &stream{c: c, ptr: r.ptr}, nil
}

// next gives the next chunk, which the caller destroys, or nil at the end.
func (s *stream) next() (*result, error) {
	if s.done {
		return nil, nil
	}
	r, err := s.c.lib.take(s.c.lib.streamFetch(s.c.handle, s.ptr))
	if err == nil && len(r.bytes()) > 0 {
		return r, nil
	}
	s.done = true
	if err == nil {
		r.destroy()
	}
	return nil, err
}

// close frees the stream and cancels what still runs.
func (s *stream) close() {
	if s.ptr == 0 {
		return
	}
	if !s.done {
		s.c.lib.streamCancel(s.c.handle, s.ptr)
	}
	s.c.lib.destroy(s.ptr)
	s.ptr = 0
}

// insertion is a running INSERT. What is appended may be cut anywhere; finish commits.
type insertion struct {
	lib *library
	ptr uintptr
}

// insert starts "INSERT INTO t (a, b) [SETTINGS …]", which names no format.
func (c *conn) insert(query, format string, params map[string]string) (*insertion, error) {
	i := &insertion{c.lib, c.call(c.lib.insert, query, format, params)}
	if i.ptr == 0 {
		return nil, errNoResult
	}
	if err := i.err(); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

func (i *insertion) err() error {
	if e := i.lib.insertError(i.ptr); e != 0 {
		return newEngineError(cString(e))
	}
	return nil
}

// append copies b into the engine, and blocks while that is behind.
func (i *insertion) append(b []byte) error {
	if len(b) == 0 || i.lib.insertAppend(i.ptr, unsafe.Pointer(&b[0]), uintptr(len(b))) == 0 { //nolint:gosec // C copies it during the call
		return nil
	}
	if err := i.err(); err != nil {
		return err
	}
	return errors.New("insert ended before its data")
}

// finish ends the data and waits for the commit.
func (i *insertion) finish() (summary, error) {
	r, err := i.lib.take(i.lib.insertDone(i.ptr))
	if err != nil {
		return summary{}, err
	}
	defer r.destroy()
	return r.summary(), nil
}

// close frees the insert, and cancels one that was not finished.
func (i *insertion) close() {
	if i.ptr != 0 {
		i.lib.insertDestroy(i.ptr)
		i.ptr = 0
	}
}
