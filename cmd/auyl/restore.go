package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

type restoreCmd struct {
	common
	Dir string `arg:"" help:"Folder that auyl backup wrote." type:"path"`
}

// Help implements kong's longer text.
func (*restoreCmd) Help() string {
	return `Checks every file of a backup against its sum, copies it into a data folder in which nothing lies, and rebuilds streams, memory and
tables. Broken off, it leaves a folder that auyl run refuses: remove it, and restore again. Example:
  auyl restore /mnt/backup/2026-11-25 --data /var/lib/auyl-new`
}

func (c *restoreCmd) Run(ctx context.Context, s streams) error {
	note, sums, err := readBackup(c.Dir)
	if err != nil {
		return err
	}
	n, err := openNode(c.common, s)
	if err != nil {
		return err
	}
	if n.cfg.NATS.URL != "" {
		return &exitError{exitUsage, errors.New("auyl restore writes the streams of its data folder, and nats.url names streams that others run")}
	}
	if err := emptyFolder(c.Data); err != nil {
		return err
	}
	p := newProgress(s.err)
	defer p.stop()
	if err := n.restore(ctx, c.Dir, sums, p); err != nil {
		return err
	}
	p.stop()
	fmt.Fprintf(s.out, "restored: %d files, RAW up to %d, as of %s\n", note.Files, note.RawSeq, note.Made.Format("2006-01-02 15:04 MST"))
	return (&rebuildCmd{common: c.common}).Run(ctx, s)
}

// readBackup reads what a backup says it holds.
func readBackup(dir string) (note backupNote, sums map[string]string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, backupFile))
	if errors.Is(err, fs.ErrNotExist) {
		return note, nil, &exitError{exitUsage, fmt.Errorf("%s has no %s: it is no backup, or one that was broken off", dir, backupFile)}
	}
	if err == nil {
		err = json.Unmarshal(b, &note)
	}
	if err != nil {
		return note, nil, fmt.Errorf("read backup: %w", err)
	}
	if note.Format != 1 {
		return note, nil, fmt.Errorf("backup in %s has format %d: it was made by a newer auyl (%s)", dir, note.Format, note.Program)
	}
	f, err := os.Open(filepath.Join(dir, backupSums))
	if err != nil {
		return note, nil, fmt.Errorf("read backup: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read from
	sums = map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || !filepath.IsLocal(filepath.FromSlash(name)) {
			return note, nil, fmt.Errorf("%s of the backup: line %q: want a sum and a path within the backup", backupSums, lines.Text())
		}
		sums[name] = sum
	}
	if err := lines.Err(); err != nil {
		return note, nil, fmt.Errorf("read backup: %w", err)
	}
	if len(sums) != note.Files {
		return note, nil, fmt.Errorf("%s of the backup names %d files, want %d: take another copy", backupSums, len(sums), note.Files)
	}
	return note, sums, nil
}

// restore checks all files first, and writes then: a damaged backup leaves nothing
// behind.
func (n *node) restore(ctx context.Context, dir string, sums map[string]string, p *progress) error {
	names := sortedKeys(sums)
	var faults []error
	for i, name := range names {
		p.say(fmt.Sprintf("checking file %d of %d", i+1, len(names)))
		if is, err := fileSum(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			faults = append(faults, err)
		} else if is != sums[name] {
			faults = append(faults, fmt.Errorf("%s of the backup is damaged: take another copy", name))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	marker := n.dir(restoringFile)
	if err := os.WriteFile(marker, []byte(dir+"\n"), 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	to := copier{to: n.Data, p: p, sums: map[string]string{}}
	for _, name := range names {
		from := filepath.Join(dir, filepath.FromSlash(name))
		var err error
		switch kind, rest, _ := strings.Cut(name, "/"); {
		case name == "keys/archive.key" && n.keyFile() != n.dir("archive.key"):
			err = n.keyThere(from)
		case kind == "keys":
			err = to.copy(ctx, from, rest)
		case kind == "raw" && n.cfg.Archive.URL != "":
			err = n.putObject(ctx, from, rest)
		default:
			err = to.copy(ctx, from, filepath.FromSlash(name))
		}
		if err != nil {
			return err
		}
	}
	if err := os.Remove(marker); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return syncFolder(n.Data)
}

// restoringFile is in a data folder while a backup is copied into it.
const restoringFile = "restoring"

// restored refuses a data folder into which a backup was copied in part.
func (n *node) restored() error {
	if _, err := os.Stat(n.dir(restoringFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &exitError{exitData, fmt.Errorf("auyl restore into %s was broken off: remove the folder and restore again", n.Data)}
}

// keyThere wants the key where the configuration says it is: it is kept apart, and
// nobody puts it there but its owner.
func (n *node) keyThere(backup string) error {
	if _, err := os.Stat(n.keyFile()); err != nil {
		return &exitError{exitData, fmt.Errorf("archive.identity_file names %s, and there is none: put it there (the backup has it as %s)", n.keyFile(), backup)}
	}
	return nil
}

// putObject stores a file of the archive where the configuration keeps it. What is
// there already must be the same.
func (n *node) putObject(ctx context.Context, from, name string) error {
	to, err := n.archiveBackend()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Clean(from))
	if err != nil {
		return fmt.Errorf("restore raw archive: %w", err)
	}
	switch r, err := to.Open(ctx, name); {
	case err == nil:
		defer r.Close()
		is, err := io.ReadAll(r)
		if err == nil && !bytes.Equal(is, b) {
			err = fmt.Errorf("%s is in the archive with other bytes: nothing is overwritten, name an empty archive.url", name)
		}
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return to.Put(ctx, name, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
