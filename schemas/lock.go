package schemas

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
)

// LockFile says which formula each version of each indicator stood for. `make
// generate` adds to it, and nothing is ever taken from it: a cell that was
// published says the version of its formula, and that must mean one formula.
const LockFile = "indicators.lock"

const lockHead = `# Which formula each version of an indicator stood for: id, version, hash. Made by make generate, which only adds lines.
# A formula that changes gets the next version in schemas/indicators/; never change or remove a line here.
`

// Lock is what the lock file says, by id and version.
type Lock map[auyl.IndicatorID]map[uint32]string

// FormulaHash stands for all that decides the value of a cell: with another hash
// come other cells, so it needs another version.
func (ind *Indicator) FormulaHash() string {
	space := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	factor := ind.Factor
	if factor == 0 {
		factor = 1
	}
	b, err := json.Marshal([]any{
		space(ind.Numerator), ind.NumeratorDims, space(ind.Denominator), ind.DenominatorDims, factor, ind.Rollup, ind.Quantile,
		ind.Coverage.Minimum, ind.Coverage.Full, ind.Freq.String(), ind.Level.String(),
	})
	if err != nil { // plain values: only not a number, which no file can say
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

// ReadLock reads the lock file; nil where there is none. Errors: Problems.
func ReadLock(fsys fs.FS) (Lock, error) {
	b, err := fs.ReadFile(fsys, LockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Problems{{File: LockFile, Message: err.Error()}}
	}
	return parseLock(b)
}

func parseLock(b []byte) (Lock, error) {
	l := Lock{}
	var ps Problems
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		f := strings.Fields(text)
		if len(f) != 3 {
			ps = append(ps, Problem{File: LockFile, Line: n, Message: fmt.Sprintf("%d words, want an id, a version and a hash", len(f))})
			continue
		}
		id, err := auyl.ParseIndicatorID(f[0])
		version, err2 := strconv.ParseUint(f[1], 10, 32)
		if err := errors.Join(err, err2); err != nil {
			ps = append(ps, Problem{File: LockFile, Line: n, Message: err.Error()})
			continue
		}
		if was := l[id][uint32(version)]; was != "" && was != f[2] {
			ps = append(ps, Problem{File: LockFile, Line: n, Message: fmt.Sprintf("version %d of %s is there with two formulas: take back the line that was changed", version, id)})
			continue
		}
		l.put(id, uint32(version), f[2])
	}
	if err := lines.Err(); err != nil {
		ps = append(ps, Problem{File: LockFile, Message: err.Error()})
	}
	return l, ps.Err()
}

func (l Lock) put(id auyl.IndicatorID, version uint32, hash string) {
	if l[id] == nil {
		l[id] = map[uint32]string{}
	}
	l[id][version] = hash
}

// Add adds the formulas of a catalogue under their versions. What is there stays.
func (l Lock) Add(c *Catalogue) {
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		if l[ind.ID][ind.Version] == "" {
			l.put(ind.ID, ind.Version, ind.FormulaHash())
		}
	}
}

// Bytes writes the file, by id and version.
func (l Lock) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(lockHead)
	for _, id := range sortedIDs(l) {
		versions := make([]uint32, 0, len(l[id]))
		for v := range l[id] {
			versions = append(versions, v)
		}
		slices.Sort(versions)
		for _, v := range versions {
			fmt.Fprintf(&b, "%s %d %s\n", id, v, l[id][v])
		}
	}
	return b.Bytes()
}

func sortedIDs(l Lock) []auyl.IndicatorID {
	ids := make([]auyl.IndicatorID, 0, len(l))
	for id := range l {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// fault says what is wrong with the version of an indicator; "" where nothing is.
func (l Lock) fault(ind *Indicator) string {
	newest := uint32(0)
	for v := range l[ind.ID] {
		newest = max(newest, v)
	}
	was, known := l[ind.ID][ind.Version]
	switch {
	case ind.Version < newest:
		return fmt.Sprintf("version %d was followed by version %d (%s): a formula that comes back gets version %d", ind.Version, newest, LockFile, newest+1)
	case known && was != ind.FormulaHash():
		return fmt.Sprintf("the formula changed and the version is still %d: cells that were published say version %d and mean the old one. "+
			"Write version: %d, then make generate", ind.Version, ind.Version, ind.Version+1)
	}
	return ""
}
