package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/auyl-kz/auyl/internal/s3"
)

// Backend is where objects lie: names are relative, with slashes.
type Backend interface {
	// Put stores what write writes under the name and returns once it is durable.
	// A reader sees all of it or nothing; what had the name before is replaced.
	Put(ctx context.Context, name string, write func(io.Writer) error) error
	// Open returns the bytes under a name; the caller closes. Errors: fs.ErrNotExist.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Walk calls visit for each name that begins with the prefix, by name, with its
	// size. What is removed or put meanwhile may be visited or not.
	Walk(ctx context.Context, prefix string, visit func(name string, size int64) error) error
	// Remove takes a name away for good; one that is not there is no error.
	Remove(ctx context.Context, name string) error
}

// Folder is a Backend on a file system. It is safe for concurrent use, also by
// several processes.
type Folder struct{ dir string }

// OpenFolder makes the folder where there is none.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open raw archive: %w", err)
	}
	return &Folder{dir: dir}, nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Put implements Backend: a temporary file, fsync, rename, fsync of the folder.
func (f *Folder) Put(_ context.Context, name string, write func(io.Writer) error) (err error) {
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	part, err := os.CreateTemp(filepath.Dir(path), "*.part")
	if err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	defer func() {
		if err != nil {
			if e := os.Remove(part.Name()); !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	if err := errors.Join(write(part), part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename or a removal itself durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("raw archive: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("raw archive: %w", err)
	}
	return nil
}

// Open implements Backend.
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, fmt.Errorf("raw archive: %w", err)
	}
	return file, nil
}

// Walk implements Backend. It reads the one folder that the prefix names, or all
// folders below where the prefix has none.
func (f *Folder) Walk(ctx context.Context, prefix string, visit func(string, int64) error) error {
	dir, _, deep := strings.Cut(prefix, "/")
	root := f.dir
	if deep {
		root = f.path(dir)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile, or nothing was put there yet
		}
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(f.dir, path)
		name := filepath.ToSlash(rel)
		if err != nil || !strings.HasPrefix(name, prefix) || strings.HasSuffix(name, ".part") {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(name, info.Size())
	})
	if err != nil {
		return fmt.Errorf("raw archive: %w", err)
	}
	return nil
}

// Remove implements Backend.
func (f *Folder) Remove(_ context.Context, name string) error {
	path := f.path(name)
	if err := os.Remove(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("raw archive: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// Bucket is a Backend in an S3-compatible store. It is safe for concurrent use,
// also by several processes and machines.
type Bucket struct{ b *s3.Bucket }

// OpenBucket opens s3://bucket/prefix?endpoint=…&region=…; env gives the secrets,
// see package s3. Nothing is asked yet.
func OpenBucket(url string, env func(string) (string, bool)) (*Bucket, error) {
	b, err := s3.Open(url, env, nil)
	if err != nil {
		return nil, fmt.Errorf("open raw archive: %w", err)
	}
	return &Bucket{b}, nil
}

// Put implements Backend. The object is held in memory until its size is known.
func (b *Bucket) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		return fmt.Errorf("store raw object: %w", err)
	}
	return b.b.Put(ctx, name, body.Bytes())
}

// Open implements Backend.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.b.Open(ctx, name)
}

// Walk implements Backend.
func (b *Bucket) Walk(ctx context.Context, prefix string, visit func(string, int64) error) error {
	return b.b.Walk(ctx, prefix, func(o s3.Object) error { return visit(o.Name, o.Size) })
}

// Remove implements Backend.
func (b *Bucket) Remove(ctx context.Context, name string) error { return b.b.Remove(ctx, name) }
