package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
)

type sourceCmd struct {
	LS    sourceListCmd  `cmd:"" name:"ls" help:"List the contracts, and what each source has given."`
	Show  sourceShowCmd  `cmd:"" help:"Say what a contract asks of a record and makes of it."`
	Try   sourceTryCmd   `cmd:"" help:"Decode a file under a contract, store nothing, and say what would become of it."`
	Infer sourceInferCmd `cmd:"" help:"Draft a contract from a file."`
	Pull  sourcePullCmd  `cmd:"" help:"Ask one source now, and carry what it gives through to the tables."`

	Held   sourceHeldCmd   `cmd:"" help:"List deliveries that are held back until somebody decides."`
	Accept sourceAcceptCmd `cmd:"" help:"Let a delivery in that was held back."`
	Reject sourceRejectCmd `cmd:"" help:"Keep a delivery out that was held back."`
	Pause  sourcePauseCmd  `cmd:"" help:"Do not ask a source until it is resumed."`
	Resume sourceResumeCmd `cmd:"" help:"Ask a source again that was paused."`
}

// contracts are the flags of commands that read contracts.
type contracts struct {
	common
	Schemas string `help:"Folder laid out like schemas/ to read instead of the configured one." type:"path" placeholder:"DIR"`
	JSON    bool   `name:"json" help:"Print JSON instead of text."`
}

// house reads configuration and schemas.
func (c *contracts) house(s streams) (*schemas.House, error) {
	if c.Schemas != "" {
		h, err := schemas.Load(os.DirFS(c.Schemas))
		return h, within(c.Schemas, err)
	}
	c.reads = true
	cfg, err := c.load(s)
	if err != nil {
		return nil, err
	}
	return houseOf(cfg)
}

// contractOf finds a contract, or says what was meant.
func contractOf(h *schemas.House, id string) (*schemas.Contract, error) {
	if k := h.Contracts[auyl.SourceID(id)]; k != nil {
		return k, nil
	}
	var ids []string
	for _, k := range slices.Sorted(maps.Keys(h.Contracts)) {
		ids = append(ids, string(k))
	}
	hint := "auyl source ls lists them"
	if n := schemas.Nearest(id, ids); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return nil, fmt.Errorf("no contract %q: %s", id, hint)
}

// delivered is what each source has given so far; nil where there are no tables.
// A command about contracts does not end because an engine does not start.
func (c *common) delivered(ctx context.Context, s streams) map[string]clickhouse.SourceStatus {
	if _, err := os.Stat(c.dir("clickhouse")); err != nil {
		if cfg, err := c.load(s); err != nil || cfg.ClickHouse.DSN == "" {
			return nil
		}
	}
	var out map[string]clickhouse.SourceStatus
	err := c.reading(ctx, s, func(n *node) error {
		list, err := n.db.Status(ctx)
		if err != nil {
			return err
		}
		out = map[string]clickhouse.SourceStatus{}
		for _, x := range list {
			out[x.Source] = x
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(s.err, "auyl: deliveries are left out:", err)
		return nil
	}
	return out
}

type sourceListCmd struct {
	contracts
	Lang string `help:"Language of the titles: ru, kk, en." default:"ru" enum:"ru,kk,en"`
}

// Help implements kong's longer text.
func (*sourceListCmd) Help() string {
	return `Deliveries are shown where the data folder has tables. Examples:
  auyl source ls --lang en
  auyl source ls --schemas my/schemas --json`
}

// sourceLine is one contract in a list.
type sourceLine struct {
	ID       string       `json:"id"`
	Version  uint32       `json:"version"`
	Title    string       `json:"title"`
	Format   string       `json:"format"`
	Origin   string       `json:"origin"`
	Rank     string       `json:"rank"`
	Fields   int          `json:"fields"`
	Personal int          `json:"personal_fields"`
	Given    *sourceGiven `json:"given,omitempty"`
}

// sourceGiven is what a source has given so far.
type sourceGiven struct {
	LastDelivery string `json:"last_delivery"`
	Records      uint64 `json:"records"`
	Dead         uint64 `json:"dead"`
}

func (c *sourceListCmd) Run(ctx context.Context, s streams) error {
	h, err := c.house(s)
	if err != nil {
		return err
	}
	given := c.delivered(ctx, s)
	var lines []sourceLine
	for _, id := range slices.Sorted(maps.Keys(h.Contracts)) {
		k := h.Contracts[id]
		l := sourceLine{
			ID: string(id), Version: k.Version, Title: nameIn(k.Title, c.Lang), Format: k.Format,
			Origin: k.Origin.String(), Rank: k.Rank.String(), Fields: len(k.Fields), Personal: len(personalFields(k)),
		}
		if x, ok := given[string(id)]; ok {
			l.Given = &sourceGiven{stamp(x.LastPageAt), x.RecordsIn, x.Dead}
		}
		lines = append(lines, l)
	}
	if c.JSON {
		return writeJSON(s.out, lines)
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "source\tformat\torigin\trank\tfields\tpersonal\t")
	if given != nil {
		fmt.Fprint(w, "last delivery\trecords\tdead\t")
	}
	fmt.Fprintln(w, "title")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t", l.ID, l.Format, l.Origin, l.Rank, l.Fields, l.Personal)
		switch {
		case l.Given != nil:
			fmt.Fprintf(w, "%s\t%d\t%d\t", l.Given.LastDelivery, l.Given.Records, l.Given.Dead)
		case given != nil:
			fmt.Fprint(w, "-\t-\t-\t")
		}
		fmt.Fprintln(w, l.Title)
	}
	return w.Flush()
}

func nameIn(n schemas.Names, lang string) string {
	switch lang {
	case "kk":
		return n.KK
	case "en":
		return n.EN
	}
	return n.RU
}

func personalFields(k *schemas.Contract) []string {
	var out []string
	for _, f := range sortedKeys(k.Fields) {
		if k.Fields[f].Personal != "" {
			out = append(out, f)
		}
	}
	return out
}

type sourceShowCmd struct {
	contracts
	ID string `arg:"" help:"Id of the source."`
}

// Help implements kong's longer text.
func (*sourceShowCmd) Help() string {
	return "Examples:\n  auyl source show mlsp.asp\n  auyl source show mlsp.asp --json"
}

func (c *sourceShowCmd) Run(ctx context.Context, s streams) error {
	h, err := c.house(s)
	if err != nil {
		return err
	}
	k, err := contractOf(h, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, treeOf(k))
	}
	if err := showContract(s.out, h, k); err != nil {
		return err
	}
	return c.showHeld(ctx, s)
}

// showHeld lists what was held back of a source, and what was decided, where there
// are tables.
func (c *sourceShowCmd) showHeld(ctx context.Context, s streams) error {
	if c.delivered(ctx, s) == nil {
		return nil
	}
	return c.reading(ctx, s, func(n *node) error {
		list, err := n.db.HeldDeliveries(ctx, clickhouse.HeldQuery{Source: c.ID})
		if err != nil || len(list) == 0 {
			return err
		}
		fmt.Fprintln(s.out, "\ndeliveries that were held back")
		return printHeld(s.out, list)
	})
}

// table writes lines of cells with their columns under each other, indented.
func table(out io.Writer, lines [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintln(w, "  "+strings.Join(l, "\t"))
	}
	return w.Flush()
}
