package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"testing"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/internal/s3/s3test"
)

// backends are all there are; each fact below holds for each of them.
func backends(t *testing.T, test func(t *testing.T, b archive.Backend)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		b, err := archive.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		test(t, b)
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		srv := s3test.Start(t)
		b, err := archive.OpenBucket(srv.URL("raw/archive"), srv.Env)
		if err != nil {
			t.Fatal(err)
		}
		test(t, b)
	})
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func names(t *testing.T, b archive.Backend, prefix string) []string {
	t.Helper()
	var out []string
	err := b.Walk(t.Context(), prefix, func(name string, _ int64) error {
		out = append(out, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBackendsKeepWhatTheyPromise(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, b archive.Backend) {
		t.Helper()
		ctx := t.Context()
		if got := names(t, b, ""); len(got) != 0 {
			t.Fatalf("Walk of nothing = %q", got)
		}
		if got := names(t, b, "zz/"); len(got) != 0 {
			t.Fatalf("Walk of a folder that is not there = %q", got)
		}
		if _, err := b.Open(ctx, "aa/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("Open of nothing = %v, want fs.ErrNotExist", err)
		}
		if err := b.Remove(ctx, "aa/none"); err != nil {
			t.Fatalf("Remove of nothing = %v, want none", err)
		}
		for _, name := range []string{"bb/1", "aa/12", "aa/11", "top"} {
			if err := b.Put(ctx, name, text("old "+name)); err != nil {
				t.Fatal(err)
			}
			if err := b.Put(ctx, name, text("new "+name)); err != nil {
				t.Fatal(err)
			}
		}
		for prefix, want := range map[string][]string{"": {"aa/11", "aa/12", "bb/1", "top"}, "aa/": {"aa/11", "aa/12"}, "aa/12": {"aa/12"}, "to": {"top"}} {
			if got := names(t, b, prefix); !slices.Equal(got, want) {
				t.Errorf("Walk(%q) = %q, want %q", prefix, got, want)
			}
		}
		r, err := b.Open(ctx, "aa/12")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(got) != "new aa/12" {
			t.Fatalf("Open = %q, %v", got, err)
		}
		half := errors.New("half")
		if err := b.Put(ctx, "aa/half", func(w io.Writer) error {
			_, err := w.Write([]byte("ha"))
			return errors.Join(err, half)
		}); !errors.Is(err, half) {
			t.Errorf("Put that breaks = %v, want its cause", err)
		}
		if err := b.Remove(ctx, "aa/11"); err != nil {
			t.Fatal(err)
		}
		if got := names(t, b, "aa/"); !slices.Equal(got, []string{"aa/12"}) {
			t.Errorf("after Remove and half a Put: %q, want aa/12 alone", got)
		}
		stop := errors.New("enough")
		if err := b.Walk(ctx, "", func(string, int64) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("Walk = %v, want the visitor's error", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := b.Walk(ended, "", func(string, int64) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Walk after cancel = %v, want context.Canceled", err)
		}
	})
}

// everything reads all that lies in a backend, names and bytes.
func everything(t *testing.T, b archive.Backend) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, name := range names(t, b, "") {
		out.WriteString(name + "\n")
		r, err := b.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&out, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}
