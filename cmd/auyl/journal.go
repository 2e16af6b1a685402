package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/stream"
)

// journalPart keeps the journal of the raw archive up with RAW, and has RAW say
// which formulas are in force. It refuses to
// start beside a journal of another stream: what came since would not fit behind it.
func (n *node) journalPart(ctx context.Context) (part, error) {
	w, err := ingest.OpenJournaler(ctx, n.conn, n.store)
	if errors.Is(err, ingest.ErrOtherRaw) {
		err = &exitError{exitData, fmt.Errorf("%w: auyl rebuild --from-archive makes the stream again from the archive; to begin anew instead, move its folder journal/ away", err)}
	}
	if err != nil {
		return part{}, err
	}
	// Whoever keeps the journal is the one that writes to RAW.
	if err := n.sameFormulas(ctx); err != nil {
		return part{}, err
	}
	return part{"journal", w.Run, w.Done, n.lastSeq(stream.Raw)}, nil
}

// journal holds the journal against RAW.
func (v *verification) journal(ctx context.Context, out io.Writer) error {
	v.say("reading the journal")
	entries, behind, err := ingest.VerifyJournal(ctx, v.n.conn, v.n.store)
	switch {
	case errors.Is(err, archive.ErrJournal):
		v.faults++
		v.fault("%v", err)
		return nil
	case errors.Is(err, ingest.ErrOtherRaw):
		v.faults++
		v.fault("journal: %v: auyl rebuild --from-archive makes the stream again", err)
		return nil
	case err != nil:
		return fmt.Errorf("journal: %w", err)
	}
	fmt.Fprintf(out, "journal: %d entries as in RAW", entries)
	if behind > 0 {
		fmt.Fprintf(out, ", %d messages not yet written down (auyl run does)", behind)
	}
	fmt.Fprintln(out)
	return nil
}
