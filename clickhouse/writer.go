package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// Writer writes stream messages into tables. It is safe for concurrent use.
type Writer struct {
	db     *DB
	suffix string // of the tables, after their names; empty for the live ones
}

// Writer returns the writer of the database.
func (db *DB) Writer() *Writer { return &Writer{db: db} }

// Insert writes messages of one table, in order, under a token, and returns once the rows can be seen. table is one of
// observation, indicator_value, event, flow, ingest_run and dead_letter, whose messages are Observations, Cells, Events,
// Flow, RunEnd and DeadLetters of the wire format.
//
// A second Insert of the same messages under the same token adds nothing once the first one has returned; where that is not
// known, use Repeat. Blocks are cut by Options.BlockRows at the borders of messages, never by time, so that a repeat is cut
// like the first try.
//
// Errors: *Error, whose Temporary says whether to repeat, and *BadMessageError. Insert keeps neither slice and is safe for
// concurrent use.
func (w *Writer) Insert(ctx context.Context, table, token string, messages [][]byte) error {
	return w.into(ctx, table, table+w.suffix, token, messages)
}

// into inserts messages of one table into that table or one with the same columns.
func (w *Writer) into(ctx context.Context, table, target, token string, messages [][]byte) error {
	db := w.db
	enc, err := db.encoders.get(table)
	if err != nil {
		return err
	}
	defer db.encoders.put(table, enc)
	body := &blocks{table: table, enc: enc, messages: messages, most: db.o.BlockRows, done: make(chan struct{})}
	if err := body.next(); errors.Is(err, io.EOF) {
		return nil // messages without a row
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, db.o.InsertTimeout, errInsertTimeout)
	defer cancel()
	err = db.postInsert(ctx, target, token, enc, body)
	<-body.done // the transport may still read, and the encoder goes back to the pool
	if body.err != nil {
		return body.err
	}
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, db.judge(ctx, target, enc, err))
	}
	if db.o.Inserted != nil {
		db.o.Inserted(table, body.rows)
	}
	return nil
}

var errInsertTimeout = &Error{Message: "no answer within the time for an insert", passing: true}

func (db *DB) postInsert(ctx context.Context, table, token string, enc encoder, body io.Reader) error {
	resp, err := db.http.post(ctx, db.insertParams(table, token, enc), body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return connectionError(ctx, err)
	}
	return nil
}

func (db *DB) insertParams(table, token string, enc encoder) url.Values {
	v := url.Values{
		"database":     {db.database},
		"query":        {"INSERT INTO " + table + " (" + strings.Join(columnNames(enc), ", ") + ") FORMAT Native"},
		"async_insert": {"0"},
		// Rows of a block have no common key, so that collapsing them before they are written costs a sixth of the engine's
		// time and finds nothing.
		"optimize_on_insert": {"0"},
		// A century of years at once is a history, not a mistake.
		"throw_on_max_partitions_per_insert_block": {"0"},
		"max_partitions_per_insert_block":          {"1000"},
	}
	if token != "" {
		v.Set("insert_deduplication_token", token)
	}
	return v
}

func columnNames(enc encoder) []string {
	names := make([]string, 0, len(enc.block()))
	for _, c := range enc.block() {
		names = append(names, c.name)
	}
	return names
}

// judge looks again at a broken connection: an engine that refuses a statement may close before it has read the data, and
// the refusal is then lost. The statement without data is refused as the one with data was.
func (db *DB) judge(ctx context.Context, table string, enc encoder, err error) error {
	var e *Error
	if !errors.As(err, &e) || !e.Temporary() || e.Code != 0 || ctx.Err() != nil {
		return err
	}
	again := db.postInsert(ctx, table, "", enc, bytes.NewReader(nil))
	if errors.As(again, &e) && !e.Temporary() {
		return again
	}
	return err
}

// blocks is the body of an insert: it encodes a block when the one before has been sent, so that the engine works on one
// while the next is made, and an insert of any size needs the memory of two.
type blocks struct {
	table    string
	enc      encoder
	messages [][]byte
	at       int // next message
	most     int // rows
	rows     int // encoded so far
	buf      proto.Buffer
	off      int
	err      error // ours; nil while the messages are good
	done     chan struct{}
	closed   bool
}

// next encodes the next block into buf. It returns io.EOF when no row is left.
func (b *blocks) next() error {
	b.buf.Reset()
	b.off = 0
	b.enc.reset()
	rows := 0
	for b.at < len(b.messages) && rows < b.most {
		if err := b.enc.add(b.messages[b.at]); err != nil {
			b.err = &BadMessageError{Table: b.table, Message: b.at, Err: err}
			return b.err
		}
		b.at++
		rows = b.enc.block()[0].data.Rows()
	}
	if rows == 0 {
		return io.EOF
	}
	b.rows += rows
	if err := encodeBlock(&b.buf, rows, b.enc.block()); err != nil {
		b.err = &BadMessageError{Table: b.table, Message: b.at - 1, Err: err}
		return b.err
	}
	return nil
}

func (b *blocks) Read(p []byte) (int, error) {
	if b.off == len(b.buf.Buf) {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.buf.Buf[b.off:])
	b.off += n
	return n, nil
}

// WriteTo spares the copies of Read: a block is one write.
func (b *blocks) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if b.off == len(b.buf.Buf) {
			if err := b.next(); errors.Is(err, io.EOF) {
				return total, nil
			} else if err != nil {
				return total, err
			}
		}
		n, err := w.Write(b.buf.Buf[b.off:])
		b.off += n
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
}

// Close is called by the transport once it no longer reads.
func (b *blocks) Close() error {
	if !b.closed {
		b.closed = true
		close(b.done)
	}
	return nil
}
