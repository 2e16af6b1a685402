package auyl_test

import (
	"encoding"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

func freqs() []auyl.Freq {
	return []auyl.Freq{auyl.FreqYear, auyl.FreqHalfYear, auyl.FreqQuarter, auyl.FreqMonth, auyl.FreqWeek, auyl.FreqDay}
}

// drawDay draws a day of the years 0002 to 9998, so that neighbors have a spelling.
func drawDay(t *rapid.T, label string) auyl.Day {
	return auyl.Day(rapid.Int32Range(-718_000, 2_932_000).Draw(t, label))
}

func drawPeriod(t *rapid.T, label string) auyl.Period {
	return auyl.NewPeriod(rapid.SampledFrom(freqs()).Draw(t, label+" freq"), drawDay(t, label))
}

// readsBack is the round trip of one value through the text of its type.
func readsBack[T comparable](t *rapid.T, v T, text string, parse func(string) (T, error)) {
	t.Helper()
	if got, err := parse(text); err != nil || got != v {
		t.Fatalf("%q reads back as %v, %v, want %v", text, got, err, v)
	}
}

func TestPeriodsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPeriod(t, "p")
		readsBack(t, p, p.String(), auyl.ParsePeriod)
		b, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var q auyl.Period
		if err := q.UnmarshalText(b); err != nil || q != p {
			t.Fatalf("UnmarshalText(%s) = %v, %v", b, q, err)
		}
	})
}

func TestPeriodsOfOneFrequencyTileTheCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, f := drawDay(t, "day"), rapid.SampledFrom(freqs()).Draw(t, "freq")
		p := auyl.NewPeriod(f, d)
		if d < p.Start() || d >= p.End() || p.LastDay()+1 != p.End() {
			t.Fatalf("%s is not in its own period %s", d, p)
		}
		if p.Shift(1).Start() != p.End() || p.Shift(-1).End() != p.Start() {
			t.Fatalf("a gap beside %s", p)
		}
		if auyl.NewPeriod(f, p.Start()) != p || auyl.NewPeriod(f, p.LastDay()) != p || auyl.NewPeriod(f, p.End()) == p {
			t.Fatalf("the days of %s are not its own", p)
		}
	})
}

func TestShiftsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPeriod(t, "p")
		a, b := rapid.IntRange(-400, 400).Draw(t, "a"), rapid.IntRange(-400, 400).Draw(t, "b")
		if got, want := p.Shift(a).Shift(b), p.Shift(a+b); got != want {
			t.Fatalf("%s.Shift(%d).Shift(%d) = %s, want %s", p, a, b, got, want)
		}
	})
}

func TestNestedPeriodsNeverStraddle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t, "day")
		coarse, fine := rapid.SampledFrom(freqs()).Draw(t, "coarse"), rapid.SampledFrom(freqs()).Draw(t, "fine")
		p, q := auyl.NewPeriod(coarse, d), auyl.NewPeriod(fine, d)
		if auyl.Nests(coarse, fine) && !p.Contains(q) {
			t.Fatalf("%s holds no %s, though %s nests %s", p, q, coarse, fine)
		}
		if !p.Overlaps(q) || !q.Overlaps(p) {
			t.Fatalf("%s and %s share %s", p, q, d)
		}
		if p.Contains(q) && q.Contains(p) != (p.Start() == q.Start() && p.End() == q.End()) {
			t.Fatalf("%s and %s hold each other", p, q)
		}
	})
}

func TestDaysReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t, "day")
		readsBack(t, d, d.String(), auyl.ParseDay)
		if got := auyl.DayOf(d.Time()); got != d {
			t.Fatalf("DayOf(%s) = %s", d, got)
		}
	})
	for _, s := range []string{"2026", "2026-M09", "2026-02-30", ""} {
		if d, err := auyl.ParseDay(s); err == nil {
			t.Errorf("ParseDay(%q) = %s, want an error", s, d)
		}
	}
}

func TestCodesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(freqs()).Draw(t, "freq")
		readsBack(t, f, f.String(), auyl.ParseFreq)
		s := auyl.Status(rapid.SampledFrom([]byte("ABCEIMP")).Draw(t, "status"))
		readsBack(t, s, s.String(), auyl.ParseStatus)
		o := rapid.SampledFrom([]auyl.Origin{auyl.OriginReal, auyl.OriginSynthetic}).Draw(t, "origin")
		readsBack(t, o, o.String(), auyl.ParseOrigin)
		r := rapid.SampledFrom([]auyl.Rank{auyl.RankOfficial, auyl.RankAdministrative, auyl.RankSelfReported, auyl.RankPress, auyl.RankSynthetic}).Draw(t, "rank")
		readsBack(t, r, r.String(), auyl.ParseRank)
		l := auyl.Level(rapid.IntRange(int(auyl.LevelCountry), int(auyl.LevelSettlement)).Draw(t, "level"))
		readsBack(t, l, l.String(), auyl.ParseLevel)
	})
}

// TestWordsOutsideTheListsAreRefused also holds UnmarshalText to the parsers: a
// file is refused where the function that reads the same word would refuse it.
func TestWordsOutsideTheListsAreRefused(t *testing.T) {
	t.Parallel()
	known := map[string]int{}
	for _, w := range []string{
		"A", "S", "Q", "M", "W", "D", "B", "C", "E", "I", "P", "real", "synthetic",
		"official", "administrative", "self_reported", "press", "country", "oblast", "district", "okrug", "settlement",
	} {
		known[w]++
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringN(0, 3, -1), rapid.StringMatching(`[A-Za-z_]{1,12}`)).Draw(t, "word")
		if known[s] > 0 {
			t.Skip("a word of a list")
		}
		for name, v := range map[string]encoding.TextUnmarshaler{
			"status": new(auyl.Status), "origin": new(auyl.Origin), "rank": new(auyl.Rank),
			"level": new(auyl.Level), "frequency": new(auyl.Freq),
		} {
			if err := v.UnmarshalText([]byte(s)); !errors.Is(err, auyl.ErrSyntax) {
				t.Fatalf("%s %q: %v, want ErrSyntax", name, s, err)
			}
		}
	})
}

func TestAreaCodesReadBackAndHoldEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9]{9}`).Draw(t, "code")
		c, err := auyl.ParseAreaCode(s)
		if err != nil {
			t.Fatal(err)
		}
		if c.String() != s || c == 0 {
			t.Fatalf("ParseAreaCode(%q) = %d, %s", s, c, c)
		}
		b, err := c.MarshalText()
		var d auyl.AreaCode
		if err != nil || d.UnmarshalText(b) != nil || d != c {
			t.Fatalf("UnmarshalText(%s) = %s", b, d)
		}
		if c == auyl.CountryCode {
			return
		}
		for _, part := range []struct {
			got  auyl.AreaCode
			kept int
		}{{c.Oblast(), 2}, {c.District(), 4}, {c.Okrug(), 6}} {
			if want := s[:part.kept] + strings.Repeat("0", 9-part.kept); part.got != 0 && part.got.String() != want {
				t.Fatalf("of %s the first %d digits give %s, want %s", s, part.kept, part.got, want)
			}
		}
		if c.Okrug().District() != c.District() || c.District().Oblast() != c.Oblast() {
			t.Fatalf("okrug, district and oblast of %s do not hold each other", s)
		}
	})
}

func TestTheCountryStaysTheCountry(t *testing.T) {
	t.Parallel()
	c, err := auyl.ParseAreaCode("000000000")
	if err != nil || c != auyl.CountryCode || c.String() != "000000000" {
		t.Fatalf("ParseAreaCode(000000000) = %d, %v", c, err)
	}
	if c.Oblast() != c || c.District() != c || c.Okrug() != c {
		t.Errorf("parts of the country are %s, %s, %s", c.Oblast(), c.District(), c.Okrug())
	}
}

// TestDecimalsAgreeWithExactArithmetic compares reading, writing and adding with
// rational numbers of any size.
func TestDecimalsAgreeWithExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, e := auyl.Decimal(rapid.Int64Min(-1<<63+1).Draw(t, "d")), auyl.Decimal(rapid.Int64Min(-1<<63+1).Draw(t, "e"))
		readsBack(t, d, d.String(), auyl.ParseDecimal)
		text, ok := new(big.Rat).SetString(d.String())
		if !ok || text.Cmp(big.NewRat(int64(d), int64(auyl.DecimalOne))) != 0 {
			t.Fatalf("Decimal(%d) is written %s", int64(d), d)
		}
		sum := new(big.Int).Add(big.NewInt(int64(d)), big.NewInt(int64(e)))
		got, err := d.Add(e)
		fits := sum.IsInt64() && sum.Int64() != -1<<63
		if fits != (err == nil) || err == nil && big.NewInt(int64(got)).Cmp(sum) != 0 {
			t.Fatalf("%s + %s = %s, %v, want %s / 10000", d, e, got, err, sum)
		}
		if err != nil && !errors.Is(err, auyl.ErrRange) {
			t.Fatalf("%s + %s: %v, want ErrRange", d, e, err)
		}
	})
}

// TestDecimalOfIsTheNearest covers values that float64 holds with four decimals
// to spare.
func TestDecimalOfIsTheNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := auyl.Decimal(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "d"))
		if got, err := auyl.DecimalOf(d.Float64()); err != nil || got != d {
			t.Fatalf("DecimalOf(%v) = %s, %v, want %s", d.Float64(), got, err, d)
		}
	})
}

func TestNamesReadBack(t *testing.T) {
	t.Parallel()
	word := `[a-z][a-z0-9_]{0,20}`
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(word+`(\.`+word+`)?`).Draw(t, "series")
		readsBack(t, auyl.SeriesID(s), s, auyl.ParseSeriesID)
		i := rapid.StringMatching(word).Draw(t, "indicator")
		readsBack(t, auyl.IndicatorID(i), i, auyl.ParseIndicatorID)
		src := rapid.StringMatching(word+`\.`+word).Draw(t, "source")
		readsBack(t, auyl.SourceID(src), src, auyl.ParseSourceID)
	})
}

// TestDimsHaveOneSpelling is the promise that keys rest on: any order of the same
// pairs gives the same bytes, and those read back as themselves.
func TestDimsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOfN(rapid.StringMatching(`[a-c][0-9_]{0,2}`), rapid.StringMatching(`[^=;\n]{1,8}`), 0, 5).Draw(t, "pairs")
		var names, pairs []string
		for n, v := range m {
			names, pairs = append(names, n), append(pairs, n+"="+v)
		}
		slices.Sort(names)
		slices.Sort(pairs)
		want, err := auyl.ParseDims(strings.Join(pairs, ";"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := auyl.ParseDims(strings.Join(rapid.Permutation(pairs).Draw(t, "order"), ";"))
		if err != nil || got != want {
			t.Fatalf("another order reads as %q, %v, want %q", got, err, want)
		}
		readsBack(t, want, string(want), auyl.ParseDims)
		var order []string
		for p := range strings.SplitSeq(string(want), ";") {
			n, _, _ := strings.Cut(p, "=")
			order = append(order, n)
		}
		if len(m) > 0 && !slices.Equal(order, names) {
			t.Fatalf("names stand as %q, want %q", order, names)
		}
	})
}
