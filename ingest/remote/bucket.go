package remote

import (
	"context"
	"errors"
	"io"

	"github.com/auyl-kz/auyl/internal/s3"
)

// Bucket is a folder in an S3-compatible store.
type Bucket struct{ b *s3.Bucket }

// OpenBucket opens s3://bucket/prefix?endpoint=…&region=…&credentials=NAME; env
// gives the secrets, see package s3. Nothing is asked yet.
func OpenBucket(url string, env func(string) (string, bool)) (*Bucket, error) {
	b, err := s3.Open(url, env, nil)
	if err != nil {
		return nil, err
	}
	return &Bucket{b}, nil
}

// List implements Folder.
func (b *Bucket) List(ctx context.Context) ([]File, error) {
	var out []File
	err := b.b.Walk(ctx, "", func(o s3.Object) error {
		if plain(o.Name) {
			out = append(out, File{Name: o.Name, Size: o.Size, Modified: o.Modified, ETag: o.ETag})
		}
		return nil
	})
	return out, err
}

// Read implements Folder.
func (b *Bucket) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	r, err := b.b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	w := &bounded{limit: limit}
	_, err = io.Copy(w, r)
	return w.b, errors.Join(err, r.Close())
}
