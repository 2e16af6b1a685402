// Package archive keeps raw objects: the bytes exactly as a source gave them,
// addressed by their sha256, compressed with zstd, and kept for ever. All
// streams and tables can be rebuilt from it. An object is written once, under a
// temporary name that is renamed when it is durable, so that a reader never
// sees half of one.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// ErrNotFound says that no object has the hash, or that a prefix names none.
var ErrNotFound = errors.New("no such raw object")

// ErrAmbiguous says that a prefix names more than one object.
var ErrAmbiguous = errors.New("more than one raw object begins so")

// MinPrefix is the number of hexadecimal digits that Find wants at least.
const MinPrefix = 6

// Store is a folder of raw objects. It is safe for concurrent use, also by
// several processes.
type Store struct {
	dir string
	// maxBytes bounds what Get unpacks, so that a damaged object cannot fill the memory.
	maxBytes int64
}

// DefaultMaxBytes is the largest object that Get unpacks.
const DefaultMaxBytes = 4 << 30

// Open makes the folder where there is none.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open raw archive: %w", err)
	}
	return &Store{dir: dir, maxBytes: DefaultMaxBytes}, nil
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name[:2], name+".zst") }

// Put stores the bytes and returns their sha256. It returns once they are
// durable; what is there already is not written again.
func (s *Store) Put(b []byte) (sum [sha256.Size]byte, err error) {
	sum = sha256.Sum256(b)
	path := s.path(hex.EncodeToString(sum[:]))
	if _, err := os.Stat(path); err == nil {
		return sum, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return sum, fmt.Errorf("store raw object: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*.part")
	if err != nil {
		return sum, fmt.Errorf("store raw object: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(compress(f, b), f.Sync(), f.Close()); err != nil {
		return sum, fmt.Errorf("store raw object: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return sum, fmt.Errorf("store raw object: %w", err)
	}
	return sum, syncDir(filepath.Dir(path))
}

func compress(w io.Writer, b []byte) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = z.Write(b)
	return errors.Join(err, z.Close())
}

// syncDir makes the rename itself durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	return nil
}

// Get returns the bytes of an object and checks them against its name.
// Errors: ErrNotFound; another error where the object on disk is damaged.
func (s *Store) Get(sum [sha256.Size]byte) ([]byte, error) {
	name := hex.EncodeToString(sum[:])
	f, err := os.Open(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("raw object %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("raw object: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("raw object %s: %w", name, err)
	}
	defer z.Close()
	b, err := io.ReadAll(io.LimitReader(z, s.maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("raw object %s: %w", name, err)
	}
	if int64(len(b)) > s.maxBytes || sha256.Sum256(b) != sum {
		return nil, fmt.Errorf("raw object %s: the file on disk has other bytes: restore it from a backup", name)
	}
	return b, nil
}

// Find returns the hash of the one object whose name begins with the
// hexadecimal prefix. Errors: ErrNotFound, ErrAmbiguous.
func (s *Store) Find(prefix string) (sum [sha256.Size]byte, err error) {
	prefix = strings.ToLower(prefix)
	if len(prefix) < MinPrefix || len(prefix) > hex.EncodedLen(len(sum)) || strings.Trim(prefix, "0123456789abcdef") != "" {
		return sum, fmt.Errorf("raw object %q: want %d to %d hexadecimal digits of its sha256", prefix, MinPrefix, hex.EncodedLen(len(sum)))
	}
	found, err := filepath.Glob(s.path(prefix + "*"))
	if err != nil {
		return sum, fmt.Errorf("raw object %s: %w", prefix, err)
	}
	switch len(found) {
	case 0:
		return sum, fmt.Errorf("raw object %s: %w", prefix, ErrNotFound)
	case 1:
		name := strings.TrimSuffix(filepath.Base(found[0]), ".zst")
		if _, err := hex.Decode(sum[:], []byte(name)); err != nil {
			return sum, fmt.Errorf("raw object %s: %w", prefix, err)
		}
		return sum, nil
	}
	return sum, fmt.Errorf("raw object %s: %w (%d): give more digits", prefix, ErrAmbiguous, len(found))
}
