package ingest

import (
	"cmp"
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
	"github.com/auyl-kz/auyl/schemas"
)

// MaxFileBytes bounds one dropped file that is not split; a page is held in memory
// while it is read.
const MaxFileBytes = 256 << 20

// Drop is the door of files that people and programs put into folders. A file
// belongs to the source that its name begins with: bns.sme@2026-10.csv. Hidden
// files and names that end in .part, .tmp or ~ are still being written and are
// left alone; so is ~$name, the lock of a spreadsheet program.
type Drop struct {
	// Dirs are looked through in this order, each by file name without its extension.
	Dirs []string
	// Source selects the files; "" takes those that belong to none of Claimed.
	Source auyl.SourceID
	// Claimed are the sources that have files of their own; used when Source is "".
	Claimed []auyl.SourceID
	// Settle is how long a file must have been left alone: one that changed later
	// than that ago is still being written. 0 takes every file at once.
	Settle time.Duration
	// Wait makes a pull wait for such files, a minute at most for each, instead of
	// leaving them to the next look.
	Wait bool
	// Now is the clock of Settle; nil with Settle 0.
	Now func() time.Time
	// Contract of Source says how large files are split; nil: they are not.
	Contract *schemas.Contract
	// SplitAbove is the size above which it is read in parts; 0 means SplitBytes.
	SplitAbove int64
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
		slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return CompareNames(a.Name(), b.Name()) })
		for _, e := range entries {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !d.wants(e) {
				continue
			}
			changed, err := d.settled(ctx, e)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if k := known(e.Name()); changed == "" || k.Modified == changed || k.Next == changed {
				unchanged(e.Name())
				continue
			}
			inParts, err := d.inParts(e)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if inParts {
				var ours error // of emit: it ends the pull
				err := d.split(ctx, filepath.Join(dir, e.Name()), changed, func(p Page) error {
					ours = emit(p)
					return ours
				})
				if ours != nil || ctx.Err() != nil {
					return cmp.Or(ours, ctx.Err())
				}
				if err != nil {
					faults = append(faults, err)
				}
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

// maxSettle bounds the wait for one file.
const maxSettle = time.Minute

// settled tells one state of a file from another without reading it; "" says that
// the file is still being written.
func (d *Drop) settled(ctx context.Context, e fs.DirEntry) (string, error) {
	for waited := time.Duration(0); ; waited += d.Settle {
		info, err := e.Info()
		if err != nil {
			return "", fmt.Errorf("drop folder: %w", err)
		}
		if d.Settle == 0 || d.Now().Sub(info.ModTime()) >= d.Settle {
			return fmt.Sprintf("%d bytes, %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)), nil
		}
		if !d.Wait || waited >= maxSettle {
			return "", nil
		}
		t := time.NewTimer(d.Settle)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return "", ctx.Err()
		}
	}
}

// CompareNames orders the names of dropped files: without what tells the format, so
// that 2026-10-rev.csv comes behind the 2026-10.csv that it corrects, since of two
// pages the later one stands.
func CompareNames(a, b string) int {
	stem := func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
	return cmp.Or(strings.Compare(stem(a), stem(b)), strings.Compare(a, b))
}

func (d *Drop) wants(e fs.DirEntry) bool { return e.Type().IsRegular() && d.Wants(e.Name()) }

// Wants reports whether a file of this name is looked for: it belongs to the source,
// and is none that is still being written.
func (d *Drop) Wants(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") {
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
