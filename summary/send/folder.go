package send

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Folder puts summaries down as files below a folder of this machine, each whole
// or not at all: <address>/<summary>/<period>/<area>/<lang>/<vintage>/<name>.
type Folder struct{ dir string }

// NewFolder returns the channel; the folder is made with the first summary.
func NewFolder(dir string) *Folder { return &Folder{dir} }

// place is where the forms of a message go, with slashes.
func place(m Message) string {
	return path.Join(m.To.Address, m.Run.Summary, m.Run.Period.String(), m.Run.Area.String(), m.Lang, m.Run.AsOf.UTC().Format("20060102T150405.000Z"))
}

// names of the files of a message: two forms of one name would be one file.
func names(m Message) []string {
	out, seen := make([]string, len(m.Forms)), map[string]bool{}
	for i, f := range m.Forms {
		out[i] = fileName(f)
		if seen[out[i]] {
			out[i] = f.Format + "-" + out[i]
		}
		seen[out[i]] = true
	}
	return out
}

// Send implements Channel. Sent again it writes the same files again, so that all
// its refusals are for a time.
func (c *Folder) Send(ctx context.Context, m Message) (string, error) {
	root, dir, err := c.open(m, true)
	if err != nil {
		return "", &RefusedError{Temporary: true, Err: fmt.Errorf("folder: %w", err)}
	}
	defer root.Close() //nolint:errcheck // nothing is written through it
	for i, name := range names(m) {
		if err := ctx.Err(); err != nil {
			return "", &RefusedError{Temporary: true, Err: err}
		}
		if err := put(root, filepath.Join(dir, name), m.Forms[i].Bytes); err != nil {
			return "", &RefusedError{Temporary: true, Err: fmt.Errorf("folder: %w", err)}
		}
	}
	if err := syncDirs(root, dir); err != nil {
		return "", &RefusedError{Temporary: true, Err: fmt.Errorf("folder: %w", err)}
	}
	return filepath.ToSlash(dir), nil
}

// Arrived implements Prober: all files are there, with these bytes.
func (c *Folder) Arrived(_ context.Context, m Message) (bool, error) {
	root, dir, err := c.open(m, false)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // read only
	for i, name := range names(m) {
		b, err := root.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Equal(b, m.Forms[i].Bytes) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("folder: %w", err)
		}
	}
	return true, nil
}

func (c *Folder) open(m Message, create bool) (root *os.Root, dir string, err error) {
	if create {
		if err := os.MkdirAll(c.dir, 0o750); err != nil {
			return nil, "", err
		}
	}
	if root, err = os.OpenRoot(c.dir); err != nil {
		return nil, "", err
	}
	dir = filepath.FromSlash(place(m))
	if create {
		if err := root.MkdirAll(dir, 0o750); err != nil {
			return nil, "", errors.Join(err, root.Close())
		}
	}
	return root, dir, nil
}

// put writes a file beside its place and renames it: who looks sees all or none.
func put(root *os.Root, name string, body []byte) error {
	part := name + ".part"
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(part, name)
}

// syncDirs makes the names durable: those of the files and of the folders above.
func syncDirs(root *os.Root, dir string) error {
	for {
		d, err := root.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
		if dir == "." {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

// Store is a folder of a bucket.
type Store interface {
	// Put stores an object whole.
	Put(ctx context.Context, name string, body []byte) error
	// Open returns an object's bytes. Errors: fs.ErrNotExist.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Bucket is Folder in a bucket.
type Bucket struct{ store Store }

// NewBucket returns the channel.
func NewBucket(s Store) *Bucket { return &Bucket{s} }

// Send implements Channel.
func (c *Bucket) Send(ctx context.Context, m Message) (string, error) {
	dir := place(m)
	for i, name := range names(m) {
		if err := c.store.Put(ctx, path.Join(dir, name), m.Forms[i].Bytes); err != nil {
			return "", &RefusedError{Temporary: true, Err: err}
		}
	}
	return dir, nil
}

// Arrived implements Prober.
func (c *Bucket) Arrived(ctx context.Context, m Message) (bool, error) {
	dir := place(m)
	for i, name := range names(m) {
		same, err := c.has(ctx, path.Join(dir, name), m.Forms[i].Bytes)
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (c *Bucket) has(ctx context.Context, name string, body []byte) (same bool, err error) {
	r, err := c.store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	want := sha256.Sum256(body)
	return hex.EncodeToString(h.Sum(nil)) == hex.EncodeToString(want[:]), nil
}
