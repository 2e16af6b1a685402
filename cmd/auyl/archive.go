package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

// openArchive opens the raw archive with its key, which is made where there is none.
func (n *node) openArchive(ctx context.Context) error {
	b, err := n.archiveBackend()
	if err != nil {
		return err
	}
	key, err := archive.EnsureKey(n.keyFile())
	if err != nil {
		return err
	}
	n.store = archive.New(b, key)
	return n.store.Claim(ctx)
}

// readArchive opens the raw archive for a command that only reads: without a key
// file sealed objects stay closed.
func (n *node) readArchive() error {
	dir, ok := n.cfg.Archive.Folder()
	if n.cfg.Archive.URL == "" {
		dir, ok = n.dir("raw"), true
	}
	if ok { // whoever reads makes no folder
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("raw archive: %w: --data names the folder of a run, archive.url another place", err)
		}
	}
	b, err := n.archiveBackend()
	if err != nil {
		return err
	}
	key, err := archive.ReadKey(n.keyFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n.store = archive.New(b, key)
	return nil
}

func (n *node) archiveBackend() (archive.Backend, error) {
	if n.cfg.Archive.URL == "" {
		return archive.OpenFolder(n.dir("raw"))
	}
	if dir, ok := n.cfg.Archive.Folder(); ok {
		return archive.OpenFolder(dir)
	}
	return archive.OpenBucket(n.cfg.Archive.URL, n.env)
}

func (n *node) keyFile() string {
	if f := n.cfg.Archive.IdentityFile; f != "" {
		return n.cfg.Path(f)
	}
	return n.dir("archive.key")
}

// keeping returns how the pages of a source are stored, as its contract says, and
// whether they stay out of the streams. What nobody has a contract for is sealed:
// nobody knows what is in it.
func (n *node) keeping(c *schemas.Contract, raw *ingest.RawPublisher) (store ingest.Archive, byReference bool) {
	how := schemas.RawSealed
	if c != nil {
		how = c.KeepRaw()
	}
	switch how {
	case schemas.RawSealed:
		return n.store.Sealed(), true
	case schemas.RawDrop:
		return n.store.Once(string(c.ID), raw.Seq), true
	}
	return n.store, false
}
