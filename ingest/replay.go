package ingest

import (
	"context"
	"fmt"
	"maps"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// SkipGone is the rule for a record that was refused and is none any more under
// the contract as it is now: its line belongs to the header, its cell to a footnote.
const SkipGone = "gone"

// pagePosition is where a letter about a whole page stands.
const pagePosition = "page"

// maxReplayBytes bounds the letters of one message of a replay, in bytes.
const maxReplayBytes = 256 << 10

// PublishReplay asks for records of a page to be decoded again: it puts messages
// into RAW that refer to the page and name its letters, behind everything that is
// there, under the fence of the source. page is the message that brought the page,
// with the sequence at which it stands in its vintage. Each message is a frame of
// its own, so that what a page says fits into one.
func PublishReplay(ctx context.Context, out *RawPublisher, page *wire.RawPage, letters []*wire.Refused, askedAtMs int64) error {
	var part []*wire.Refused
	size := 0
	send := func() error {
		if len(part) == 0 {
			return nil
		}
		msg := &wire.RawPage{
			Vintage: page.GetVintage(), Url: page.GetUrl(), ContentType: page.GetContentType(), SizeBytes: page.GetSizeBytes(), Part: page.GetPart(),
			Replay: &wire.Replay{Letters: part, AskedAtMs: askedAtMs},
		}
		data, err := wire.Marshal(msg)
		if err != nil {
			return err
		}
		part, size = nil, 0
		// The state of the pull stays what it was.
		return out.Publish(ctx, []auyl.Payload{{Subject: "raw." + page.GetVintage().GetSource(), Data: data}}, out.State())
	}
	for _, l := range letters {
		part = append(part, l)
		if size += len(l.GetPosition()) + len(l.GetField()) + len(l.GetReason()) + 16; size > maxReplayBytes {
			if err := send(); err != nil {
				return fmt.Errorf("replay of %s: %w", page.GetVintage().GetRun(), err)
			}
		}
	}
	if err := send(); err != nil {
		return fmt.Errorf("replay of %s: %w", page.GetVintage().GetRun(), err)
	}
	return nil
}

// replay decodes again what was refused of a page. What passes carries the
// vintage of the page, so that it stands where it would have stood; the row of
// conservation counts the letters that were taken up, and nothing else.
func (d *Decoder) replay(page *wire.RawPage, body []byte, past Past) (Decoded, error) {
	v := page.GetVintage()
	letters := page.GetReplay().GetLetters()
	c := d.contracts[auyl.SourceID(v.GetSource())]
	if page.GetPart() != nil {
		past = nil // a part is not a delivery, see DecodeAfter
	}
	p := &pageReader{d: d, c: c, name: fileOf(page), page: page, part: page.GetPart(), past: past, out: newOutput(v)}
	if c != nil {
		if c.Released.On != 0 {
			v.ReleasedAtMs = c.Released.On.Time().UnixMilli()
		}
		v.ContractVersion = c.Version
		if err := d.keyed(c); err != nil {
			return Decoded{}, err
		}
	}
	s := newSieve(letters)
	decision := page.GetReplay().GetDecision()
	switch {
	case decision != nil && !decision.GetAccept():
		p.reject(letters)
	case c == nil:
		s.keep(p.out, &wire.DeadLetter{Expected: "a contract", Mend: "there is none for " + v.GetSource()})
	case ofPage(letters):
		p.waive(decision, letters)
		if err := p.take(page.GetUrl(), body); err != nil {
			return Decoded{}, err
		}
		s.judge(p.out, 0, pagePosition, c)
	default:
		p.retake(body, s)
	}
	flow := p.out.flow
	flow.ReplayOf, flow.Retried = v.GetRawSeq(), uint64(len(s.order))
	flow.Vintage = wire.CloneVintage(v)
	flow.Vintage.RawSeq, flow.Vintage.RecordedAtMs = v.GetReplaySeq(), v.GetReplayedAtMs()
	p.sign(decision)
	return p.finish()
}

// ofPage reports whether letters are those of a page as a whole.
func ofPage(letters []*wire.Refused) bool {
	for _, l := range letters {
		if l.GetRow() != 0 || l.GetPosition() != pagePosition {
			return false
		}
	}
	return len(letters) > 0
}

// retake reads a page twice: first what was not refused, of which nothing is told
// again but which a record may contradict, then the records that were.
func (p *pageReader) retake(body []byte, s *sieve) {
	out, said := p.out, newOutput(p.out.vintage)
	p.sieve, p.out = s, said
	err := p.read(body)
	if err == nil {
		out.told, out.seenEvt, out.seenKey = said.told, said.seenEvt, said.seenKey
		out.sums = maps.Clone(said.sums)
		s.first, s.second, p.out = p.m, true, out
		err = p.read(body)
	}
	p.out = out
	if err == nil {
		if p.m != nil {
			had := len(out.letters)
			p.m.closePage(out)
			s.judgeTotals(out, had, p.c)
		}
		// A sum that a record joined is another figure than the one that was told:
		// it is known from now on. What nothing joined is not told again.
		out.later = wire.CloneVintage(out.vintage)
		out.later.RawSeq, out.later.RecordedAtMs = out.vintage.GetReplaySeq(), out.vintage.GetReplayedAtMs()
		for k, old := range said.sums {
			if out.sums[k] == old {
				delete(out.sums, k)
			}
		}
		s.gone(out, p.c)
		return
	}
	scratch := newOutput(out.vintage)
	p.out = scratch
	p.refusePage(err)
	p.out = out
	out.reset()
	s.keep(out, scratch.letters[0])
}

// sieve tells the records that were refused from the others.
type sieve struct {
	letters map[string][]*wire.Refused // by position, which stays when a contract counts rows otherwise
	order   []string                   // positions, each once
	met     map[string]bool
	second  bool    // time that the page is read
	first   *mapper // of the first time, which saw what was not refused
}

func newSieve(letters []*wire.Refused) *sieve {
	s := &sieve{letters: map[string][]*wire.Refused{}, met: map[string]bool{}}
	for _, l := range letters {
		if s.letters[l.GetPosition()] == nil {
			s.order = append(s.order, l.GetPosition())
		}
		s.letters[l.GetPosition()] = append(s.letters[l.GetPosition()], l)
	}
	return s
}

// passes reports whether a record is read this time.
func (s *sieve) passes(position string) bool {
	if s == nil {
		return true
	}
	return (s.letters[position] != nil) == s.second
}

// judge says what became of the letters of one record, of which had letters were
// written before it was decoded again.
func (s *sieve) judge(out *output, had int, position string, c *schemas.Contract) {
	if s == nil || !s.second && position != pagePosition {
		return
	}
	s.met[position] = true
	s.compare(out, out.letters[had:], position, c, func(l *wire.Refused) bool { return l.GetReason() != ReasonTotal })
}

// judgeTotals judges the letters of totals, which are known when the page is read.
func (s *sieve) judgeTotals(out *output, had int, c *schemas.Contract) {
	now := out.letters[had:]
	for _, position := range s.order {
		s.compare(out, now, position, c, func(l *wire.Refused) bool { return l.GetReason() == ReasonTotal && s.met[position] })
	}
}

// compare resolves those letters of a record that are none any more.
func (s *sieve) compare(out *output, now []*wire.DeadLetter, position string, c *schemas.Contract, which func(*wire.Refused) bool) {
	for _, l := range s.letters[position] {
		if !which(l) {
			continue
		}
		still := false
		for _, n := range now {
			if n.GetPosition() == position && n.GetField() == l.GetField() && n.GetReason() == l.GetReason() {
				n.Row, still = l.GetRow(), true // the key of the letter that there is
			}
		}
		if !still {
			out.letters = append(out.letters, resolved(l, c))
		}
	}
}

func resolved(l *wire.Refused, c *schemas.Contract) *wire.DeadLetter {
	return &wire.DeadLetter{Row: l.GetRow(), Position: l.GetPosition(), Field: l.GetField(), Reason: l.GetReason(), ResolvedBy: c.Version}
}

// gone ends the letters whose records are none any more.
func (s *sieve) gone(out *output, c *schemas.Contract) {
	for _, position := range s.order {
		if s.met[position] {
			continue
		}
		out.flow.RecordsIn++
		out.skip(SkipGone)
		for _, l := range s.letters[position] {
			out.letters = append(out.letters, resolved(l, c))
		}
	}
}

// keep leaves all letters as they are, with what now stands in the way.
func (s *sieve) keep(out *output, why *wire.DeadLetter) {
	for _, position := range s.order {
		out.flow.RecordsIn++
		for i, l := range s.letters[position] {
			d := &wire.DeadLetter{Row: l.GetRow(), Position: position, Field: l.GetField(), Reason: l.GetReason(), Found: why.GetFound(), Expected: why.GetExpected(), Mend: why.GetMend()}
			if i == 0 {
				out.dead(d) // a record is dead once
			} else {
				out.letters = append(out.letters, d)
			}
		}
	}
}
