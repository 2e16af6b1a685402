package ingest

import (
	"math/bits"
	"math/rand/v2"

	"github.com/auyl-kz/auyl"
)

// figureName is what is measured: a series and its dimensions.
type figureName struct {
	series auyl.SeriesID
	dims   auyl.Dims
}

// obsKey names one figure of a page. What is measured and when it was released are
// numbers of told, so that a key is compared and hashed without reading texts.
type obsKey struct {
	figure   uint32
	released uint32
	area     auyl.AreaCode
	period   auyl.Period
}

// told is what a page has told so far, by key, in the order in which it was told.
// A page has up to a million figures and each is looked up once, so this is a hash
// table of its own: it keeps figures in one list and of each only a number and part
// of its hash in the table, which is what is searched.
type told struct {
	figures map[figureName]uint32
	names   []figureName
	times   map[int64]uint32
	at      []int64 // milliseconds of release
	slots   []slot  // a power of two of them, half of them free at least
	blocks  [][]toldFigure
	n       int       // figures in blocks
	seed    [2]uint64 // nobody can write a page whose keys all meet in one slot
}

type slot struct{ tag, number uint32 } // number in list, from 1; 0 is free

// toldFigure is a figure in half a line of a processor's cache.
type toldFigure struct {
	key packedKey
	figureValue
}

// packedKey is an obsKey without room between its parts.
type packedKey struct {
	figure   uint32
	released uint32 // and the frequency, in the low byte: 16 million instants are more than a page has records
	area     auyl.AreaCode
	start    auyl.Day
}

func pack(k obsKey) packedKey {
	return packedKey{k.figure, k.released<<8 | uint32(k.period.Freq()), k.area, k.period.Start()}
}

func (k packedKey) unpack() obsKey {
	return obsKey{k.figure, k.released >> 8, k.area, auyl.NewPeriod(auyl.Freq(k.released), k.start)}
}

// figureValue is what is told of a key.
type figureValue struct {
	value  auyl.Decimal
	status auyl.Status
	row    uint32
}

func newTold() *told {
	return &told{
		figures: map[figureName]uint32{}, times: map[int64]uint32{}, slots: make([]slot, 1<<8),
		seed: [2]uint64{rand.Uint64(), rand.Uint64()}, //nolint:gosec // no secret; and what is made of a page does not depend on it
	}
}

// figure returns the number of what is measured.
func (t *told) figure(series auyl.SeriesID, dims auyl.Dims) uint32 {
	name := figureName{series, dims}
	n, ok := t.figures[name]
	if !ok {
		n = uint32(len(t.names))
		t.figures[name] = n
		t.names = append(t.names, name)
	}
	return n
}

// time returns the number of an instant of release.
func (t *told) time(ms int64) uint32 {
	if n := len(t.at); n > 0 && t.at[n-1] == ms {
		return uint32(n - 1) // nearly always, the page has one
	}
	n, ok := t.times[ms]
	if !ok {
		n = uint32(len(t.at))
		t.times[ms] = n
		t.at = append(t.at, ms)
	}
	return n
}

func (t *told) hash(k packedKey) uint64 {
	a := uint64(k.area)<<32 | uint64(uint32(k.start))
	b := uint64(k.figure)<<32 | uint64(k.released)
	hi, lo := bits.Mul64(a^t.seed[0], b^t.seed[1])
	return (hi ^ lo) * 0x9e3779b97f4a7c15
}

// find returns what was told of a key, nil for nothing; it is not to be kept.
func (t *told) find(k obsKey) *toldFigure {
	f, _, _ := t.probe(pack(k))
	return f
}

// probe is find that says, too, where in the table the key is or would be.
func (t *told) probe(k packedKey) (f *toldFigure, at uint64, tag uint32) {
	h := t.hash(k)
	mask := uint64(len(t.slots) - 1)
	tag = uint32(h)
	for i := h >> 32 & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s.number == 0 {
			return nil, i, tag
		}
		if s.tag == tag {
			if f := t.get(s.number - 1); f.key == k {
				return f, i, tag
			}
		}
	}
}

// blockFigures is how many figures lie in one piece: what was written stays where
// it is when more is.
const blockFigures = 1 << 12

func (t *told) get(i uint32) *toldFigure { return &t.blocks[i/blockFigures][i%blockFigures] }

// add takes down a figure and returns nil, or what was told of it before.
func (t *told) add(k obsKey, v figureValue) *toldFigure {
	packed := pack(k)
	f, at, tag := t.probe(packed)
	if f != nil {
		return f
	}
	if t.n%blockFigures == 0 {
		size := blockFigures
		if t.n == 0 {
			size = 64 // most pages are small
		}
		t.blocks = append(t.blocks, make([]toldFigure, 0, size))
	}
	last := &t.blocks[len(t.blocks)-1]
	*last = append(*last, toldFigure{packed, v})
	t.n++
	t.slots[at] = slot{tag, uint32(t.n)}
	if 2*t.n > len(t.slots) {
		t.grow()
	}
	return nil
}

// expect makes room for so many figures.
func (t *told) expect(n int) {
	if t.n == 0 && n > len(t.slots)/2 {
		t.slots = make([]slot, 1<<bits.Len(uint(2*min(n, maxPageRows))))
	}
}

func (t *told) grow() {
	by := 4
	if len(t.slots) >= 1<<18 {
		by = 2 // memory counts more than time
	}
	t.slots = make([]slot, by*len(t.slots))
	number := uint32(0)
	for _, b := range t.blocks {
		for i := range b {
			number++
			_, at, tag := t.probe(b[i].key)
			t.slots[at] = slot{tag, number}
		}
	}
}
