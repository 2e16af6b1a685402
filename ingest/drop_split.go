package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl/ingest/csv"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// SplitBytes is the size of a dropped file from which on it is not read as one page
// but in parts, where its contract allows it.
const SplitBytes = 32 << 20

// Limits of a part: what is made of it is held at once, and is one frame.
const (
	partBytes   = 4 << 20
	partRecords = 100_000
)

// wholeFile says what of a contract can only be judged when a whole file is at
// hand; "" for nothing, so that a file may be read in parts. What is told twice in
// two parts is told as in two files: the later one stands.
func wholeFile(c *schemas.Contract) string {
	if c.Format != "csv" {
		return "a page of format " + c.Format
	}
	for i := range c.Measures {
		if c.Measures[i].Sum {
			return "sum: records are added up"
		}
	}
	switch {
	case len(c.Totals) > 0:
		return "totals: rows are held against their parts"
	case c.Restates:
		return "restates: what is not told any more is withdrawn"
	case len(c.Unique) > 0:
		return "unique: records are held against each other"
	case c.Expect != nil && c.Expect.Minimum > 0:
		return "expect.minimum: areas of a delivery are counted"
	case c.Event != nil && c.Event.Repeats != nil:
		return "event.repeats: events are held against each other"
	}
	return ""
}

// splits says whether a file of this size is read in parts. An error is for one
// that is too large and must not be split.
func (d *Drop) splits(name string, size int64) (bool, error) {
	reason := "no contract says how"
	if d.Contract != nil {
		reason = wholeFile(d.Contract)
	}
	switch {
	case size > cmp.Or(d.SplitAbove, SplitBytes) && reason == "":
		return true, nil
	case size > MaxFileBytes:
		return false, fmt.Errorf("drop folder: %s: %d bytes, at most %d, and it cannot be read in parts (%s): split it", name, size, int64(MaxFileBytes), reason)
	}
	return false, nil
}

func (d *Drop) inParts(e fs.DirEntry) (bool, error) {
	info, err := e.Info()
	if err != nil {
		return false, fmt.Errorf("drop folder: %w", err)
	}
	return d.splits(e.Name(), info.Size())
}

func csvOptions(l schemas.Layout) csv.Options {
	o := csv.Options{Encoding: l.Encoding, HeaderRows: l.HeaderRows, SkipRows: l.SkipRows}
	if l.Delimiter != "" {
		o.Delimiter = l.Delimiter[0]
	}
	return o
}

// split reads a file twice: first to know what it is, then to emit its parts, each
// of which says of which file it is and what stands before it. When all of them are
// stored, a note says which state of the file that was. A part that is as it was is
// no news, so the same file again is none either.
func (d *Drop) split(ctx context.Context, path, changed string, emit func(Page) error) error {
	name := filepath.Base(path)
	limits := csv.Limits{Bytes: partBytes, Records: min(partRecords, maxPageRows/max(1, len(d.Contract.Measures)))}
	whole := &wire.Part{}
	sum, err := d.parts(ctx, path, limits, func(p csv.Part) error {
		whole.Of++
		whole.Records += uint64(p.Records)
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop folder: %s: %w", name, err)
	}
	whole.Sha256, whole.SizeBytes = sum.hash.Sum(nil), sum.n
	n := uint32(0)
	again, err := d.parts(ctx, path, limits, func(p csv.Part) error {
		n++
		return emit(Page{Key: partName(name, n), Body: p.Body, Part: &wire.Part{
			Number: n, Of: whole.GetOf(), Sha256: whole.GetSha256(), SizeBytes: whole.GetSizeBytes(), Records: whole.GetRecords(),
			RecordsBefore: uint64(p.Before), LinesBefore: uint64(p.Lines),
		}})
	})
	if err != nil {
		return fmt.Errorf("drop folder: %s: %w", name, err)
	}
	if !bytes.Equal(again.hash.Sum(nil), whole.GetSha256()) {
		return fmt.Errorf("drop folder: %s: changed while it was read", name)
	}
	return emit(Page{Key: name, Note: true, Next: changed})
}

func partName(file string, n uint32) string { return file + "#" + strconv.FormatUint(uint64(n), 10) }

// fileOf is the name of the file that a page is or is a part of.
func fileOf(page *wire.RawPage) string {
	if n := page.GetPart().GetNumber(); n > 0 {
		return strings.TrimSuffix(page.GetUrl(), partName("", n))
	}
	return page.GetUrl()
}

// parts cuts a file and hashes all of it.
func (d *Drop) parts(ctx context.Context, path string, limits csv.Limits, visit func(csv.Part) error) (*hashed, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	in := &hashed{r: f, hash: sha256.New()}
	return in, csv.Split(in, csvOptions(d.Contract.Layout), limits, func(p csv.Part) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(p)
	})
}

// hashed hashes and counts what is read.
type hashed struct {
	r    io.Reader
	hash hash.Hash
	n    uint64
}

// Read implements io.Reader.
func (h *hashed) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	h.hash.Write(b[:n])
	h.n += uint64(n)
	return n, err //nolint:wrapcheck // io.EOF is to stay what it is
}
