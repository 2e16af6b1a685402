package ingest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// PageRef is a page as RAW knows it: whose it is, and where its bytes are.
type PageRef struct {
	Source     auyl.SourceID
	Key        string // what the page is called from pull to pull
	Sum        [sha256.Size]byte
	SizeBytes  uint64
	RecordedAt time.Time
	Seq        uint64 // in RAW
}

// ReadPages calls visit for each page in RAW, in its order. "" is every source.
func ReadPages(ctx context.Context, conn *stream.Conn, source auyl.SourceID, visit func(PageRef) error) error {
	filter := "raw.>"
	if source != "" {
		filter = "raw." + string(source)
	}
	msgs, err := conn.OpenMessages(ctx, stream.Raw, []string{filter}, 1, stream.ReadOptions{})
	if err != nil {
		return fmt.Errorf("read pages: %w", err)
	}
	defer msgs.Close()          //nolint:errcheck,contextcheck // only read
	n, err := msgs.Pending(ctx) // what comes later is not waited for
	if err != nil {
		return fmt.Errorf("read pages: %w", err)
	}
	for range n {
		m, err := msgs.Next(ctx)
		if err != nil {
			return fmt.Errorf("read pages: %w", err)
		}
		var page wire.RawPage
		if err := wire.Unmarshal(m.Data, &page); err != nil {
			return fmt.Errorf("read pages: sequence %d: %w", m.Seq, err)
		}
		if page.GetRunEnd() != nil {
			continue
		}
		v := page.GetVintage()
		if len(v.GetRawSha256()) != sha256.Size {
			return fmt.Errorf("read pages: sequence %d: a hash of %d bytes", m.Seq, len(v.GetRawSha256()))
		}
		if err := visit(PageRef{
			Source: auyl.SourceID(v.GetSource()), Key: page.GetUrl(), Sum: [sha256.Size]byte(v.GetRawSha256()),
			SizeBytes: page.GetSizeBytes(), RecordedAt: time.UnixMilli(v.GetRecordedAtMs()).UTC(), Seq: m.Seq,
		}); err != nil {
			return err
		}
	}
	return nil
}

// DecodedSeq returns the sequence in RAW up to which everything has been decoded.
func DecodedSeq(ctx context.Context, conn *stream.Conn) (uint64, error) {
	p, err := conn.OpenPublisher(ctx, stream.Data, "cur.decode")
	if err != nil {
		return 0, err
	}
	return p.Cursor().InputSeq, nil
}

// Expired returns the objects that their contracts do not keep any longer, in the
// order of pages: days is how long a source keeps a page that was replaced, 0 is
// for ever. An object stays as long as one page of it is the newest under its key,
// is younger than that, or is still to be decoded; so the same bytes under two keys,
// or of two sources, go when both let them go.
func Expired(pages []PageRef, days func(auyl.SourceID) int, decoded uint64, now time.Time) [][sha256.Size]byte {
	type name struct {
		source auyl.SourceID
		key    string
	}
	newest := map[name]uint64{}
	for _, p := range pages {
		n := name{p.Source, p.Key}
		newest[n] = max(newest[n], p.Seq)
	}
	stays := map[[sha256.Size]byte]bool{}
	for _, p := range pages {
		keep := days(p.Source)
		if keep == 0 || p.Seq > decoded || newest[name{p.Source, p.Key}] == p.Seq || !p.RecordedAt.AddDate(0, 0, keep).Before(now) {
			stays[p.Sum] = true
		}
	}
	var out [][sha256.Size]byte
	for _, p := range pages {
		if !stays[p.Sum] {
			stays[p.Sum] = true // once
			out = append(out, p.Sum)
		}
	}
	return out
}
