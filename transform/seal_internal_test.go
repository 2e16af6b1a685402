package transform

import (
	"bytes"
	"errors"
	"testing"
)

func testSealer(tb testing.TB, key string) *sealer {
	tb.Helper()
	s, err := newSealer([]byte(key))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestSealedIsOpenedByItsKeyAndSubjectAlone: whatever else is refused.
func TestSealedIsOpenedByItsKeyAndSubjectAlone(t *testing.T) {
	t.Parallel()
	s := testSealer(t, "0123456789abcdef")
	for _, n := range []int{0, 1, 507, 508, 509, 5000} {
		data := bytes.Repeat([]byte{7}, n)
		sealed := s.seal("a", data)
		if !bytes.Equal(sealed, s.seal("a", data)) || bytes.Equal(sealed, s.seal("b", data)) {
			t.Errorf("%d bytes: not a function of subject and content", n)
		}
		got, err := s.open("a", sealed)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes come back as %d, %v", n, len(got), err)
		}
		broken := bytes.Clone(sealed)
		broken[len(broken)/2] ^= 1
		for name, open := range map[string]func() ([]byte, error){
			"another subject": func() ([]byte, error) { return s.open("b", sealed) },
			"another key":     func() ([]byte, error) { return testSealer(t, "fedcba9876543210").open("a", sealed) },
			"a changed bit":   func() ([]byte, error) { return s.open("a", broken) },
			"a cut":           func() ([]byte, error) { return s.open("a", sealed[:len(sealed)-1]) },
			"too little":      func() ([]byte, error) { return s.open("a", sealed[:5]) },
		} {
			if got, err := open(); !errors.Is(err, errSealed) || got != nil {
				t.Errorf("%d bytes, %s: opened to %d, %v", n, name, len(got), err)
			}
		}
	}
	if a, b := s.seal("a", make([]byte, 10)), s.seal("a", make([]byte, 400)); len(a) != len(b) {
		t.Errorf("lengths tell: %d and %d", len(a), len(b))
	}
	if _, err := newSealer([]byte("short")); err == nil {
		t.Error("a short key")
	}
}

// FuzzOpenSealed: foreign bytes are refused and never more than they are.
func FuzzOpenSealed(f *testing.F) {
	s := testSealer(f, "0123456789abcdef")
	f.Add([]byte{})
	f.Add(s.seal("a", []byte("cells")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := s.open("a", b); err == nil && !bytes.Equal(s.seal("a", got), b) {
			t.Errorf("%x opens to %x, which is sealed otherwise", b, got)
		}
	})
}
