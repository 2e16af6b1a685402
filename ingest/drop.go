package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// MaxFileBytes bounds one dropped file.
const MaxFileBytes = 2 << 30

// Drop is the door of files that people and programs put into folders. A file
// belongs to the source that its name begins with: bns.sme@2026-10.csv. Hidden
// files and names that end in .part, .tmp or ~ are still being written and are
// left alone; so is ~$name, the lock of a spreadsheet program.
type Drop struct {
	// Dirs are looked through in this order, each by file name.
	Dirs []string
	// Source selects the files; "" takes those that belong to none of Claimed.
	Source auyl.SourceID
	// Claimed are the sources that have files of their own; used when Source is "".
	Claimed []auyl.SourceID
}

// Pages implements Door. A file of the size and time of change that it had is not
// read again. A file that cannot be read is an error of the whole pull once the
// other files are through.
func (d *Drop) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	var faults []error
	for _, dir := range d.Dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("drop folder: %w", err))
			continue
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !d.wants(e) {
				continue
			}
			changed, err := changedAt(e)
			if err == nil && known(e.Name()).Modified == changed {
				unchanged(e.Name())
				continue
			}
			body, err := readFile(filepath.Join(dir, e.Name()))
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if err := emit(Page{Key: e.Name(), Body: body, Modified: changed}); err != nil {
				return err
			}
		}
	}
	return errors.Join(faults...)
}

// changedAt tells one state of a file from another without reading it.
func changedAt(e fs.DirEntry) (string, error) {
	info, err := e.Info()
	if err != nil {
		return "", fmt.Errorf("drop folder: %w", err)
	}
	return fmt.Sprintf("%d bytes, %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)), nil
}

func (d *Drop) wants(e fs.DirEntry) bool {
	name := e.Name()
	if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".part", ".tmp", ".md", ".txt":
		return false
	}
	if strings.HasSuffix(name, "~") {
		return false
	}
	owner, _, _ := strings.Cut(name, "@")
	if d.Source != "" {
		return owner == string(d.Source)
	}
	return !slices.Contains(d.Claimed, auyl.SourceID(owner))
}

// readFile reads a whole file; one that is not a regular file, or larger than
// MaxFileBytes, is refused.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	if info.Size() > MaxFileBytes {
		return nil, fmt.Errorf("drop folder: %s: %d bytes, at most %d: split the file", filepath.Base(path), info.Size(), int64(MaxFileBytes))
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	return b, nil
}
