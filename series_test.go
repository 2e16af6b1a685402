package auyl_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

// word is a text that knows nothing but itself, for the tables of names.
type word string

func (w word) String() string { return string(w) }

// texts makes a parser of a defined string one that parseTable takes.
func texts[T ~string](parse func(string) (T, error)) func(string) (word, error) {
	return func(s string) (word, error) {
		v, err := parse(s)
		return word(v), err
	}
}

func TestNamesOfSeriesIndicatorsAndSources(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	parseTable(t, texts(auyl.ParseSeriesID), []parseCase{
		{text: "population_end"},
		{text: "a"},
		{text: "a.b_1.c2"},
		{text: long},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: long + "a", wantErr: auyl.ErrSyntax},
		{text: "1a", wantErr: auyl.ErrSyntax},
		{text: "_a", wantErr: auyl.ErrSyntax},
		{text: "a.", wantErr: auyl.ErrSyntax},
		{text: ".a", wantErr: auyl.ErrSyntax},
		{text: "a..b", wantErr: auyl.ErrSyntax},
		{text: "a.1", wantErr: auyl.ErrSyntax},
		{text: "A", wantErr: auyl.ErrSyntax},
		{text: "a b", wantErr: auyl.ErrSyntax},
		{text: "a-b", wantErr: auyl.ErrSyntax},
		{text: "а", wantErr: auyl.ErrSyntax},
	})
	parseTable(t, texts(auyl.ParseIndicatorID), []parseCase{
		{text: "population_total"},
		{text: long},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "a.b", wantErr: auyl.ErrSyntax},
		{text: long + "a", wantErr: auyl.ErrSyntax},
		{text: "a\n", wantErr: auyl.ErrSyntax},
	})
	parseTable(t, texts(auyl.ParseSourceID), []parseCase{
		{text: "bns.taldau"},
		{text: "moh.ambulance_103"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "bns", wantErr: auyl.ErrSyntax},
		{text: "bns.", wantErr: auyl.ErrSyntax},
		{text: ".taldau", wantErr: auyl.ErrSyntax},
		{text: "bns.taldau.x", wantErr: auyl.ErrSyntax},
		{text: "bns.*", wantErr: auyl.ErrSyntax},
		{text: "bns.>", wantErr: auyl.ErrSyntax}, // wildcards of subjects
	})
}

func TestDimensionErrorsAndSpelling(t *testing.T) {
	t.Parallel()
	parseTable(t, texts(auyl.ParseDims), []parseCase{
		{text: ""},
		{text: "sex=female"},
		{text: "sex=female;locality=rural", want: "locality=rural;sex=female"},
		{text: "a1=x;a=y", want: "a=y;a1=x"}, // by name: "=" sorts after "1"
		{text: "a=женщины 0–14"},
		{text: "a=" + strings.Repeat("v", 128)},
		{text: "a=" + strings.Repeat("v", 129), wantErr: auyl.ErrSyntax},
		{text: ";", wantErr: auyl.ErrSyntax},
		{text: "a", wantErr: auyl.ErrSyntax},
		{text: "a=", wantErr: auyl.ErrSyntax},
		{text: "=x", wantErr: auyl.ErrSyntax},
		{text: "a=x;", wantErr: auyl.ErrSyntax},
		{text: ";a=x", wantErr: auyl.ErrSyntax},
		{text: "a=x=y", wantErr: auyl.ErrSyntax},
		{text: "a=x\ny", wantErr: auyl.ErrSyntax},
		{text: "A=x", wantErr: auyl.ErrSyntax},
		{text: "a.b=x", wantErr: auyl.ErrSyntax},
		{text: "a=x;a=y", wantErr: auyl.ErrSyntax},
		{text: "a=x;a1=z;a=x", wantErr: auyl.ErrSyntax},
	})
}

func TestDimensionsHaveOneOrder(t *testing.T) {
	t.Parallel()
	name, value := rapid.StringMatching(`[a-c][a-c0-9_]{0,2}`), rapid.StringMatching(`[^;=\n]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOfN(name, value, 0, 6).Draw(t, "dims")
		type pair struct{ name, value string }
		var pairs []pair
		for n, v := range m {
			pairs = append(pairs, pair{n, v})
		}
		slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
		join := func() string {
			var s []string
			for _, p := range pairs {
				s = append(s, p.name+"="+p.value)
			}
			return strings.Join(s, ";")
		}
		want := join()
		pairs = rapid.Permutation(pairs).Draw(t, "order")
		got, err := auyl.ParseDims(join())
		if err != nil || string(got) != want {
			t.Fatalf("ParseDims(%q) = %q, %v, want %q", join(), got, err, want)
		}
		if again, err := auyl.ParseDims(string(got)); err != nil || again != got {
			t.Fatalf("ParseDims(%q) = %q, %v, want it unchanged", got, again, err)
		}
	})
}

func TestNamesReadThemselvesFromText(t *testing.T) {
	t.Parallel()
	var (
		s auyl.SeriesID
		i auyl.IndicatorID
		o auyl.SourceID
		d auyl.Dims
	)
	if err := errors.Join(s.UnmarshalText([]byte("a.b")), i.UnmarshalText([]byte("a")), o.UnmarshalText([]byte("a.b")), d.UnmarshalText([]byte("b=1;a=2"))); err != nil {
		t.Fatal(err)
	}
	if s != "a.b" || i != "a" || o != "a.b" || d != "a=2;b=1" {
		t.Errorf("read %q, %q, %q, %q", s, i, o, d)
	}
	for what, err := range map[string]error{
		"series": s.UnmarshalText([]byte("A")), "indicator": i.UnmarshalText([]byte("a.b")),
		"source": o.UnmarshalText([]byte("a")), "dimensions": d.UnmarshalText([]byte("a")),
	} {
		if !errors.Is(err, auyl.ErrSyntax) {
			t.Errorf("%s: %v, want %v", what, err, auyl.ErrSyntax)
		}
	}
	if s != "" || i != "" || o != "" || d != "" {
		t.Errorf("what was refused leaves %q, %q, %q, %q", s, i, o, d)
	}
}
