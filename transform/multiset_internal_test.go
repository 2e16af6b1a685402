package transform

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
)

func TestQuantilesOfSmallSamples(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/quantiles/exp_small.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		var m multiset
		sample := strings.Fields(r[0])
		if n, ok := strings.CutPrefix(r[0], "1.."); ok {
			last, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			sample = nil
			for i := range last {
				sample = append(sample, fmt.Sprint(i+1))
			}
		}
		slices.Reverse(sample)
		for _, s := range sample {
			d, err := auyl.ParseDecimal(s)
			if err != nil {
				t.Fatal(err)
			}
			m.add(d, 1)
		}
		if r[2] == "" {
			if m.n != 0 {
				t.Errorf("%s: %d values, want none", r[0], m.n)
			}
			continue
		}
		p, err1 := strconv.ParseFloat(r[1], 64)
		want, err2 := strconv.ParseFloat(r[2], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := m.quantile(p); math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("quantile %v of %s = %v, want %v", p, r[0], got, want)
		}
	}
}

// TestMultisetIsItsValues: in any order, with values taken out again, merged and
// encoded, it is the sorted list of what is in it.
func TestMultisetIsItsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a, b multiset
		var list []auyl.Decimal
		for range rapid.IntRange(0, 40).Draw(rt, "n") {
			v := auyl.Decimal(rapid.Int64Range(-9, 9).Draw(rt, "v"))
			switch m := rapid.SampledFrom([]*multiset{&a, &b}).Draw(rt, "to"); {
			case rapid.IntRange(0, 3).Draw(rt, "out") > 0:
				m.add(v, 1)
				list = append(list, v)
			case slices.Contains(m.values, v):
				m.add(v, -1)
				i := slices.Index(list, v)
				list = slices.Delete(list, i, i+1)
			default:
				m.add(v, -1) // not there: nothing happens
			}
		}
		slices.Sort(list)
		m, err := decodeMultiset(a.merge(&b).encode())
		if err != nil {
			rt.Fatal(err)
		}
		if m.n != int64(len(list)) {
			rt.Fatalf("%d values, want %d", m.n, len(list))
		}
		for i, v := range list {
			if got := m.at(int64(i)); got != v.Float64() {
				rt.Fatalf("value %d = %v, want %v", i, got, v.Float64())
			}
		}
	})
}

func TestTooManyValuesAreAnOverflow(t *testing.T) {
	t.Parallel()
	ind := &indicator{Indicator: Indicator{Quantile: 0.5, Factor: 1}}
	for _, tt := range []struct {
		different, times int64
		reason           string
	}{
		{3, maxValues / 3, ""},
		{1, maxValues + 1, "overflow"},
		{maxValueBytes, 1, "overflow"}, // few, but a message cannot hold them
	} {
		m := &multiset{}
		for i := range tt.different {
			m.values, m.counts = append(m.values, auyl.Decimal(i*10000)), append(m.counts, tt.times)
			m.n += tt.times
		}
		c := cell{has: hasValue | hasNumerator, status: auyl.StatusNormal, num: 1}
		ind.spread(&c, m, true)
		if c.reason != tt.reason || (tt.reason == "") != (len(c.values) > 0) || (tt.reason == "") != (c.has == hasValue|hasNumerator) {
			t.Errorf("%d × %d values: %+v, want reason %q", tt.different, tt.times, c, tt.reason)
		}
	}
}

func FuzzDecodeMultiset(f *testing.F) {
	m := &multiset{}
	m.add(5, 2)
	m.add(-7, 1)
	f.Add(m.encode())
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeMultiset(b)
		if err != nil {
			return
		}
		n := int64(0)
		for i, c := range m.counts {
			if n += c; c <= 0 || i > 0 && m.values[i] <= m.values[i-1] {
				t.Fatalf("%v is not in order", m)
			}
		}
		if n != m.n {
			t.Fatalf("%d values, said to be %d", n, m.n)
		}
	})
}
