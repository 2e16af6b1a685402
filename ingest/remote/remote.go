// Package remote is the door of drop folders on other machines: SFTP servers and
// S3-compatible buckets. Files are named and taken as in a folder of this machine
// (ingest.Drop). A folder is listed once for all sources that look for their files
// in it, and a file is read once: what it was is known by size, time of change and,
// where the store has one, its ETag.
package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/auyl-kz/auyl/ingest"
)

// Folder is a folder on another machine.
type Folder interface {
	// List returns the regular files that lie in the folder itself.
	List(ctx context.Context) ([]File, error)
	// Read returns the bytes of a file. One of more than limit bytes is an error.
	Read(ctx context.Context, name string, limit int64) ([]byte, error)
}

// File is what a listing says of a file.
type File struct {
	Name     string
	Size     int64
	Modified time.Time
	ETag     string // "" where the store has none
}

// mark tells one state of a file from another without reading it.
func (f File) mark() string {
	return strings.TrimSpace(fmt.Sprintf("%d bytes, %s %s", f.Size, f.Modified.UTC().Format(time.RFC3339Nano), f.ETag))
}

// Options of a Look.
type Options struct {
	Every  time.Duration // how often the folder is listed
	Settle time.Duration // how long a file must have stayed as it was; two listings, so far apart at least
	Wait   bool          // a pull waits for files that have not settled, a minute at most, instead of leaving them to the next look
	Now    func() time.Time
}

// The longest waits: between looks at a folder that does not answer, and for files
// to settle.
const (
	maxPause  = 15 * time.Minute
	maxSettle = time.Minute
)

// Look looks at one folder for all sources. It is safe for concurrent use.
type Look struct {
	name   string
	folder Folder
	o      Options

	mu     sync.Mutex
	next   time.Time // when the folder is listed again
	pause  time.Duration
	fault  error // of the last look, until it is told
	there  []File
	states map[string]state
}

// state is since when a file has been as it is.
type state struct {
	mark  string
	since time.Time
}

// NewLook returns a look at a folder. name is for errors and holds no secret.
func NewLook(name string, folder Folder, o Options) *Look {
	return &Look{name: name, folder: folder, o: o, pause: o.Every, states: map[string]state{}}
}

// files lists the folder where it is time to, and returns what is there with
// whether it has settled.
func (l *Look) files(ctx context.Context) (there []File, settled map[string]bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	settled = map[string]bool{}
	for waited := time.Duration(0); ; waited += l.o.Settle {
		if !l.o.Now().Before(l.next) {
			l.list(ctx)
		}
		at, all := l.o.Now(), true
		for _, f := range l.there {
			settled[f.Name] = at.Sub(l.states[f.Name].since) >= l.o.Settle
			all = all && settled[f.Name]
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if all || !l.o.Wait || l.fault != nil || waited >= maxSettle {
			return slices.Clone(l.there), settled, nil
		}
		t := time.NewTimer(l.o.Settle)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, nil, ctx.Err()
		}
	}
}

// list asks the folder once.
func (l *Look) list(ctx context.Context) {
	files, err := l.folder.List(ctx)
	at := l.o.Now()
	if err != nil {
		if ctx.Err() == nil {
			l.fault, l.next = fmt.Errorf("drop folder %s: %w", l.name, err), at.Add(l.pause)
			l.pause = min(2*l.pause, max(maxPause, l.o.Every))
		}
		l.there = nil // nothing is read of a folder that may be away
		return
	}
	slices.SortFunc(files, func(a, b File) int { return ingest.CompareNames(a.Name, b.Name) })
	states := make(map[string]state, len(files))
	fresh := false
	for _, f := range files {
		s, ok := l.states[f.Name]
		if !ok || s.mark != f.mark() {
			s = state{f.mark(), at}
			fresh = true
		}
		states[f.Name] = s
	}
	l.there, l.states, l.fault, l.pause = files, states, nil, l.o.Every
	l.next = at.Add(l.o.Every)
	if fresh {
		l.next = at.Add(min(l.o.Settle, l.o.Every)) // to see whether it stays so
	}
}

// take returns the fault of the last look once.
func (l *Look) take() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.fault
	l.fault = nil
	return err
}

// Door is the door of one source to a folder. It is not safe for concurrent use.
type Door struct {
	look  *Look
	wants func(name string) bool
	tells bool
	had   map[string]string // marks of what was handed on
}

// Door returns the door of a source: wants selects its files by name. Of all doors
// of a folder one tells that it is out of reach: a fault is told once, not by each
// source.
func (l *Look) Door(wants func(name string) bool, tells bool) *Door {
	return &Door{look: l, wants: wants, tells: tells, had: map[string]string{}}
}

// Pages implements ingest.Door. A file that cannot be read is an error of the whole
// pull once the other files are through.
func (d *Door) Pages(ctx context.Context, known func(string) ingest.Known, emit func(ingest.Page) error, unchanged func(string)) error {
	there, settled, err := d.look.files(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, f := range there {
		if !d.wants(f.Name) {
			continue
		}
		mark := f.mark()
		if !settled[f.Name] || known(f.Name).Modified == mark || d.had[f.Name] == mark {
			unchanged(f.Name)
			continue
		}
		body, err := d.look.read(ctx, f)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if err := emit(ingest.Page{Key: f.Name, Body: body, ETag: f.ETag, Modified: mark}); err != nil {
			return err
		}
		d.had[f.Name] = mark
	}
	if d.tells {
		faults = append(faults, d.look.take())
	}
	return errors.Join(faults...)
}

// read reads a file that is as it was listed.
func (l *Look) read(ctx context.Context, f File) ([]byte, error) {
	if f.Size > ingest.MaxFileBytes {
		return nil, fmt.Errorf("drop folder %s: %s: %d bytes, at most %d: split the file", l.name, f.Name, f.Size, int64(ingest.MaxFileBytes))
	}
	body, err := l.folder.Read(ctx, f.Name, f.Size)
	if err == nil && int64(len(body)) != f.Size {
		err = fmt.Errorf("%d bytes, %d were listed: it changes while it is read", len(body), f.Size)
	}
	if err != nil {
		return nil, fmt.Errorf("drop folder %s: %s: %w", l.name, f.Name, err)
	}
	return body, nil
}

// errTooLong is what a bounded buffer says.
var errTooLong = errors.New("it is longer than was listed: it changes while it is read")

// bounded is a buffer that refuses more than it may hold.
type bounded struct {
	b     []byte
	limit int64
}

func (w *bounded) Write(p []byte) (int, error) {
	if int64(len(w.b)+len(p)) > w.limit {
		return 0, errTooLong
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

// plain reports whether a name of a listing is that of a file in the folder itself.
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}
