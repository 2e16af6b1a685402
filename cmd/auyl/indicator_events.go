package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
)

// eventPages is where the events of a kind lie from which series are counted.
type eventPages struct {
	Kind   string                 `json:"kind"`
	Series []eventSeries          `json:"series"`
	From   time.Time              `json:"from"`
	To     time.Time              `json:"to"` // not included
	Pages  []clickhouse.EventPage `json:"pages"`
	Hidden bool                   `json:"hidden,omitempty"` // a sensitive indicator is counted from them: they are not for readers
}

// eventSeries is a series with its condition on the attributes of an event.
type eventSeries struct {
	ID    auyl.SeriesID `json:"id"`
	Where string        `json:"where"` // "" takes all events of the kind
}

// counted notes a series that is counted from events. Series of one kind of
// event share the pages.
func (e *explanation) counted(x *schemas.Series) {
	s := eventSeries{x.ID, x.Event.Where}
	for i := range e.Events {
		if e.Events[i].Kind == x.Event.Kind {
			if slices.Contains(e.Events[i].Series, s) {
				return
			}
			e.Events[i].Series = append(e.Events[i].Series, s)
			return
		}
	}
	e.Events = append(e.Events, eventPages{Kind: x.Event.Kind, Series: []eventSeries{s}, Pages: []clickhouse.EventPage{}})
}

// findEvents finds the pages of the events that were known when the cell was
// counted. A period begins and ends at midnight of the zone.
func (e *explanation) findEvents(ctx context.Context, n *node, area auyl.AreaCode, p auyl.Period) error {
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return err
	}
	for i := range e.Events {
		v := &e.Events[i]
		v.From, v.To = midnight(p.Start(), zone), midnight(p.End(), zone)
		if v.Hidden = n.house.Catalogue.CountedEvents(v.Kind); v.Hidden {
			continue
		}
		q := clickhouse.EventsQuery{Kind: v.Kind, Area: area, From: v.From, To: v.To, AsOf: e.Cell.RecordedAt}
		pages, err := n.db.EventPages(ctx, q)
		if err != nil {
			return err
		}
		v.Pages = append(v.Pages, pages...)
	}
	return nil
}

func midnight(d auyl.Day, zone *time.Location) time.Time {
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}

// print lists the pages of all events of the kind; what a series takes of them
// is said above, because its condition is not a matter of pages.
func (v *eventPages) print(out io.Writer, limit int) error {
	names := make([]string, len(v.Series))
	for i, s := range v.Series {
		names[i] = string(s.ID)
		take := "all"
		if s.Where != "" {
			take = "those with " + s.Where
		}
		fmt.Fprintf(out, "%s counts events %s, %s\n", s.ID, v.Kind, take)
	}
	if v.Hidden {
		_, err := fmt.Fprintf(out, "events %s are not shown: they could give suppressed cells away\n", v.Kind)
		return err
	}
	var events uint64
	for _, p := range v.Pages {
		events += p.Events
	}
	fmt.Fprintf(out, "%d events from %s to %s on %d page(s):\n", events, v.From.Format(time.RFC3339), v.To.Format(time.RFC3339), len(v.Pages))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "series\tsource\tpull\tpage\tevents\tfirst record\tlast record\traw object")
	for i, p := range v.Pages {
		if limit > 0 && i == limit {
			break
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\tauyl raw show %s\n", strings.Join(names, ", "), p.Source, p.Run, p.Page, p.Events, p.FirstRow, p.LastRow, shortSHA(p.RawSHA256))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	more(out, len(v.Pages), limit)
	return nil
}
