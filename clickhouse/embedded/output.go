//go:build linux || darwin

package embedded

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// frameBytes is how much goes into one compressed frame: the size that ClickHouse itself cuts at.
const frameBytes = 1 << 20

// body undoes the compression of a request: that of HTTP, then ClickHouse's own frames.
func body(r io.Reader, encoding string, q url.Values) (io.Reader, error) {
	var err error
	switch encoding {
	case "", "identity":
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	default:
		return nil, fault(48, "NOT_IMPLEMENTED", "Content-Encoding %s is not supported", encoding)
	}
	if errors.Is(err, io.EOF) { // an empty body has no header
		return http.NoBody, nil
	}
	if err != nil {
		return nil, fault(117, "INCORRECT_DATA", "request body: %v", err)
	}
	if q.Get("decompress") == "1" {
		r = frames{compress.NewReader(r)}
	}
	return r, nil
}

// frames makes the end of a framed body a plain io.EOF. The decoder wraps it, which io.ReadAll and io.MultiReader take for
// a failure. A body that was cut off stays io.ErrUnexpectedEOF.
type frames struct{ r io.Reader }

func (f frames) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// output is the body of an answer. Close writes what compression holds back; nothing is sent before the first Write, so
// that an error can still be answered as such.
type output interface {
	io.Writer
	Close() error
}

// newOutput picks the compression that the client asked for.
func newOutput(w http.ResponseWriter, r *http.Request, q url.Values) output {
	switch {
	case q.Get("compress") == "1":
		method := compress.LZ4
		switch strings.ToUpper(q.Get("network_compression_method")) {
		case "ZSTD":
			method = compress.ZSTD
		case "NONE":
			method = compress.None
		}
		return &frameOutput{w, compress.NewWriter(compress.LevelZero, method)}
	case q.Get("enable_http_compression") == "1" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
		return &gzipOutput{w: w}
	}
	return plainOutput{w}
}

type plainOutput struct{ io.Writer }

func (plainOutput) Close() error { return nil }

type frameOutput struct {
	w   io.Writer
	enc *compress.Writer
}

func (o *frameOutput) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), frameBytes)
		if err := o.enc.Compress(rest[:n]); err != nil {
			return 0, err
		}
		if _, err := o.w.Write(o.enc.Data); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

func (o *frameOutput) Close() error { return nil }

type gzipOutput struct {
	w  http.ResponseWriter
	gz *gzip.Writer // from the first Write on
}

func (o *gzipOutput) Write(p []byte) (int, error) {
	if o.gz == nil {
		o.w.Header().Set("Content-Encoding", "gzip")
		gz, err := gzip.NewWriterLevel(o.w, gzip.BestSpeed)
		if err != nil {
			return 0, err
		}
		o.gz = gz
	}
	return o.gz.Write(p)
}

func (o *gzipOutput) Close() error {
	if o.gz == nil {
		return nil
	}
	return o.gz.Close()
}

// transcoder writes blocks of the Native format. The library makes them at protocol revision 0 only; a client that named a
// later one wants a block info in front of each and a byte about the serialization in front of each column.
type transcoder struct {
	w        io.Writer
	revision uint64
	buf      chproto.Buffer
}

func (t *transcoder) Write(b []byte) (int, error) {
	if t.revision == 0 || len(b) == 0 {
		return t.w.Write(b)
	}
	rd := chproto.NewReader(bytes.NewReader(b))
	for {
		block := proto.Block{ServerContext: &column.ServerContext{Timezone: time.UTC}}
		if err := block.Decode(rd, 0); errors.Is(err, io.EOF) {
			return len(b), nil
		} else if err != nil {
			return 0, fault(432, "UNKNOWN_CODEC", "this result does not go through Native, ask for another format: %v", err)
		}
		t.buf.Reset()
		if err := block.Encode(&t.buf, t.revision); err != nil {
			return 0, fault(432, "UNKNOWN_CODEC", "this result does not go through Native, ask for another format: %v", err)
		}
		if _, err := t.w.Write(t.buf.Buf); err != nil {
			return 0, err
		}
	}
}

// contentType gives the media type of a format.
func contentType(format string) string {
	switch {
	case format == "Native" || strings.HasPrefix(format, "RowBinary"):
		return "application/octet-stream"
	case strings.Contains(format, "EachRow"):
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "CSVWithNames"):
		return "text/csv; charset=UTF-8; header=present"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8; header=absent"
	case strings.HasPrefix(format, "TabSeparated") || strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	}
	return "text/plain; charset=UTF-8"
}
