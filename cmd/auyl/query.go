package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl/clickhouse"
)

// reading opens the tables for a command that only reads, and closes them.
func (c *common) reading(ctx context.Context, s streams, f func(*node) error) (err error) {
	c.reads = true
	n, err := openNode(*c, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.openReader(ctx); err != nil {
		return err
	}
	return f(n)
}

type statusCmd struct {
	common
	All    bool   `help:"Also sources that nobody configured and that gave nothing yet."`
	Format string `help:"text or json." default:"text" enum:"text,json"`
}

// Help implements kong's longer text.
func (*statusCmd) Help() string {
	return "Lag of a source is held against its schedule or, of what is put into a drop folder, against what its contract expects\n(by_day, counted from the newest delivery); drift are columns that came or went with its newest page. The lag of the stages is\nknown of a stopped folder; a running one answers at /healthz. Examples:\n  auyl status\n  auyl status --format json --data /var/lib/auyl"
}

func (c *statusCmd) Run(ctx context.Context, s streams) error {
	lags := c.lags(ctx, s) // first: a reader of the tables opens no streams
	paused := c.pauses(ctx, s)
	return c.reading(ctx, s, func(n *node) error {
		list, err := n.db.Status(ctx)
		if err != nil {
			return err
		}
		if !c.All {
			list = n.concerned(list)
		}
		sources, err := n.health(list, time.Now())
		if err != nil {
			return err
		}
		if err := n.noteHeld(ctx, sources); err != nil {
			return err
		}
		sources = notePaused(sources, paused)
		if c.Format == "json" {
			return writeJSON(s.out, struct {
				Sources []sourceHealth `json:"sources"`
				Stages  []stageLag     `json:"stages"`
			}{sources, lags})
		}
		if err := printStatus(s.out, widthOf(s.out), sources); err != nil {
			return err
		}
		return printLags(s.out, lags)
	})
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type deadCmd struct {
	LS     deadListCmd   `cmd:"" name:"ls" help:"List dead letters, newest first."`
	Show   deadShowCmd   `cmd:"" help:"Show one dead letter whole."`
	Replay deadReplayCmd `cmd:"" help:"Decode dead letters again after a contract was mended."`
}

type deadListCmd struct {
	common
	Source string `help:"Only of this source."`
	Reason string `help:"Only for this reason, such as out_of_range."`
	Limit  uint64 `help:"At most so many; 0: all." default:"50"`
	All    bool   `help:"Also those that a replay has resolved."`
}

// Help implements kong's longer text.
func (*deadListCmd) Help() string {
	return "Letters that a replay has resolved are left out. Examples:\n  auyl dead ls --source minfin.local_budget --limit 10\n  auyl dead ls --reason out_of_range --all"
}

func (c *deadListCmd) Run(ctx context.Context, s streams) error {
	return c.reading(ctx, s, func(n *node) error {
		letters, err := n.db.DeadLetters(ctx, clickhouse.DeadQuery{Source: c.Source, Reason: c.Reason, Limit: c.Limit, Open: !c.All})
		if err == nil && len(letters) == 0 {
			err = n.checkNames(c.Source, c.Reason)
		}
		if err != nil {
			return err
		}
		var more []string
		if c.All {
			more = []string{"resolved"}
		}
		rows := [][]string{append([]string{"number", "source", "origin", "pull", "page", "position", "field", "reason", "found", "expected"}, more...)}
		for _, l := range letters {
			row := []string{fmt.Sprint(l.Number), l.Source, l.Origin, l.Run, fmt.Sprint(l.Page), l.Position, l.Field, l.Reason, short(l.Found), short(l.Expected)}
			if c.All {
				row = append(row, stamp(l.ResolvedAt))
			}
			rows = append(rows, row)
		}
		return fitted(s.out, widthOf(s.out), rows)
	})
}

func short(s string) string {
	r := []rune(strings.ReplaceAll(s, "\n", " "))
	if len(r) > 50 {
		return string(r[:50]) + "…"
	}
	return string(r)
}

type deadShowCmd struct {
	common
	Number uint64 `arg:"" help:"Number of the letter, as auyl dead ls prints it."`
}

// Help implements kong's longer text.
func (*deadShowCmd) Help() string { return "Example:\n  auyl dead show 1" }

func (c *deadShowCmd) Run(ctx context.Context, s streams) error {
	return c.reading(ctx, s, func(n *node) error {
		l, ok, err := n.db.DeadLetter(ctx, c.Number)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("no dead letter %d: auyl dead ls lists them", c.Number)
		}
		decision, err := n.decisionOn(ctx, l)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		for _, kv := range [][2]string{
			{"source", l.Source + " (" + l.Origin + ")"},
			{"pull", l.Run},
			{"page", fmt.Sprint(l.Page)},
			{"position", l.Position},
			{"contract", fmt.Sprintf("schemas/contracts/%s.yaml, version %d", l.Source, l.ContractVersion)},
			{"field", l.Field},
			{"reason", l.Reason},
			{"found", l.Found},
			{"expected", l.Expected},
			{"mend", l.Mend},
			{"record", l.Record},
			{"recorded", stamp(l.RecordedAt)},
			{"refused", refusals(l)},
			{"resolved", resolution(l)},
			{"decided", decision},
			{"raw object", "auyl raw show " + shortSHA(l.RawSHA256)},
		} {
			if kv[1] != "" {
				fmt.Fprintf(w, "%s\t%s\n", kv[0], kv[1])
			}
		}
		return w.Flush()
	})
}

// refusals says how often a record was looked at in vain.
func refusals(l clickhouse.DeadLetter) string {
	if l.Times == 1 {
		return "once, " + stamp(l.FirstSeen)
	}
	return fmt.Sprintf("%d times, %s to %s", l.Times, stamp(l.FirstSeen), stamp(l.LastSeen))
}

// resolution says how a letter ended; "" while it is open.
func resolution(l clickhouse.DeadLetter) string {
	if l.ResolvedBy == 0 {
		return ""
	}
	return fmt.Sprintf("%s, by version %d of the contract", stamp(l.ResolvedAt), l.ResolvedBy)
}

func shortSHA(s string) string {
	if len(s) == 32 { // bytes
		s = hex.EncodeToString([]byte(s))
	}
	return s[:min(12, len(s))]
}

// latest picks the newest vintage of each cell.
func latest(cells []clickhouse.Cell) (clickhouse.Cell, bool) {
	if len(cells) == 0 {
		return clickhouse.Cell{}, false
	}
	return cells[0], true
}
