package transform

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	auyl "github.com/auyl-kz/auyl"
)

// State is kept in blocks: all areas of a partition for one series and one
// period under one key. A page of a register fills a block with one read and
// one write, where a key for each value would cost a read for each row; and the
// roll-up of a period reads its block once. Keys end with the first day, so the
// stocks of a series lie in order of time.

// errBlock says that stored bytes are not a block: state of another program.
var errBlock = errors.New("stored block is damaged")

// Kinds of keys.
const (
	keyBlock  = 'o' // partition, series, dims, frequency, start
	keyEvent  = 'e' // source, kind, id
	keyCells  = 'c' // partition, indicator, frequency, start
	keyOblast = 'd' // oblast, indicator, frequency, start
	keyValues = 'v' // as keyBlock: the values of events that quantiles are made of
)

// precedence decides which of several vintages of a figure stands.
type precedence struct {
	rank     auyl.Rank
	released int64 // milliseconds
	seq      uint64
	row      uint32
}

// beats reports whether p stands before q. Equal vintages do not beat each
// other: a page that is read twice changes nothing.
func (p precedence) beats(q precedence) bool {
	if p.rank != q.rank {
		return p.rank < q.rank
	}
	return cmp.Or(cmp.Compare(p.released, q.released), cmp.Compare(p.seq, q.seq), cmp.Compare(p.row, q.row)) > 0
}

// row is what is known of one area. In a block of events value is the sum of
// the measure and prec.row the number of events known, withdrawn ones included.
type row struct {
	area   auyl.AreaCode
	value  auyl.Decimal
	status auyl.Status
	origin auyl.Origin
	prec   precedence
}

// block is the rows of one series and period. rows are sorted by area, one each.
type block struct {
	rows  []row
	dirty bool // to be written
	moved bool // some value changed
	seen  bool // a row arrived
}

// find returns the index of an area, or where it belongs.
func (b *block) find(a auyl.AreaCode) (int, bool) {
	if n := len(b.rows); n == 0 || b.rows[n-1].area < a {
		return n, false
	}
	return slices.BinarySearchFunc(b.rows, a, func(r row, a auyl.AreaCode) int { return cmp.Compare(r.area, a) })
}

// put keeps a row if it beats the one that stands.
func (b *block) put(r row) {
	i, ok := b.find(r.area)
	if !ok {
		b.rows = slices.Insert(b.rows, i, r)
		b.dirty, b.moved = true, true
		return
	}
	old := &b.rows[i]
	if !r.prec.beats(old.prec) {
		return
	}
	b.dirty = true
	b.moved = b.moved || old.value != r.value || old.status != r.status || old.origin != r.origin
	*old = r
}

// add adds events to an area: by how much the measure and the number known move.
func (b *block) add(a auyl.AreaCode, value auyl.Decimal, known int32, o auyl.Origin) {
	i, ok := b.find(a)
	if !ok {
		b.rows = slices.Insert(b.rows, i, row{area: a, status: auyl.StatusNormal})
	}
	r := &b.rows[i]
	if ok && value == 0 && known == 0 && r.origin >= o {
		return
	}
	r.value += value
	r.prec.row = uint32(int32(r.prec.row) + known)
	r.origin = max(r.origin, o)
	b.dirty, b.moved = true, true
}

// blockVersion begins each stored block.
const blockVersion = 1

// encode writes the block: vintages once, rows by reference.
func (b *block) encode() []byte {
	type vintage struct {
		rank     auyl.Rank
		origin   auyl.Origin
		released int64
		seq      uint64
	}
	var vintages []vintage
	refs := make([]int, len(b.rows))
	for i, r := range b.rows {
		v := vintage{r.prec.rank, r.origin, r.prec.released, r.prec.seq}
		// From the end: rows of one page follow each other.
		k := len(vintages) - 1
		for k >= 0 && vintages[k] != v {
			k--
		}
		if k < 0 {
			k = len(vintages)
			vintages = append(vintages, v)
		}
		refs[i] = k
	}
	out := make([]byte, 0, 16+len(vintages)*20+len(b.rows)*14)
	out = append(out, blockVersion)
	out = binary.AppendUvarint(out, uint64(len(vintages)))
	for _, v := range vintages {
		out = append(out, byte(v.rank), byte(v.origin))
		out = binary.AppendVarint(out, v.released)
		out = binary.AppendUvarint(out, v.seq)
	}
	out = binary.AppendUvarint(out, uint64(len(b.rows)))
	last := auyl.AreaCode(0)
	for i, r := range b.rows {
		out = binary.AppendUvarint(out, uint64(r.area-last))
		last = r.area
		out = binary.AppendVarint(out, int64(r.value))
		out = append(out, byte(r.status))
		out = binary.AppendUvarint(out, uint64(refs[i]))
		out = binary.AppendUvarint(out, uint64(r.prec.row))
	}
	return out
}

func decodeBlock(data []byte) (*block, error) {
	d := decoder{b: data}
	if d.byte() != blockVersion {
		return nil, errBlock
	}
	vintages := make([]row, d.count(4))
	for i := range vintages {
		v := &vintages[i]
		v.prec.rank, v.origin = auyl.Rank(d.byte()), auyl.Origin(d.byte())
		v.prec.released = d.varint()
		v.prec.seq = d.uvarint()
	}
	b := &block{rows: make([]row, d.count(5))}
	area := auyl.AreaCode(0)
	for i := range b.rows {
		area += auyl.AreaCode(d.uvarint())
		value, status := auyl.Decimal(d.varint()), auyl.Status(d.byte())
		ref := d.uvarint()
		if ref >= uint64(len(vintages)) {
			return nil, errBlock
		}
		r := vintages[ref]
		r.area, r.value, r.status, r.prec.row = area, value, status, uint32(d.uvarint())
		b.rows[i] = r
	}
	if d.bad || len(d.b) > 0 {
		return nil, errBlock
	}
	return b, nil
}

// decoder reads stored bytes; bad is set once they end too early.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a number of things of at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/size) {
		d.bad, d.b = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.count(1)
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func appendBytes[T ~string | ~[]byte](dst []byte, v T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(v))), v...)
}

// appendKey begins a key: kind, partition, names (which hold no zero byte).
func appendKey(kind byte, partition auyl.AreaCode, names ...string) []byte {
	k := binary.BigEndian.AppendUint32([]byte{kind}, uint32(partition))
	for _, n := range names {
		k = append(append(k, n...), 0)
	}
	return k
}

// appendPeriod ends a key. Days are biased so that they sort.
func appendPeriod(k []byte, f auyl.Freq, d auyl.Day) []byte {
	return binary.BigEndian.AppendUint32(append(k, byte(f)), uint32(d)^1<<31)
}

func dayOfKey(k []byte) auyl.Day {
	return auyl.Day(binary.BigEndian.Uint32(k[len(k)-4:]) ^ 1<<31)
}
