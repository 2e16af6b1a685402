package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl/archive"
)

func open(t *testing.T) (s *archive.Store, dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestWhatIsPutIsGot(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		sum, err := s.Put(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		if sum != sha256.Sum256(b) {
			t.Fatalf("Put = %x, want the sha256", sum)
		}
		got, err := s.Get(t.Context(), sum)
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("Get = %q, %v, want %q", got, err, b)
		}
		if found, err := s.Find(t.Context(), hex.EncodeToString(sum[:])); err != nil || found != sum {
			t.Fatalf("Find = %x, %v, want %x", found, err, sum)
		}
	})
}

func TestPutTwiceWritesOnce(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	for range 2 {
		if _, err := s.Put(t.Context(), []byte("same")); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files = %q, %v, want one", files, err)
	}
}

func TestDamagedObjectIsRefused(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	a, err := s.Put(t.Context(), []byte("a register"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), []byte("another register")); err != nil {
		t.Fatal(err)
	}
	other := sha256.Sum256([]byte("another register"))
	path := func(sum [32]byte) string {
		n := hex.EncodeToString(sum[:])
		return filepath.Join(dir, n[:2], n+".zst")
	}
	if err := os.Rename(path(other), path(a)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), a); err == nil {
		t.Fatal("Get of an object with other bytes = nil error, want one")
	}
	if _, err := s.Get(t.Context(), other); !errors.Is(err, archive.ErrNotFound) {
		t.Fatalf("Get of a missing object = %v, want ErrNotFound", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, prefix := range []string{"", "12345", "../../etc", "zzzzzz", "123456*"} {
		if _, err := s.Find(t.Context(), prefix); err == nil || errors.Is(err, archive.ErrNotFound) {
			t.Errorf("Find(%q) = %v, want a refusal", prefix, err)
		}
	}
	if _, err := s.Find(t.Context(), "abcdef"); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("Find of nothing = %v, want ErrNotFound", err)
	}
}
