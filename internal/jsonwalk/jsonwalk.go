// Package jsonwalk walks over JSON that json.Valid has seen, without building
// anything of it: what is in a list or an object is a piece of the same bytes. Texts
// and keys mean what encoding/json says they mean.
package jsonwalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Errors of Object.Read.
var (
	// ErrNotObject says that a value is no object.
	ErrNotObject = errors.New("not an object")
	// ErrTwice says that two keys are one but for blanks around them.
	ErrTwice = errors.New("twice")
)

// Elements returns the values of a list, in order; nothing of what is no list.
func Elements[T string | []byte](list T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		i := blank(list, 0)
		if i >= len(list) || list[i] != '[' {
			return
		}
		for n := 0; ; n++ {
			if i = blank(list, i+1); i >= len(list) || list[i] == ']' {
				return
			}
			end := skip(list, i)
			if !yield(n, list[i:end]) {
				return
			}
			if i = blank(list, end); i >= len(list) || list[i] != ',' {
				return
			}
		}
	}
}

// IsList says whether a value is a list.
func IsList(v string) bool { return v != "" && v[0] == '[' }

// Object holds the members of one object. It is to be reused.
type Object struct {
	members []member
	many    map[string]int // places of keys, where they are many
}

type member struct{ exact, key, value string }

// manyKeys is from where on keys are looked up in a map.
const manyKeys = 24

// Read takes the members of an object. Blanks around keys do not count; of one key
// twice the last value holds. Errors: ErrNotObject, ErrTwice.
func (o *Object) Read(object string) error {
	o.members = o.members[:0]
	clear(o.many)
	i := blank(object, 0)
	if i >= len(object) || object[i] != '{' {
		return ErrNotObject
	}
	var twice error
	for {
		if i = blank(object, i+1); i >= len(object) || object[i] == '}' {
			return twice
		}
		end := skip(object, i)
		exact, err := Text(object[i:end])
		if err != nil {
			return err
		}
		i = blank(object, blank(object, end)+1) // behind the colon
		end = skip(object, i)
		key := strings.TrimSpace(exact)
		switch at := o.find(key); {
		case at < 0:
			o.members = append(o.members, member{exact, key, object[i:end]})
			if n := len(o.members); n > manyKeys {
				o.remember()
			}
		case o.members[at].exact == exact:
			o.members[at].value = object[i:end]
		default:
			twice = fmt.Errorf("key %q %w", key, ErrTwice)
		}
		if i = blank(object, end); i >= len(object) || object[i] != ',' {
			return twice
		}
	}
}

func (o *Object) remember() {
	if o.many == nil {
		o.many = map[string]int{}
	}
	for i := len(o.many); i < len(o.members); i++ {
		o.many[o.members[i].key] = i
	}
}

func (o *Object) find(key string) int {
	if len(o.members) > manyKeys {
		if i, ok := o.many[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].key == key {
			return i
		}
	}
	return -1
}

// Get returns the value under a key.
func (o *Object) Get(key string) (value string, ok bool) {
	if i := o.find(key); i >= 0 {
		return o.members[i].value, true
	}
	return "", false
}

// All returns keys and values in the order of the object.
func (o *Object) All() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for i := range o.members {
			if !yield(o.members[i].key, o.members[i].value) {
				return
			}
		}
	}
}

// Text returns what a text stands for.
func Text(quoted string) (string, error) {
	if len(quoted) >= 2 && strings.IndexByte(quoted, '\\') < 0 && utf8.ValidString(quoted) {
		return quoted[1 : len(quoted)-1], nil
	}
	var s string
	if err := json.Unmarshal([]byte(quoted), &s); err != nil {
		return "", fmt.Errorf("text: %w", err)
	}
	return s, nil
}

func blank[T string | []byte](s T, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skip returns the end of the value that begins at i.
func skip[T string | []byte](s T, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			i++
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			i++
			continue
		default:
			for i < len(s) && s[i] != ',' && s[i] != '}' && s[i] != ']' && s[i] > ' ' {
				i++
			}
		}
		if depth == 0 {
			return min(i, len(s))
		}
	}
	return len(s)
}
