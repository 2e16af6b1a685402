package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
)

type rawCmd struct {
	LS     rawListCmd   `cmd:"" name:"ls" help:"List raw objects, newest first."`
	Show   rawShowCmd   `cmd:"" help:"Write a raw object to standard output, byte for byte."`
	Verify rawVerifyCmd `cmd:"" help:"Read every raw object through and hold it against its hash."`
	Prune  rawPruneCmd  `cmd:"" help:"Remove pages that were replaced, when their contracts do not keep them any longer."`
	Seal   rawSealCmd   `cmd:"" help:"Encrypt what still lies in the open of sources whose contracts say sealed."`
}

// archive opens the configuration and the raw archive for a command, and closes
// what the command opened.
func (c *common) archive(s streams, f func(*node) error) (err error) {
	c.reads = true
	n, err := openNode(*c, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.readArchive(); err != nil {
		return err
	}
	return f(n)
}

// where is where a person finds an object.
func (n *node) where(o archive.Object) string {
	switch dir, ok := n.cfg.Archive.Folder(); {
	case n.cfg.Archive.URL == "":
		return n.dir("raw", filepath.FromSlash(o.Name()))
	case ok:
		return filepath.Join(dir, filepath.FromSlash(o.Name()))
	}
	u, err := url.Parse(n.cfg.Archive.URL)
	if err != nil {
		return o.Name()
	}
	return "s3://" + u.Host + strings.TrimRight(u.Path, "/") + "/" + o.Name()
}

type rawShowCmd struct {
	common
	SHA    string `arg:"" help:"sha256 of the object, or its first digits (at least 6)."`
	Unseal bool   `help:"Also where it is sealed: it holds personal data, or nobody knows what it holds."`
}

// Help implements kong's longer text.
func (*rawShowCmd) Help() string {
	return "Example (a hash stands in each line of `auyl indicator explain`):\n  auyl raw show f9903f2d14b4 | head"
}

func (c *rawShowCmd) Run(ctx context.Context, s streams) error {
	return c.archive(s, func(n *node) error {
		sum, err := n.store.Find(ctx, c.SHA)
		if err != nil {
			return err
		}
		store := n.store
		if !c.Unseal {
			store = store.WithoutKey()
		}
		b, err := store.Get(ctx, sum)
		switch {
		case errors.Is(err, archive.ErrSealed) && !c.Unseal:
			return fmt.Errorf("raw object %x is sealed, it may hold personal data: add --unseal if you may see them", sum)
		case errors.Is(err, archive.ErrSealed):
			return fmt.Errorf("%w: archive.identity_file names it, else it is %s", err, n.keyFile())
		case err != nil:
			return err
		}
		if _, err := s.out.Write(b); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
}

type rawListCmd struct {
	common
	Source string `help:"Only of this source."`
	Limit  int    `help:"At most so many; 0: all." default:"50"`
	Format string `help:"text or json." default:"text" enum:"text,json"`
}

// Help implements kong's longer text.
func (*rawListCmd) Help() string {
	return `Works while auyl runs with nats.listen, and when nothing runs. Example:
  auyl raw ls --source mlsp.asp --limit 10`
}

// rawLine is one page of one object.
type rawLine struct {
	SHA256     string    `json:"sha256"`
	Source     string    `json:"source"`
	Page       string    `json:"page"`
	Bytes      uint64    `json:"bytes"`
	Stored     int64     `json:"stored_bytes"`
	Form       string    `json:"form"` // that of archive.Form, or missing
	RecordedAt time.Time `json:"first_recorded_at"`
}

func (c *rawListCmd) Run(ctx context.Context, s streams) error {
	return c.archive(s, func(n *node) error {
		if err := n.readStreams(ctx); err != nil {
			return err
		}
		lines, err := n.rawLines(ctx, c.Source)
		if err == nil && len(lines) == 0 {
			err = n.checkNames(c.Source, "")
		}
		if err != nil {
			return err
		}
		total := len(lines)
		if c.Limit > 0 && total > c.Limit {
			lines = lines[:c.Limit]
		}
		if c.Format == "json" {
			return writeJSON(s.out, lines)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "sha256\tsource\tpage\tbytes\tstored\tform\tfirst recorded")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", shortSHA(l.SHA256), l.Source, l.Page, l.Bytes, l.Stored, l.Form, stamp(l.RecordedAt))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		more(s.out, total, c.Limit)
		return nil
	})
}

// rawLines lists pages newest first, each object once under each name, and then
// the objects that RAW does not know.
func (n *node) rawLines(ctx context.Context, source string) ([]rawLine, error) {
	lying, err := n.lying(ctx)
	if err != nil {
		return nil, err
	}
	pages, err := n.pages(ctx, source)
	if err != nil {
		return nil, err
	}
	var lines []rawLine
	type name struct {
		sum         [sha256.Size]byte
		source, key string
	}
	seen := map[name]bool{}
	known := map[[sha256.Size]byte]bool{}
	for _, p := range pages {
		known[p.Sum] = true
		if k := (name{p.Sum, string(p.Source), p.Key}); !seen[k] {
			seen[k] = true
			l := rawLine{SHA256: fmt.Sprintf("%x", p.Sum), Source: k.source, Page: p.Key, Bytes: p.SizeBytes, Form: "missing", RecordedAt: p.RecordedAt}
			if o, ok := lying[p.Sum]; ok {
				l.Form, l.Stored = o.Form.String(), o.Stored
			}
			lines = append(lines, l)
		}
	}
	slices.Reverse(lines)
	if source == "" {
		for _, sum := range slices.SortedFunc(keysOf(lying), func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) }) {
			if !known[sum] {
				o := lying[sum]
				lines = append(lines, rawLine{SHA256: o.String(), Source: "-", Page: "-", Stored: o.Stored, Form: o.Form.String()})
			}
		}
	}
	return lines, nil
}

// lying lists what lies in the archive, each object in the form from which it is
// read. It holds all names: some hundred bytes each.
func (n *node) lying(ctx context.Context) (map[[sha256.Size]byte]archive.Object, error) {
	out := map[[sha256.Size]byte]archive.Object{}
	err := n.store.Walk(ctx, func(o archive.Object) error {
		if was, ok := out[o.Sum]; !ok || o.Form < was.Form {
			out[o.Sum] = o
		}
		return nil
	})
	return out, err
}

type rawPruneCmd struct {
	common
	Yes bool `help:"Do it. Without, only tell what would be removed."`
}

// Help implements kong's longer text.
func (*rawPruneCmd) Help() string {
	return `A contract says how long: retention_days; without it, for ever. The newest page of
each name always stays. With --yes nothing else may run on the data folder. Example:
  auyl raw prune          tells
  auyl raw prune --yes    does`
}

func (c *rawPruneCmd) Run(ctx context.Context, s streams) error {
	return c.archive(s, func(n *node) error {
		if c.Yes {
			// A puller may be about to refer to bytes that it has found here.
			for _, role := range []string{"run", "ingest"} {
				if err := n.lock(role); err != nil {
					return err
				}
			}
		}
		if err := n.readStreams(ctx); err != nil {
			return err
		}
		lying, err := n.lying(ctx)
		if err != nil {
			return err
		}
		pages, err := n.pages(ctx, "")
		if err != nil {
			return err
		}
		decoded, err := ingest.DecodedSeq(ctx, n.conn)
		if err != nil {
			return err
		}
		now := time.Now()
		objects, bytes := 0, int64(0)
		for _, sum := range ingest.Expired(pages, n.retention, decoded, now) {
			o, ok := lying[sum]
			if !ok || o.Form == archive.Gone {
				continue
			}
			if c.Yes {
				if err := n.store.LetGo(ctx, o, archive.Note{Reason: "replaced by a newer page, and older than retention_days of its contract", At: now.UTC()}); err != nil {
					return err
				}
			}
			objects++
			bytes += o.Stored
			if !c.Yes {
				fmt.Fprintln(s.out, n.where(o))
			}
		}
		if c.Yes {
			fmt.Fprintf(s.out, "%d objects removed, %d bytes\n", objects, bytes)
		} else {
			fmt.Fprintf(s.out, "%d objects would be removed, %d bytes: add --yes to do it\n", objects, bytes)
		}
		return nil
	})
}
