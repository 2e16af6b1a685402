// Package archive keeps raw objects: the bytes exactly as a source gave them,
// addressed by their sha256, compressed with zstd, in a folder or in a bucket. All
// streams and tables can be rebuilt from it. An object is written once and whole,
// so that a reader never sees half of one. It lies in one of three forms:
//
//	aa/<sha256>.zst                         open
//	aa/<sha256>.zst.age                     sealed: encrypted for the archive's key
//	aa/<sha256>.gone                        a note: the bytes were let go, why and when
//	once/<sha256>.<source>.<seq>.age        sealed, and let go once it was decoded
//
// The hash is always that of the plain bytes, so that the same bytes are known as
// the same, and values name them, in each form.
package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// ErrNotFound says that no object has the hash, or that a prefix names none.
var ErrNotFound = errors.New("no such raw object")

// ErrGone says that the bytes were let go on purpose: dropped once they were
// decoded, or pruned. The error that wraps it says when and why.
var ErrGone = errors.New("raw object was let go")

// ErrSealed says that an object is sealed and that the key is not at hand.
var ErrSealed = errors.New("raw object is sealed")

// ErrAmbiguous says that a prefix names more than one object.
var ErrAmbiguous = errors.New("more than one raw object begins so")

// MinPrefix is the number of hexadecimal digits that Find wants at least.
const MinPrefix = 6

// Store is an archive of raw objects. It is safe for concurrent use, also by
// several processes.
type Store struct {
	b   Backend
	key *Key
	// maxBytes bounds what Get unpacks, so that a damaged object cannot fill the memory.
	maxBytes int64
}

// DefaultMaxBytes is the largest object that Get unpacks.
const DefaultMaxBytes = 4 << 30

// Open opens a folder without a key: sealed objects are neither made nor read.
// It makes the folder where there is none.
func Open(dir string) (*Store, error) {
	b, err := OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	return New(b, nil), nil
}

// New returns the archive over a backend. key may be nil: then nothing is sealed
// or unsealed.
func New(b Backend, key *Key) *Store {
	return &Store{b: b, key: key, maxBytes: DefaultMaxBytes}
}

// recipientName is where the archive says for whom it was sealed last.
const recipientName = "recipient"

// Claim holds the key against the archive, and writes down for whom it is sealed.
// It refuses a key that is not the one that sealed what lies there: a new key in
// place of a lost one would leave old objects unreadable without a word.
func (s *Store) Claim(ctx context.Context) error {
	was, err := s.read(ctx, recipientName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old := strings.TrimSpace(string(was))
	switch {
	case old == s.key.Recipient():
		return nil
	case old != "" && !s.key.holds(old):
		return fmt.Errorf("raw archive is sealed for %s and the key at hand is %s: put the key of the archive back, or add the new one above it in its file", old, s.key.Recipient())
	}
	return s.b.Put(ctx, recipientName, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, s.key.Recipient())
		return err
	})
}

func (s *Store) read(ctx context.Context, name string) ([]byte, error) {
	r, err := s.b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("raw archive: %s: %w", name, err)
	}
	return b, nil
}

// Put stores the bytes in the open and returns their sha256. It returns once they
// are durable; what is there already, open or sealed, is not written again.
func (s *Store) Put(ctx context.Context, b []byte) ([sha256.Size]byte, error) {
	return s.put(ctx, b, Object{Form: Plain})
}

// Sealed returns the way to store that encrypts. The archive must have its key.
func (s *Store) Sealed() Sealed { return Sealed{s} }

// Sealed stores objects encrypted for the key of the archive.
type Sealed struct{ s *Store }

// Put is like Store.Put, and takes away the same bytes in the open.
func (s Sealed) Put(ctx context.Context, b []byte) ([sha256.Size]byte, error) {
	return s.s.put(ctx, b, Object{Form: Sealing})
}

// Once returns the way to store for a source whose objects are let go once they
// were decoded. after gives the sequence in RAW of the last frame of the source:
// the frame that refers to the bytes comes behind it, and a sweep goes by that.
// The archive must have its key.
func (s *Store) Once(source string, after func() uint64) Once { return Once{s, source, after} }

// Once stores objects, encrypted, until they were decoded.
type Once struct {
	s      *Store
	source string
	after  func() uint64
}

// Put stores the bytes and returns once they are durable. It writes them even if
// they are there for an earlier frame, since a sweep may be about to remove those.
func (o Once) Put(ctx context.Context, b []byte) ([sha256.Size]byte, error) {
	return o.s.put(ctx, b, Object{Form: Passing, Source: o.source, After: o.after()})
}

// put stores the bytes in a form; o has all but the hash.
func (s *Store) put(ctx context.Context, b []byte, o Object) ([sha256.Size]byte, error) {
	o.Sum = sha256.Sum256(b)
	there, err := s.forms(ctx, o.Sum)
	if err != nil {
		return o.Sum, err
	}
	_, open := there[Plain]
	_, sealed := there[Sealing]
	if o.Form != Plain && s.key == nil {
		return o.Sum, fmt.Errorf("store raw object: %w: the archive has no key", ErrSealed)
	}
	if o.Form == Passing || !sealed && (o.Form == Sealing || !open) {
		if err := s.b.Put(ctx, o.name(), func(w io.Writer) error { return s.pack(w, b, o.Form) }); err != nil {
			return o.Sum, err
		}
	}
	// The bytes are durable in the form asked for: now what contradicts it may go.
	if old, ok := there[Plain]; ok && o.Form == Sealing {
		if err := s.b.Remove(ctx, old.name()); err != nil {
			return o.Sum, err
		}
	}
	if note, ok := there[Gone]; ok && o.Form != Passing {
		return o.Sum, s.b.Remove(ctx, note.name())
	}
	return o.Sum, nil
}

// pack writes the bytes as they lie in a form.
func (s *Store) pack(w io.Writer, b []byte, f Form) error {
	if f == Plain {
		return compress(w, b)
	}
	sealed, err := age.Encrypt(w, s.key.identities[0].Recipient())
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return errors.Join(compress(sealed, b), sealed.Close())
}

func compress(w io.Writer, b []byte) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = z.Write(b)
	return errors.Join(err, z.Close())
}

// Get returns the bytes of an object and checks them against its name. Errors:
// ErrNotFound; ErrGone; ErrSealed; another error where what lies there is damaged.
func (s *Store) Get(ctx context.Context, sum [sha256.Size]byte) ([]byte, error) {
	o, err := s.find(ctx, sum)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = s.unpack(ctx, o, &b)
	if errors.Is(err, ErrNotFound) { // it was sealed, or let go, between the two
		b.Reset()
		if o, err = s.find(ctx, sum); err == nil {
			err = s.unpack(ctx, o, &b)
		}
	}
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// find returns the form from which an object is read.
func (s *Store) find(ctx context.Context, sum [sha256.Size]byte) (Object, error) {
	there, err := s.forms(ctx, sum)
	if err != nil {
		return Object{}, err
	}
	for _, f := range []Form{Plain, Sealing, Passing} {
		if o, ok := there[f]; ok {
			return o, nil
		}
	}
	name := hex.EncodeToString(sum[:])
	note, ok := there[Gone]
	if !ok {
		return Object{}, fmt.Errorf("raw object %s: %w", name, ErrNotFound)
	}
	var n Note
	b, err := s.read(ctx, note.name())
	if err == nil {
		err = json.Unmarshal(b, &n)
	}
	if err != nil {
		return Object{}, fmt.Errorf("raw object %s: its note: %w", name, err)
	}
	return Object{}, fmt.Errorf("raw object %s: %w on %s: %s", name, ErrGone, n.At.Format(time.DateOnly), n.Reason)
}

// unpack writes the plain bytes of an object and checks them, in bounded memory.
func (s *Store) unpack(ctx context.Context, o Object, w io.Writer) error {
	fault := func(err error) error { return fmt.Errorf("raw object %s: %w", o, err) }
	f, err := s.b.Open(ctx, o.name())
	if errors.Is(err, fs.ErrNotExist) {
		return fault(ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if o.Form != Plain {
		if s.key == nil {
			return fault(fmt.Errorf("%w: give the key of the archive", ErrSealed))
		}
		if r, err = age.Decrypt(f, s.key.all()...); err != nil {
			if errors.Is(err, age.ErrIncorrectIdentity) {
				return fault(fmt.Errorf("%w for another key than %s", ErrSealed, s.key.Recipient()))
			}
			return fault(&DamagedError{Name: o.name(), Cause: err})
		}
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return fault(err)
	}
	defer z.Close()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(z, s.maxBytes+1))
	switch {
	case ctx.Err() != nil:
		return fault(ctx.Err())
	case err != nil:
		return fault(&DamagedError{Name: o.name(), Cause: err})
	case n > s.maxBytes || [sha256.Size]byte(hash.Sum(nil)) != o.Sum:
		return fault(&DamagedError{Name: o.name(), Cause: errors.New("it holds other bytes")})
	}
	return nil
}

// DamagedError says that what lies under a name is not the object any more.
type DamagedError struct {
	Name  string // within the archive
	Cause error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged (%v): restore it from a backup", e.Name, e.Cause)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Cause }

// Find returns the hash of the one object whose name begins with the
// hexadecimal prefix. Errors: ErrNotFound, ErrAmbiguous.
func (s *Store) Find(ctx context.Context, prefix string) (sum [sha256.Size]byte, err error) {
	prefix = strings.ToLower(prefix)
	if len(prefix) < MinPrefix || len(prefix) > hex.EncodedLen(len(sum)) || strings.Trim(prefix, "0123456789abcdef") != "" {
		return sum, fmt.Errorf("raw object %q: want %d to %d hexadecimal digits of its sha256", prefix, MinPrefix, hex.EncodedLen(len(sum)))
	}
	found := map[[sha256.Size]byte]bool{}
	err = s.walk(ctx, prefix, func(o Object) error {
		sum = o.Sum
		found[o.Sum] = true
		return nil
	})
	switch {
	case err != nil:
		return sum, err
	case len(found) == 0:
		return sum, fmt.Errorf("raw object %s: %w", prefix, ErrNotFound)
	case len(found) > 1:
		return sum, fmt.Errorf("raw object %s: %w (%d): give more digits", prefix, ErrAmbiguous, len(found))
	}
	return sum, nil
}

// WithoutKey returns the archive as it is for whoever has no key.
func (s *Store) WithoutKey() *Store {
	return &Store{b: s.b, maxBytes: s.maxBytes}
}
