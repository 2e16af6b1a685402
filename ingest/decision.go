package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// Decision is what a person said of a delivery that was held back.
type Decision struct {
	Accept bool   `json:"accept"`
	By     string `json:"by"`
	Why    string `json:"why"`
	AtMs   int64  `json:"at_ms"`
}

// DecidedError says that a delivery was decided on before. It matches no sentinel:
// whoever branches wants to know how.
type DecidedError struct {
	Delivery string
	Decision
}

// Error says who decided, and how.
func (e *DecidedError) Error() string {
	how := "rejected"
	if e.Accept {
		how = "accepted"
	}
	return fmt.Sprintf("delivery %s is decided already: %s by %s", e.Delivery, how, e.By)
}

// maxDecisions bounds what the fence of decisions remembers of one source. Older
// ones are on record in the tables.
const maxDecisions = 1000

// decided is what travels with each decision of a source.
type decided struct {
	Deliveries []decidedDelivery `json:"deliveries"` // oldest first
}

type decidedDelivery struct {
	RawSeq  uint64   `json:"raw_seq"`
	Reasons []string `json:"reasons"`
	Decision
}

// PublishDecision puts a decision on a page that was held back into RAW, behind
// everything that is there, so that what follows from it is a function of the order
// of RAW. It has a fence of its own for each source: a running puller is not
// disturbed, and of two people who decide at once the second is told what the first
// one said. page is the message that brought the page, with the sequence at which it
// stands in its vintage; reasons are those of its letters. Errors: DecidedError.
func PublishDecision(ctx context.Context, conn *stream.Conn, page *wire.RawPage, reasons []string, d Decision) error {
	v := page.GetVintage()
	msg := &wire.RawPage{
		Vintage: v, Url: page.GetUrl(), ContentType: page.GetContentType(), SizeBytes: page.GetSizeBytes(),
		Replay: &wire.Replay{AskedAtMs: d.AtMs, Decision: &wire.Decision{Accept: d.Accept, By: d.By, Why: d.Why}},
	}
	for _, r := range reasons {
		msg.Replay.Letters = append(msg.Replay.Letters, &wire.Refused{Position: pagePosition, Reason: r})
	}
	data, err := wire.Marshal(msg)
	if err != nil {
		return err
	}
	p, err := conn.OpenPublisher(ctx, stream.Raw, "cur.fetch.decision."+v.GetSource())
	if err != nil {
		return fmt.Errorf("decide on %s: %w", v.GetRun(), err)
	}
	var state decided
	if b := p.Cursor().Data; len(b) > 0 {
		if err := json.Unmarshal(b, &state); err != nil {
			return fmt.Errorf("decisions of %s: %w", v.GetSource(), err)
		}
	}
	for _, x := range state.Deliveries {
		if x.RawSeq == v.GetRawSeq() && !slices.ContainsFunc(reasons, func(r string) bool { return !slices.Contains(x.Reasons, r) }) {
			return &DecidedError{fmt.Sprintf("%s/%d", v.GetRun(), v.GetPage()), x.Decision}
		}
	}
	state.Deliveries = append(state.Deliveries, decidedDelivery{v.GetRawSeq(), reasons, d})
	state.Deliveries = state.Deliveries[max(0, len(state.Deliveries)-maxDecisions):]
	next, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("decide on %s: %w", v.GetRun(), err)
	}
	_, err = p.Publish(ctx, []stream.Message{{Subject: "raw." + v.GetSource(), Data: data}}, stream.Next{Data: next})
	if errors.Is(err, stream.ErrFenced) {
		return PublishDecision(ctx, conn, page, reasons, d) // behind what somebody else decided
	}
	if err != nil {
		return fmt.Errorf("decide on %s: %w", v.GetRun(), err)
	}
	return nil
}

// rejects reports whether a message keeps a delivery out for good: its bytes are not
// wanted any more.
func rejects(page *wire.RawPage) bool {
	d := page.GetReplay().GetDecision()
	return d != nil && !d.GetAccept()
}

// waive leaves out the checks that a person has accepted a delivery against.
func (p *pageReader) waive(d *wire.Decision, letters []*wire.Refused) {
	if d == nil {
		return
	}
	p.waived = map[string]bool{}
	for _, l := range letters {
		p.waived[l.GetReason()] = true
	}
}

// reject ends the letters of a page that stays out: it is dead as it was.
func (p *pageReader) reject(letters []*wire.Refused) {
	p.out.flow.RecordsIn++
	p.out.flow.RecordsDead++
	for _, l := range letters {
		p.out.letters = append(p.out.letters, &wire.DeadLetter{Row: l.GetRow(), Position: l.GetPosition(), Field: l.GetField(), Reason: l.GetReason(), ResolvedBy: max(1, p.out.vintage.GetContractVersion())})
	}
}

// sign puts a decision on the letters that it ended.
func (p *pageReader) sign(d *wire.Decision) {
	if d == nil {
		return
	}
	for _, l := range p.out.letters {
		if l.GetResolvedBy() != 0 {
			l.Decision = d
		}
	}
}

// past reads what was remembered of deliveries. Everything that was decoded before
// is in the stream: a frame is published before the next one is read.
func (l *Loop) past(ctx context.Context) Past {
	return func(subject string) (*wire.Delivery, error) {
		m, err := l.conn.Last(ctx, stream.Data, subject)
		if errors.Is(err, stream.ErrNotFound) {
			return nil, nil //nolint:nilnil // nothing was
		}
		if err != nil {
			return nil, err
		}
		d := &wire.Delivery{}
		return d, wire.Unmarshal(m.Data, d)
	}
}
