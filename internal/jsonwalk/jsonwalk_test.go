package jsonwalk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/internal/jsonwalk"
)

// tree builds what encoding/json builds, by walking.
func tree(t *testing.T, v string) any {
	t.Helper()
	v = strings.TrimSpace(v)
	switch {
	case v[0] == '{':
		var o jsonwalk.Object
		if err := o.Read(v); err != nil {
			t.Fatalf("Read(%s) = %v", v, err)
		}
		out := map[string]any{}
		for k, x := range o.All() {
			if got, ok := o.Get(k); !ok || got != x {
				t.Fatalf("Get(%q) = %q, want %q", k, got, x)
			}
			out[k] = tree(t, x)
		}
		return out
	case jsonwalk.IsList(v):
		out := []any{}
		for i, x := range jsonwalk.Elements(v) {
			if i != len(out) {
				t.Fatalf("element %d after %d", i, len(out))
			}
			out = append(out, tree(t, x))
		}
		return out
	case v[0] == '"':
		s, err := jsonwalk.Text(v)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return json.Number(v)
}

// want is what encoding/json builds, with scalars as they stand.
func want(t *testing.T, in string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(in))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return scalars(v)
}

func scalars(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = scalars(x[k])
		}
	case []any:
		for i := range x {
			x[i] = scalars(x[i])
		}
	case nil:
		return json.Number("null")
	case bool:
		return map[bool]any{true: json.Number("true"), false: json.Number("false")}[x]
	}
	return v
}

func TestWalkSeesWhatTheDecoderBuilds(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`[]`, `{}`, `[[],{}]`, ` [ 1 , -2.5e3 , null , true , "a" ] `, `{"a":1,"b":{"c":["]","}",",","\"","\\"]}}`,
		`{"\u0430":"\ud83d\ude00","b":"\ud800"}`, `{"a":1,"a":{"b":2}}`, "[\"\xff\"]", `"x"`, `12`,
	} {
		if diff := cmp.Diff(want(t, in), tree(t, in)); diff != "" {
			t.Errorf("%s (-decoder +walk):\n%s", in, diff)
		}
	}
	var many bytes.Buffer
	for i := range 100 {
		many.WriteString(`"` + strings.Repeat("k", i+1) + `":[1],`)
	}
	in := "{" + many.String() + `"k":2}`
	if diff := cmp.Diff(want(t, in), tree(t, in)); diff != "" {
		t.Errorf("many keys (-decoder +walk):\n%s", diff)
	}
}

func TestKeysThatAreOneButForBlanks(t *testing.T) {
	t.Parallel()
	var o jsonwalk.Object
	if err := o.Read(`{"a ":1,"b":2}`); err != nil {
		t.Fatal(err)
	}
	if v, ok := o.Get("a"); v != "1" || !ok {
		t.Errorf("Get(a) = %q, want 1", v)
	}
	if err := o.Read(`{"a ":1,"a":2}`); !errors.Is(err, jsonwalk.ErrTwice) {
		t.Errorf("Read = %v, want %v", err, jsonwalk.ErrTwice)
	}
	if err := o.Read(`[1]`); !errors.Is(err, jsonwalk.ErrNotObject) {
		t.Errorf("Read = %v, want %v", err, jsonwalk.ErrNotObject)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(`[{"a":[1,"x\"]"],"b":{"c":null}},true]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) || bytes.ContainsAny(in, " \t\r\n\\") {
			return // blanks make keys one
		}
		if diff := cmp.Diff(want(t, string(in)), tree(t, string(in))); diff != "" {
			t.Errorf("%s (-decoder +walk):\n%s", in, diff)
		}
	})
}
