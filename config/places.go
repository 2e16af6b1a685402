package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Archive says where the bytes of sources are kept, and the key that seals them.
type Archive struct {
	// URL is file:///path or s3://bucket/prefix?endpoint=…&region=…; empty: the
	// folder raw of the data folder. Secrets are in the environment.
	URL string `yaml:"url"`
	// IdentityFile holds the age identity that seals and unseals; empty: archive.key
	// of the data folder, made where there is none.
	IdentityFile string `yaml:"identity_file"`
}

// Folder returns the folder of a file:// URL, and whether the archive is one.
func (a Archive) Folder() (dir string, ok bool) {
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return filepath.FromSlash(u.Path), true
}

func (c *Config) validateArchive(bad func(path, format string, args ...any)) {
	if s := c.Archive.URL; s != "" {
		u, err := url.Parse(s)
		switch {
		case err == nil && u.Scheme == "file" && u.Host == "" && u.Path != "" && u.RawQuery == "":
		case err == nil && u.Scheme == "s3":
			if err := bucketURL(u); err != nil {
				bad("$.archive.url", "%v", err)
			}
		default:
			bad("$.archive.url", "%q: want file:///path or s3://bucket/prefix?endpoint=https://host&region=…", s)
		}
	}
	if f := c.Archive.IdentityFile; f != "" {
		if info, err := os.Stat(c.Path(f)); err != nil || !info.Mode().IsRegular() {
			bad("$.archive.identity_file", "%q is not a file: write one with age-keygen -o, or leave the key out and auyl makes one in the data folder", f)
		}
	}
}

// Remote reports whether a drop folder is on another machine.
func Remote(dir string) bool {
	return strings.HasPrefix(dir, "sftp://") || strings.HasPrefix(dir, "s3://")
}

// remote is Remote, with what is wrong with the address.
func (c *Config) remote(dir string) (bool, error) {
	if !Remote(dir) {
		return false, nil
	}
	u, err := url.Parse(dir)
	if err != nil {
		return true, errors.New("not an address: want sftp://user@host/path?key_file=…&known_hosts=… or s3://bucket/prefix?endpoint=…")
	}
	if u.Scheme == "s3" {
		return true, bucketURL(u)
	}
	_, password := u.User.Password()
	switch {
	case password:
		return true, fmt.Errorf("%s holds a password: want a key file", u.Redacted())
	case u.User.Username() == "" || u.Host == "":
		return true, fmt.Errorf("%s: want sftp://user@host/path?key_file=…&known_hosts=…", u.Redacted())
	}
	q := u.Query()
	for _, key := range []string{"key_file", "known_hosts"} {
		if info, err := os.Stat(c.Path(q.Get(key))); q.Get(key) == "" || err != nil || !info.Mode().IsRegular() {
			return true, fmt.Errorf("%s: %s=%q is not a file: want the path of one", u.Redacted(), key, q.Get(key))
		}
		q.Del(key)
	}
	for key := range q {
		return true, fmt.Errorf("%s: unknown word %q: want key_file and known_hosts", u.Redacted(), key)
	}
	return true, nil
}

// bucketURL checks what can be checked of an s3 address without its secrets.
func bucketURL(u *url.URL) error {
	switch {
	case u.User != nil:
		return fmt.Errorf("%s holds a user or a password: they belong into the environment", u.Redacted())
	case u.Host == "" || u.Query().Get("endpoint") == "":
		return fmt.Errorf("%q: want s3://bucket/prefix?endpoint=https://host&region=…", u.Redacted())
	}
	return nil
}
