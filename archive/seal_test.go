package archive_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl/archive"
)

func key(t *testing.T) *archive.Key {
	t.Helper()
	k, err := archive.EnsureKey(filepath.Join(t.TempDir(), "archive.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// putter is what a puller stores with.
type putter func(b []byte) ([sha256.Size]byte, error)

// ways are the three ways to store.
func ways(t *testing.T, s *archive.Store, after uint64) map[archive.Form]putter {
	t.Helper()
	return map[archive.Form]putter{
		archive.Plain:   func(b []byte) ([sha256.Size]byte, error) { return s.Put(t.Context(), b) },
		archive.Sealing: func(b []byte) ([sha256.Size]byte, error) { return s.Sealed().Put(t.Context(), b) },
		archive.Passing: func(b []byte) ([sha256.Size]byte, error) {
			return s.Once("moh.calls", func() uint64 { return after }).Put(t.Context(), b)
		},
	}
}

// lying lists what lies in an archive, as form and source.
func lying(t *testing.T, s *archive.Store) []string {
	t.Helper()
	var out []string
	if err := s.Walk(t.Context(), func(o archive.Object) error {
		out = append(out, strings.TrimSpace(o.Form.String()+" "+o.Source))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

const person = "register of the unborn 991231500003; "

func TestSealedBytesLieNowhereInTheOpen(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, b archive.Backend) {
		t.Helper()
		page := []byte(strings.Repeat(person, 50))
		s := archive.New(b, key(t))
		for form, put := range ways(t, s, 7) {
			if form == archive.Plain {
				continue
			}
			sum, err := put(page)
			if err != nil || sum != sha256.Sum256(page) {
				t.Fatalf("Put %s = %x, %v, want the sha256 of the plain bytes", form, sum, err)
			}
			got, err := s.Get(t.Context(), sum)
			if err != nil || !bytes.Equal(got, page) {
				t.Fatalf("Get %s = %d bytes, %v", form, len(got), err)
			}
			found, err := s.Find(t.Context(), archive.Object{Sum: sum}.String()[:10])
			if err != nil || found != sum {
				t.Errorf("Find %s = %x, %v", form, found, err)
			}
			if _, err := s.WithoutKey().Get(t.Context(), sum); !errors.Is(err, archive.ErrSealed) {
				t.Errorf("Get without key = %v, want ErrSealed", err)
			}
			if _, err := archive.New(b, key(t)).Get(t.Context(), sum); !errors.Is(err, archive.ErrSealed) {
				t.Errorf("Get with another key = %v, want ErrSealed", err)
			}
		}
		if got := lying(t, s); !slices.Equal(got, []string{"sealed", "sealed, until decoded moh.calls"}) {
			t.Errorf("lying there: %q", got)
		}
		if all := everything(t, b); bytes.Contains(all, []byte("991231500003")) || bytes.Contains(all, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			t.Error("a number, or a frame of zstd, lies in the open")
		}
	})
}

func TestFormsOfTheSameBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		puts []archive.Form
		want []string
	}{
		{"open twice is once", []archive.Form{archive.Plain, archive.Plain}, []string{"open"}},
		{"sealed twice is once", []archive.Form{archive.Sealing, archive.Sealing}, []string{"sealed"}},
		{"sealing takes the open ones away", []archive.Form{archive.Plain, archive.Sealing}, []string{"sealed"}},
		{"what is sealed is not opened", []archive.Form{archive.Sealing, archive.Plain}, []string{"sealed"}},
		{"what passes is put beside what stays", []archive.Form{archive.Sealing, archive.Passing}, []string{"sealed", "sealed, until decoded moh.calls"}},
		{"what passed may come to stay", []archive.Form{archive.Passing, archive.Plain}, []string{"open", "sealed, until decoded moh.calls"}},
		{"bytes that come back have no note any more", []archive.Form{archive.Plain, archive.Gone, archive.Sealing}, []string{"sealed"}},
		{"what passed leaves a note", []archive.Form{archive.Passing, archive.Gone}, []string{"gone"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			backends(t, func(t *testing.T, b archive.Backend) {
				t.Helper()
				s := archive.New(b, key(t))
				for _, form := range tt.puts {
					if form == archive.Gone {
						letGo(t, s)
					} else if _, err := ways(t, s, 3)[form]([]byte("page")); err != nil {
						t.Fatal(err)
					}
				}
				if got := lying(t, s); !cmp.Equal(got, tt.want) {
					t.Errorf("lying there: %q, want %q", got, tt.want)
				}
				got, err := s.Get(t.Context(), sha256.Sum256([]byte("page")))
				if gone := tt.want[0] == "gone"; gone != errors.Is(err, archive.ErrGone) || !gone && string(got) != "page" {
					t.Errorf("Get = %q, %v", got, err)
				}
			})
		})
	}
}

func letGo(t *testing.T, s *archive.Store) {
	t.Helper()
	var all []archive.Object
	if err := s.Walk(t.Context(), func(o archive.Object) error {
		all = append(all, o)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		for range 2 { // as after a crash between the two writes
			if err := s.LetGo(t.Context(), o, archive.Note{Reason: "the test says so", At: time.UnixMilli(0)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDamageIsFoundInEachForm(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, b archive.Backend) {
		t.Helper()
		s := archive.New(b, key(t))
		for form, put := range ways(t, s, 3) {
			if _, err := put([]byte(strings.Repeat(form.String(), 1000))); err != nil {
				t.Fatal(err)
			}
		}
		rapid.Check(t, func(rt *rapid.T) {
			var all []archive.Object
			if err := s.Walk(t.Context(), func(o archive.Object) error {
				all = append(all, o)
				return nil
			}); err != nil {
				rt.Fatal(err)
			}
			o := rapid.SampledFrom(all).Draw(rt, "object")
			if n, err := s.Check(t.Context(), o); err != nil || n != int64(1000*len(o.Form.String())) {
				rt.Fatalf("Check of a sound object = %d, %v", n, err)
			}
			r, err := b.Open(t.Context(), o.Name())
			if err != nil {
				rt.Fatal(err)
			}
			sound, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				rt.Fatal(err)
			}
			cut := rapid.IntRange(1, len(sound)-1).Draw(rt, "bytes left")
			for what, spoilt := range map[string][]byte{"cut": sound[:cut], "flipped": flip(sound, cut)} {
				if err := b.Put(t.Context(), o.Name(), text(string(spoilt))); err != nil {
					rt.Fatal(err)
				}
				_, err := s.Check(t.Context(), o)
				var damaged *archive.DamagedError
				if !errors.As(err, &damaged) && !errors.Is(err, archive.ErrSealed) {
					// A bit that means nothing may flip in zstd's header; then the bytes are whole.
					if got, gerr := s.Get(t.Context(), o.Sum); gerr != nil || sha256.Sum256(got) != o.Sum {
						rt.Fatalf("Check of a %s %s = %v, want DamagedError", what, o.Form, err)
					}
				}
			}
			if err := b.Put(t.Context(), o.Name(), text(string(sound))); err != nil {
				rt.Fatal(err)
			}
		})
	})
}

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 0x10
	return b
}

func TestKeyIsMadeOnceForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "archive.key")
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			k, err := archive.EnsureKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = k.Recipient()
		})
	}
	wg.Wait()
	if len(slices.Compact(got)) != 1 {
		t.Errorf("keys = %q, want one", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(path, []byte("AGE-SECRET-KEY-1QQQ\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.EnsureKey(path); err == nil || strings.Contains(err.Error(), "1QQQ") {
		t.Errorf("EnsureKey of a spoilt file = %v, want a refusal that does not quote it", err)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, b archive.Backend) {
		t.Helper()
		dir := t.TempDir()
		first, err := archive.EnsureKey(filepath.Join(dir, "first"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := archive.EnsureKey(filepath.Join(dir, "second"))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := archive.New(b, first).Claim(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sum, err := archive.New(b, first).Sealed().Put(t.Context(), []byte(person))
		if err != nil {
			t.Fatal(err)
		}
		if err := archive.New(b, second).Claim(t.Context()); err == nil || !strings.Contains(err.Error(), first.Recipient()) {
			t.Errorf("Claim with another key = %v, want a refusal that names the archive's", err)
		}
		// The new key above the old one: both are read, the new one seals.
		var both []byte
		for _, name := range []string{"second", "first"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, text...)
		}
		path := filepath.Join(dir, "both")
		if err := os.WriteFile(path, both, 0o600); err != nil {
			t.Fatal(err)
		}
		turned, err := archive.ReadKey(path)
		if err != nil {
			t.Fatal(err)
		}
		s := archive.New(b, turned)
		if err := s.Claim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), sum); err != nil || string(got) != person {
			t.Errorf("Get with both = %q, %v", got, err)
		}
		if err := archive.New(b, second).Claim(t.Context()); err != nil {
			t.Errorf("Claim after the turn = %v", err)
		}
	})
}

func TestNothingIsSealedWithoutAKey(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	if _, err := s.Sealed().Put(t.Context(), []byte(person)); !errors.Is(err, archive.ErrSealed) {
		t.Errorf("Put = %v, want ErrSealed", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files = %v, %v, want none", files, err)
	}
}
