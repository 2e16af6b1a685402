package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// Format is one of the forms in which cells are written.
type Format string

// The formats of a package.
const (
	CSV     Format = "csv"
	SDMXCSV Format = "sdmx-csv"
	Parquet Format = "parquet"
)

// Formats are all of them; CSV is always among those of a package, because its description is about it.
func Formats() []Format { return []Format{CSV, SDMXCSV, Parquet} }

// ErrExists says that the folder of the package is there already.
var ErrExists = errors.New("folder exists")

// Cell is one value of one indicator as it was known at the vintage. Pointers are nil where it has nothing.
type Cell struct {
	Area            auyl.AreaCode
	Level           auyl.Level
	Period          auyl.Period
	Value           *float64
	Numerator       *auyl.Decimal
	Denominator     *auyl.Decimal
	Coverage        *float64
	Status          auyl.Status
	Reason          string
	Origin          auyl.Origin
	FormulaVersion  uint32
	BoundaryVersion string
	RecordedAt      time.Time
}

// Reader hands the cells of an indicator to each, ordered by area, frequency and period. The cell is the callee's to change.
type Reader func(ctx context.Context, indicator auyl.IndicatorID, each func(*Cell) error) error

// Options say what goes into a package.
type Options struct {
	Dir        string               // made; must not be there
	Indicators []*schemas.Indicator // in the order of the package
	Formats    []Format             // none: all
	Vintage    time.Time            // as of which the cells were read
	From, To   string               // periods that were asked for, as given; empty: all
}

// Resource is one file of a written package.
type Resource struct {
	Path      string
	Indicator auyl.IndicatorID // empty for the tables of areas and indicators
	Rows      int
	Bytes     int64
	SHA256    string
}

// Result is what was written.
type Result struct {
	Resources []Resource
	Rows      int // cells, each counted once
	Synthetic int // of them
	Hidden    int // of them: status C
}

// Write writes a package. An indicator without cells gets no file; a package without any is refused. Errors: ErrExists.
func Write(ctx context.Context, h *schemas.House, o Options, read Reader) (*Result, error) {
	if len(o.Formats) == 0 {
		o.Formats = Formats()
	}
	for _, f := range o.Formats {
		if !slices.Contains(Formats(), f) {
			return nil, fmt.Errorf("format %q: want csv, sdmx-csv or parquet", f)
		}
	}
	dir := filepath.Clean(o.Dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("%s: %w: give a new name, or remove it first", dir, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look at folder: %w", err)
	}
	part := dir + ".part"
	if err := removeStopped(part); err != nil {
		return nil, err
	}
	p := &pack{house: h, o: o, dir: part}
	if err := p.write(ctx, read); err != nil {
		return nil, errors.Join(err, removeStopped(part))
	}
	if err := os.Rename(part, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("rename folder: %w", err), removeStopped(part))
	}
	return &p.result, syncDir(filepath.Dir(dir))
}

// removeStopped removes what an export that was stopped has left, and nothing that no export writes.
func removeStopped(part string) error {
	list, err := os.ReadDir(part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at folder: %w", err)
	}
	for _, e := range list {
		if !slices.Contains([]string{"data", "sdmx", "parquet", "datapackage.json", "README.md"}, e.Name()) {
			return fmt.Errorf("%s has %s in it, which no export writes: move that folder away", part, e.Name())
		}
	}
	if err := os.RemoveAll(part); err != nil {
		return fmt.Errorf("remove what a stopped export left: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// pack is a package being written.
type pack struct {
	house  *schemas.House
	o      Options
	dir    string
	result Result
	used   []*usedIndicator
	areas  map[auyl.AreaCode]bool
}

// usedIndicator is an indicator that has cells.
type usedIndicator struct {
	*schemas.Indicator
	rows, synthetic, hidden int
	first, last             auyl.Period
}

func (p *pack) write(ctx context.Context, read Reader) error {
	p.areas = map[auyl.AreaCode]bool{}
	for _, i := range p.o.Indicators {
		if err := p.indicator(ctx, i, read); err != nil {
			return fmt.Errorf("indicator %s: %w", i.ID, err)
		}
	}
	if len(p.used) == 0 {
		return errors.New("no cells: nothing is known of these indicators for these periods at this time")
	}
	for _, f := range []func() error{p.writeAreas, p.writeIndicators, p.writeDescription, p.writeReadme} {
		if err := f(); err != nil {
			return err
		}
	}
	return syncDir(p.dir)
}

// indicator writes one indicator in all formats while its cells come by once.
func (p *pack) indicator(ctx context.Context, i *schemas.Indicator, read Reader) error {
	u := &usedIndicator{Indicator: i}
	var outs []cellWriter
	abandon := func() {
		for _, w := range outs {
			w.abandon()
		}
	}
	err := read(ctx, i.ID, func(c *Cell) error {
		if outs == nil {
			var err error
			if outs, err = p.openCells(u); err != nil {
				return err
			}
		}
		withhold(i, c)
		p.count(u, c)
		r := p.row(c)
		for _, w := range outs {
			if err := w.cell(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		abandon()
		return err
	}
	if u.rows == 0 {
		return nil
	}
	for n, w := range outs {
		r, err := w.close()
		if err != nil {
			for _, rest := range outs[n+1:] {
				rest.abandon()
			}
			return err
		}
		r.Indicator, r.Rows = i.ID, u.rows
		p.result.Resources = append(p.result.Resources, r)
	}
	p.used = append(p.used, u)
	p.result.Rows += u.rows
	p.result.Synthetic += u.synthetic
	p.result.Hidden += u.hidden
	return nil
}

// withhold takes out what strangers may not see.
func withhold(i *schemas.Indicator, c *Cell) {
	if c.Status == auyl.StatusConfidential {
		c.Value, c.Coverage = nil, nil
	}
	if c.Status == auyl.StatusConfidential || i.Sensitive {
		c.Numerator, c.Denominator = nil, nil
	}
}

func (p *pack) count(u *usedIndicator, c *Cell) {
	u.rows++
	if c.Origin == auyl.OriginSynthetic {
		u.synthetic++
	}
	if c.Status == auyl.StatusConfidential {
		u.hidden++
	}
	if u.rows == 1 || c.Period.Start() < u.first.Start() {
		u.first = c.Period
	}
	if u.rows == 1 || c.Period.End() > u.last.End() {
		u.last = c.Period
	}
	p.areas[c.Area] = true
}

// row is a cell with the names that the formats write.
type row struct {
	*Cell
	name auyl.Area
}

func (p *pack) row(c *Cell) row {
	r := row{Cell: c}
	if a := nameOn(p.house.Areas.Meanings(c.Area), c.Period.LastDay()); a != nil {
		r.name = *a
	}
	return r
}

// nameOn is what a code meant on a day: its first meaning reaches back without end, so that a figure of before the registry
// has the name of its place, and each later one until the next.
func nameOn(meanings []*auyl.Area, d auyl.Day) (found *auyl.Area) {
	for _, a := range meanings {
		if found == nil || a.ValidFrom <= d {
			found = a
		}
	}
	return found
}

// cellWriter writes the cells of one indicator in one format.
type cellWriter interface {
	cell(r row) error
	close() (Resource, error) // once, after the last cell
	abandon()
}

func (p *pack) openCells(u *usedIndicator) ([]cellWriter, error) {
	var outs []cellWriter
	for _, f := range Formats() {
		if f != CSV && !slices.Contains(p.o.Formats, f) {
			continue
		}
		file, err := p.create(pathOf(f, u.ID))
		if err != nil {
			for _, w := range outs {
				w.abandon()
			}
			return nil, err
		}
		switch f {
		case CSV:
			outs = append(outs, newCSVCells(file))
		case SDMXCSV:
			outs = append(outs, newSDMXCells(file, u.Indicator))
		case Parquet:
			outs = append(outs, newParquetCells(file, u.Indicator, p.o.Vintage))
		}
	}
	return outs, nil
}

// pathOf is where a package keeps an indicator, with slashes.
func pathOf(f Format, id auyl.IndicatorID) string {
	switch f {
	case SDMXCSV:
		return "sdmx/" + string(id) + ".csv"
	case Parquet:
		return "parquet/" + string(id) + ".parquet"
	case CSV:
	}
	return "data/" + string(id) + ".csv"
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// harmless puts a ' before a text that a spreadsheet would run.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
