package ingest

import (
	"math/rand/v2"
	"testing"

	"github.com/auyl-kz/auyl"
)

// TestToldKnowsWhatItWasTold holds the table against a map, over several sizes that
// it grows through.
func TestToldKnowsWhatItWasTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	table, want := newTold(), map[obsKey]figureValue{}
	for i := range 100_000 {
		k := obsKey{
			r.Uint32N(7), table.time(int64(r.IntN(3))), auyl.AreaCode(r.Uint32N(200) * 1000),
			auyl.NewPeriod([]auyl.Freq{auyl.FreqDay, auyl.FreqMonth, auyl.FreqYear}[r.IntN(3)], auyl.Day(r.IntN(40_000)-20_000)),
		}
		v := figureValue{auyl.Decimal(i), auyl.StatusNormal, uint32(i)}
		old, had := want[k]
		f := table.add(k, v)
		if (f != nil) != had || had && (f.figureValue != old || f.key.unpack() != k) {
			t.Fatalf("add %d: %+v, want %+v", i, f, old)
		}
		if !had {
			want[k] = v
		}
	}
	n := 0
	for _, b := range table.blocks {
		for i := range b {
			n++
			if f := table.find(b[i].key.unpack()); f == nil || f.figureValue != want[b[i].key.unpack()] {
				t.Fatalf("find %+v = %+v", b[i].key.unpack(), f)
			}
		}
	}
	if n != len(want) {
		t.Errorf("%d figures, want %d", n, len(want))
	}
}
