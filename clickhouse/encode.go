package clickhouse

import (
	"fmt"
	"sync"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Types of columns that several tables have, as the migrations spell them.
const (
	typeDict   = "LowCardinality(String)"
	typeHashes = "LowCardinality(FixedString(32))"
	typeTime   = "DateTime64(3, 'UTC')"
	typeExact  = "Nullable(Decimal(18, 4))"
)

// encoder turns messages of one table into columns. It is used by one goroutine at a time and keeps its memory.
type encoder interface {
	// add decodes a message and appends its rows.
	add(message []byte) error
	// block returns the columns as they stand; they end with the next add or reset.
	block() []column
	reset()
}

// BadMessageError says that a stream holds a message that no table can take. It is not temporary: somebody published what
// the wire format does not allow.
type BadMessageError struct {
	Table   string
	Message int // index within the insert
	Err     error
}

func (e *BadMessageError) Error() string {
	return fmt.Sprintf("message %d for table %s: %v", e.Message, e.Table, e.Err)
}

func (e *BadMessageError) Unwrap() error { return e.Err }

// encoderPool keeps encoders between inserts: as many of a table as were ever in use at once.
type encoderPool struct {
	mu   sync.Mutex
	idle map[string][]encoder
}

func (p *encoderPool) get(table string) (encoder, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if free := p.idle[table]; len(free) > 0 {
		p.idle[table] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	switch table {
	case "observation":
		return newObservationEncoder(), nil
	case "indicator_value":
		return newCellEncoder(), nil
	case "event":
		return newEventEncoder(), nil
	case "flow":
		return newFlowEncoder(), nil
	case "ingest_run":
		return newRunEncoder(), nil
	case "dead_letter":
		return newDeadEncoder(), nil
	}
	return nil, fmt.Errorf("table %q takes no messages", table)
}

func (p *encoderPool) put(table string, e encoder) {
	e.reset()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string][]encoder{}
	}
	p.idle[table] = append(p.idle[table], e)
}

// vintageColumns are those that all rows of a message share. A table without one of them leaves it nil.
type vintageColumns struct {
	source   *dictColumn[string]
	run      *dictColumn[string]
	hash     *dictColumn[[32]byte]
	plain    *hashColumn // instead of hash, in tables with few rows a page
	recorded *numbers[int64]
	released *numbers[int64]
	seq      *numbers[uint64]
	page     *numbers[uint32]
	contract *numbers[uint32]
	origin   *bytesColumn
	rank     *bytesColumn
}

// add appends n rows of one vintage.
func (c *vintageColumns) add(v *wire.Vintage, n int) error {
	if n == 0 {
		return nil
	}
	var hash [32]byte
	if len(v.GetRawSha256()) != len(hash) {
		return fmt.Errorf("raw_sha256 has %d bytes, want %d", len(v.GetRawSha256()), len(hash))
	}
	copy(hash[:], v.GetRawSha256())
	if o := v.GetOrigin(); o != uint32(auyl.OriginReal) && o != uint32(auyl.OriginSynthetic) {
		return fmt.Errorf("origin %d: want 1 or 2", o)
	}
	released := v.GetReleasedAtMs()
	if released == 0 {
		released = v.GetRecordedAtMs()
	}
	c.source.run(v.GetSource(), n)
	c.run.run(v.GetRun(), n)
	c.hash.run(hash, n)
	c.plain.run(hash, n)
	c.recorded.run(v.GetRecordedAtMs(), n)
	c.released.run(released, n)
	c.seq.run(v.GetRawSeq(), n)
	c.page.run(v.GetPage(), n)
	c.contract.run(v.GetContractVersion(), n)
	c.origin.run(byte(v.GetOrigin()), n)
	c.rank.run(byte(v.GetRank()), n)
	return nil
}

// areas looks area codes up in the dictionary of texts by number: no text is made for a row.
type areas struct {
	*dictColumn[string]
	known map[uint32]uint32
	last  uint32 // code of the row before: pages are sorted by area more often than not
	key   uint32
}

func newAreas() *areas {
	return &areas{dictColumn: newTextDict(), known: map[uint32]uint32{}}
}

func (a *areas) Reset() {
	a.dictColumn.Reset()
	clear(a.known)
	a.last, a.key = 0, 0
}

// add appends the rows of a message. Code 0, no area, is refused.
func (a *areas) add(codes []uint32) error {
	var out []uint32
	a.keys, out = extend(a.keys, len(codes))
	for i, code := range codes {
		if code != a.last {
			k, ok := a.known[code]
			if !ok {
				if code == 0 {
					return fmt.Errorf("row %d has no area", i)
				}
				k = a.dictColumn.key(auyl.AreaCode(code).String())
				a.known[code] = k
			}
			a.last, a.key = code, k
		}
		out[i] = a.key
	}
	return nil
}

// remap appends the rows of a message whose texts are indices into a dictionary of its own.
func (c *dictColumn[K]) remap(scratch []uint32, dict []K, rows []uint32) ([]uint32, error) {
	scratch = scratch[:0]
	for _, v := range dict {
		scratch = append(scratch, c.key(v))
	}
	var out []uint32
	c.keys, out = extend(c.keys, len(rows))
	for i, k := range rows {
		if int(k) >= len(scratch) {
			return scratch, fmt.Errorf("row %d: index %d, dictionary has %d", i, k, len(scratch))
		}
		out[i] = scratch[k]
	}
	return scratch, nil
}

// lengths checks that all columns of a message have the same number of rows.
func lengths(n int, columns ...int) error {
	for i, c := range columns {
		if c != n {
			return fmt.Errorf("column %d has %d rows, the first has %d", i+1, c, n)
		}
	}
	return nil
}

func resetAll(columns []column) {
	for _, c := range columns {
		c.data.Reset()
	}
}
