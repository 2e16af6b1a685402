package simulate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// ErrNoFile says that a register has no such export, or not yet.
var ErrNoFile = errors.New("no such export")

// File is one export of a register.
type File struct {
	Source   auyl.SourceID
	Period   auyl.Period
	Name     string   // <source>@<period>.csv, with -rev before the suffix for what came later
	Released auyl.Day // the day on which the register gave it out
	Part     string   // of a register that exports a file for each office; "" for one file
	Revision bool     // holds late and revised rows of the period, not all rows
}

// register is one source that exports files: delimited text, or what encode makes.
type register struct {
	source  auyl.SourceID
	part    string    // the office, where each exports a file of its own
	freq    auyl.Freq // FreqDay: a cut on a day
	once    bool      // nothing is corrected later: no second export
	lag     int       // days from the end of the period (of a cut: from its day) to the export
	dialect dialect
	ext     string                                // of the file's name; "" is csv
	encode  func(rows [][]string) ([]byte, error) // header first; nil is the dialect
	header  []string
	value   int                        // the column that a bad row spoils
	bad     string                     // with this
	cuts    func(*Model) []auyl.Period // a calendar of its own, in place of that of freq
	rows    func(*Model, auyl.Period, issue) [][]string
	totals  func(*Model, auyl.Period, [][]string) [][]string // rows after the last one, nil for none
}

// revisionLag is how many days after the first export the corrections come.
const revisionLag = 40

// issue tells what of a period an export holds.
type issue struct {
	m        *Model
	register auyl.SourceID
	period   auyl.Period
	revision bool
}

// of says whether the row of an area belongs into the export, and whether it is
// still a draft, which a later export will correct. The first export lacks the
// okrugs that are always late and has drafts of some rows; the revision holds
// just those two.
func (s issue) of(a auyl.AreaCode, late bool) (in, draft bool) {
	revised := s.m.chance("revised "+string(s.register), a, s.period.Start()) < 0.05
	if s.revision {
		return late || revised, false
	}
	return !late, revised
}

// Files lists the exports that exist on the day of the model, by name.
func (m *Model) Files() []File {
	var files []File
	for _, r := range registers() {
		for _, p := range m.periods(&r) {
			from := p.End()
			if r.freq == auyl.FreqDay {
				from = p.Start()
			}
			f := File{Source: r.source, Part: r.part, Period: p, Released: from + auyl.Day(r.lag)}
			ext := cmp.Or(r.ext, "csv")
			of := label(p)
			if r.part != "" {
				of += "-" + r.part
			}
			f.Name = fmt.Sprintf("%s@%s.%s", f.Source, of, ext)
			if f.Released <= m.o.Now {
				files = append(files, f)
			}
			if r.once {
				continue
			}
			f.Revision, f.Released = true, f.Released+revisionLag
			f.Name = fmt.Sprintf("%s@%s-rev.%s", f.Source, of, ext)
			if f.Released <= m.o.Now {
				files = append(files, f)
			}
		}
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files
}

// first returns the first month of the history.
func (m *Model) first() auyl.Period {
	return auyl.NewPeriod(auyl.FreqMonth, m.o.Now).Shift(-m.o.Months)
}

// periods lists the periods of a register within the history, oldest first.
func (m *Model) periods(r *register) []auyl.Period {
	var out []auyl.Period
	start := m.first().Start()
	if r.cuts != nil {
		return r.cuts(m)
	}
	if r.freq == auyl.FreqDay {
		return m.cuts(m.o.Cuts)
	}
	for p := auyl.NewPeriod(r.freq, start); p.End() <= m.o.Now; p = p.Shift(1) {
		if p.Start() >= start {
			out = append(out, p)
		}
	}
	return out
}

// cuts lists the days of the history that divide each half-year into n parts, the
// first of January and of July among them.
func (m *Model) cuts(n int) []auyl.Period {
	var out []auyl.Period
	for h := auyl.NewPeriod(auyl.FreqHalfYear, m.first().Start()); h.Start() <= m.o.Now; h = h.Shift(1) {
		days := int(h.End() - h.Start())
		for i := range n {
			if d := h.Start() + auyl.Day(i*days/n); d >= m.first().Start() && d <= m.o.Now {
				out = append(out, auyl.NewPeriod(auyl.FreqDay, d))
			}
		}
	}
	return out
}

// Render returns the bytes of an export that Files has listed. Errors: ErrNoFile.
func (m *Model) Render(f File) ([]byte, error) {
	for _, r := range registers() {
		if r.source == f.Source && r.part == f.Part && f.Released <= m.o.Now {
			b, err := m.render(&r, f)
			if err != nil {
				return nil, fmt.Errorf("render %s: %w", f.Name, err)
			}
			return b, nil
		}
	}
	return nil, fmt.Errorf("render %s: %w", f.Name, ErrNoFile)
}

func (m *Model) render(r *register, f File) ([]byte, error) {
	rows := r.rows(m, f.Period, issue{m, r.source, f.Period, f.Revision})
	out := make([][]string, 0, len(rows)+len(rows)/100+2)
	out = append(out, r.header)
	key := slices.IndexFunc(r.header, func(h string) bool { return strings.HasSuffix(h, "kato") })
	rng := m.rng("bad rows "+f.Name, 0, f.Period.Start())
	for _, row := range rows {
		out = append(out, row)
		// Bad rows come beside good ones, so that refusing them costs no total.
		if f.Revision || rng.Float64() >= 0.003 || key < 0 {
			continue
		}
		bad := slices.Clone(row)
		switch rng.IntN(3) {
		case 0:
			bad[key] = fmt.Sprintf("1999%02d000", rng.IntN(100)) // there is no district 1999
		case 1:
			bad[r.value] = r.bad
		}
		out = append(out, bad) // otherwise the same row twice
	}
	if r.totals != nil && !f.Revision {
		out = append(out, r.totals(m, f.Period, rows)...)
	}
	if r.encode != nil {
		return r.encode(out)
	}
	return r.dialect.write(out)
}

// WriteRegisters writes every export that exists on the day of the model into dir,
// which must exist, and returns the names of those that were not there yet with the
// same bytes. A file that is being written carries the suffix .part; it gets its
// name when it is whole.
func (m *Model) WriteRegisters(dir string) ([]string, error) {
	var written []string
	for _, f := range m.Files() {
		b, err := m.Render(f)
		if err != nil {
			return written, fmt.Errorf("write registers: %w", err)
		}
		path := filepath.Join(dir, f.Name)
		old, err := os.ReadFile(path)
		switch {
		case err == nil && bytes.Equal(old, b):
			continue
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return written, fmt.Errorf("write registers: %w", err)
		}
		if err := replace(path, b); err != nil {
			return written, fmt.Errorf("write registers: %w", err)
		}
		written = append(written, f.Name)
	}
	return written, nil
}

func replace(path string, b []byte) error {
	part := path + ".part"
	if err := os.WriteFile(part, b, 0o644); err != nil { //nolint:gosec // exports are for others to read
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
