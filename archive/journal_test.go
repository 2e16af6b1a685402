package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/archive"
)

func entries(from, to uint64) []archive.Entry {
	var out []archive.Entry
	for seq := from; seq <= to; seq++ {
		out = append(out, archive.Entry{Seq: seq, Subject: "raw.a", Header: map[string]string{"Auyl-Frame": "1"}, Data: []byte{byte(seq), 0xff}, Object: seq%2 == 0})
	}
	return out
}

func journal(t *testing.T, s *archive.Store) *archive.Journal {
	t.Helper()
	j, err := s.Journal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJournalIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	j := journal(t, s)
	for _, span := range [][2]uint64{{1, 3}, {4, 4}, {5, 9}} {
		if err := j.Append(t.Context(), entries(span[0], span[1])); err != nil {
			t.Fatal(err)
		}
		j = journal(t, s) // as the next process finds it
	}
	if err := j.Append(t.Context(), entries(11, 12)); err == nil || j.Last() != 9 {
		t.Errorf("Append behind a gap = %v, last %d, want an error and 9", err, j.Last())
	}
	for _, from := range []uint64{1, 4, 6, 10} {
		var got []archive.Entry
		if err := j.Read(t.Context(), from, func(e archive.Entry) error { got = append(got, e); return nil }); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(entries(from, 9), got); d != "" {
			t.Errorf("Read(%d) (-want +got):\n%s", from, d)
		}
	}
}

func TestBrokenJournalIsRefused(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(dir string, files []string) error{
		"a segment is gone": func(dir string, files []string) error { return os.Remove(filepath.Join(dir, files[1])) },
		"a segment is cut short": func(dir string, files []string) error {
			return os.Truncate(filepath.Join(dir, files[1]), 20)
		},
		"a segment has the bytes of another": func(dir string, files []string) error {
			b, err := os.ReadFile(filepath.Join(dir, files[0]))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, files[1]), b, 0o600)
		},
	} {
		s, dir := open(t)
		j := journal(t, s)
		var files []string
		for i := uint64(1); i <= 3; i++ {
			if err := j.Append(t.Context(), entries(i, i)); err != nil {
				t.Fatal(err)
			}
		}
		list, err := os.ReadDir(filepath.Join(dir, "journal"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			files = append(files, f.Name())
		}
		if err := harm(filepath.Join(dir, "journal"), files); err != nil {
			t.Fatal(err)
		}
		j, err = s.Journal(t.Context())
		if err == nil {
			err = j.Read(t.Context(), 1, func(archive.Entry) error { return nil })
		}
		if !errors.Is(err, archive.ErrJournal) || !strings.Contains(err.Error(), "journal/") {
			t.Errorf("%s: %v, want ErrJournal and which segment", name, err)
		}
	}
}
