package auyl_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

const maxDecimal auyl.Decimal = math.MaxInt64

// decimals draws from the whole range; the least int64 is no Decimal.
func decimals() *rapid.Generator[auyl.Decimal] {
	return rapid.Custom(func(t *rapid.T) auyl.Decimal {
		return auyl.Decimal(rapid.Int64Range(math.MinInt64+1, math.MaxInt64).Draw(t, "decimal"))
	})
}

func TestDecimalErrorsAndSpelling(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseDecimal, []parseCase{
		{text: "0"},
		{text: "-0", want: "0"},
		{text: "1.5"},
		{text: "-1.5"},
		{text: "0.0001"},
		{text: "-0.0001"},
		{text: "007", want: "7"},
		{text: "1.0", want: "1"},
		{text: "1.50000000", want: "1.5"},
		{text: "100"},
		{text: "922337203685477.5807"},
		{text: "-922337203685477.5807"},
		{text: strings.Repeat("0", 39) + "1", want: "1"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "-", wantErr: auyl.ErrSyntax},
		{text: "--1", wantErr: auyl.ErrSyntax},
		{text: "+1", wantErr: auyl.ErrSyntax},
		{text: ".5", wantErr: auyl.ErrSyntax},
		{text: "5.", wantErr: auyl.ErrSyntax},
		{text: "1.2.3", wantErr: auyl.ErrSyntax},
		{text: "1,5", wantErr: auyl.ErrSyntax},
		{text: "1 000", wantErr: auyl.ErrSyntax},
		{text: "1e3", wantErr: auyl.ErrSyntax},
		{text: "0x10", wantErr: auyl.ErrSyntax},
		{text: "NaN", wantErr: auyl.ErrSyntax},
		{text: "Inf", wantErr: auyl.ErrSyntax},
		{text: "１２", wantErr: auyl.ErrSyntax},
		{text: "−1", wantErr: auyl.ErrSyntax},
		{text: strings.Repeat("0", 40) + "1", wantErr: auyl.ErrSyntax},
		{text: "99999999999999999999999x", wantErr: auyl.ErrSyntax}, // the shape is judged before the size
		{text: "1.00001x", wantErr: auyl.ErrSyntax},
		{text: "1.00001", wantErr: auyl.ErrRange},
		{text: "922337203685477.5808", wantErr: auyl.ErrRange},
		{text: "-922337203685477.5808", wantErr: auyl.ErrRange},
		{text: "922337203685478", wantErr: auyl.ErrRange},
		{text: "1844674407370955.1616", wantErr: auyl.ErrRange}, // 2^64 ten-thousandths: wraps to 0
		{text: "1844674407370956", wantErr: auyl.ErrRange},      // beyond 2^64: wraps to 0.8384
		{text: "18446744073709551617", wantErr: auyl.ErrRange},  // 2^64 + 1
		{text: strings.Repeat("9", 40), wantErr: auyl.ErrRange},
	})
}

func TestMessagesAboutNumbersStayShort(t *testing.T) {
	t.Parallel()
	_, err := auyl.ParseDecimal(strings.Repeat("я", 1<<20))
	if err == nil || len(err.Error()) > 200 || !utf8.ValidString(err.Error()) {
		t.Errorf("ParseDecimal of a megabyte: message of %d bytes", len(err.Error()))
	}
}

func TestEveryDecimalIsReadBackFromItsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := decimals().Draw(t, "d")
		s := d.String()
		got, err := auyl.ParseDecimal(s)
		if err != nil || got != d {
			t.Fatalf("ParseDecimal(%q) = %d, %v, want %d", s, got, err, d)
		}
		if strings.Contains(s, ".") && strings.HasSuffix(s, "0") || strings.HasSuffix(s, ".") {
			t.Fatalf("%d is written %q, which is not the shortest", d, s)
		}
		want := new(big.Rat).SetFrac64(int64(d), int64(auyl.DecimalOne))
		if r, ok := new(big.Rat).SetString(s); !ok || r.Cmp(want) != 0 {
			t.Fatalf("%d is written %q, want %s", d, s, want.FloatString(4))
		}
	})
}

func TestSumsAreExactOrRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d, e, want auyl.Decimal
		err        error
	}{
		{1, -1, 0, nil},
		{0, 0, 0, nil},
		{maxDecimal, 0, maxDecimal, nil},
		{0, -maxDecimal, -maxDecimal, nil},
		{maxDecimal, -maxDecimal, 0, nil},
		{maxDecimal - 1, 1, maxDecimal, nil},
		{maxDecimal, 1, 0, auyl.ErrRange},
		{maxDecimal, maxDecimal, 0, auyl.ErrRange},
		{-maxDecimal, -1, 0, auyl.ErrRange}, // would have no negative and no text
		{-maxDecimal, -2, 0, auyl.ErrRange},
		{-maxDecimal, -maxDecimal, 0, auyl.ErrRange},
	} {
		got, err := tt.d.Add(tt.e)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s + %s = %s, %v, want %s, %v", tt.d, tt.e, got, err, tt.want, tt.err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d, e := decimals().Draw(t, "d"), decimals().Draw(t, "e")
		got, err := d.Add(e)
		other, otherErr := e.Add(d)
		if got != other || (err == nil) != (otherErr == nil) {
			t.Fatalf("%d + %d = %d, %v, but %d, %v the other way round", d, e, got, err, other, otherErr)
		}
		want := new(big.Int).Add(big.NewInt(int64(d)), big.NewInt(int64(e)))
		fits := want.CmpAbs(big.NewInt(math.MaxInt64)) <= 0
		if fits && (err != nil || int64(got) != want.Int64()) || !fits && !errors.Is(err, auyl.ErrRange) {
			t.Fatalf("%d + %d = %d, %v, want %s", d, e, got, err, want)
		}
	})
}

func TestDecimalOfAFloat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f    float64
		want string
		err  error
	}{
		{0, "0", nil},
		{math.Copysign(0, -1), "0", nil},
		{1.5, "1.5", nil},
		{-2.0001, "-2.0001", nil},
		{1.0 / 3, "0.3333", nil},
		{2.0 / 3, "0.6667", nil},
		{0.03125, "0.0312", nil}, // 312.5: to the even neighbor below
		{0.09375, "0.0938", nil}, // 937.5: to the even neighbor above
		{-0.03125, "-0.0312", nil},
		{-0.09375, "-0.0938", nil},
		{0.00005, "0", nil},      // the product is exactly 0.5
		{0.00015, "0.0001", nil}, // no tie: the float64 lies below, and so does the product
		{1.00005, "1.0001", nil}, // no tie: above
		{5e-324, "0", nil},
		{9e14, "900000000000000", nil},
		{-9e14, "-900000000000000", nil},
		{1e15, "0", auyl.ErrRange},
		{-1e15, "0", auyl.ErrRange},
		{float64(1<<63) / 1e4, "0", auyl.ErrRange},
		{-float64(1<<63) / 1e4, "0", auyl.ErrRange},
		{math.MaxFloat64, "0", auyl.ErrRange},
		{math.Inf(1), "0", auyl.ErrRange},
		{math.Inf(-1), "0", auyl.ErrRange},
		{math.NaN(), "0", auyl.ErrRange},
	} {
		got, err := auyl.DecimalOf(tt.f)
		if got.String() != tt.want || !errors.Is(err, tt.err) || (err != nil) != (tt.err != nil) {
			t.Errorf("DecimalOf(%v) = %s, %v, want %s, %v", tt.f, got, err, tt.want, tt.err)
		}
	}
}

// TestFloatsOfDecimalsComeBack holds below 2^51 ten-thousandths, some 225
// billion: beyond, the division and the product may together miss by a half.
func TestFloatsOfDecimalsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := auyl.Decimal(rapid.Int64Range(-1<<51+1, 1<<51-1).Draw(t, "d"))
		if got, err := auyl.DecimalOf(d.Float64()); err != nil || got != d {
			t.Fatalf("DecimalOf(%v) = %s, %v, want %s", d.Float64(), got, err, d)
		}
	})
}
