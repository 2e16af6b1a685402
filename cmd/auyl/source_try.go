package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

type sourceTryCmd struct {
	contracts
	All  bool   `help:"Print all observations, events and letters, not the first of each."`
	ID   string `arg:"" help:"Id of the source."`
	File string `arg:"" help:"File as the source gave it; - is standard input."`
}

// Help implements kong's longer text.
func (*sourceTryCmd) Help() string {
	return `Nothing is stored and nothing is asked: the file is read under the contract as auyl run would read it.
Exit 1 when a record, or the page as a whole, would be dead. Examples:
  auyl source try bns.sme 'bns.sme@2026-10.csv'
  auyl source try mio.street_lights lights.csv --schemas my/schemas --all
  auyl raw show f9903f2d14b4 | auyl source try bns.sme -`
}

// tried is what a file would become.
type tried struct {
	Source       string            `json:"source"`
	Version      uint32            `json:"contract_version"`
	Columns      []triedColumn     `json:"columns"`
	Observations []triedValue      `json:"observations"`
	Events       []triedEvent      `json:"events"`
	Skipped      map[string]uint64 `json:"skipped_by_rule"`
	Dead         []triedLetter     `json:"dead"`
	In           uint64            `json:"records_in"`
	Used         uint64            `json:"records_used"`
	SkippedN     uint64            `json:"records_skipped"`
	DeadN        uint64            `json:"records_dead"`
}

// triedColumn is a column of the file, or a field of the contract without one.
type triedColumn struct {
	Column string   `json:"column"`
	Field  string   `json:"field"` // "" for a column that is dropped
	Type   string   `json:"type"`
	Makes  []string `json:"makes"`
}

type triedValue struct {
	Row    uint32 `json:"row"`
	Series string `json:"series"`
	Dims   string `json:"dims"`
	Area   string `json:"area"`
	Name   string `json:"area_name"`
	Period string `json:"period"`
	Value  string `json:"value"` // "" when the status says that there is none
	Unit   string `json:"unit"`
	Status string `json:"status"`
}

type triedEvent struct {
	Row        uint32            `json:"row"`
	Kind       string            `json:"kind"`
	ID         string            `json:"id"`
	Area       string            `json:"area"`
	OccurredAt string            `json:"occurred_at"`
	Withdrawn  bool              `json:"withdrawn"`
	Attributes map[string]string `json:"attributes"`
}

type triedLetter struct {
	Row      uint32 `json:"row"`
	Position string `json:"position"`
	Field    string `json:"field"`
	Reason   string `json:"reason"`
	Found    string `json:"found"`
	Expected string `json:"expected"`
	Mend     string `json:"mend"`
}

func (c *sourceTryCmd) Run(s streams) error {
	h, err := c.house(s)
	if err != nil {
		return err
	}
	k, err := contractOf(h, c.ID)
	if err != nil {
		return err
	}
	zone, err := c.zone(s)
	if err != nil {
		return err
	}
	body, err := readBounded(c.File, s.in)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	t, err := tryPage(h, k, zone, filepath.Base(c.File), body)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(s.out, t)
	} else {
		err = t.print(painterOf(s), s.out, k, c.All)
	}
	if err == nil && t.DeadN > 0 {
		err = fmt.Errorf("%d of %d record(s) would be dead", t.DeadN, t.In)
	}
	return err
}

// zone is the place whose clocks are meant.
func (c *common) zone(s streams) (*time.Location, error) {
	c.reads = true
	cfg, err := c.load(s)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(cfg.Zone)
}

// readBounded reads a file of the size that a drop folder takes.
func readBounded(path string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, ingest.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(b) > ingest.MaxFileBytes {
		return nil, fmt.Errorf("%s: more than %d bytes: split the file", path, int64(ingest.MaxFileBytes))
	}
	return b, nil
}

// tryPage decodes a page as the pipeline would and puts into words what it gives.
func tryPage(h *schemas.House, k *schemas.Contract, zone *time.Location, name string, body []byte) (*tried, error) {
	sum := sha256.Sum256(body)
	now := time.Now().UnixMilli()
	page := &wire.RawPage{Url: name, SizeBytes: uint64(len(body)), Vintage: &wire.Vintage{
		Source: string(k.ID), Run: string(k.ID) + "/0", Page: 1, RawSeq: 1, RawSha256: sum[:], RecordedAtMs: now, ReleasedAtMs: now,
		Origin: uint32(k.Origin), Rank: uint32(k.Rank),
	}}
	d, err := ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: zone}).Decode(page, body)
	if err != nil {
		return nil, err
	}
	t := &tried{
		Source: string(k.ID), Version: k.Version, Columns: []triedColumn{}, Skipped: d.Flow.GetSkippedByRule(),
		Observations: []triedValue{}, Events: []triedEvent{}, Dead: []triedLetter{},
		In: d.Flow.GetRecordsIn(), Used: d.Flow.GetRecordsUsed(), SkippedN: d.Flow.GetRecordsSkipped(), DeadN: d.Flow.GetRecordsDead(),
	}
	if len(d.Columns) > 0 { // of a page without a header nothing is missing but the page
		t.Columns = mapping(h, k, d.Columns)
	}
	for _, p := range d.Payloads {
		if err := t.add(h, p); err != nil {
			return nil, err
		}
	}
	// By record, as the file has them: the messages are by district.
	slices.SortStableFunc(t.Observations, func(a, b triedValue) int { return int(a.Row) - int(b.Row) })
	slices.SortStableFunc(t.Events, func(a, b triedEvent) int { return int(a.Row) - int(b.Row) })
	return t, nil
}

func (t *tried) add(h *schemas.House, p auyl.Payload) error {
	kind, _, _ := strings.Cut(p.Subject, ".")
	switch kind {
	case "obs":
		var m wire.Observations
		if err := wire.Unmarshal(p.Data, &m); err != nil {
			return err
		}
		for i := range m.GetSeries() {
			period := auyl.NewPeriod(auyl.Freq(m.GetFreq()[i]), auyl.Day(m.GetStart()[i]))
			id := m.GetSeriesDict()[m.GetSeries()[i]]
			v := triedValue{
				Row: m.GetRow()[i], Series: id, Dims: m.GetDimsDict()[m.GetDims()[i]], Area: auyl.AreaCode(m.GetArea()[i]).String(),
				Period: period.String(), Unit: seriesUnit(h, auyl.SeriesID(id)), Status: auyl.Status(m.GetStatus()[i]).String(),
			}
			if a, ok := h.Areas.At(auyl.AreaCode(m.GetArea()[i]), period.LastDay()); ok {
				v.Name = a.NameRU
			}
			if !auyl.Status(m.GetStatus()[i]).Empty() {
				v.Value = auyl.Decimal(m.GetValue()[i]).String()
			}
			t.Observations = append(t.Observations, v)
		}
	case "evt":
		var m wire.Events
		if err := wire.Unmarshal(p.Data, &m); err != nil {
			return err
		}
		for i := range m.GetId() {
			e := triedEvent{
				Row: m.GetRow()[i], Kind: m.GetKindDict()[m.GetKind()[i]], ID: m.GetId()[i], Area: auyl.AreaCode(m.GetArea()[i]).String(),
				OccurredAt: stamp(time.UnixMilli(m.GetOccurredAtMs()[i])), Withdrawn: m.GetWithdrawn()[i], Attributes: map[string]string{},
			}
			for _, a := range m.GetAttributes() {
				if a.GetPresent()[i] {
					e.Attributes[a.GetName()] = auyl.Decimal(a.GetValue()[i]).String()
				}
			}
			t.Events = append(t.Events, e)
		}
	case "dead":
		var m wire.DeadLetters
		if err := wire.Unmarshal(p.Data, &m); err != nil {
			return err
		}
		for _, l := range m.GetLetters() {
			t.Dead = append(t.Dead, triedLetter{l.GetRow(), l.GetPosition(), l.GetField(), l.GetReason(), l.GetFound(), l.GetExpected(), l.GetMend()})
		}
	}
	return nil
}

// mapping says what becomes of each column, and which fields have none.
func mapping(h *schemas.House, k *schemas.Contract, columns []string) []triedColumn {
	uses := map[string][]string{}
	use := func(field, what string) {
		if field != "" {
			uses[field] = append(uses[field], what)
		}
	}
	use(k.Area.Field, "area")
	use(k.Period.Field, "period")
	use(k.Period.Part, "part of the period")
	use(k.Released.Field, "published")
	for _, s := range k.Skip {
		use(s.Field, "skip rule "+s.Rule)
	}
	for _, m := range k.Measures {
		use(m.Value, string(m.Series)+dimsOf(m)+", "+seriesUnit(h, m.Series))
		for _, d := range sortedKeys(m.Dims) {
			if f := m.Dims[d]; !strings.HasPrefix(f, "=") {
				use(f, "dimension "+d)
			}
		}
		for _, st := range m.Status {
			use(st.Field, "status "+st.Is.String())
		}
	}
	if e := k.Event; e != nil {
		use(e.ID, "id of event "+e.Kind)
		use(e.OccurredAt, "happened")
		use(e.ReportedAt, "reported")
		for _, a := range e.Attributes {
			for _, f := range []string{a.Field, a.From, a.To} {
				use(f, "attribute "+a.Name)
			}
		}
		if w := e.Withdrawn; w != nil {
			use(w.Field, "taken back: "+w.Rule)
		}
	}
	var out []triedColumn
	seen := map[string]bool{}
	for _, c := range columns {
		name := strings.TrimSpace(c)
		seen[name] = true
		shown, _ := iin.Mask(name) // where the header is missing a record stands here
		t := triedColumn{Column: shown, Makes: slices.Compact(uses[name])}
		if f, ok := k.Fields[name]; ok {
			t.Field, t.Type = name, f.Type
			if f.Personal != "" {
				t.Makes = []string{"personal: " + f.Personal}
			} else if t.Makes == nil {
				t.Makes = []string{"checked, else not used"}
			}
		} else {
			t.Makes = []string{"dropped: the contract does not name it"}
		}
		out = append(out, t)
	}
	for _, f := range sortedKeys(k.Fields) {
		if !seen[f] {
			makes := "missing from the file"
			if k.Fields[f].Personal != "" {
				makes = "not in the file; nor has it to be"
			}
			out = append(out, triedColumn{Field: f, Type: k.Fields[f].Type, Makes: []string{makes}})
		}
	}
	return out
}

// shownLines is how much of each part is printed without --all.
const shownLines = 20

// painter colors text for a terminal; its zero value does not.
type painter struct{ on bool }

// painterOf colors what goes to a terminal, unless NO_COLOR asks not to.
func painterOf(s streams) painter {
	f, ok := s.out.(*os.File)
	if v, set := s.env("NO_COLOR"); set && v != "" {
		return painter{}
	}
	return painter{ok && term.IsTerminal(int(f.Fd()))}
}

func (p painter) red(s string) string   { return p.paint("31", s) }
func (p painter) green(s string) string { return p.paint("32", s) }
func (p painter) bold(s string) string  { return p.paint("1", s) }

func (p painter) paint(code, s string) string {
	if !p.on {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *tried) print(p painter, out io.Writer, k *schemas.Contract, all bool) error {
	first := func(lines [][]string) [][]string {
		if n := len(lines); !all && n > shownLines {
			return append(lines[:shownLines:shownLines], []string{fmt.Sprintf("… and %d more: --all prints all", n-shownLines)})
		}
		return lines
	}
	section := func(title string, head []string, lines [][]string) error {
		if len(lines) == 0 {
			return nil
		}
		fmt.Fprintf(out, "\n%s\n", p.bold(title))
		return table(out, append([][]string{head}, first(lines)...))
	}
	fmt.Fprintf(out, "%s, version %d: %s\n", k.ID, k.Version, k.Title.RU)
	var lines [][]string
	for _, c := range t.Columns {
		lines = append(lines, []string{cell(c.Column), cell(c.Field), c.Type, strings.Join(c.Makes, "; ")})
	}
	errs := []error{section("mapping", []string{"column", "field", "type", "makes"}, lines)}
	lines = nil
	for _, v := range t.Observations {
		lines = append(lines, []string{fmt.Sprint(v.Row), v.Area + " " + v.Name, v.Period, v.Series, cell(v.Dims), cell(v.Value), v.Unit, v.Status})
	}
	errs = append(errs, section(fmt.Sprintf("observations: %d", len(t.Observations)), []string{"record", "area", "period", "series", "dims", "value", "unit", "status"}, lines))
	lines = nil
	for _, e := range t.Events {
		state := "held"
		if e.Withdrawn {
			state = "withdrawn"
		}
		var attributes []string
		for _, a := range sortedKeys(e.Attributes) {
			attributes = append(attributes, a+"="+e.Attributes[a])
		}
		lines = append(lines, []string{fmt.Sprint(e.Row), e.Kind, e.ID, e.Area, e.OccurredAt, state, strings.Join(attributes, " ")})
	}
	errs = append(errs, section(fmt.Sprintf("events: %d", len(t.Events)), []string{"record", "kind", "id", "area", "happened", "state", "attributes"}, lines))
	lines = nil
	for _, r := range sortedKeys(t.Skipped) {
		lines = append(lines, []string{r, fmt.Sprint(t.Skipped[r])})
	}
	errs = append(errs, section("skipped by rule", []string{"rule", "records"}, lines))
	t.printDead(p, out, all)
	line := fmt.Sprintf("%d record(s) in = %d used + %d skipped + %d dead", t.In, t.Used, t.SkippedN, t.DeadN)
	if t.DeadN == 0 {
		line = p.green(line)
	} else {
		line = p.red(line)
	}
	fmt.Fprintf(out, "\n%s\n", line)
	return errors.Join(errs...)
}

// printDead tells each letter whole: it is what the file is tried for.
func (t *tried) printDead(p painter, out io.Writer, all bool) {
	if len(t.Dead) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", p.bold(p.red(fmt.Sprintf("dead: %d", len(t.Dead)))))
	for i, l := range t.Dead {
		if !all && i == shownLines {
			fmt.Fprintf(out, "  … and %d more: --all prints all\n", len(t.Dead)-i)
			break
		}
		at := l.Position
		if l.Field != "" {
			at += ", field " + l.Field
		}
		fmt.Fprintf(out, "  %s: %s\n", at, p.red(l.Reason))
		for _, x := range [][2]string{{"found", l.Found}, {"expected", l.Expected}, {"mend", l.Mend}} {
			if x[1] != "" {
				fmt.Fprintf(out, "    %-8s  %s\n", x[0], x[1])
			}
		}
	}
}

// cell is a text of a table; one that is empty is a dash.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
