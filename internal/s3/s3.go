// Package s3 is a folder in a bucket of an S3-compatible store: objects are put
// whole, read, listed and removed under a prefix. It is the only home of
// minio-go, and knows neither archive nor sources.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Address is where a folder of objects is, as its URL says:
// s3://bucket/prefix?endpoint=https://s3.example.org&region=kz-1&credentials=NAME.
type Address struct {
	Bucket, Prefix string // the prefix ends in / or is empty
	Endpoint       url.URL
	Region         string
	// Credentials begins the names of the two environment variables with the
	// secrets: NAME_ACCESS_KEY_ID and NAME_SECRET_ACCESS_KEY.
	Credentials string
}

// ParseAddress reads the URL. It holds no secret: user and password are refused.
func ParseAddress(raw string) (Address, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Address{}, fmt.Errorf("%q: %w", raw, errors.Unwrap(err))
	}
	bad := func(what string) (Address, error) {
		return Address{}, fmt.Errorf("%q %s: want s3://bucket/prefix?endpoint=https://host&region=…", u.Redacted(), what)
	}
	a := Address{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Credentials: "AWS", Region: "us-east-1"}
	switch {
	case u.Scheme != "s3" || u.Host == "":
		return bad("names no bucket")
	case u.User != nil:
		return bad("holds a user or a password, which belong into the environment")
	}
	for key, v := range u.Query() {
		switch key {
		case "endpoint":
			e, err := url.Parse(v[0])
			if err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.User != nil || strings.Trim(e.Path, "/") != "" {
				return bad("has an endpoint that is no address of a server")
			}
			a.Endpoint = *e
		case "region":
			a.Region = v[0]
		case "credentials":
			a.Credentials = v[0]
		default:
			return bad("has the unknown word " + key)
		}
	}
	if a.Endpoint.Host == "" {
		return bad("names no endpoint")
	}
	if a.Prefix != "" {
		a.Prefix += "/"
	}
	return a, nil
}

// Object is one object below the prefix.
type Object struct {
	Name     string // without the prefix
	Size     int64
	ETag     string
	Modified time.Time
}

// Bucket is a folder of objects. It is safe for concurrent use.
type Bucket struct {
	client *minio.Client
	a      Address
}

// Open makes the client; nothing is asked yet. env gives the secrets. transport
// may be nil.
func Open(raw string, env func(string) (string, bool), transport http.RoundTripper) (*Bucket, error) {
	a, err := ParseAddress(raw)
	if err != nil {
		return nil, err
	}
	id, _ := env(a.Credentials + "_ACCESS_KEY_ID")
	secret, _ := env(a.Credentials + "_SECRET_ACCESS_KEY")
	token, _ := env(a.Credentials + "_SESSION_TOKEN")
	if id == "" || secret == "" {
		return nil, fmt.Errorf("bucket %s: set %[2]s_ACCESS_KEY_ID and %[2]s_SECRET_ACCESS_KEY in the environment", a.Bucket, a.Credentials)
	}
	client, err := minio.New(a.Endpoint.Host, &minio.Options{
		Creds: credentials.NewStaticV4(id, secret, token), Secure: a.Endpoint.Scheme == "https",
		Region: a.Region, Transport: transport, MaxRetries: 4,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", a.Bucket, err)
	}
	return &Bucket{client: client, a: a}, nil
}

// Put stores an object whole. A reader sees all of it or none.
func (b *Bucket) Put(ctx context.Context, name string, body []byte) error {
	_, err := b.client.PutObject(ctx, b.a.Bucket, b.a.Prefix+name, bytes.NewReader(body), int64(len(body)),
		minio.PutObjectOptions{ContentType: "application/octet-stream"})
	return b.wrap("put", name, err)
}

// Open returns an object's bytes; the caller closes. Errors: fs.ErrNotExist.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	o, err := b.client.GetObject(ctx, b.a.Bucket, b.a.Prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.wrap("get", name, err)
	}
	if _, err := o.Stat(); err != nil { // the client asks at the first use
		return nil, errors.Join(b.wrap("get", name, err), o.Close())
	}
	return o, nil
}

// Walk calls visit for each object whose name begins with the prefix, by name.
func (b *Bucket) Walk(ctx context.Context, prefix string, visit func(Object) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the lister where visit ends the walk
	defer cancel()
	for o := range b.client.ListObjects(ctx, b.a.Bucket, minio.ListObjectsOptions{Prefix: b.a.Prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return b.wrap("list", prefix, o.Err)
		}
		if strings.HasSuffix(o.Key, "/") {
			continue // what some tools put down for a folder
		}
		err := visit(Object{Name: strings.TrimPrefix(o.Key, b.a.Prefix), Size: o.Size, ETag: strings.Trim(o.ETag, `"`), Modified: o.LastModified})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Remove removes an object; one that is not there is no error.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	err := b.wrap("remove", name, b.client.RemoveObject(ctx, b.a.Bucket, b.a.Prefix+name, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (b *Bucket) wrap(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	if code := minio.ToErrorResponse(err).Code; code == "NoSuchKey" {
		err = fs.ErrNotExist
	}
	return fmt.Errorf("bucket %s: %s %s: %w", b.a.Bucket, doing, b.a.Prefix+name, err)
}
