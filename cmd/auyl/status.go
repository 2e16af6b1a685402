package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

// sourceHealth is what a source gave, held against its times and its contract.
type sourceHealth struct {
	clickhouse.SourceStatus
	// Due is when it was to be asked next after its last pull or, of what comes of
	// itself, when the contract expects a page; zero where neither says.
	Due time.Time `json:"due"`
	// Late says how long ago that was, in seconds; 0 while it is not.
	Late int64 `json:"late_seconds"`
	// Drift says how the newest page differs from the one before and from the contract.
	Drift []string `json:"drift"`
	// Held counts the deliveries that wait for a decision.
	Held int `json:"held"`
	// Paused says who paused the source, when and why; empty while it is asked.
	Paused string `json:"paused,omitempty"`
}

// health holds what sources gave against the configuration.
func (n *node) health(list []clickhouse.SourceStatus, now time.Time) ([]sourceHealth, error) {
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	times := map[string]config.Source{}
	for _, s := range n.cfg.Sources {
		times[s.ID] = s
	}
	out := make([]sourceHealth, 0, len(list))
	for _, x := range list {
		h := sourceHealth{SourceStatus: x, Drift: driftOf(x, n.fields(x.Source))}
		// A drop folder is looked at every few seconds and only finds are told: what is
		// put there is held against what the contract promises.
		if t := times[x.Source]; t.Schedule != "" && !x.LastStartedAt.IsZero() {
			if h.Due, err = ingest.NextAfter(t.Schedule, t.ReleaseDay, zone, x.LastStartedAt); err != nil {
				return nil, err
			}
		} else if c := n.house.Contracts[auyl.SourceID(x.Source)]; t.Schedule == "" && c != nil {
			h.Due = promised(c.Expect, x.LastPageAt, zone)
		}
		if late := now.Sub(h.Due); !h.Due.IsZero() && late > 0 {
			h.Late = int64(late / time.Second)
		}
		out = append(out, h)
	}
	return out, nil
}

// fields are the names that the contract of a source knows.
func (n *node) fields(source string) []string {
	for id, k := range n.house.Contracts {
		if string(id) == source {
			return sortedKeys(k.Fields)
		}
	}
	return nil
}

// driftOf says which columns came and went between the last two pages, and what a
// new one may be called in the contract: a column that was renamed shows as both.
func driftOf(x clickhouse.SourceStatus, fields []string) []string {
	drift := []string{}
	gone := append([]string{}, x.ColumnsRemoved...)
	for _, c := range x.ColumnsAdded {
		if was := schemas.Nearest(c, gone); was != "" {
			drift = append(drift, fmt.Sprintf("column %q is %q now", was, c))
			for i, g := range gone {
				if g == was {
					gone = append(gone[:i], gone[i+1:]...)
					break
				}
			}
			continue
		}
		text := fmt.Sprintf("new column %q", c)
		if f := schemas.Nearest(c, fields); f != "" {
			text += fmt.Sprintf(", like field %q", f)
		}
		drift = append(drift, text)
	}
	for _, c := range gone {
		drift = append(drift, fmt.Sprintf("column %q is gone", c))
	}
	return drift
}

func (h sourceHealth) lag() string {
	switch {
	case h.Paused != "":
		return "paused"
	case h.Due.IsZero():
		return "-"
	case h.Late == 0:
		return "in time"
	}
	return (time.Duration(h.Late) * time.Second).Round(time.Minute).String() + " late"
}

func printStatus(out io.Writer, width int, list []sourceHealth) error {
	rows := [][]string{{
		"source", "origin", "last pull", "status", "last delivery", "lag", "pages", "records", "observations", "events",
		"skipped", "dead", "open letters", "unaccounted", "drift",
	}}
	var faults []string
	for _, x := range list {
		row := []string{x.Source, x.Origin, stamp(x.LastFinishedAt), x.LastStatus, stamp(x.LastPageAt), x.lag()}
		for _, n := range []uint64{x.Pages, x.RecordsIn, x.Observations, x.Events, x.Skipped, x.Dead, x.DeadLetters} {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, append(row, fmt.Sprint(x.Balance), cell(strings.Join(x.Drift, "; "))))
		if x.Paused != "" {
			faults = append(faults, x.Source+": "+x.Paused)
		}
		if x.LastError != "" {
			faults = append(faults, x.Source+": "+x.LastError)
		}
	}
	if err := fitted(out, width, rows); err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	return nil
}

// stageLag is how far a part of the pipeline is behind.
type stageLag struct {
	Stage string `json:"stage"`
	Known bool   `json:"known"`
	Done  uint64 `json:"done"`  // position in its input
	Until uint64 `json:"until"` // end of its input
}

// stageNames are the parts in the order of the flow, as they call themselves.
func stageNames() []string {
	return []string{"decode", "district", "oblast", "sink DATA", "sink IND"}
}

// lags asks the streams of a folder that nobody has open. Of a running node they
// are not known here: it has the streams to itself.
func (c *common) lags(ctx context.Context, s streams) []stageLag {
	unknown := make([]stageLag, 0, len(stageNames()))
	for _, name := range stageNames() {
		unknown = append(unknown, stageLag{Stage: name})
	}
	if _, err := os.Stat(c.dir("nats")); err != nil {
		return unknown
	}
	n, err := openNode(*c, s)
	if err != nil || n.cfg.NATS.URL != "" {
		return unknown
	}
	defer n.close() //nolint:errcheck // only read
	if n.lock("run") != nil || n.openStreams(ctx) != nil {
		return unknown
	}
	known, err := n.readLags(ctx)
	if err != nil {
		return unknown
	}
	return known
}

func printLags(out io.Writer, list []stageLag) error {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "stage\tdone\tof\tlag")
	for _, l := range list {
		if !l.Known {
			fmt.Fprintf(w, "%s\t-\t-\tunknown\n", l.Stage)
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", l.Stage, l.Done, l.Until, l.Until-min(l.Done, l.Until))
	}
	return w.Flush()
}
