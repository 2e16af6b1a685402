package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/auyl-kz/auyl/clickhouse"
)

type summaryHistoryCmd struct {
	common
	ID     string `arg:"" optional:"" help:"Summary; default: all."`
	Area   string `help:"KATO code of the area; default: all." placeholder:"190000000"`
	State  string `help:"planned, sending, sent, failed or uncertain; default: all." enum:"planned,sending,sent,failed,uncertain," default:""`
	Limit  uint64 `help:"How many, newest first; 0 for all." default:"50"`
	Format string `help:"text or json." default:"text" enum:"text,json"`
}

// Help implements kong's longer text.
func (*summaryHistoryCmd) Help() string {
	return "What was sent to whom, when and with which hash. Recipients are shown by their labels. What auyl summary send did is shown\n" +
		"once auyl run or auyl summarize has looked at it. Examples:\n  auyl summary history\n  auyl summary history oblast-monthly --state uncertain"
}

func (c *summaryHistoryCmd) Run(ctx context.Context, s streams) error {
	return c.reading(ctx, s, func(n *node) error {
		list, err := n.db.SummaryDeliveries(ctx, clickhouse.DeliveryQuery{Summary: c.ID, Area: c.Area, State: c.State, Limit: c.Limit})
		if err != nil {
			return err
		}
		if c.Format == "json" {
			if list == nil {
				list = []clickhouse.SummaryDelivery{}
			}
			return writeJSON(s.out, list)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "summary\tarea\tperiod\tas of\tlang\trecipient\tchannel\tstate\tended\tsha256\tremarks")
		for i := range list {
			d := &list[i]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.12s\t%s\n",
				d.Summary, d.Area, d.Period, stamp(d.AsOf), d.Lang, d.Recipient, d.Channel, d.State, stamp(d.EndedAt), d.SHA256, remarks(d))
		}
		return w.Flush()
	})
}

// remarks say what is unusual about a delivery, and what to do about it.
func remarks(d *clickhouse.SummaryDelivery) string {
	var out []string
	if d.Late {
		out = append(out, "late")
	}
	if len(d.Missing) > 0 {
		out = append(out, fmt.Sprintf("%d things missing", len(d.Missing)))
	}
	if d.Attempt > 1 {
		out = append(out, fmt.Sprintf("%d attempts", d.Attempt))
	}
	if d.Resolved {
		out = append(out, "decided by a person")
	}
	if !d.RetryAt.IsZero() {
		out = append(out, "again at "+stamp(d.RetryAt))
	}
	if d.Error != "" {
		out = append(out, d.Error)
	}
	if d.State == "uncertain" || d.State == "failed" && d.RetryAt.IsZero() {
		out = append(out, "message id "+d.MessageID, "auyl summary send --resolve "+d.Key+" --as sent|again")
	}
	return strings.Join(out, "; ")
}
