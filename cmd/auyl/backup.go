package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// A backup is a folder:
//
//	backup.json     what it is; written last, so that a folder without it is half a backup
//	SHA256SUMS      of all other files, as sha256sum(1) writes and checks it
//	raw/            the raw archive with its journal
//	keys/           archive.key, hash.key
//	nats/           streams RAW and DATA alone: what came, and what it was decoded to then
//
// Tables, memory and indicators are not in it: auyl rebuild makes them.
const (
	backupFile = "backup.json"
	backupSums = "SHA256SUMS"
)

type backupNote struct {
	Format  int       `json:"format"`
	Made    time.Time `json:"made"`
	Program string    `json:"program"`
	RawSeq  uint64    `json:"raw_seq"` // last message of RAW
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
}

type backupCmd struct {
	common
	Dir    string `arg:"" help:"Folder to write; it must not exist yet, or be empty." type:"path"`
	NoKeys bool   `help:"Leave the keys out, to keep them elsewhere: without them sealed pages cannot be read."`
}

// Help implements kong's longer text.
func (*backupCmd) Help() string {
	return `Copies what cannot be made again: the raw archive, the streams RAW and DATA, the keys. auyl run must not be at work on the
folder. Every file stands in SHA256SUMS, and is read back and compared. Whoever has the backup with its keys reads everything.
Examples:
  auyl backup /mnt/backup/2026-11-25 --data /var/lib/auyl
  cd /mnt/backup/2026-11-25 && sha256sum -c SHA256SUMS`
}

func (c *backupCmd) Run(ctx context.Context, s streams) (err error) {
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if n.cfg.NATS.URL != "" {
		return &exitError{exitUsage, errors.New("auyl backup copies the streams of its data folder, and nats.url names streams that others run: nats stream backup copies those")}
	}
	if _, err := os.Stat(n.dir("nats")); err != nil {
		return &exitError{exitData, fmt.Errorf("no streams in %s: nothing to back up", n.Data)}
	}
	if err := n.lock("run"); err != nil {
		return err
	}
	if err := emptyFolder(c.Dir); err != nil {
		return err
	}
	p := newProgress(s.err)
	defer p.stop()
	b := copier{to: c.Dir, p: p, sums: map[string]string{}}
	if err := n.readArchive(); err != nil {
		return err
	}
	p.say("copying streams")
	last, err := n.backupStreams(ctx, b.path("nats"), p)
	if err != nil {
		return err
	}
	if err := b.take(ctx, "nats"); err != nil {
		return err
	}
	if err := n.backupArchive(ctx, &b); err != nil {
		return err
	}
	if !c.NoKeys {
		for from, name := range map[string]string{n.keyFile(): "archive.key", n.dir("hash.key"): "hash.key"} {
			if err := b.copy(ctx, from, filepath.Join("keys", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := b.finish(backupNote{Format: 1, Made: time.Now().UTC().Truncate(time.Second), Program: version, RawSeq: last}); err != nil {
		return err
	}
	p.stop()
	_, err = fmt.Fprintf(s.out, "backed up: %d files, %d bytes, RAW up to %d, in %s\n", len(b.sums), b.bytes, last, c.Dir)
	return err
}

// backupStreams copies RAW and DATA into a store of their own, message by message:
// the files of a server that was killed may want mending, its messages do not.
func (n *node) backupStreams(ctx context.Context, dir string, p *progress) (last uint64, err error) {
	live := &node{common: n.common, log: n.log}
	defer func() { err = errors.Join(err, live.close()) }()
	if err := live.openStore(ctx); err != nil {
		return 0, err
	}
	// Whoever restores it alone has the journal: it has to reach as far as RAW.
	w, err := ingest.OpenJournaler(ctx, live.conn, n.store)
	if err != nil {
		return 0, err
	}
	if err := untilDrained(ctx, []part{{"journal", w.Run, w.Done, live.lastSeq(stream.Raw)}}, p); err != nil {
		return 0, err
	}
	srv, err := natsembedded.Start(ctx, natsembedded.Options{Dir: dir})
	if err != nil {
		return 0, err
	}
	to := &node{common: n.common, log: n.log}
	defer func() { err = errors.Join(err, to.close()) }()
	if err := to.join(srv); err != nil {
		return 0, err
	}
	to.onClose(to.conn.Close)
	if err := stream.Ensure(ctx, to.conn, stream.StreamOptions{}); err != nil {
		return 0, err
	}
	for _, name := range []string{stream.Raw, stream.Data} {
		err := stream.Copy(ctx, live.conn, to.conn, name, func(done, until uint64) {
			p.say(fmt.Sprintf("copying stream %s: %d of %d messages", name, done, until))
		})
		if err != nil {
			return 0, err
		}
	}
	return to.conn.LastSeq(ctx, stream.Raw)
}

// backupArchive copies the raw archive as it lies, wherever that is.
func (n *node) backupArchive(ctx context.Context, b *copier) error {
	from, err := n.archiveBackend()
	if err != nil {
		return err
	}
	return from.Walk(ctx, "", func(name string, _ int64) error {
		r, err := from.Open(ctx, name)
		if err != nil {
			return err
		}
		defer r.Close()
		return b.write(ctx, filepath.Join("raw", filepath.FromSlash(name)), r)
	})
}

// emptyFolder makes a folder, or accepts one in which nothing lies.
func emptyFolder(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(dir, 0o700)
	case err != nil:
		return &exitError{exitUsage, err}
	case len(list) > 0:
		return &exitError{exitUsage, fmt.Errorf("%s is not empty: nothing is overwritten, give a folder that does not exist", dir)}
	}
	return nil
}

// copier writes files into a folder and knows their sums.
type copier struct {
	to    string
	p     *progress
	sums  map[string]string // by path with slashes
	bytes int64
}

func (b *copier) path(name string) string { return filepath.Join(b.to, name) }

func (b *copier) copy(ctx context.Context, from, name string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read from
	return b.write(ctx, name, f)
}

// write stores a file durably, and reads it back.
func (b *copier) write(ctx context.Context, name string, r io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := b.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if is, err := fileSum(path); err != nil || is != sum {
		return errors.Join(fmt.Errorf("copy %s: what was written is read back as something else", name), err)
	}
	b.sums[filepath.ToSlash(name)] = sum
	b.bytes += n
	b.p.say(fmt.Sprintf("copying files: %d, %d MB so far", len(b.sums), b.bytes>>20))
	return nil
}

// take adds the files that lie in a folder already.
func (b *copier) take(ctx context.Context, name string) error {
	return filepath.WalkDir(b.path(name), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(b.to, path)
		if err != nil {
			return err
		}
		sum, err := fileSum(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.sums[filepath.ToSlash(rel)] = sum
		b.bytes += info.Size()
		return nil
	})
}

func fileSum(path string) (string, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read from
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// finish writes the sums, and last the note that makes it a backup.
func (b *copier) finish(note backupNote) error {
	var text strings.Builder
	for _, name := range sortedKeys(b.sums) {
		fmt.Fprintf(&text, "%s  %s\n", b.sums[name], name)
	}
	note.Files, note.Bytes = len(b.sums), b.bytes
	js, err := json.MarshalIndent(note, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{backupSums, []byte(text.String())}, {backupFile, append(js, '\n')}} {
		w, err := os.OpenFile(b.path(f.name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("finish backup: %w", err)
		}
		_, err = w.Write(f.data)
		if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
			return fmt.Errorf("finish backup: %w", err)
		}
	}
	return syncFolder(b.to)
}
