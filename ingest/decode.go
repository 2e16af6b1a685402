package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/csv"
	"github.com/auyl-kz/auyl/ingest/egov"
	"github.com/auyl-kz/auyl/ingest/jsonrows"
	"github.com/auyl-kz/auyl/ingest/taldau"
	"github.com/auyl-kz/auyl/ingest/xlsx"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Reasons of dead letters: a closed list, for counting and for alerts.
const (
	ReasonNoContract   = "no_contract"
	ReasonPageHTML     = "page_html"
	ReasonPageBroken   = "page_broken"
	ReasonPageEmpty    = "page_empty"
	ReasonPageTooLarge = "page_too_large"
	ReasonPageGone     = "page_gone"
	ReasonPageFaults   = "page_too_many_faults"
	ReasonColumn       = "missing_column"
	ReasonUnreadable   = "unreadable_record"
	ReasonRequired     = "required"
	ReasonNumber       = "not_a_number"
	ReasonRange        = "out_of_range"
	ReasonWord         = "unknown_word"
	ReasonPeriod       = "bad_period"
	ReasonInstant      = "bad_instant"
	ReasonArea         = "unknown_area"
	ReasonAreaClosed   = "area_closed"
	ReasonAreaLevel    = "area_level"
	ReasonDuplicate    = "duplicate_key"
	ReasonTotal        = "total_mismatch"
	ReasonShrunken     = "page_shrunken"
	ReasonRepeated     = schemas.HoldRepeated
	ReasonPerson       = "personal_number" // of a person, where none may be
)

// The names of the rules by which a decoder itself skips records.
const (
	SkipOutside   = "outside"   // an area that the contract does not ask for
	SkipDuplicate = "duplicate" // the same record twice in a page
	SkipEmpty     = "empty"     // a record from which no measure is made
	SkipTotal     = "total_row" // a total that adds up
)

// DecodeOptions of a Decoder.
type DecodeOptions struct {
	Zone    *time.Location // of clocks without an offset; nil is UTC
	HashKey []byte         // of what contracts hash; at least 16 bytes where one does
}

// Decoder turns pages into what they say, each under the contract of its source.
// It is a pure function of contracts, areas and page: no I/O, no clock. It is safe
// for concurrent use.
type Decoder struct {
	contracts map[auyl.SourceID]*schemas.Contract
	areas     *schemas.Areas
	zone      *time.Location
	hashKey   []byte
}

// NewDecoder returns a decoder.
func NewDecoder(contracts map[auyl.SourceID]*schemas.Contract, areas *schemas.Areas, o DecodeOptions) *Decoder {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Decoder{contracts: contracts, areas: areas, zone: o.Zone, hashKey: o.HashKey}
}

// Decoded is what a page says.
type Decoded struct {
	// Payloads are obs.<district>, evt.<district>, dead.<source> and exactly one
	// flow.<source>, in an order that depends on the page alone.
	Payloads []auyl.Payload
	Flow     *wire.Flow
	Columns  []string // of the page as it names them; nil where it could not be read so far
	// Past are messages that remember the page for those behind it, to be stored in
	// one frame with the payloads; none where nothing was taken of it.
	Past []auyl.Payload
}

// Decode reads one page. Whatever is wrong with it is in what is returned: records
// end as dead letters, and a page that cannot be read at all is one dead letter
// of row 0. The error is for faults of this program alone.
func (d *Decoder) Decode(page *wire.RawPage, body []byte) (Decoded, error) {
	return d.DecodeAfter(page, body, nil)
}

// DecodeAfter is Decode that holds the page against those before it: what repeats
// one of them, or breaks with the newest of its name, is held back whole until a
// person decides. A past of nil has nothing before.
func (d *Decoder) DecodeAfter(page *wire.RawPage, body []byte, past Past) (Decoded, error) {
	if page.GetReplay() != nil {
		return d.replay(page, body, past)
	}
	v := page.GetVintage()
	if page.GetPart() != nil {
		past = nil // a part is not a delivery: parts of one file would be held against each other
	}
	p := &pageReader{d: d, name: fileOf(page), page: page, part: page.GetPart(), past: past, out: newOutput(v)}
	c := d.contracts[auyl.SourceID(v.GetSource())]
	if c == nil {
		p.refuse(ReasonNoContract, page.GetUrl(), "a contract", "name the file <source>@<label>.csv after a contract: auyl check lists them")
		return p.out.finish()
	}
	if c.Released.On != 0 {
		v.ReleasedAtMs = c.Released.On.Time().UnixMilli()
	}
	v.ContractVersion = c.Version
	p.c = c
	if err := d.keyed(c); err != nil {
		return Decoded{}, err
	}
	if err := p.take(page.GetUrl(), body); err != nil {
		return Decoded{}, err
	}
	return p.finish()
}

// Missing says of a page that its bytes were let go before they were decoded, or
// decoded again: one dead letter of row 0.
func (d *Decoder) Missing(page *wire.RawPage) (Decoded, error) {
	p := &pageReader{d: d, out: newOutput(page.GetVintage())}
	p.refuse(ReasonPageGone, page.GetUrl(), "the bytes of the page",
		"the contract lets them go (raw, retention_days): get the page again, a file under another label")
	return p.out.finish()
}

func contractFile(c *schemas.Contract) string { return "schemas/contracts/" + string(c.ID) + ".yaml" }

// pageReader reads the records of one page. It is the recorder of all formats.
type pageReader struct {
	d   *Decoder
	c   *schemas.Contract
	out *output
	m   *mapper

	columns []string // as the page names them
	sieve   *sieve   // of a replay; nil reads all records

	page     *wire.RawPage
	past     Past            // nil: nothing is known
	waived   map[string]bool // checks that a person waived
	delivery *wire.Delivery  // to be remembered; nil where nothing was taken
	newest   *wire.Delivery  // of its name, before this one

	name    string     // of the page, or of the file that it is a part of
	part    *wire.Part // nil: the page is all of its file
	titles  []title
	widened []string // a record with its fields of the title, reused
}

// Limits of the columns that are told of a page.
const (
	maxUnknownColumns    = 64
	maxUnknownColumnText = 80
)

// unknown lists the columns that the contract does not name: their names, never
// what stands in them.
func (p *pageReader) unknown() []string {
	if p.c.Format == "taldau" || p.c.Layout.Unpivot {
		return nil // the names are the decoder's own
	}
	var out []string
	for _, n := range p.columns {
		n = strings.TrimSpace(n)
		if _, ok := p.c.Fields[n]; ok || n == "" || len(out) == maxUnknownColumns {
			continue
		}
		out = append(out, clip(mask(n), maxUnknownColumnText))
	}
	return out
}

// keyed says that a contract hashes and there is no key to do it with.
func (d *Decoder) keyed(c *schemas.Contract) error {
	if len(d.hashKey) < minHashKey && c.Hashes() {
		return fmt.Errorf("decode %s: %w", c.ID, errHashKey)
	}
	return nil
}

// finish encodes what the page says, and what is to be remembered of it.
func (p *pageReader) finish() (Decoded, error) {
	out, err := p.out.finish()
	out.Columns = p.columns
	if err == nil && p.delivery != nil {
		out.Past, err = remembered(p.out.vintage.GetSource(), p.delivery, p.newest)
	}
	return out, err
}

// close judges what needs the whole page, and refuses one that is shrunken.
func (p *pageReader) close(name string) {
	if p.m == nil {
		return
	}
	p.m.closePage(p.out)
	if got, want := p.m.reported(p.out, name); got < want && !p.waived[ReasonShrunken] {
		p.out.reset()
		p.refuse(ReasonShrunken, fmt.Sprintf("%d areas", got), fmt.Sprintf("at least %d areas of level %s", want, p.c.Expect.Level),
			"a shrunken delivery erases nothing and is not taken for news: ask the source, or lower expect.minimum in "+contractFile(p.c))
	}
}

// take reads a whole page, or refuses it. The error is that of the past.
func (p *pageReader) take(name string, body []byte) error {
	if err := p.read(body); err != nil {
		p.out.reset() // nothing is taken of half a page
		p.refusePage(err)
	} else if n := max(p.out.flow.GetRecordsIn(), p.part.GetRecords()); n == 0 || n < uint64(p.c.MinRecords) && !p.waived[ReasonPageEmpty] {
		p.out.reset()
		p.refuse(ReasonPageEmpty, fmt.Sprintf("%d records", n), fmt.Sprintf("at least %d", max(1, p.c.MinRecords)),
			"an empty or shrunken delivery erases nothing: ask the source, or lower min_records in "+contractFile(p.c))
	} else {
		// Not of a page that was refused: what stands where a header is missing are
		// no names of columns, and may be those of persons.
		p.out.flow.UnknownColumns = p.unknown()
		p.close(name)
		return p.compare()
	}
	return nil
}

func (p *pageReader) read(body []byte) error {
	var err error
	if p.titles, err = titlesOf(p.c); err != nil {
		return err
	}
	if body, err = unzipped(body); err != nil {
		return err
	}
	p.out.told.expect(len(body) / bytesPerFigure)
	p.Title(p.name) // a label such as @2026-Q3 can be the only date there is
	l := p.c.Layout
	switch p.c.Format {
	case "csv":
		o := csvOptions(l)
		o.RecordsBefore, o.LinesBefore = int(p.part.GetRecordsBefore()), int(p.part.GetLinesBefore())
		return csv.Decode(body, o, p)
	case "xlsx":
		if looksHTML(body) {
			return errWebPage
		}
		return xlsx.Decode(body, xlsx.Options{Sheet: l.Sheet, HeaderRows: l.Header, FirstRow: l.FirstRow, Unpivot: l.Unpivot, LabelColumn: l.LabelColumn}, p)
	case "json":
		return jsonrows.Decode(body, jsonrows.Options{Records: l.Records}, p)
	case "taldau":
		return taldau.Decode(body, taldau.Options{Disjoint: l.Disjoint}, p)
	}
	return egov.Decode(body, egov.Options{}, p)
}

// bytesPerFigure is the least that a figure takes in registers, so that nearly no
// page outgrows what was made ready for it.
const bytesPerFigure = 24

// Header implements the recorders of the formats: it finds the declared fields.
func (p *pageReader) Header(names []string) error {
	if len(names) == 0 {
		return nil // a list without a record has no columns to miss
	}
	p.columns = slices.Clone(names)
	for i := range p.titles {
		if t := &p.titles[i]; t.found {
			names = append(slices.Clip(names), t.field)
		}
	}
	m, err := newMapper(p.d, p.c, names)
	if err == nil && p.sieve != nil && p.sieve.second {
		m.inherit(p.sieve.first)
	}
	p.m = m
	return err
}

// Record implements the recorders of the formats.
func (p *pageReader) Record(row int, position string, fields []string) error {
	if !p.sieve.passes(position) {
		return nil
	}
	had := len(p.out.letters)
	p.m.record(p.out, row, position, p.widen(fields))
	p.sieve.judge(p.out, had, position, p.c)
	return p.out.full()
}

// Broken implements the recorders of the formats.
func (p *pageReader) Broken(row int, position string, cause error) error {
	if !p.sieve.passes(position) {
		return nil
	}
	had := len(p.out.letters)
	p.out.flow.RecordsIn++
	p.out.dead(&wire.DeadLetter{
		Row: uint32(row), Position: position, Reason: ReasonUnreadable,
		Expected: "a record of " + string(p.c.ID), Found: mask(cause.Error()), Mend: "export the file again, or mend the line",
	})
	p.sieve.judge(p.out, had, position, p.c)
	return nil
}

// refuse makes the page one dead letter.
func (p *pageReader) refuse(reason, found, expected, mend string) {
	p.out.flow.RecordsIn++
	p.out.dead(&wire.DeadLetter{Position: pagePosition, Reason: reason, Found: mask(found), Expected: expected, Mend: mask(mend), Held: slices.Contains(Waivable(), reason)})
}

func (p *pageReader) refusePage(err error) {
	var missing *missingColumnsError
	switch {
	case errors.As(err, &missing):
		p.refuse(ReasonColumn, missing.found(), missing.expected(), missing.mend(contractFile(p.c)))
	case errors.Is(err, errWebPage) || errors.Is(err, csv.ErrHTML) || errors.Is(err, jsonrows.ErrHTML) || errors.Is(err, taldau.ErrHTML) || errors.Is(err, egov.ErrHTML):
		p.refuse(ReasonPageHTML, "a page of HTML", p.c.Format, "the source answered with a page for people (login, error, captcha): pull again later, and look at the address and the key")
	case errors.Is(err, errBig):
		p.refuse(ReasonPageTooLarge, err.Error(), p.c.Format, "split the file")
	case errors.Is(err, errZip):
		p.refuse(ReasonPageBroken, err.Error(), p.c.Format+", in the open or alone in a zip", "get the page again, or take the file that is meant out of the archive")
	case errors.Is(err, csv.ErrNUL):
		p.refuse(ReasonPageBroken, err.Error(), p.c.Format+" in UTF-8, windows-1251 or KZ-1048", "save the file as UTF-8 (a spreadsheet calls it CSV UTF-8); nothing was taken of it")
	case errors.Is(err, errTooMuch):
		p.refuse(ReasonPageTooLarge, err.Error(), fmt.Sprintf("at most %d observations and as many events a page", maxPageRows), "split the file")
	case errors.Is(err, errTooManyFaults):
		p.refuse(ReasonPageFaults, err.Error(), fmt.Sprintf("at most %d bad records a page", maxPageLetters), "a file with so many bad records is another file: hold it against "+contractFile(p.c))
	case errors.Is(err, csv.ErrTooManyRows) || errors.Is(err, xlsx.ErrTooLarge) || errors.Is(err, taldau.ErrTooManyRows) || errors.Is(err, egov.ErrTooLarge) || errors.Is(err, jsonrows.ErrTooLarge):
		p.refuse(ReasonPageTooLarge, err.Error(), p.c.Format, "split the file")
	default:
		p.refuse(ReasonPageBroken, err.Error(), p.c.Format, "get the page again; nothing was taken of it")
	}
}

// missingColumnsError says that declared columns are not on the page.
type missingColumnsError struct {
	missing []string // declared, not there
	names   []string // there
}

func (e *missingColumnsError) Error() string {
	return "missing columns: " + strings.Join(e.missing, ", ")
}

func (e *missingColumnsError) found() string {
	return "columns " + clip(strings.Join(e.names, ", "), 400)
}

func (e *missingColumnsError) expected() string { return "columns " + strings.Join(e.missing, ", ") }

func (e *missingColumnsError) mend(file string) string {
	var hints []string
	for _, m := range e.missing {
		if n := schemas.Nearest(m, e.names); n != "" {
			hints = append(hints, fmt.Sprintf("%q may be %q now", m, n))
		}
	}
	if len(hints) == 0 {
		return "hold the file against " + file
	}
	return strings.Join(hints, "; ") + ": if so, change " + file
}
