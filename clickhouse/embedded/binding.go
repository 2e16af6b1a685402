//go:build linux || darwin

//nolint:gosec // this file is the way into C: all of it is unsafe
package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// queryFunc is the shape that the three entry points for statements share: connection, statement, format, parameters.
type queryFunc func(conn uintptr, query unsafe.Pointer, queryLen uintptr, format unsafe.Pointer, formatLen uintptr,
	names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr

// library is a loaded libchdb. A process has one, and one data folder with it.
type library struct {
	signals *signalKeeper
	version func() string

	connect   func(argc int32, argv unsafe.Pointer) uintptr // pointer to a handle, or 0
	closeConn func(conn uintptr)

	query        queryFunc
	streamQuery  queryFunc
	streamFetch  func(conn, stream uintptr) uintptr
	streamCancel func(conn, stream uintptr)
	destroy      func(result uintptr)

	insert        queryFunc
	insertAppend  func(stream uintptr, data unsafe.Pointer, n uintptr) int32
	insertDone    func(stream uintptr) uintptr
	insertError   func(stream uintptr) uintptr // const char*, or 0
	insertDestroy func(stream uintptr)

	resultBuffer       func(r uintptr) unsafe.Pointer
	resultLength       func(r uintptr) uintptr
	resultElapsed      func(r uintptr) float64 // seconds
	resultRows         func(r uintptr) uint64
	resultReadRows     func(r uintptr) uint64
	resultReadBytes    func(r uintptr) uint64
	resultRowsWritten  func(r uintptr) uint64
	resultBytesWritten func(r uintptr) uint64
	resultError        func(r uintptr) uintptr // const char*, or 0
}

// openLibrary loads the shared library. A missing or foreign file is an error.
func openLibrary(path string) (l *library, err error) {
	defer func() { // RegisterLibFunc panics where a symbol is missing
		if r := recover(); r != nil {
			l, err = nil, fmt.Errorf("load %s: %v", path, r)
		}
	}()
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library: %w", err)
	}
	l = &library{}
	for name, f := range map[string]any{
		"chdb_version":                     &l.version,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_query_with_params_n":         &l.query,
		"chdb_stream_query_with_params_n":  &l.streamQuery,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_destroy_query_result":        &l.destroy,
		"chdb_stream_insert_with_params_n": &l.insert,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_elapsed":              &l.resultElapsed,
		"chdb_result_rows_read":            &l.resultRows,
		"chdb_result_storage_rows_read":    &l.resultReadRows,
		"chdb_result_storage_bytes_read":   &l.resultReadBytes,
		"chdb_result_rows_written":         &l.resultRowsWritten,
		"chdb_result_bytes_written":        &l.resultBytesWritten,
		"chdb_result_error":                &l.resultError,
	} {
		purego.RegisterLibFunc(f, h, name)
	}
	if l.signals, err = newSignalKeeper(); err != nil {
		return nil, err
	}
	// Without this the first connect installs the engine's crash handlers over those of the Go runtime. The call itself,
	// and each connect after it, resets them to the default instead: hence signals.around here and in open.
	var enableSignals func(enabled int32)
	purego.RegisterLibFunc(&enableSignals, h, "chdb_set_signal_handlers_enabled")
	l.signals.around(func() { enableSignals(0) })
	return l, nil
}

// open makes a connection. The first one boots the engine and must stay open, since closing the last stops it; each takes
// arguments as clickhouse-local does: --path, which must always be the same, and --config-file.
func (l *library) open(args ...string) (*conn, error) {
	args = append([]string{"clickhouse"}, args...)
	bufs := make([][]byte, len(args))
	argv := make([]unsafe.Pointer, len(args)+1) // ends with a NULL
	for i, a := range args {
		bufs[i] = append([]byte(a), 0)
		argv[i] = unsafe.Pointer(&bufs[i][0])
	}
	var p uintptr
	l.signals.around(func() { p = l.connect(int32(len(args)), unsafe.Pointer(&argv[0])) })
	runtime.KeepAlive(bufs)
	runtime.KeepAlive(argv)
	if p == 0 { // the library says why in its log only
		return nil, errors.New("engine refused the connection: its log names the reason")
	}
	return &conn{lib: l, ptr: p, handle: *(*uintptr)(pointer(p))}, nil
}

// parameters are named values in the layout of C: arrays of pointers and lengths.
type parameters struct {
	names, values       []unsafe.Pointer
	nameLens, valueLens []uintptr
}

func newParameters(m map[string]string) *parameters {
	p := &parameters{}
	for name, value := range m {
		n, v := append([]byte(name), 0), append([]byte(value), 0)
		p.names, p.nameLens = append(p.names, unsafe.Pointer(&n[0])), append(p.nameLens, uintptr(len(name)))
		p.values, p.valueLens = append(p.values, unsafe.Pointer(&v[0])), append(p.valueLens, uintptr(len(value)))
	}
	return p
}

// call passes statement, format and parameters to one of the three entry points.
func (c *conn) call(f queryFunc, query, format string, params map[string]string) uintptr {
	p := newParameters(params)
	q, fm := append([]byte(query), 0), append([]byte(format), 0)
	r := f(c.handle, unsafe.Pointer(&q[0]), uintptr(len(query)), unsafe.Pointer(&fm[0]), uintptr(len(format)),
		first(p.names), first(p.nameLens), first(p.values), first(p.valueLens), uintptr(len(p.names)))
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
	runtime.KeepAlive(fm)
	return r
}

func first[T any](s []T) unsafe.Pointer {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Pointer(&s[0])
}

// pointer makes an address of C memory a pointer. The memory is not Go's and never moves, which go vet cannot know.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// cString copies a C string, which must not be NULL.
func cString(p uintptr) string {
	b := (*byte)(pointer(p))
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(b), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(b, n))
}
