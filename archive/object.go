package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Form is how an object lies in the archive.
type Form uint8

// The forms of objects.
const (
	Plain   Form = iota // in the open
	Sealing             // encrypted for the key of the archive
	Passing             // encrypted, until it was decoded
	Gone                // let go: only a note is there
)

// String names a form as `auyl raw ls` does.
func (f Form) String() string {
	switch f {
	case Plain:
		return "open"
	case Sealing:
		return "sealed"
	case Passing:
		return "sealed, until decoded"
	case Gone:
		return "gone"
	}
	return "?"
}

// Object is one thing that lies in the archive.
type Object struct {
	Sum    [sha256.Size]byte // of the plain bytes
	Form   Form
	Stored int64  // bytes as they lie there
	Source string // Passing: whose it is
	After  uint64 // Passing: the frame that refers to it stands behind this sequence of RAW
}

// String is what begins the name.
func (o Object) String() string { return hex.EncodeToString(o.Sum[:]) }

// Name is where the object lies within the archive.
func (o Object) Name() string { return o.name() }

func (o Object) name() string {
	sum := o.String()
	path := sum[:2] + "/" + sum
	switch o.Form {
	case Sealing:
		return path + ".zst.age"
	case Passing:
		return fmt.Sprintf("%s%s.%s.%d.age", passing, sum, o.Source, o.After)
	case Gone:
		return path + ".gone"
	case Plain:
	}
	return path + ".zst"
}

// passing is the folder of what is let go once it was decoded: a sweep looks
// through nothing else.
const passing = "once/"

// parseName is the inverse of name; other files are none of ours.
func parseName(name string) (o Object, ok bool) {
	dir, base, _ := strings.Cut(name, "/")
	sum, form, _ := strings.Cut(base, ".")
	if n, err := hex.Decode(o.Sum[:], []byte(sum[:min(len(sum), hex.EncodedLen(len(o.Sum)))])); err != nil || n != len(o.Sum) {
		return o, false
	}
	switch form {
	case "zst":
		o.Form = Plain
	case "zst.age":
		o.Form = Sealing
	case "gone":
		o.Form = Gone
	default:
		rest, ok := strings.CutSuffix(form, ".age")
		i := strings.LastIndexByte(rest, '.')
		if !ok || i < 0 {
			return o, false
		}
		seq, err := strconv.ParseUint(rest[i+1:], 10, 64)
		if err != nil {
			return o, false
		}
		o.Form, o.Source, o.After = Passing, rest[:i], seq
	}
	return o, o.name() == dir+"/"+base
}

// Walk calls visit for all that lies in the archive, by name.
func (s *Store) Walk(ctx context.Context, visit func(Object) error) error {
	return s.walk(ctx, "", visit)
}

// walk visits what has hashes that begin with hexadecimal digits; none is all.
func (s *Store) walk(ctx context.Context, digits string, visit func(Object) error) error {
	prefixes := []string{""}
	if len(digits) > 2 {
		prefixes = []string{digits[:2] + "/" + digits, passing + digits}
	}
	for _, p := range prefixes {
		if err := s.under(ctx, p, visit); err != nil {
			return err
		}
	}
	return nil
}

// Passing calls visit for each object that is let go once it was decoded.
func (s *Store) Passing(ctx context.Context, visit func(Object) error) error {
	return s.under(ctx, passing, visit)
}

func (s *Store) under(ctx context.Context, prefix string, visit func(Object) error) error {
	return s.b.Walk(ctx, prefix, func(name string, size int64) error {
		o, ok := parseName(name)
		if !ok {
			return nil
		}
		o.Stored = size
		return visit(o)
	})
}

// forms returns what there is of an object, of Passing the one put last.
func (s *Store) forms(ctx context.Context, sum [sha256.Size]byte) (map[Form]Object, error) {
	out := map[Form]Object{}
	err := s.walk(ctx, hex.EncodeToString(sum[:]), func(o Object) error {
		if was, ok := out[o.Form]; !ok || o.After > was.After {
			out[o.Form] = o
		}
		return nil
	})
	return out, err
}

// Check reads an object through and holds it against its hash, in bounded memory,
// and returns its size in plain bytes. Errors: ErrSealed; *DamagedError.
func (s *Store) Check(ctx context.Context, o Object) (int64, error) {
	var n counter
	err := s.unpack(ctx, o, &n)
	return int64(n), err
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// Note says why bytes are not there any more.
type Note struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// LetGo removes one form of an object for good, after a note of it is durable, so
// that whoever misses the bytes is told. It may be repeated.
func (s *Store) LetGo(ctx context.Context, o Object, n Note) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("raw archive: %w", err)
	}
	err = s.b.Put(ctx, Object{Sum: o.Sum, Form: Gone}.name(), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return s.b.Remove(ctx, o.name())
}
