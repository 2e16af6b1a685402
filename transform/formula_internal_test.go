package transform

import (
	"testing"

	auyl "github.com/auyl-kz/auyl"
)

func TestFormulas(t *testing.T) {
	t.Parallel()
	values := map[string]string{"a": "0.1", "b": "0.2", "c": "-3", "big": "900000000000000", "x.y": "7"}
	tests := []struct{ text, want string }{ // want "" for none
		{"a", "0.1"},
		{"a + b", "0.3"}, // exact, not 0.30000000000000004
		{"a - b - c", "2.9"},
		{"a * b", "0.02"},
		{"a * 0.001", "0.0001"},
		{"a * 0.0005", "0"},        // half to even
		{"0.0003 * 0.5", "0.0002"}, // half to even
		{"-(a + c) * 2", "5.8"},
		{"x.y + 1", "8"},
		{"a + none", ""},
		{"big + big", ""},
		{"big * big", ""},
		{"a < b", "1"},
		{"a > b", "0"},
		{"a >= b or not (c == 1) and true", "1"},
		{"none <= 5", ""},
	}
	for _, tt := range tests {
		p, err := compile(tt.text)
		if err != nil {
			t.Errorf("compile(%q): %v", tt.text, err)
			continue
		}
		got, ok := p.eval(func(i int32) (auyl.Decimal, bool) {
			s, ok := values[p.refs[i].name]
			if !ok {
				return 0, false
			}
			d, err := auyl.ParseDecimal(s)
			return d, err == nil
		})
		text := ""
		if ok {
			text = got.String()
		}
		if text != tt.want {
			t.Errorf("%s = %q, want %q", tt.text, text, tt.want)
		}
	}
}

func TestBadFormulasAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a /", "a / b", "f(a)", "a ? 1 : 2", `"text"`, "[1,2]", "a[1]", "(((((((((((((((((a+1)*2"} {
		if p, err := compile(text); err == nil {
			t.Errorf("compile(%q) = %v, want an error", text, p)
		}
	}
}

func TestStoredBytesComeBack(t *testing.T) {
	t.Parallel()
	b := &block{}
	for i := range 50 {
		b.put(row{
			area: auyl.AreaCode(990000000 + i*7919%1000), value: auyl.Decimal(i*i - 100), status: 'A', origin: 1,
			prec: precedence{rank: auyl.Rank(1 + i%3), released: int64(i - 5), seq: uint64(i / 4), row: uint32(i)},
		})
	}
	got, err := decodeBlock(b.encode())
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.rows {
		if got.rows[i] != b.rows[i] {
			t.Errorf("row %d = %+v, want %+v", i, got.rows[i], b.rows[i])
		}
	}
	data := b.encode()
	for i := range data { // cut short: refused, not misread
		if _, err := decodeBlock(data[:i]); err == nil {
			t.Errorf("the first %d of %d bytes are a block", i, len(data))
		}
	}
}

func TestMessageOfCellsFits(t *testing.T) {
	t.Parallel()
	// Longest cell that can be: a message of maxCellsPerMessage of them fits.
	c := cell{num: -1 << 62, den: -1 << 62, weightReported: 1 << 62, weightTotal: 1 << 62, weighted: -1 << 62, unitsReported: 1 << 31, unitsTotal: 1 << 31, version: 1 << 20}
	if n := len(c.encode(nil)); n*maxCellsPerMessage > 400<<10 {
		t.Errorf("cells of %d bytes do not fit into a message", n)
	}
}
