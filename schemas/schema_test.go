package schemas_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// The roots of the files as the loaders read them.
type (
	seriesFile struct {
		Series []schemas.Series `yaml:"series,required"`
	}
	indicatorsFile struct {
		Indicators []schemas.Indicator `yaml:"indicators,required"`
	}
)

var roots = map[string]reflect.Type{
	"series":     reflect.TypeFor[seriesFile](),
	"parameters": reflect.TypeFor[parametersFile](),
	"indicators": reflect.TypeFor[indicatorsFile](),
	"contract":   reflect.TypeFor[schemas.Contract](),
	"summary":    reflect.TypeFor[schemas.Summary](),
}

// node is a part of a JSON Schema.
type node = map[string]any

func readSchema(t *testing.T, name string) node {
	t.Helper()
	b, err := os.ReadFile(path.Join("schema", name+".schema.json"))
	var n node
	if err == nil {
		err = json.Unmarshal(b, &n)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// at returns the part of a schema below a key, nil where there is none.
func at(n node, keys ...string) node {
	for _, k := range keys {
		n, _ = n[k].(node)
	}
	return n
}

func words(v any) []string {
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i, w := range list {
		out[i], _ = w.(string)
	}
	return out
}

// closed are the words of the types of the vocabulary that have a fixed list.
var closed = map[reflect.Type][]string{
	reflect.TypeFor[auyl.Freq]():   {"A", "S", "Q", "M", "W", "D"},
	reflect.TypeFor[auyl.Status](): {"A", "B", "C", "E", "I", "M", "P"},
	reflect.TypeFor[auyl.Level]():  {"country", "oblast", "district", "okrug", "settlement"},
	reflect.TypeFor[auyl.Origin](): {"real", "synthetic"},
	reflect.TypeFor[auyl.Rank]():   {"official", "administrative", "self_reported", "press", "synthetic"},
}

// comparison walks a schema and the type that it describes side by side.
type comparison struct {
	root    node
	reached map[string]bool // definitions
	faults  []string
}

func (c *comparison) bad(where, what string) { c.faults = append(c.faults, where+": "+what) }

func (c *comparison) compare(where string, n node, t reflect.Type) {
	if ref, ok := n["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		c.reached[name] = true
		if n = at(c.root, "$defs", name); n == nil {
			c.bad(where, "no definition "+ref)
			return
		}
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	want := ""
	switch {
	case n == nil:
		c.bad(where, "the schema says nothing of it")
		return
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		c.text(where, n, t)
		return
	case t.Kind() == reflect.Struct:
		c.structure(where, n, t)
		want = "object"
	case t.Kind() == reflect.Map:
		c.compare(where+".*", at(n, "additionalProperties"), t.Elem())
		want = "object"
	case t.Kind() == reflect.Slice:
		c.compare(where+"[]", at(n, "items"), t.Elem())
		want = "array"
	case t.Kind() == reflect.String:
		if n["enum"] != nil {
			return // held against the loader by TestWordsOfTheSchemasAreThoseOfTheLoaders
		}
		want = "string"
	case t.Kind() == reflect.Bool:
		want = "boolean"
	case t.Kind() == reflect.Float64:
		want = "number"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Uint32:
		want = "integer"
	}
	if n["type"] != want {
		c.bad(where, "type "+want+" in Go, not in the schema")
	}
}

// text compares a type that reads itself from text: its words, or a pattern.
func (c *comparison) text(where string, n node, t reflect.Type) {
	want := closed[t]
	if got := words(n["enum"]); !slices.Equal(got, want) {
		c.bad(where, "words ["+strings.Join(got, " ")+"], want ["+strings.Join(want, " ")+"]")
	}
	for _, w := range want {
		u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](reflect.New(t))
		if !ok || u.UnmarshalText([]byte(w)) != nil {
			c.bad(where, "word "+w+" is not read")
		}
	}
	if _, ok := n["pattern"].(string); !ok && want == nil {
		c.bad(where, "no pattern")
	}
}

func (c *comparison) structure(where string, n node, t reflect.Type) {
	var keys, required []string
	for f := range t.Fields() {
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" || key == "-" {
			continue
		}
		keys = append(keys, key)
		if options == "required" {
			required = append(required, key)
		}
		if _, ok := at(n, "properties")[key]; !ok {
			c.bad(where, "key "+key+" is not in the schema")
			continue
		}
		c.compare(where+"."+key, at(n, "properties", key), f.Type)
	}
	for key := range at(n, "properties") {
		if !slices.Contains(keys, key) {
			c.bad(where, "key "+key+" is not in "+t.String())
		}
	}
	slices.Sort(required)
	got := words(n["required"])
	slices.Sort(got)
	if !slices.Equal(got, required) {
		c.bad(where, "required ["+strings.Join(got, " ")+"], want ["+strings.Join(required, " ")+"]")
	}
	if n["additionalProperties"] != false {
		c.bad(where, "unknown keys are let through")
	}
}

func TestSchemasHaveTheKeysOfTheStructs(t *testing.T) {
	t.Parallel()
	for name, typ := range roots {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := readSchema(t, name)
			c := &comparison{root: root, reached: map[string]bool{}}
			c.compare(name, root, typ)
			for def := range at(root, "$defs") {
				if !c.reached[def] {
					c.bad(name, "definition "+def+" is used by nothing")
				}
			}
			for _, f := range c.faults {
				t.Error(f)
			}
		})
	}
}

// TestTheComparisonSeesADifference keeps the test above honest.
func TestTheComparisonSeesADifference(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(props, def node){
		"key is missing":       func(props, _ node) { delete(props, "unit") },
		"key is too many":      func(props, _ node) { props["shade"] = node{"type": "string"} },
		"key is not required":  func(_, def node) { def["required"] = []any{"id"} },
		"unknown keys pass":    func(_, def node) { delete(def, "additionalProperties") },
		"type is another":      func(props, _ node) { props["max_age_days"] = node{"type": "string"} },
		"nested key is absent": func(props, _ node) { props["names"] = node{"type": "object", "additionalProperties": false} },
		"word is missing":      func(props, _ node) { props["level"] = node{"enum": []any{"oblast"}} },
	} {
		root := readSchema(t, "series")
		spoil(at(root, "$defs", "series", "properties"), at(root, "$defs", "series"))
		c := &comparison{root: root, reached: map[string]bool{}}
		c.compare("series", root, roots["series"])
		if len(c.faults) == 0 {
			t.Errorf("%s: no fault is found", name)
		}
	}
}

// nonsense is near no word, so that a loader lists those that it knows.
const nonsense = "unheard_of_in_any_file"

const goodContract = `id: x.y
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: csv
layout: {encoding: utf-8}
number: {decimal: "."}
area: {field: place, by: code}
period: {field: day}
fields:
  place: {type: text, personal: ""}
  day: {type: period}
  n: {type: number}
raw: sealed
retention_days: 400
measures:
  - {series: a, value: n}
`

func TestWordsOfTheSchemasAreThoseOfTheLoaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		schema, key, old string
		path             []string // of the definition; none is the root
	}{
		{"series", "kind", "kind: stock", []string{"$defs", "series"}},
		{"indicators", "direction", "direction: higher", []string{"$defs", "indicator"}},
		{"indicators", "controllable", "controllable: full", []string{"$defs", "indicator"}},
		{"indicators", "rollup", "rollup: ratio", []string{"$defs", "indicator"}},
		{"contract", "format", "format: csv", nil},
		{"contract", "encoding", "encoding: utf-8", []string{"$defs", "layout"}},
		{"contract", "decimal", `decimal: "."`, []string{"$defs", "number"}},
		{"contract", "by", "by: code", []string{"$defs", "area"}},
		{"contract", "type", "type: text", []string{"$defs", "field"}},
		{"contract", "raw", "raw: sealed", nil},
		{"contract", "personal", `personal: ""`, []string{"$defs", "field"}},
		{"summary", "when", "when: below", []string{"$defs", "rule"}},
	} {
		t.Run(tt.schema+"."+tt.key, func(t *testing.T) {
			t.Parallel()
			got := words(at(readSchema(t, tt.schema), append(slices.Clone(tt.path), "properties", tt.key)...)["enum"])
			slices.Sort(got)
			texts := map[string]string{"series": goodSeries, "indicators": goodIndicator, "contract": goodContract, "summary": goodSummary}
			if !strings.Contains(texts[tt.schema], tt.old) {
				t.Fatalf("no %q in the file that is spoiled", tt.old)
			}
			texts[tt.schema] = strings.ReplaceAll(texts[tt.schema], tt.old, tt.key+": "+nonsense)
			if want := loaderWords(t, texts); !cmp.Equal(got, want) {
				t.Errorf("words of the schema %q, of the loader %q", got, want)
			}
		})
	}
}

// loaderWords returns the words that the loaders say they know instead of nonsense.
func loaderWords(t *testing.T, texts map[string]string) []string {
	t.Helper()
	files := fstest.MapFS{}
	for file, kind := range map[string]string{"series/x.yaml": "series", "indicators/x.yaml": "indicators", "contracts/x.y.yaml": "contract", "summaries/x.yaml": "summary"} {
		files[file] = &fstest.MapFile{Data: []byte(texts[kind])}
	}
	cat, err := schemas.LoadCatalogue(files)
	if err == nil {
		var contracts map[auyl.SourceID]*schemas.Contract
		if contracts, err = schemas.LoadContracts(files, cat); err == nil {
			_, err = schemas.LoadSummaries(files, cat, contracts)
		}
	}
	if err == nil {
		t.Fatal("nonsense is taken for a word")
	}
	m := regexp.MustCompile(`"` + nonsense + `"; want one of (.*)`).FindStringSubmatch(err.Error())
	if m == nil {
		t.Fatalf("no list of words in %q", err)
	}
	list := strings.Split(m[1], ", ")
	slices.Sort(list)
	return list
}

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(path.Join("schema", name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate reads a text of YAML as an editor does and holds it to a schema.
func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	b, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestEveryFileNamesItsSchemaAndKeepsToIt(t *testing.T) {
	t.Parallel()
	compiled, seen := map[string]*jsonschema.Schema{}, map[string]int{}
	for name := range roots {
		compiled[name] = compileSchema(t, name)
	}
	header := regexp.MustCompile(`^# yaml-language-server: \$schema=(\S+)\n`)
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		m := header.FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s: the first line names no schema", file)
		}
		name := map[string]string{"series": "series", "parameters.yaml": "parameters", "indicators": "indicators", "contracts": "contract", "summaries": "summary"}[kindOf(file)]
		seen[name]++
		if got := path.Join(path.Dir(file), string(m[1])); got != "schema/"+name+".schema.json" {
			t.Errorf("%s: the first line names %s, want that of %s", file, got, name)
		} else if err := validate(t, compiled[name], text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(roots) {
		t.Errorf("files of %v, want of each of %d kinds", seen, len(roots))
	}
}

func TestSchemasRefuseWhatTheLoadersRefuse(t *testing.T) {
	t.Parallel()
	good := map[string]string{"series": goodSeries, "indicators": goodIndicator, "contract": goodContract, "summary": goodSummary}
	for name, text := range good {
		if err := validate(t, compileSchema(t, name), []byte(text)); err != nil {
			t.Errorf("%s: a good file is refused: %v", name, err)
		}
	}
	for _, tt := range []struct{ name, schema, old, replacement string }{
		{"unknown key", "series", "unit:", "units:"},
		{"missing name", "series", "{ru: а, ", "{"},
		{"unknown word", "series", "kind: flow", "kind: flows"},
		{"stock without an age", "series", ", max_age_days: 400", ""},
		{"stock by month", "series", "freq: [D]", "freq: [M]"},
		{"missing key", "indicators", "    version: 1\n", ""},
		{"version 0", "indicators", "version: 1", "version: 0"},
		{"share above 1", "indicators", "full: 0.95", "full: 95"},
		{"source without a dot", "indicators", "[x.y]", "[x]"},
		{"text for a number", "indicators", "factor: 100", `factor: "100"`},
		{"neither measures nor event", "contract", "measures:\n  - {series: a, value: n}\n", ""},
		{"measures without a period", "contract", "period: {field: day}\n", ""},
		{"code that is not quoted", "contract", "by: code", "by: code, within: 190000000"},
		{"two characters", "contract", "encoding: utf-8", `delimiter: ";;"`},
		{"days before today", "contract", "retention_days: 400", "retention_days: -1"},
		{"unknown rank", "contract", "rank: official", "rank: best"},
		{"unknown rule", "summary", "when: below", "when: beneath"},
		{"unknown section", "summary", "shows: table", "shows: tables"},
		{"no schedule", "summary", "schedule: {cron", "schedules: {cron"},
		{"unknown language", "summary", "languages: [kk, ru]", "languages: [kk, de]"},
	} {
		if !strings.Contains(good[tt.schema], tt.old) {
			t.Fatalf("%s: no %q in the good file", tt.name, tt.old)
		}
		if validate(t, compileSchema(t, tt.schema), []byte(strings.ReplaceAll(good[tt.schema], tt.old, tt.replacement))) == nil {
			t.Errorf("%s: the schema %s lets it pass", tt.name, tt.schema)
		}
	}
}
