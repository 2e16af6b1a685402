// Package send hands finished summaries to people and programs: by e-mail, into
// a folder or a bucket, to a subject of a message server, to a webhook. What was
// sent to whom, when and with which hash stands in a [Ledger], which is written
// before an attempt and after it, so that nobody gets the same summary twice:
//
//	planned → sending → sent
//	                  → failed     refused; tried again at RetryAt, or never
//	                  → uncertain  nobody can tell; a person decides ([Sender.Resolve])
//
// The one write that must not be lost is the one to sending. Whoever finds a
// delivery there after its time asks the channel whether it arrived; a channel
// that cannot tell leaves it uncertain, and it is not sent again blindly.
//
// The package makes no document: a [Renderer] does. It keeps no address: the
// ledger knows recipients by their label and a hash.
package send

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/internal/wait"
)

// Request asks for one form of one summary.
type Request struct {
	Summary string
	Area    auyl.AreaCode
	Period  auyl.Period
	Lang    string // kk, ru or en
	Format  string // html, pdf, xlsx, markdown or json; mail is html for a mail client
	// AsOf is the vintage. With the other fields it says all that the form
	// depends on: asked again, the same bytes come.
	AsOf time.Time
	// Late and Missing are said at the top: that the summary comes after its
	// time, and what had not come when it was made.
	Late    bool
	Missing []string
}

// Form is a summary in one format.
type Form struct {
	Format      string
	ContentType string
	Name        string // of a file
	Title       string // of the document: one line
	Bytes       []byte
	Inline      []Inline // pictures that a page for mail shows
}

// Inline is a picture that travels in the same mail as the page that shows it.
type Inline struct {
	ID          string // the page names it cid:ID
	ContentType string
	Bytes       []byte
}

// Renderer gives summaries their forms.
type Renderer interface {
	Render(ctx context.Context, r Request) (Form, error)
}

// Options of a Sender; the zero value is ready to use.
type Options struct {
	// Timeout bounds one attempt; 0 means 2 min. A delivery that was being sent
	// for longer is taken for abandoned.
	Timeout time.Duration
	// Attempts before a delivery that is refused for a time is given up; 0 means 8,
	// which with the pauses between them is about two days.
	Attempts int
	// Domain is behind the @ of the Message-ID; empty means auyl.invalid.
	Domain string
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil is silent
}

// Sender delivers runs. It is safe for concurrent use, and so are several of
// them over one ledger.
type Sender struct {
	ledger   Ledger
	channels map[string]Channel
	render   Renderer
	o        Options
}

// New returns a sender over the channels by their names.
func New(l Ledger, channels map[string]Channel, r Renderer, o Options) *Sender {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Attempts == 0 {
		o.Attempts = 8
	}
	if o.Domain == "" {
		o.Domain = "auyl.invalid"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sender{l, channels, r, o}
}

// Tally counts the deliveries of a run by what became of them.
type Tally struct {
	Sent, Failed, Uncertain int
	Pending                 int // planned, being sent by another, or to be tried again
	Before                  int // of Sent, those that had been sent before this call
}

// Deliver brings a run to its recipients as far as that goes now. It may be
// called again at any time, by another process, too: what was sent is not sent
// again. The error is of our own side; what a recipient's server says is in the
// ledger. ctx ends the round between two deliveries; one that has begun is ended.
func (s *Sender) Deliver(ctx context.Context, run Run, to []Recipient) (Tally, error) {
	var t Tally
	if run.AsOf.IsZero() {
		return t, fmt.Errorf("deliver %s: the run has no vintage yet", run.Key())
	}
	if err := CheckRecipients(to); err != nil {
		return t, fmt.Errorf("deliver %s: %w", run.Key(), err)
	}
	forms := &formCache{render: s.render, run: run}
	for _, r := range to {
		for _, lang := range r.Langs {
			if err := s.plan(ctx, newDelivery(run, r, lang, s.o.Domain)); err != nil {
				return t, fmt.Errorf("deliver %s: %w", run.Key(), err)
			}
		}
	}
	for _, r := range to {
		for _, lang := range r.Langs {
			if err := ctx.Err(); err != nil {
				return t, err
			}
			before, after, err := s.advance(ctx, run, r, lang, forms)
			if err != nil {
				return t, fmt.Errorf("deliver %s to %s: %w", run.Key(), r.ID, err)
			}
			t.add(before, after)
		}
	}
	return t, nil
}

func (t *Tally) add(before, after Delivery) {
	switch {
	case after.State == Sent:
		t.Sent++
		if before.State == Sent {
			t.Before++
		}
	case after.State == Uncertain:
		t.Uncertain++
	case after.State == Failed && after.RetryAt.IsZero():
		t.Failed++
	default:
		t.Pending++
	}
}

// plan writes a delivery down unless it is known.
func (s *Sender) plan(ctx context.Context, d Delivery) error {
	d.State, d.PlannedAt = Planned, s.now()
	_, err := update(ctx, s.ledger, d.Key(), d, 0)
	if errors.Is(err, ErrFenced) {
		return nil
	}
	return err
}

// step is one delivery on its way.
type step struct {
	channel  Channel
	run      Run
	to       Recipient
	forms    *formCache
	d        Delivery
	revision uint64
}

// advance takes one delivery as far as it goes now, and returns what it was and
// what it is.
func (s *Sender) advance(ctx context.Context, run Run, r Recipient, lang string, forms *formCache) (before, after Delivery, err error) {
	x := &step{channel: s.channels[r.Channel], run: run, to: r, forms: forms, d: newDelivery(run, r, lang, s.o.Domain)}
	if x.revision, err = read(ctx, s.ledger, x.d.Key(), &x.d); err != nil {
		return x.d, x.d, err
	}
	before = x.d
	if x.channel == nil {
		return before, x.d, fmt.Errorf("channel %s is not open", r.Channel)
	}
	if x.d.State == Sending {
		if !s.now().After(x.d.Until) {
			return before, x.d, nil // another is at it
		}
		if err := s.settle(ctx, x); err != nil {
			return before, x.d, err
		}
	}
	if x.d.State != Planned && (x.d.State != Failed || x.d.RetryAt.IsZero() || s.now().Before(x.d.RetryAt)) {
		return before, x.d, nil
	}
	err = s.attempt(ctx, x)
	return before, x.d, err
}

// attempt hands a delivery over, with a write to the ledger before and after it.
func (s *Sender) attempt(ctx context.Context, x *step) error {
	d := &x.d
	m, err := s.message(ctx, x)
	if err != nil {
		// Not the recipient's fault, but as little use to try at once again.
		d.Attempt++
		d.fail(s.now(), &RefusedError{Temporary: true, Err: fmt.Errorf("render: %w", err)}, s.o.Attempts)
		s.tell(ctx, *d)
		_, err := update(ctx, s.ledger, d.Key(), d, x.revision)
		return fenced(err)
	}
	d.State, d.Attempt, d.Hash, d.Bytes = Sending, d.Attempt+1, m.Hash, m.size()
	d.Token, d.StartedAt, d.Until, d.RetryAt, d.Error = rand.Text(), s.now(), s.now().Add(s.o.Timeout), time.Time{}, ""
	m.Attempt = d.Attempt
	if x.revision, err = update(ctx, s.ledger, d.Key(), d, x.revision); err != nil {
		return fenced(err) // another sender was faster: it is theirs
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Timeout)
	receipt, err := x.channel.Send(sending, m)
	cancel()
	d.end(s.now(), receipt, err, s.o.Attempts)
	s.tell(ctx, *d)
	*d, err = s.note(context.WithoutCancel(ctx), *d, x.revision)
	return err
}

// fenced drops the error that says that another sender has taken the delivery.
func fenced(err error) error {
	if errors.Is(err, ErrFenced) {
		return nil
	}
	return err
}

// settle decides on a delivery that was being sent when its sender ended.
func (s *Sender) settle(ctx context.Context, x *step) error {
	d := &x.d
	d.EndedAt, d.State, d.Error = s.now(), Uncertain, "the sender ended while it was sending"
	if p, ok := x.channel.(Prober); ok {
		m, err := s.message(ctx, x)
		arrived := false
		if err == nil {
			arrived, err = p.Arrived(ctx, m)
		}
		if err != nil {
			return fmt.Errorf("ask whether it arrived: %w", err)
		}
		d.State, d.Error = Planned, ""
		if arrived {
			d.State = Sent
		}
	}
	s.tell(ctx, *d)
	revision, err := update(ctx, s.ledger, d.Key(), d, x.revision)
	if errors.Is(err, ErrFenced) {
		key := d.Key()
		*d = Delivery{} // what is read leaves out what is empty
		revision, err = read(ctx, s.ledger, key, d)
	}
	x.revision = revision
	return err
}

// notePauses are between the tries to write down what became of an attempt: what
// cannot be noted is uncertain afterwards.
func notePauses() []time.Duration {
	return []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second, 15 * time.Second}
}

// note writes down what became of an attempt.
func (s *Sender) note(ctx context.Context, d Delivery, revision uint64) (Delivery, error) {
	for i := 0; ; i++ {
		_, err := update(ctx, s.ledger, d.Key(), d, revision)
		if err == nil {
			return d, nil
		}
		// The write may have happened, or another took the delivery for abandoned:
		// what is there decides.
		var there Delivery
		if rev, rerr := read(ctx, s.ledger, d.Key(), &there); rerr == nil {
			switch {
			case there.Token != d.Token || there.State != Sending && there.State != Uncertain:
				return there, nil
			case there.State == d.State:
				return there, nil
			}
			revision = rev
		}
		if pauses := notePauses(); i < len(pauses) {
			if perr := wait.For(ctx, pauses[i]); perr != nil {
				return d, perr
			}
			continue
		}
		return d, fmt.Errorf("note that the delivery is %s: %w", d.State, err)
	}
}

func (s *Sender) tell(ctx context.Context, d Delivery) {
	log := s.o.Logger.With("summary", d.Summary, "area", d.Area, "period", d.Period, "lang", d.Lang, "recipient", d.Recipient, "state", d.State)
	if d.State == Sent {
		log.InfoContext(ctx, "summary sent", "message_id", d.MessageID)
	} else if d.State != Planned {
		log.WarnContext(ctx, "summary not sent", "attempt", d.Attempt, "retry_at", d.RetryAt, "reason", d.Error)
	}
}

// now is cut to what the ledger keeps.
func (s *Sender) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

// Resolve is what a person decided on an uncertain delivery: that it arrived, or
// that it is to be sent again. It also has a failed one sent again. Errors:
// ErrNone, ErrFenced, and a delivery that is in another state.
func (s *Sender) Resolve(ctx context.Context, key string, arrived bool) (Delivery, error) {
	var d Delivery
	revision, err := read(ctx, s.ledger, key, &d)
	if err != nil {
		return d, fmt.Errorf("resolve %s: %w", key, err)
	}
	switch {
	case d.State != Uncertain && d.State != Failed:
		return d, fmt.Errorf("resolve %s: it is %s: only uncertain and failed deliveries are resolved", key, d.State)
	case arrived:
		d.State, d.Error = Sent, ""
	default:
		d.State, d.Attempt, d.Error = Planned, 0, ""
	}
	d.Resolved, d.RetryAt, d.EndedAt = true, time.Time{}, s.now()
	if _, err := update(ctx, s.ledger, key, d, revision); err != nil {
		return d, fmt.Errorf("resolve %s: %w", key, err)
	}
	return d, nil
}
