package send

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

const (
	runPrefix      = "run."
	deliveryPrefix = "dlv."
)

// RunState is how far a run has come.
type RunState string

// The states of a run.
const (
	Waiting RunState = "waiting" // its time has come, its data have not
	Open    RunState = "open"    // its vintage is fixed, and it is being sent
	Done    RunState = "done"    // every delivery has come to its end
	Skipped RunState = "skipped" // its time passed while nothing ran and a later one was sent instead, or there was nothing to say
)

// Run is one summary of one area and period on its way to its recipients.
type Run struct {
	Summary string        `json:"summary"`
	Version int           `json:"version"` // of the declaration
	Area    auyl.AreaCode `json:"area"`
	Period  auyl.Period   `json:"period"`
	// Edition is empty for the run of a schedule, of which there is one for each
	// summary, area and period, ever. Others are made by hand, one for a vintage.
	Edition string   `json:"edition,omitempty"`
	State   RunState `json:"state"`

	DueAt    time.Time `json:"due_at"`             // when the schedule wanted it
	Deadline time.Time `json:"deadline,omitzero"`  // until when it waits for data
	OpenedAt time.Time `json:"opened_at,omitzero"` // when its vintage was fixed; the Date of its mail
	AsOf     time.Time `json:"as_of,omitzero"`     // the vintage
	EndedAt  time.Time `json:"ended_at,omitzero"`
	Late     bool      `json:"late,omitempty"`    // opened long after it could have been
	Missing  []string  `json:"missing,omitempty"` // what had not come at the deadline
}

// Key is the name of the run in the ledger.
func (r *Run) Key() string { return runPrefix + r.name() }

func (r *Run) name() string {
	s := r.Summary + "." + r.Area.String() + "." + r.Period.String()
	if r.Edition != "" {
		s += "." + r.Edition
	}
	return s
}

// EditionOf names the edition of a vintage.
func EditionOf(asOf time.Time) string { return strconv.FormatInt(asOf.UnixMilli(), 10) }

// CreateRun writes a run down unless the ledger has it; created is false then, and
// the run is the one that is there.
func CreateRun(ctx context.Context, l Ledger, r Run) (have RunEntry, created bool, err error) {
	revision, err := update(ctx, l, r.Key(), r, 0)
	if err == nil {
		return RunEntry{r, revision}, true, nil
	}
	if errors.Is(err, ErrFenced) {
		have.Revision, err = read(ctx, l, r.Key(), &have.Run)
	}
	if err != nil {
		return have, false, fmt.Errorf("write down run %s: %w", r.Key(), err)
	}
	return have, false, nil
}

// UpdateRun writes a run if the ledger has it at a revision. Errors: ErrFenced.
func UpdateRun(ctx context.Context, l Ledger, r Run, revision uint64) (uint64, error) {
	next, err := update(ctx, l, r.Key(), r, revision)
	if err != nil {
		return 0, fmt.Errorf("write down run %s: %w", r.Key(), err)
	}
	return next, nil
}

// ReopenRun has whoever looks after a run that is done look at it again: one of
// its deliveries is to be tried once more.
func ReopenRun(ctx context.Context, l Ledger, r Run) error {
	var run Run
	revision, err := read(ctx, l, r.Key(), &run)
	if err == nil && run.State == Done {
		run.State, run.EndedAt = Open, time.Time{}
		_, err = UpdateRun(ctx, l, run, revision)
	}
	if err != nil {
		return fmt.Errorf("reopen run %s: %w", r.Key(), err)
	}
	return nil
}

// EndRun notes that each delivery of an open run has come to its end.
func EndRun(ctx context.Context, l Ledger, r Run, at time.Time) error {
	var run Run
	revision, err := read(ctx, l, r.Key(), &run)
	if err == nil && run.State == Open {
		run.State, run.EndedAt = Done, at
		_, err = UpdateRun(ctx, l, run, revision)
	}
	if err != nil && !errors.Is(err, ErrFenced) {
		return fmt.Errorf("end run %s: %w", r.Key(), err)
	}
	return nil
}

// State is how far a delivery has come.
type State string

// The states of a delivery.
const (
	Planned   State = "planned"
	Sending   State = "sending"
	Sent      State = "sent"
	Failed    State = "failed"
	Uncertain State = "uncertain"
)

// Delivery is one run on its way to one recipient in one language.
type Delivery struct {
	Summary   string        `json:"summary"`
	Area      auyl.AreaCode `json:"area"`
	Period    auyl.Period   `json:"period"`
	Edition   string        `json:"edition,omitempty"`
	AsOf      time.Time     `json:"as_of"`
	Lang      string        `json:"lang"`
	Recipient string        `json:"recipient"` // its label, never its address
	Channel   string        `json:"channel"`
	// To tells addresses apart without saying them.
	To        string `json:"to"`
	MessageID string `json:"message_id"` // without angle brackets

	State     State     `json:"state"`
	Attempt   int       `json:"attempt"`
	Token     string    `json:"token,omitempty"` // of the last attempt
	Hash      string    `json:"hash,omitempty"`  // sha256 of what was sent, hexadecimal
	Bytes     int64     `json:"bytes,omitempty"`
	PlannedAt time.Time `json:"planned_at"`
	StartedAt time.Time `json:"started_at,omitzero"` // of the last attempt
	Until     time.Time `json:"until,omitzero"`      // when it is over at the latest
	EndedAt   time.Time `json:"ended_at,omitzero"`
	RetryAt   time.Time `json:"retry_at,omitzero"` // of a failed one; zero: never
	Receipt   string    `json:"receipt,omitempty"` // what the other side said
	Error     string    `json:"error,omitempty"`
	Resolved  bool      `json:"resolved,omitempty"` // a person decided on it
}

// Key is the name of the delivery in the ledger.
func (d *Delivery) Key() string {
	edition := d.Edition
	if edition == "" {
		edition = "0"
	}
	return strings.Join([]string{deliveryPrefix + d.Summary, d.Area.String(), d.Period.String(), edition, d.Lang, d.To}, ".")
}

func newDelivery(run Run, r Recipient, lang, domain string) Delivery {
	d := Delivery{
		Summary: run.Summary, Area: run.Area, Period: run.Period, Edition: run.Edition, AsOf: run.AsOf,
		Lang: lang, Recipient: r.ID, Channel: r.Channel, To: digest(r.Kind, r.normal())[:16],
	}
	d.MessageID = digest(run.name(), EditionOf(run.AsOf), lang, d.To)[:40] + "@" + domain
	return d
}

// digest is the sha256 of texts that cannot be shifted into each other.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(fmt.Appendf(nil, "%d:%s", len(p), p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// end takes over how an attempt ended.
func (d *Delivery) end(now time.Time, receipt string, err error, attempts int) {
	d.Receipt, d.EndedAt = oneLine(receipt, 200), now
	var refusal *RefusedError
	switch {
	case err == nil:
		d.State = Sent
	case errors.As(err, &refusal):
		d.fail(now, refusal, attempts)
	default:
		d.State, d.Error = Uncertain, oneLine(err.Error(), 500)
	}
}

// fail notes a refusal, and when to try again if it is for a time.
func (d *Delivery) fail(now time.Time, r *RefusedError, attempts int) {
	d.State, d.Error, d.EndedAt, d.RetryAt = Failed, oneLine(r.Error(), 500), now, time.Time{}
	if r.Temporary && d.Attempt < attempts {
		d.RetryAt = now.Add(backOff(d.Attempt))
	}
}

// backOff is the pause after an attempt, from 1: 1 min at first, for greylisting;
// then longer, as mail servers do, up to 12 h.
func backOff(attempt int) time.Duration {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour}
	return steps[min(max(attempt, 1), len(steps))-1]
}

// oneLine makes a text of another's server fit for a line of ours.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
