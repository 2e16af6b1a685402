package ingest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/csv"
	"github.com/auyl-kz/auyl/ingest/egov"
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
)

// The names of the rules by which a decoder itself skips records.
const (
	SkipOutside   = "outside"   // an area that the contract does not ask for
	SkipDuplicate = "duplicate" // the same record twice in a page
	SkipEmpty     = "empty"     // a record from which no measure is made
)

// DecodeOptions of a Decoder.
type DecodeOptions struct {
	Zone *time.Location // of clocks without an offset; nil is UTC
}

// Decoder turns pages into what they say, each under the contract of its source.
// It is a pure function of contracts, areas and page: no I/O, no clock. It is safe
// for concurrent use.
type Decoder struct {
	contracts map[auyl.SourceID]*schemas.Contract
	areas     *schemas.Areas
	zone      *time.Location
}

// NewDecoder returns a decoder.
func NewDecoder(contracts map[auyl.SourceID]*schemas.Contract, areas *schemas.Areas, o DecodeOptions) *Decoder {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Decoder{contracts: contracts, areas: areas, zone: o.Zone}
}

// Decoded is what a page says.
type Decoded struct {
	// Payloads are obs.<district>, evt.<district>, dead.<source> and exactly one
	// flow.<source>, in an order that depends on the page alone.
	Payloads []auyl.Payload
	Flow     *wire.Flow
}

// Decode reads one page. Whatever is wrong with it is in what is returned: records
// end as dead letters, and a page that cannot be read at all is one dead letter
// of row 0. The error is for faults of this program alone.
func (d *Decoder) Decode(page *wire.RawPage, body []byte) (Decoded, error) {
	v := page.GetVintage()
	p := &pageReader{d: d, out: newOutput(v)}
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
	if err := p.read(body); err != nil {
		p.out.reset() // nothing is taken of half a page
		p.refusePage(err)
	} else if n := p.out.flow.GetRecordsIn(); n == 0 || n < uint64(c.MinRecords) {
		p.out.reset()
		p.refuse(ReasonPageEmpty, fmt.Sprintf("%d records", n), fmt.Sprintf("at least %d", max(1, c.MinRecords)),
			"an empty or shrunken delivery erases nothing: ask the source, or lower min_records in "+contractFile(c))
	}
	return p.out.finish()
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
}

func (p *pageReader) read(body []byte) error {
	l := p.c.Layout
	switch p.c.Format {
	case "csv":
		o := csv.Options{Encoding: l.Encoding, HeaderRows: l.HeaderRows, SkipRows: l.SkipRows}
		if l.Delimiter != "" {
			o.Delimiter = l.Delimiter[0]
		}
		return csv.Decode(body, o, p)
	case "xlsx":
		return xlsx.Decode(body, xlsx.Options{Sheet: l.Sheet, HeaderRows: l.Header, FirstRow: l.FirstRow, Unpivot: l.Unpivot, LabelColumn: l.LabelColumn}, p)
	case "taldau":
		return taldau.Decode(body, taldau.Options{}, p)
	}
	return egov.Decode(body, egov.Options{}, p)
}

// Header implements the recorders of the formats: it finds the declared fields.
func (p *pageReader) Header(names []string) error {
	if len(names) == 0 {
		return nil // a list without a record has no columns to miss
	}
	m, err := newMapper(p.d, p.c, names)
	p.m = m
	return err
}

// Record implements the recorders of the formats.
func (p *pageReader) Record(row int, position string, fields []string) error {
	p.m.record(p.out, row, position, fields)
	return p.out.full()
}

// Broken implements the recorders of the formats.
func (p *pageReader) Broken(row int, position string, cause error) error {
	p.out.flow.RecordsIn++
	p.out.dead(&wire.DeadLetter{
		Row: uint32(row), Position: position, Reason: ReasonUnreadable,
		Expected: "a record of " + string(p.c.ID), Found: mask(cause.Error()), Mend: "export the file again, or mend the line",
	})
	return nil
}

// refuse makes the page one dead letter.
func (p *pageReader) refuse(reason, found, expected, mend string) {
	p.out.flow.RecordsIn++
	p.out.dead(&wire.DeadLetter{Position: "page", Reason: reason, Found: mask(found), Expected: expected, Mend: mend})
}

func (p *pageReader) refusePage(err error) {
	var missing *missingColumnsError
	switch {
	case errors.As(err, &missing):
		p.refuse(ReasonColumn, missing.found(), missing.expected(), missing.mend(contractFile(p.c)))
	case errors.Is(err, csv.ErrHTML) || errors.Is(err, taldau.ErrHTML) || errors.Is(err, egov.ErrHTML):
		p.refuse(ReasonPageHTML, "a page of HTML", p.c.Format, "the source answered with a page for people (login, error, captcha): pull again later, and look at the address and the key")
	case errors.Is(err, errTooMuch):
		p.refuse(ReasonPageTooLarge, err.Error(), fmt.Sprintf("at most %d observations and as many events a page", maxPageRows), "split the file")
	case errors.Is(err, errTooManyFaults):
		p.refuse(ReasonPageFaults, err.Error(), fmt.Sprintf("at most %d bad records a page", maxPageLetters), "a file with so many bad records is another file: hold it against "+contractFile(p.c))
	case errors.Is(err, csv.ErrTooManyRows) || errors.Is(err, xlsx.ErrTooLarge) || errors.Is(err, taldau.ErrTooManyRows) || errors.Is(err, egov.ErrTooLarge):
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
