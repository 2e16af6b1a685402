package export

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// csvCells writes data/<indicator>.csv: a header, then a line a cell; an empty field is nothing, and status and reason say why.
type csvCells struct {
	file *file
	w    *csv.Writer
	head []string
}

func newCSVCells(f *file) *csvCells {
	c := &csvCells{file: f, w: csv.NewWriter(f)}
	for _, d := range cellFields() {
		c.head = append(c.head, d.name)
	}
	return c
}

func (c *csvCells) cell(r row) error {
	if c.head != nil {
		if err := c.w.Write(c.head); err != nil {
			return err
		}
		c.head = nil
	}
	return c.w.Write([]string{
		r.Area.String(), harmless(r.name.NameKK), harmless(r.name.NameRU), harmless(r.name.NameEN), r.Level.String(),
		r.Period.Freq().String(), r.Period.String(), r.Period.Start().String(), r.Period.LastDay().String(),
		number(r.Value), exact(r.Numerator), exact(r.Denominator), number(r.Coverage),
		r.Status.String(), r.Reason, r.Origin.String(), strconv.FormatUint(uint64(r.FormulaVersion), 10), r.BoundaryVersion,
		instant(r.RecordedAt),
	})
}

func (c *csvCells) close() (Resource, error) { return closeCSV(c.w, c.file) }
func (c *csvCells) abandon()                 { c.file.abandon() }

func closeCSV(w *csv.Writer, f *file) (Resource, error) {
	w.Flush()
	if err := w.Error(); err != nil {
		f.abandon()
		return Resource{}, err
	}
	return f.close()
}

// sdmxCells writes sdmx/<indicator>.csv: SDMX-CSV 2.0, dimensions first, then the measure, then attributes.
type sdmxCells struct {
	file *file
	w    *csv.Writer
	ind  *schemas.Indicator
	head []string
}

func newSDMXCells(f *file, ind *schemas.Indicator) *sdmxCells {
	s := &sdmxCells{file: f, w: csv.NewWriter(f), ind: ind}
	for _, d := range sdmxFields() {
		s.head = append(s.head, d.name)
	}
	return s
}

func (s *sdmxCells) cell(r row) error {
	if s.head != nil {
		if err := s.w.Write(s.head); err != nil {
			return err
		}
		s.head = nil
	}
	conf := "F" // free
	if r.Status == auyl.StatusConfidential {
		conf = "C"
	}
	return s.w.Write([]string{
		"dataflow", dataflow, "I",
		r.Period.Freq().String(), r.Area.String(), string(s.ind.ID), r.Period.String(),
		number(r.Value),
		r.Status.String(), conf, s.ind.Unit, number(r.Coverage), r.Reason, r.Origin.String(), r.Level.String(), instant(r.RecordedAt),
	})
}

func (s *sdmxCells) close() (Resource, error) { return closeCSV(s.w, s.file) }
func (s *sdmxCells) abandon()                 { s.file.abandon() }

func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func exact(d *auyl.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// writeAreas writes the registry of the areas that occur and those above them.
func (p *pack) writeAreas() error {
	for todo := slices.Collect(maps.Keys(p.areas)); len(todo) > 0; todo = todo[1:] {
		for _, a := range p.house.Areas.Meanings(todo[0]) {
			if a.Parent != 0 && !p.areas[a.Parent] {
				p.areas[a.Parent] = true
				todo = append(todo, a.Parent)
			}
		}
	}
	var rows [][]string
	for _, a := range p.house.Areas.All() {
		if !p.areas[a.Code] {
			continue
		}
		parent, until := "", ""
		if a.Parent != 0 {
			parent = a.Parent.String()
		}
		if a.ValidTo != auyl.MaxDay {
			until = a.ValidTo.String()
		}
		rows = append(rows, []string{
			a.Code.String(), parent, a.Level.String(), a.Kind, harmless(a.NameKK), harmless(a.NameRU), harmless(a.NameEN),
			a.ValidFrom.String(), until,
		})
	}
	return p.table("data/areas.csv", areaFields(), rows)
}

// writeIndicators writes the catalogue of the indicators that occur.
func (p *pack) writeIndicators() error {
	rows := make([][]string, 0, len(p.used))
	for _, u := range p.used {
		rows = append(rows, []string{
			string(u.ID), u.Theme, harmless(u.Names.KK), harmless(u.Names.RU), harmless(u.Names.EN),
			harmless(u.Description.KK), harmless(u.Description.RU), harmless(u.Description.EN),
			u.Unit, u.Direction, u.Freq.String(), u.Level.String(), harmless(u.Numerator), harmless(u.Denominator),
			strconv.FormatFloat(u.Factor, 'f', -1, 64), u.Rollup, strconv.FormatBool(u.Sensitive), strconv.FormatUint(uint64(u.Version), 10),
		})
	}
	return p.table("data/indicators.csv", indicatorFields(), rows)
}

func (p *pack) table(path string, fields []field, rows [][]string) error {
	f, err := p.create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	head := make([]string, len(fields))
	for i, d := range fields {
		head[i] = d.name
	}
	if err := w.WriteAll(append([][]string{head}, rows...)); err != nil {
		f.abandon()
		return fmt.Errorf("write %s: %w", path, err)
	}
	r, err := f.close()
	r.Rows = len(rows)
	p.result.Resources = append(p.result.Resources, r)
	return err
}
