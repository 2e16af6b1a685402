package schemas

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
)

type inner struct {
	Name string        `yaml:"name,required"`
	Area auyl.AreaCode `yaml:"area"`
}

type shared struct {
	Version int `yaml:"version"`
}

type outer struct {
	shared `yaml:",inline"`
	ID     string             `yaml:"id,required"`
	Share  float64            `yaml:"share"`
	On     bool               `yaml:"on"`
	List   []inner            `yaml:"list"`
	Words  []string           `yaml:"words"`
	Map    map[string]float64 `yaml:"map"`
	Sub    *inner             `yaml:"sub"`
}

func TestDecodeReadsEveryShape(t *testing.T) {
	t.Parallel()
	var got outer
	_, problems := decodeYAML("a.yaml", []byte(`
version: 3
id: 2023-02-01
share: 0.5
on: true
list:
  - name: one
    area: "191000000"
  - {name: "two"}
words: ["-", "…", "", 2015, x]
map: {a: 1, b: 2.5}
sub:
  name: |
    long
    text
`), &got)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := outer{
		shared: shared{Version: 3}, ID: "2023-02-01", Share: 0.5, On: true,
		List:  []inner{{Name: "one", Area: 191000000}, {Name: "two"}},
		Words: []string{"-", "…", "", "2015", "x"},
		Map:   map[string]float64{"a": 1, "b": 2.5},
		Sub:   &inner{Name: "long\ntext\n"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outer{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeFindsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	var got outer
	_, problems := decodeYAML("a.yaml", []byte(`verzion: 3
share: "a lot"
on: yes
list:
  - nam: one
  - area: 19
words: x
map: [1]
sub:
`), &got)
	want := `a.yaml:1:1: key "id" is missing
a.yaml:1:1: unknown key "verzion"; did you mean "version"?
a.yaml:2:8: want a number, found "a lot"
a.yaml:3:5: want true or false, found "yes"
a.yaml:5:5: key "name" is missing
a.yaml:5:5: unknown key "nam"; did you mean "name"?
a.yaml:6:5: key "name" is missing
a.yaml:6:11: area code "19": syntax: want nine digits
a.yaml:7:8: want a list, found "x"
a.yaml:8:6: want keys and values, found a list
a.yaml:9:6: want keys and values, found nothing`
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", "a.yaml: empty file"},
		{"comment alone", "# nothing\n", "a.yaml: empty file"},
		{"key twice", "id: a\nid: b\n", `a.yaml:2:1: mapping key "id" already defined at [1:1]`},
		{"two documents", "id: a\n---\nid: b\n", "a.yaml:3:3: second document: one document a file"},
		{"alias", "id: &x a\nwords: [*x]\n", "a.yaml:1:5: anchors, aliases, merge keys and tags are not read: write the value in place\n" +
			"a.yaml:2:9: anchors, aliases, merge keys and tags are not read: write the value in place"},
		{"fraction for a whole number", "id: a\nversion: 1.5\n", `a.yaml:2:10: want a whole number, found "1.5"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := decodeYAML("a.yaml", []byte(tt.in), &outer{})
			if got := problems.Error(); got != tt.want {
				t.Errorf("decodeYAML(%q) =\n%s, want\n%s", tt.in, got, tt.want)
			}
		})
	}
}

func TestProblemPointsAtTheValue(t *testing.T) {
	t.Parallel()
	d, problems := decodeYAML("a.yaml", []byte("id: a\nlist:\n  - name: one\n  - name: two\n"), &outer{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tt := range []struct {
		path []any
		want string
	}{
		{[]any{"list", 1, "name"}, "a.yaml:4:11: no"},
		{[]any{"list", 1}, "a.yaml:4:5: no"},
		{[]any{"list", 7, "name"}, "a.yaml:3:5: no"},
		{nil, "a.yaml:1:1: no"},
	} {
		if got := d.problem(tt.path, "no").Error(); got != tt.want {
			t.Errorf("problem(%v) = %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"population_end", "population_rural", "births", "id"}
	for word, want := range map[string]string{
		"populaton_end": "population_end", "population_end": "population_end", "brith": "births",
		"di": "id", "wage": "", "zzzzzzzzz": "", "": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
