package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
)

// file is one file of a package; what is written is hashed and counted on the way.
type file struct {
	path string // within the package, with slashes
	f    *os.File
	buf  *bufio.Writer
	hash hash.Hash
	n    int64
}

func (p *pack) create(path string) (*file, error) {
	name := filepath.Join(p.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // a package is for everybody
		return nil, fmt.Errorf("make folder: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a package is for everybody
	if err != nil {
		return nil, fmt.Errorf("make file: %w", err)
	}
	return &file{path: path, f: f, buf: bufio.NewWriterSize(f, 64<<10), hash: sha256.New()}, nil
}

// Write implements io.Writer.
func (f *file) Write(b []byte) (int, error) {
	n, err := f.buf.Write(b)
	f.n += int64(n)
	f.hash.Write(b[:n])
	if err != nil {
		return n, fmt.Errorf("write %s: %w", f.path, err)
	}
	return n, nil
}

// close makes the file durable.
func (f *file) close() (Resource, error) {
	if err := errors.Join(f.buf.Flush(), f.f.Sync(), f.f.Close()); err != nil {
		return Resource{}, fmt.Errorf("close %s: %w", f.path, err)
	}
	return Resource{Path: f.path, Bytes: f.n, SHA256: hex.EncodeToString(f.hash.Sum(nil))}, nil
}

func (f *file) abandon() { _ = f.f.Close() } // the folder goes, too
