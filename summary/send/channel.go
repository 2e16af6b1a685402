package send

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Channel hands one message over.
type Channel interface {
	// Send returns nil once the other side has taken the message, with what it
	// said. The error is a [*RefusedError] where it is certain that the message was not
	// taken; after any other error nobody can tell.
	Send(ctx context.Context, m Message) (receipt string, err error)
}

// Prober is a channel that can be asked whether a message has arrived.
type Prober interface {
	Arrived(ctx context.Context, m Message) (bool, error)
}

// RefusedError says that a message was not taken.
type RefusedError struct {
	Temporary bool // it may be taken later
	Code      int  // of SMTP or HTTP; 0 where it did not come so far
	Err       error
}

// Error says why.
func (r *RefusedError) Error() string { return r.Err.Error() }

// Unwrap returns the reason.
func (r *RefusedError) Unwrap() error { return r.Err }

// Message is what a channel hands over.
type Message struct {
	ID      string // stable for run, language and recipient, without angle brackets
	Run     Run
	Lang    string
	To      Recipient
	Attempt int
	Title   string // one line
	Forms   []Form // those that the recipient wants, in that order
	// Text is the summary as plain text, for what cannot show more.
	Text string
	Hash string // sha256 over the forms, hexadecimal
	Date time.Time
}

func (m *Message) size() int64 {
	n := int64(0)
	for _, f := range m.Forms {
		n += int64(len(f.Bytes))
	}
	return n
}

// formCache renders each form of a run once, however many get it.
type formCache struct {
	render Renderer
	run    Run
	forms  map[[2]string]Form
}

func (c *formCache) get(ctx context.Context, lang, format string) (Form, error) {
	key := [2]string{lang, format}
	if f, ok := c.forms[key]; ok {
		return f, nil
	}
	f, err := c.render.Render(ctx, Request{
		Summary: c.run.Summary, Area: c.run.Area, Period: c.run.Period, Lang: lang, Format: format,
		AsOf: c.run.AsOf, Late: c.run.Late, Missing: c.run.Missing,
	})
	if err != nil {
		return f, fmt.Errorf("%s in %s: %w", format, lang, err)
	}
	f.Format = format
	if c.forms == nil {
		c.forms = map[[2]string]Form{}
	}
	c.forms[key] = f
	return f, nil
}

// message puts together what a recipient gets.
func (*Sender) message(ctx context.Context, x *step) (Message, error) {
	r, d, forms := x.to, x.d, x.forms
	m := Message{ID: d.MessageID, Run: x.run, Lang: d.Lang, To: r, Attempt: d.Attempt, Date: x.run.OpenedAt}
	h := sha256.New()
	for _, format := range r.Formats {
		if format == FormatHTML && r.Kind == KindMail {
			format = FormatMail
		}
		f, err := forms.get(ctx, d.Lang, format)
		if err != nil {
			return m, err
		}
		h.Write(fmt.Appendf(nil, "%s\n%d\n", f.Format, len(f.Bytes)))
		h.Write(f.Bytes)
		for _, in := range f.Inline {
			h.Write(in.Bytes)
		}
		m.Forms = append(m.Forms, f)
		if m.Title == "" {
			m.Title = oneLine(strings.TrimSpace(f.Title), 200)
		}
	}
	m.Hash = hex.EncodeToString(h.Sum(nil))
	if r.Kind == KindMail {
		f, err := forms.get(ctx, d.Lang, FormatMarkdown)
		if err != nil {
			return m, err
		}
		m.Text = string(f.Bytes)
	}
	return m, nil
}
