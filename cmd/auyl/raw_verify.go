package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"maps"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

// retention is how many days a source keeps a page that was replaced.
func (n *node) retention(id auyl.SourceID) int {
	if c := n.house.Contracts[id]; c != nil {
		return c.RetentionDays
	}
	return 0
}

// closed reports whether pages of a source may not lie in the open.
func (n *node) closed(id auyl.SourceID) bool {
	c := n.house.Contracts[id]
	if id == ingest.CatalogueSource {
		return false // what the pipeline says to itself
	}
	return c == nil || c.KeepRaw() != schemas.RawKeep
}

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

type rawVerifyCmd struct{ common }

// Help implements kong's longer text.
func (*rawVerifyCmd) Help() string {
	return `Exit code 1 where an object is damaged, missing, or lies in the open against its contract.
Sealed objects are read through if the key is at hand. Example:
  auyl raw verify --data /var/lib/auyl`
}

func (c *rawVerifyCmd) Run(ctx context.Context, s streams) error {
	return c.archive(s, func(n *node) error {
		p := newProgress(s.err)
		defer p.stop()
		v := verification{n: n, say: p.say, fault: func(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }}
		lying, err := n.lying(ctx)
		if err != nil {
			return err
		}
		if err := v.objects(ctx, len(lying)); err != nil {
			return err
		}
		// Even where the streams are out of reach the bytes have been read by now.
		unknown := n.readStreams(ctx)
		if unknown == nil {
			unknown = errors.Join(v.pages(ctx, lying), v.journal(ctx, s.out))
		}
		p.stop()
		fmt.Fprintf(s.out, "%d objects, %d bytes: %d sound, %d faults", v.seen, v.bytes, v.sound, v.faults)
		if v.sealed > 0 {
			fmt.Fprintf(s.out, ", %d sealed and not read for want of the key (%s)", v.sealed, n.keyFile())
		}
		fmt.Fprintln(s.out)
		if unknown != nil {
			unknown = fmt.Errorf("whether objects are missing is not known: %w", unknown)
		}
		if v.faults > 0 {
			return errors.Join(fmt.Errorf("raw archive: %d faults", v.faults), unknown)
		}
		return unknown
	})
}

// verification counts what it sees and tells each fault with its mend.
type verification struct {
	n     *node
	say   func(string)
	fault func(format string, args ...any)

	seen, sound, sealed, faults int
	bytes                       int64 // as sources gave them
}

// objects reads each object through, one after the other.
func (v *verification) objects(ctx context.Context, total int) error {
	return v.n.store.Walk(ctx, func(o archive.Object) error {
		if o.Form == archive.Gone {
			return nil
		}
		v.seen++
		v.say(fmt.Sprintf("reading object %d of about %d, %d MB so far", v.seen, total, v.bytes>>20))
		size, err := v.n.store.Check(ctx, o)
		v.bytes += size
		var damaged *archive.DamagedError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			v.sound++
		case errors.Is(err, archive.ErrSealed):
			v.sealed++
		case errors.As(err, &damaged):
			v.faults++
			v.fault("%s: damaged (%v): restore it from a backup, or remove it and put the file down under another label", v.n.where(o), damaged.Cause)
		case errors.Is(err, archive.ErrNotFound):
			v.seen-- // let go meanwhile
		default:
			return err
		}
		return nil
	})
}

// pages holds the archive against what RAW says of it.
func (v *verification) pages(ctx context.Context, lying map[[sha256.Size]byte]archive.Object) error {
	v.say("reading the stream RAW")
	told := map[[sha256.Size]byte]bool{}
	tell := func(p ingest.PageRef, format string, args ...any) {
		if !told[p.Sum] {
			told[p.Sum] = true
			v.faults++
			v.fault("%s", fmt.Sprintf(format, args...))
		}
	}
	return ingest.ReadPages(ctx, v.n.conn, "", func(p ingest.PageRef) error {
		o, ok := lying[p.Sum]
		if !ok {
			// What came after the archive was listed is looked up by itself.
			var err error
			if o, ok, err = v.late(ctx, p); err != nil {
				return err
			}
		}
		switch {
		case !ok:
			tell(p, "%s: missing (%s, page %s, recorded %s): restore it from a backup, or put the file down under another label",
				v.n.where(archive.Object{Sum: p.Sum, Form: v.form(p.Source)}), p.Source, p.Key, stamp(p.RecordedAt))
		case o.Form == archive.Plain && v.n.closed(p.Source):
			tell(p, "%s: in the open, and the contract of %s says otherwise: auyl raw seal", v.n.where(o), p.Source)
		}
		return nil
	})
}

func (v *verification) late(ctx context.Context, p ingest.PageRef) (archive.Object, bool, error) {
	_, err := v.n.store.WithoutKey().Get(ctx, p.Sum)
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return archive.Object{}, false, nil
	case err == nil:
		return archive.Object{Sum: p.Sum, Form: archive.Plain}, true, nil
	case errors.Is(err, archive.ErrSealed) || errors.Is(err, archive.ErrGone):
		return archive.Object{Sum: p.Sum, Form: archive.Sealing}, true, nil
	}
	return archive.Object{}, false, err
}

// form is how a page of a source would lie.
func (v *verification) form(id auyl.SourceID) archive.Form {
	if v.n.closed(id) {
		return archive.Sealing
	}
	return archive.Plain
}

type rawSealCmd struct{ common }

// Help implements kong's longer text.
func (*rawSealCmd) Help() string {
	return `For pages that were stored before their contracts had personal fields, or said raw: sealed. May
be called while auyl runs, and again after it was broken off. Example:
  auyl raw seal --data /var/lib/auyl`
}

func (c *rawSealCmd) Run(ctx context.Context, s streams) error {
	return c.archive(s, func(n *node) error {
		if err := n.openArchive(ctx); err != nil { // now with the key, made where there is none
			return err
		}
		if err := n.readStreams(ctx); err != nil {
			return err
		}
		lying, err := n.lying(ctx)
		if err != nil {
			return err
		}
		sealed := 0
		err = ingest.ReadPages(ctx, n.conn, "", func(p ingest.PageRef) error {
			o, ok := lying[p.Sum]
			if !ok || o.Form != archive.Plain || !n.closed(p.Source) {
				return nil
			}
			b, err := n.store.Get(ctx, p.Sum)
			if err != nil {
				return err
			}
			if _, err := n.store.Sealed().Put(ctx, b); err != nil {
				return err
			}
			delete(lying, p.Sum)
			sealed++
			return nil
		})
		fmt.Fprintf(s.out, "%d objects sealed\n", sealed)
		return err
	})
}
