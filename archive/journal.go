package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// ErrJournal says that the journal is not the unbroken account that it has to be:
// a segment is missing, damaged, or there twice.
var ErrJournal = errors.New("journal of the raw archive is broken")

// journalFolder holds the journal beside the objects:
//
//	journal/<first>-<last>.<sha256>.zst
//
// A segment is lines of JSON: first the sha256 of the segment before it, then an
// Entry a line, without a gap from its first sequence to its last. The sha256 in
// its name is that of the plain lines. Segments are only ever added.
const journalFolder = "journal/"

// maxSegmentBytes bounds what a segment unpacks to.
const maxSegmentBytes = 1 << 30

// Entry is one message of the stream that says which objects came when, from whom
// and in which order.
type Entry struct {
	Seq     uint64            `json:"seq"`
	Subject string            `json:"subject"`
	Header  map[string]string `json:"header,omitempty"`
	Data    []byte            `json:"data,omitempty"`
	Object  bool              `json:"object,omitempty"` // the bytes of the page are left out: the archive has them
}

type segmentHead struct {
	Before string `json:"before"` // sha256 of the segment before; empty in the first one
}

// segment is what the name of one says.
type segment struct {
	first, last uint64
	sum         string
}

func (g segment) name() string {
	return fmt.Sprintf("%s%020d-%020d.%s.zst", journalFolder, g.first, g.last, g.sum)
}

func parseSegment(name string) (g segment, ok bool) {
	base, ok := strings.CutPrefix(name, journalFolder)
	span, sum, found := strings.Cut(strings.TrimSuffix(base, ".zst"), ".")
	from, to, dash := strings.Cut(span, "-")
	if !ok || !found || !dash {
		return g, false
	}
	var err1, err2 error
	g.first, err1 = strconv.ParseUint(from, 10, 64)
	g.last, err2 = strconv.ParseUint(to, 10, 64)
	g.sum = sum
	return g, err1 == nil && err2 == nil && g.name() == name
}

// Journal is the account of a stream that the archive keeps. It has one writer and
// belongs to one goroutine.
type Journal struct {
	s        *Store
	segments []segment // in order, without a gap
}

// Journal opens the journal of the archive: an empty one where nothing was written
// yet. Errors: ErrJournal where segments are missing or overlap.
func (s *Store) Journal(ctx context.Context) (*Journal, error) {
	j := &Journal{s: s}
	err := s.b.Walk(ctx, journalFolder, func(name string, _ int64) error {
		if g, ok := parseSegment(name); ok {
			j.segments = append(j.segments, g)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	slices.SortFunc(j.segments, func(a, b segment) int { return strings.Compare(a.name(), b.name()) })
	next := uint64(1)
	for _, g := range j.segments {
		if g.first != next || g.last < g.first {
			return nil, fmt.Errorf("%w: %s follows sequence %d", ErrJournal, g.name(), next-1)
		}
		next = g.last + 1
	}
	return j, nil
}

// Last returns the sequence of the last entry, 0 where there is none.
func (j *Journal) Last() uint64 {
	if len(j.segments) == 0 {
		return 0
	}
	return j.segments[len(j.segments)-1].last
}

// Append writes entries that follow the last one, and returns once they are
// durable. A crash leaves all of them or none.
func (j *Journal) Append(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	var head segmentHead
	if n := len(j.segments); n > 0 {
		head.Before = j.segments[n-1].sum
	}
	if err := enc.Encode(head); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	for i, e := range entries {
		if want := j.Last() + 1 + uint64(i); e.Seq != want {
			return fmt.Errorf("append to journal: sequence %d, want %d", e.Seq, want)
		}
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("append to journal: %w", err)
		}
	}
	sum := sha256.Sum256(b.Bytes())
	g := segment{first: entries[0].Seq, last: entries[len(entries)-1].Seq, sum: hex.EncodeToString(sum[:])}
	if err := j.s.b.Put(ctx, g.name(), func(w io.Writer) error { return compress(w, b.Bytes()) }); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	j.segments = append(j.segments, g)
	return nil
}

// Read calls visit for each entry from a sequence on, in order, and holds each
// segment against its name and against the one before. Errors: ErrJournal.
func (j *Journal) Read(ctx context.Context, from uint64, visit func(Entry) error) error {
	before := ""
	for _, g := range j.segments {
		if g.last < from {
			before = g.sum
			continue
		}
		entries, head, err := j.open(ctx, g)
		if err != nil {
			return err
		}
		if head.Before != before {
			return fmt.Errorf("%w: %s follows another segment than the one before it", ErrJournal, g.name())
		}
		before = g.sum
		for _, e := range entries {
			if e.Seq < from {
				continue
			}
			if err := visit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// open reads one segment through.
func (j *Journal) open(ctx context.Context, g segment) (entries []Entry, head segmentHead, err error) {
	broken := func(err error) error {
		return fmt.Errorf("%w: %s: %w: restore it from a backup", ErrJournal, g.name(), err)
	}
	f, err := j.s.b.Open(ctx, g.name())
	if err != nil {
		return nil, head, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, head, broken(err)
	}
	defer z.Close()
	b, err := io.ReadAll(io.LimitReader(z, maxSegmentBytes))
	if err != nil {
		return nil, head, broken(err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != g.sum {
		return nil, head, broken(errors.New("it holds other bytes"))
	}
	entries, head, err = parseEntries(b)
	if err != nil {
		return nil, head, broken(err)
	}
	for i, e := range entries {
		if e.Seq != g.first+uint64(i) {
			return nil, head, broken(fmt.Errorf("entry %d has sequence %d", i+1, e.Seq))
		}
	}
	if uint64(len(entries)) != g.last-g.first+1 {
		return nil, head, broken(fmt.Errorf("%d entries", len(entries)))
	}
	return entries, head, nil
}

// parseEntries reads the lines of a segment.
func parseEntries(b []byte) (entries []Entry, head segmentHead, err error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&head); err != nil {
		return nil, head, fmt.Errorf("its first line: %w", err)
	}
	for {
		var e Entry
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return entries, head, nil
		} else if err != nil {
			return nil, head, fmt.Errorf("line %d: %w", len(entries)+2, err)
		}
		entries = append(entries, e)
	}
}
