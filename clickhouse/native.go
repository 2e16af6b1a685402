package clickhouse

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
)

// column is one column of a block: its name and its type exactly as the table has it, so that the engine converts nothing.
type column struct {
	name string
	typ  string
	data interface {
		Rows() int
		Reset()
		EncodeColumn(b *proto.Buffer)
	}
}

// encodeBlock appends a block in the Native format as files and the HTTP interface have it (revision 0).
func encodeBlock(b *proto.Buffer, rows int, columns []column) error {
	b.PutUVarInt(uint64(len(columns)))
	b.PutUVarInt(uint64(rows))
	for _, c := range columns {
		if n := c.data.Rows(); n != rows {
			return fmt.Errorf("column %s has %d rows, block has %d", c.name, n, rows)
		}
		b.PutString(c.name)
		b.PutString(c.typ)
		if s, ok := c.data.(proto.StateEncoder); ok {
			s.EncodeState(b)
		}
		c.data.EncodeColumn(b)
	}
	return nil
}

// dictColumn is a LowCardinality column. Its dictionary is that of the block; rows are added by index, so that a text is
// looked up once for each message and not for each row.
type dictColumn[K comparable] struct {
	put    func(K) // appends to values
	values interface {
		Rows() int
		Reset()
		EncodeColumn(b *proto.Buffer)
	}
	index map[K]uint32
	keys  []uint32
}

func newTextDict() *dictColumn[string] {
	values := new(proto.ColStr)
	return &dictColumn[string]{put: values.Append, values: values, index: map[string]uint32{}}
}

func newHashDict() *dictColumn[[32]byte] {
	values := new(proto.ColFixedStr32)
	return &dictColumn[[32]byte]{put: values.Append, values: values, index: map[[32]byte]uint32{}}
}

// key returns the index of a value in the dictionary of the block.
func (c *dictColumn[K]) key(v K) uint32 {
	k, ok := c.index[v]
	if !ok {
		k = uint32(len(c.index))
		c.index[v] = k
		c.put(v)
	}
	return k
}

// run appends n rows of one value; a nil column takes none.
func (c *dictColumn[K]) run(v K, n int) {
	if c != nil {
		c.keys = fill(c.keys, c.key(v), n)
	}
}

func (c *dictColumn[K]) Rows() int { return len(c.keys) }

func (c *dictColumn[K]) Reset() {
	c.values.Reset()
	clear(c.index)
	c.keys = c.keys[:0]
}

// EncodeState writes the version of the serialization of keys.
func (c *dictColumn[K]) EncodeState(b *proto.Buffer) { b.PutInt64(1) }

// EncodeColumn writes dictionary and keys, the keys as narrow as the dictionary allows.
func (c *dictColumn[K]) EncodeColumn(b *proto.Buffer) {
	if len(c.keys) == 0 {
		return
	}
	const ownDictionary = 1<<9 | 1<<10 // additional keys follow; the dictionary is to be updated
	n := len(c.index)
	width, code := 4, int64(2)
	switch {
	case n <= 1<<8:
		width, code = 1, 0
	case n <= 1<<16:
		width, code = 2, 1
	}
	b.PutInt64(ownDictionary | code)
	b.PutInt64(int64(n))
	c.values.EncodeColumn(b)
	b.PutInt64(int64(len(c.keys)))
	at := len(b.Buf)
	b.Buf = slices.Grow(b.Buf, width*len(c.keys))[:at+width*len(c.keys)]
	out := b.Buf[at:]
	switch width {
	case 1:
		for i, k := range c.keys {
			out[i] = byte(k)
		}
	case 2:
		for i, k := range c.keys {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(k))
		}
	default:
		for i, k := range c.keys {
			binary.LittleEndian.PutUint32(out[4*i:], k)
		}
	}
}

// bytesColumn is a column of one byte a row: Bool, UInt8 and the enumerations, whose letters are the stored bytes.
type bytesColumn struct{ b []byte }

func (c *bytesColumn) Rows() int                    { return len(c.b) }
func (c *bytesColumn) Reset()                       { c.b = c.b[:0] }
func (c *bytesColumn) EncodeColumn(b *proto.Buffer) { b.PutRaw(c.b) }

// run appends n rows of one value; a nil column takes none.
func (c *bytesColumn) run(v byte, n int) {
	if c != nil {
		c.b = fill(c.b, v, n)
	}
}

// hashColumn is a column of SHA-256 sums.
type hashColumn struct{ proto.ColFixedStr32 }

func (c *hashColumn) run(v [32]byte, n int) {
	if c != nil {
		c.ColFixedStr32 = fill(c.ColFixedStr32, v, n)
	}
}

// numbers is a column of fixed-size little-endian numbers.
type numbers[T uint32 | int32 | uint64 | int64 | float64] struct {
	v      []T
	encode func([]T, *proto.Buffer)
}

func (c *numbers[T]) Rows() int                    { return len(c.v) }
func (c *numbers[T]) Reset()                       { c.v = c.v[:0] }
func (c *numbers[T]) EncodeColumn(b *proto.Buffer) { c.encode(c.v, b) }

// run appends n rows of one value; a nil column takes none.
func (c *numbers[T]) run(v T, n int) {
	if c != nil {
		c.v = fill(c.v, v, n)
	}
}

func uint32s() *numbers[uint32] {
	return &numbers[uint32]{encode: func(v []uint32, b *proto.Buffer) { proto.ColUInt32(v).EncodeColumn(b) }}
}

func int32s() *numbers[int32] {
	return &numbers[int32]{encode: func(v []int32, b *proto.Buffer) { proto.ColInt32(v).EncodeColumn(b) }}
}

func uint64s() *numbers[uint64] {
	return &numbers[uint64]{encode: func(v []uint64, b *proto.Buffer) { proto.ColUInt64(v).EncodeColumn(b) }}
}

func int64s() *numbers[int64] {
	return &numbers[int64]{encode: func(v []int64, b *proto.Buffer) { proto.ColInt64(v).EncodeColumn(b) }}
}

func float64s() *numbers[float64] {
	return &numbers[float64]{encode: func(v []float64, b *proto.Buffer) { proto.ColFloat64(v).EncodeColumn(b) }}
}

// nullable is a column of numbers of which some are absent.
type nullable[T uint32 | int32 | uint64 | int64 | float64] struct {
	absent bytesColumn
	*numbers[T]
}

func (c *nullable[T]) Reset() {
	c.absent.Reset()
	c.numbers.Reset()
}

func (c *nullable[T]) EncodeColumn(b *proto.Buffer) {
	c.absent.EncodeColumn(b)
	c.numbers.EncodeColumn(b)
}

// extend returns s with n rows more and those rows.
func extend[T any](s []T, n int) (whole, added []T) {
	at := len(s)
	whole = slices.Grow(s, n)[:at+n]
	return whole, whole[at:]
}

func fill[T any](s []T, v T, n int) []T {
	s, added := extend(s, n)
	for i := range added {
		added[i] = v
	}
	return s
}
