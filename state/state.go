// Package state keeps what a stage remembers: keys and values in order, and the
// sequence of the input up to which they are true. Both are written in one
// synced batch, so that after a crash at any instant they agree. It is the only
// home of the store (Pebble) and knows neither keys nor values.
//
// One process owns a directory. The caller closes the store; reads and Commit
// are safe for concurrent use, and a reader sees whole commits or nothing of
// them only if it does not read while a commit is under way: a stage reads,
// then commits.
package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	auyl "github.com/auyl-kz/auyl"
)

// FormatVersion is the version of the layout of a store's directory. A store
// that was written by a newer program is refused.
const FormatVersion = 1

var (
	// ErrLocked says that another store, here or in another process, has the directory open.
	ErrLocked = errors.New("directory is in use")
	// ErrNewerFormat says that a newer program wrote the directory.
	ErrNewerFormat = errors.New("written by a newer version")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// Keys of a stage live under prefixData, our own under prefixMeta.
const (
	prefixMeta = 0x00
	prefixData = 0x01
)

func metaFormat() []byte { return []byte{prefixMeta, 'f'} }
func metaCursor() []byte { return []byte{prefixMeta, 'c'} }

// Options of a store. The zero value is the default.
type Options struct {
	CacheBytes    int64        // of blocks in memory; 64 MiB if zero
	MemTableBytes uint64       // written before it goes to a file; 16 MiB if zero
	Logger        *slog.Logger // gets the store's errors; nil is silent
}

// Store is an open directory.
type Store struct {
	mu     sync.RWMutex // held for writing by Close alone
	db     *pebble.DB
	lock   io.Closer // of the directory; outlives db
	closed bool
}

var _ auyl.View = (*Store)(nil)

// Open opens a directory, which is made if it is not there. Errors: ErrLocked,
// ErrNewerFormat.
func Open(dir string, o Options) (*Store, error) {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 16 << 20
	}
	// The lock is taken apart from opening so that "in use" can be told from
	// other failures without reading an error's text.
	if err := vfs.Default.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open state %s: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, vfs.Default)
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w: stop the other process or give this one its own directory: %w", dir, ErrLocked, err)
	}
	db, err := pebble.Open(dir, &pebble.Options{
		CacheSize:          o.CacheBytes,
		MemTableSize:       o.MemTableBytes,
		FormatMajorVersion: pebble.FormatNewest,
		Logger:             quiet{log},
		Lock:               lock,
	})
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", dir, errors.Join(err, lock.Close()))
	}
	s := &Store{db: db, lock: lock}
	if err := s.checkFormat(); err != nil {
		return nil, fmt.Errorf("open state %s: %w", dir, errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Store) checkFormat() error {
	v, err := s.get(metaFormat())
	if err != nil {
		return err
	}
	if v == nil {
		v = binary.BigEndian.AppendUint32(nil, FormatVersion)
		return s.db.Set(metaFormat(), v, pebble.Sync)
	}
	if len(v) != 4 {
		return fmt.Errorf("format version has %d bytes, want 4", len(v))
	}
	if got := binary.BigEndian.Uint32(v); got > FormatVersion {
		return fmt.Errorf("%w: format %d, this program knows up to %d", ErrNewerFormat, got, FormatVersion)
	}
	return nil
}

// Close gives the directory back. It may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := errors.Join(s.db.Close(), s.lock.Close()); err != nil {
		return fmt.Errorf("close state: %w", err)
	}
	return nil
}

// Cursor returns the input sequence of the last commit, 0 before the first.
func (s *Store) Cursor() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, ErrClosed
	}
	v, err := s.get(metaCursor())
	if err != nil {
		return 0, fmt.Errorf("state cursor: %w", err)
	}
	switch len(v) {
	case 0:
		return 0, nil
	case 8:
		return binary.BigEndian.Uint64(v), nil
	}
	return 0, fmt.Errorf("state cursor: has %d bytes, want 8", len(v))
}

// Commit applies the changes, in order, and moves the cursor, in one write that
// is on disk when it returns. The slices are not kept.
func (s *Store) Commit(changes []auyl.Change, cursor uint64) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	size := 64
	for _, c := range changes {
		size += len(c.Key) + len(c.Value) + 16
	}
	b := s.db.NewBatchWithSize(size)
	var key []byte
	for _, c := range changes {
		key = appendKey(key[:0], c.Key)
		var err error
		if c.Value == nil {
			err = b.Delete(key, nil)
		} else {
			err = b.Set(key, c.Value, nil)
		}
		if err != nil {
			return fmt.Errorf("commit state at %d: %w", cursor, errors.Join(err, b.Close()))
		}
	}
	err := b.Set(metaCursor(), binary.BigEndian.AppendUint64(nil, cursor), nil)
	if err == nil {
		err = b.Commit(pebble.Sync)
	}
	if err := errors.Join(err, b.Close()); err != nil {
		return fmt.Errorf("commit state at %d: %w", cursor, err)
	}
	return nil
}

// Get returns a copy of the value of a key, nil when there is none. A value of
// no bytes is not nil.
func (s *Store) Get(key []byte) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	v, err := s.get(appendKey(nil, key))
	if err != nil {
		return nil, fmt.Errorf("state get: %w", err)
	}
	return v, nil
}

func (s *Store) get(key []byte) (_ []byte, err error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closing(closer, &err)
	return append(make([]byte, 0, len(v)), v...), nil
}

// Scan calls f for each key in [from, to) in order, until f returns false. A
// nil to has no end. The slices given to f may be kept: they are copies.
func (s *Store) Scan(from, to []byte, f func(key, value []byte) bool) (err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	it, err := s.iter(from, to)
	if err != nil {
		return fmt.Errorf("state scan: %w", err)
	}
	defer closing(it, &err)
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("state scan: %w", err)
		}
		if !f(bytes.Clone(it.Key()[1:]), append(make([]byte, 0, len(v)), v...)) {
			return nil
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("state scan: %w", err)
	}
	return nil
}

// Before returns the last key below upper that is not below from; nil when
// there is none.
func (s *Store) Before(from, upper []byte) (key, value []byte, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	it, err := s.iter(from, upper)
	if err != nil {
		return nil, nil, fmt.Errorf("state before: %w", err)
	}
	defer closing(it, &err)
	if !it.Last() {
		return nil, nil, it.Error()
	}
	v, err := it.ValueAndErr()
	if err != nil {
		return nil, nil, fmt.Errorf("state before: %w", err)
	}
	return bytes.Clone(it.Key()[1:]), append(make([]byte, 0, len(v)), v...), nil
}

// iter iterates over the keys of the stage in [from, to).
func (s *Store) iter(from, to []byte) (*pebble.Iterator, error) {
	if s.closed {
		return nil, ErrClosed
	}
	upper := []byte{prefixData + 1}
	if to != nil {
		upper = appendKey(nil, to)
	}
	return s.db.NewIter(&pebble.IterOptions{LowerBound: appendKey(nil, from), UpperBound: upper})
}

func appendKey(dst, key []byte) []byte { return append(append(dst, prefixData), key...) }

// closing closes c and reports its error through err if there is none yet.
func closing(c io.Closer, err *error) { //nolint:gocritic // it sets the result of its caller
	if cerr := c.Close(); cerr != nil && *err == nil {
		*err = cerr
	}
}

// quiet passes on the store's errors and drops its diary of compactions.
type quiet struct{ log *slog.Logger }

func (quiet) Infof(string, ...any) {}
func (q quiet) Errorf(format string, a ...any) {
	q.log.Error("state store", "err", fmt.Sprintf(format, a...))
}

// Fatalf is called when the store found its own files damaged or cannot write
// them. Going on could lose a commit, so the process ends as the store's own
// logger would end it; the next start goes on from the last commit.
func (q quiet) Fatalf(format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	q.log.Error("state store", "fatal", msg)
	panic("state store: " + msg)
}
