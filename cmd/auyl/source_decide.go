package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
)

type sourceHeldCmd struct {
	common
	Source string `help:"Only of this source."`
	All    bool   `help:"Also those that were decided on, with who, when and why."`
	JSON   bool   `name:"json" help:"Print JSON instead of text."`
}

// Help implements kong's longer text.
func (*sourceHeldCmd) Help() string {
	return `A delivery is held back where it repeats an earlier one, or breaks with the one before of the same name. Earlier values stay
current, and the deliveries behind it go on. Examples:
  auyl source held
  auyl source held --source mlsp.asp --all`
}

func (c *sourceHeldCmd) Run(ctx context.Context, s streams) error {
	return c.reading(ctx, s, func(n *node) error {
		list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Source: c.Source, Waiting: !c.All})
		if err != nil {
			return err
		}
		if c.JSON {
			if list == nil {
				list = []clickhouse.HeldDelivery{}
			}
			return writeJSON(s.out, list)
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(s.out, "nothing waits")
			return err
		}
		return printHeld(s.out, list)
	})
}

func printHeld(out io.Writer, list []clickhouse.HeldDelivery) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "delivery\torigin\trecorded\treasons\tstate\tfound")
	for _, h := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", h.Delivery, h.Origin, stamp(h.RecordedAt), strings.Join(h.Reasons, ", "), h.State, h.Found)
		if h.DecidedBy != "" {
			fmt.Fprintf(w, "\t\t  %s\n", decisionText(h))
		}
	}
	return w.Flush()
}

// decisionText says who decided, when and why; "" where nobody did.
func decisionText(h clickhouse.HeldDelivery) string {
	if h.DecidedBy == "" {
		return ""
	}
	text := fmt.Sprintf("%s by %s, %s", h.State, h.DecidedBy, stamp(h.DecidedAt))
	if h.DecidedWhy != "" {
		text += ": " + h.DecidedWhy
	}
	return text
}

// decide are the flags of both decisions.
type decide struct {
	common
	Delivery string `arg:"" help:"Delivery as auyl source held prints it: mlsp.asp/12/1, or mlsp.asp/12 for all pages of that pull."`
	By       string `help:"Who decides; the user of this machine if empty." placeholder:"NAME"`
}

type sourceAcceptCmd struct {
	decide
	Reason string `help:"Why, for the record." placeholder:"TEXT"`
}

// Help implements kong's longer text.
func (*sourceAcceptCmd) Help() string {
	return `The delivery is decoded with the checks waived for which it was held back. What it says stands where it would have stood when it
came, and the next one is held against it. Works beside a running auyl with nats.listen, and when nothing runs. Example:
  auyl source accept mlsp.asp/12/1 --reason "thousands of tenge since July, order 214"`
}

func (c *sourceAcceptCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, ingest.Decision{Accept: true, Why: c.Reason})
}

type sourceRejectCmd struct {
	decide
	Reason string `help:"Why, for the record." placeholder:"TEXT" required:"true"`
}

// Help implements kong's longer text.
func (*sourceRejectCmd) Help() string {
	return `The delivery stays out for good; its bytes stay in the raw archive. Example:
  auyl source reject mlsp.asp/12/1 --reason "September's file again, asked for October's"`
}

func (c *sourceRejectCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, ingest.Decision{Why: c.Reason})
}

// inUse reports whether an auyl run has the data folder.
func (c *common) inUse() bool {
	f, err := os.Open(c.dir("run.lock"))
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only asked
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

func (c *decide) run(ctx context.Context, s streams, d ingest.Decision) error {
	by, err := who(c.By)
	if err != nil {
		return err
	}
	d.By = by
	cfg, err := c.load(s)
	if err != nil {
		return err
	}
	if cfg.NATS.URL == "" && !c.inUse() {
		return c.writing(ctx, s, func(ctx context.Context, n *node, parts []part) error {
			put, err := c.put(ctx, s.out, n, d)
			if err != nil || put == 0 {
				return err
			}
			if err := drain(ctx, parts, nil); err != nil {
				return err
			}
			return c.tell(ctx, s.out, n)
		})
	}
	return c.reading(ctx, s, func(n *node) error {
		if err := n.readArchive(); err != nil {
			return err
		}
		if err := n.readStreams(ctx); err != nil {
			return err
		}
		put, err := c.put(ctx, s.out, n, d)
		if err == nil && put > 0 {
			_, err = fmt.Fprintln(s.out, "on record; the auyl that runs does the rest: auyl source held --all says what became of it")
		}
		return err
	})
}

// put puts the decision on each page of the delivery that waits into RAW, and
// returns on how many.
func (c *decide) put(ctx context.Context, out io.Writer, n *node, d ingest.Decision) (int, error) {
	list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Delivery: c.Delivery})
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, fmt.Errorf("no delivery %q is held back: auyl source held lists them", c.Delivery)
	}
	d.AtMs = ingest.NewClock(time.Now).Next().UnixMilli()
	put := 0
	for _, h := range list {
		if h.State != "waiting" {
			if err := already(out, h.Delivery, h.State == "accepted", d.Accept, decisionText(h), h.State); err != nil {
				return put, err
			}
			continue
		}
		page, err := n.rawPage(ctx, refusedPage{source: h.Source, run: h.Run, page: h.Page, rawSeq: h.RawSeq})
		if err != nil {
			return put, err
		}
		if d.Accept && page.GetSizeBytes() > 0 {
			if _, err := n.store.Get(ctx, [32]byte(page.GetVintage().GetRawSha256())); err != nil {
				return put, fmt.Errorf("delivery %s: %w: %w: get it again under another name", h.Delivery, errPageGone, err)
			}
		}
		err = ingest.PublishDecision(ctx, n.conn, page, h.Reasons, d)
		if was, ok := errors.AsType[*ingest.DecidedError](err); ok {
			err = already(out, h.Delivery, was.Accept, d.Accept, was.Error(), "decided")
			if err == nil {
				continue
			}
		}
		if err != nil {
			return put, err
		}
		put++
	}
	return put, nil
}

// already answers a second decision: the same one is no fault, the contrary is.
func already(out io.Writer, delivery string, was, is bool, text, state string) error {
	if text == "" {
		text = state
	}
	if was == is && state != "mended" {
		_, err := fmt.Fprintf(out, "delivery %s is decided already: %s\n", delivery, text)
		return err
	}
	return fmt.Errorf("delivery %s is decided already: %s", delivery, text)
}

// tell says what became of the delivery.
func (c *decide) tell(ctx context.Context, out io.Writer, n *node) error {
	list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Delivery: c.Delivery})
	if err != nil {
		return err
	}
	if err := printHeld(out, list); err != nil {
		return err
	}
	for _, h := range list {
		if h.State == "waiting" {
			return fmt.Errorf("delivery %s is held back still: %s", h.Delivery, strings.Join(h.Reasons, ", "))
		}
	}
	return nil
}

// decisionOn says what was decided on the page of a letter; "" where nothing was.
func (n *node) decisionOn(ctx context.Context, l clickhouse.DeadLetter) (string, error) {
	if l.Row != 0 {
		return "", nil
	}
	delivery := fmt.Sprintf("%s/%d", l.Run, l.Page)
	list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Source: l.Source, Delivery: delivery})
	if err != nil || len(list) == 0 {
		return "", err
	}
	if list[0].State == "waiting" {
		return "not yet: auyl source accept " + delivery + ", or reject", nil
	}
	return decisionText(list[0]), nil
}

// noteHeld adds to the drift of each source what waits for a decision.
func (n *node) noteHeld(ctx context.Context, sources []sourceHealth) error {
	list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Waiting: true})
	if err != nil {
		return err
	}
	waiting := map[string]int{}
	for _, h := range list {
		waiting[h.Source]++
	}
	for i := range sources {
		if k := waiting[sources[i].Source]; k > 0 {
			sources[i].Held = k
			sources[i].Drift = append(sources[i].Drift, fmt.Sprintf("held back: %d, see auyl source held", k))
		}
	}
	return nil
}
