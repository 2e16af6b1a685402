package schemas

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxYAMLDepth bounds the nesting of a file; ours need six.
const maxYAMLDepth = 64

// document is one parsed YAML file: it decodes strictly and finds all faults, and
// it knows where each of its values stands, for the checks that follow.
type document struct {
	file string
	root ast.Node
}

// parseYAML reads one file of one YAML document. Of faults of syntax only the
// first is found.
func parseYAML(file string, data []byte) (*document, Problems) {
	fault := func(tok *token.Token, format string, args ...any) Problems {
		return Problems{problemAt(file, tok, format, args...)}
	}
	f, err := parser.ParseBytes(data, 0)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fault(syntax.Token, "%s", syntax.Message)
	case err != nil:
		return nil, fault(nil, "%v", err)
	}
	docs := slices.DeleteFunc(slices.Clone(f.Docs), func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) == 0 {
		return nil, fault(nil, "empty file")
	}
	if len(docs) > 1 {
		return nil, fault(docs[1].Body.GetToken(), "second document: one document a file")
	}
	return &document{file: file, root: docs[0].Body}, nil
}

// decodeYAML parses a file and decodes it into v, a pointer.
func decodeYAML(file string, data []byte, v any) (*document, Problems) {
	d, problems := parseYAML(file, data)
	if len(problems) > 0 {
		return nil, problems
	}
	problems = d.decode(v)
	return d, problems
}

// decode fills v, a pointer, from the document and returns every fault: unknown
// keys with their nearest known one, missing keys, values of another shape.
//
// Fields are tagged `yaml:"key"`, with ",required" for a key that must be there;
// embedded structs tagged ",inline" share the keys of their parent. Texts are
// taken as they stand, also those that look like numbers or dates, but an
// empty value is not a text: write "". Types with UnmarshalText use it. Anchors,
// aliases, tags and merge keys are refused: a file says what it means in place.
func (d *document) decode(v any) Problems {
	dec := decoder{file: d.file}
	dec.value(d.root, reflect.ValueOf(v).Elem(), 0)
	dec.problems.Sort()
	return dec.problems
}

// problem is a fault at the value with the path of keys (string) and positions
// (int) from the root, or at the nearest value above it that exists.
func (d *document) problem(path []any, format string, args ...any) Problem {
	n := d.root
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return problemAt(d.file, position(n), format, args...)
}

// problemWithin is a fault so many characters into a text.
func (d *document) problemWithin(path []any, at int, format string, args ...any) Problem {
	p := d.problem(path, format, args...)
	n := d.root
	for _, step := range path {
		if n = child(n, step); n == nil {
			return p
		}
	}
	if s, ok := n.(*ast.StringNode); ok && p.Line > 0 {
		if s.Token.Type == token.SingleQuoteType || s.Token.Type == token.DoubleQuoteType {
			at++
		}
		p.Col += at
	}
	return p
}

// position returns where a value begins: a mapping at its first key.
func position(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	case *ast.SequenceNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0])
		}
	}
	return n.GetToken()
}

func child(n ast.Node, step any) ast.Node {
	switch step := step.(type) {
	case string:
		pairs, _ := pairsOf(n)
		for _, p := range pairs {
			if p.Key.GetToken().Value == step {
				return p.Value
			}
		}
	case int:
		if s, ok := n.(*ast.SequenceNode); ok && step >= 0 && step < len(s.Values) {
			return s.Values[step]
		}
	}
	return nil
}

func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func problemAt(file string, tok *token.Token, format string, args ...any) Problem {
	p := Problem{File: file, Message: fmt.Sprintf(format, args...)}
	if tok != nil && tok.Position != nil {
		p.Line, p.Col = tok.Position.Line, tok.Position.Column
	}
	return p
}

type decoder struct {
	file     string
	problems Problems
}

func (d *decoder) fault(n ast.Node, format string, args ...any) {
	d.problems = append(d.problems, problemAt(d.file, position(n), format, args...))
}

func (d *decoder) value(n ast.Node, v reflect.Value, depth int) {
	if depth > maxYAMLDepth {
		d.fault(n, "nested deeper than %d", maxYAMLDepth)
		return
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		d.fault(n, "anchors, aliases, merge keys and tags are not read: write the value in place")
		return
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), depth)
		v.Set(p)
		return
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		s, ok := d.text(n)
		if !ok {
			return
		}
		if err := u.UnmarshalText([]byte(s)); err != nil {
			d.fault(n, "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, depth)
	case reflect.Map:
		d.mapping(n, v, depth)
	case reflect.Slice:
		d.sequence(n, v, depth)
	default:
		d.scalar(n, v)
	}
}

func (d *decoder) structure(n ast.Node, v reflect.Value, depth int) {
	pairs, ok := pairsOf(n)
	if !ok {
		d.fault(n, "want keys and values, found %s", describe(n))
		return
	}
	fields := map[string]field{}
	var names []string
	collectFields(v.Type(), nil, func(f field) {
		fields[f.name] = f
		names = append(names, f.name)
	})
	seen := map[string]bool{}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		f, ok := fields[key]
		if !ok {
			d.fault(p.Key, "unknown key %q%s", key, didYouMean(key, names))
			continue
		}
		seen[key] = true
		d.value(p.Value, v.FieldByIndex(f.index), depth+1)
	}
	for _, name := range names {
		if fields[name].required && !seen[name] {
			d.fault(n, "key %q is missing", name)
		}
	}
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, depth int) {
	pairs, ok := pairsOf(n)
	if !ok {
		d.fault(n, "want keys and values, found %s", describe(n))
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(pairs)))
	for _, p := range pairs {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		d.value(p.Key, key, depth+1)
		d.value(p.Value, value, depth+1)
		v.SetMapIndex(key, value)
	}
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, depth int) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(n, "want a list, found %s", describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, item := range s.Values {
		d.value(item, v.Index(i), depth+1)
	}
}

// text returns the text of a scalar; a number, a date or a truth value stand for
// the text that was written.
func (d *decoder) text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		d.fault(n, `empty value: write "" for an empty text`)
		return "", false
	}
	d.fault(n, "want a text, found %s", describe(n))
	return "", false
}

func (d *decoder) scalar(n ast.Node, v reflect.Value) {
	if v.Kind() == reflect.String {
		if s, ok := d.text(n); ok {
			v.SetString(s)
		}
		return
	}
	tok := n.GetToken().Value
	switch v.Kind() {
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
		d.fault(n, "want true or false, found %s", describe(n))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(tok, 10, v.Type().Bits())
		if _, ok := n.(*ast.IntegerNode); !ok || err != nil {
			d.fault(n, "want a whole number, found %s", describe(n))
			return
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(tok, 10, v.Type().Bits())
		if _, ok := n.(*ast.IntegerNode); !ok || err != nil {
			d.fault(n, "want a whole number that is not negative, found %s", describe(n))
			return
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(tok, 64)
		switch n.(type) {
		case *ast.IntegerNode, *ast.FloatNode:
		default:
			err = strconv.ErrSyntax
		}
		if err != nil || math.IsInf(f, 0) {
			d.fault(n, "want a number, found %s", describe(n))
			return
		}
		v.SetFloat(f)
	default:
		d.fault(n, "type %s is not read from YAML", v.Type())
	}
}

type field struct {
	name     string
	index    []int
	required bool
}

func collectFields(t reflect.Type, index []int, f func(field)) {
	for sf := range t.Fields() {
		name, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		at := append(slices.Clone(index), sf.Index...)
		switch {
		case options == "inline":
			collectFields(sf.Type, at, f)
		case name != "" && name != "-":
			f(field{name: name, index: at, required: options == "required"})
		}
	}
}

// describe names what stands in a file in the words of its editor.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.StringNode:
		return strconv.Quote(n.Value)
	}
	return strconv.Quote(n.GetToken().Value)
}
