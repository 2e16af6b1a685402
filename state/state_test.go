package state_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/state"
)

func open(t *testing.T, dir string) *state.Store {
	t.Helper()
	s, err := state.Open(dir, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestCommitIsSeenAndSurvivesClose(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	if c, err := s.Cursor(); err != nil || c != 0 {
		t.Fatalf("Cursor() = %d, %v, want 0", c, err)
	}
	changes := []auyl.Change{
		{Key: []byte("a"), Value: []byte("1")},
		{Key: []byte("gone"), Value: []byte("x")},
		{Key: []byte("gone")},
		{Key: []byte("empty"), Value: []byte{}},
	}
	if err := s.Commit(changes, 7); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get([]byte("a")); !errors.Is(err, state.ErrClosed) {
		t.Errorf("Get after Close: %v, want ErrClosed", err)
	}
	s = open(t, dir)
	if c, err := s.Cursor(); err != nil || c != 7 {
		t.Errorf("Cursor() = %d, %v, want 7", c, err)
	}
	for key, want := range map[string][]byte{"a": []byte("1"), "gone": nil, "empty": {}, "none": nil} {
		got, err := s.Get([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Get(%q): %s", key, diff)
		}
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrLocked) {
		t.Fatalf("second Open: %v, want ErrLocked", err)
	}
	if err := s.Commit(nil, 1); err != nil {
		t.Fatalf("first store after the second was refused: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if err := state.SetFormat(s, state.FormatVersion+1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrNewerFormat) {
		t.Fatalf("Open: %v, want ErrNewerFormat", err)
	}
}

// TestOrderIsThatOfASortedMap compares every read with a sorted map.
func TestOrderIsThatOfASortedMap(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	model := map[string]string{}
	cursor := uint64(0)
	key := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0xff}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		var changes []auyl.Change
		for _, k := range rapid.SliceOfN(key, 0, 5).Draw(t, "keys") {
			if rapid.Bool().Draw(t, "delete") {
				changes = append(changes, auyl.Change{Key: k})
				delete(model, string(k))
				continue
			}
			v := fmt.Sprint(rapid.Int().Draw(t, "value"))
			changes = append(changes, auyl.Change{Key: k, Value: []byte(v)})
			model[string(k)] = v
		}
		cursor++
		if err := s.Commit(changes, cursor); err != nil {
			t.Fatal(err)
		}
		from, to := key.Draw(t, "from"), key.Draw(t, "to")
		var lastKey string
		want := map[string]string{}
		for k, v := range model {
			if k >= string(from) && k < string(to) {
				want[k] = v
				lastKey = max(lastKey, k)
			}
		}
		got := map[string]string{}
		prev := []byte(nil)
		err := s.Scan(from, to, func(k, v []byte) bool {
			if prev != nil && bytes.Compare(prev, k) >= 0 {
				t.Fatalf("scan: %q after %q", k, prev)
			}
			prev = append([]byte{}, k...)
			got[string(k)] = string(v)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Scan(%q, %q): %s", from, to, diff)
		}
		k, v, err := s.Before(from, to)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 && k != nil || len(want) > 0 && (string(k) != lastKey || string(v) != want[lastKey]) {
			t.Fatalf("Before(%q, %q) = %q, %q; want %q", from, to, k, v, lastKey)
		}
	})
}

// TestKilledWriterLeavesStateAndCursorInAgreement kills a child in the middle of
// commits, again and again on one directory: each commit n writes n to three
// keys and to the cursor.
func TestKilledWriterLeavesStateAndCursorInAgreement(t *testing.T) {
	if dir := os.Getenv("AUYL_STATE_CHILD"); dir != "" { //nolint:forbidigo // set below
		writeForEver(dir)
	}
	dir := t.TempDir()
	last := uint64(0)
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriterLeavesStateAndCursorInAgreement$")
		cmd.Env = append(cmd.Environ(), "AUYL_STATE_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// One byte is written after each commit: kill after some of them.
		n, err := io.CopyN(io.Discard, out, int64(20+13*round))
		if err != nil {
			t.Fatalf("child ended after %d commits: %v", n, err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		s, err := state.Open(dir, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cursor, err := s.Cursor()
		if err != nil {
			t.Fatal(err)
		}
		if cursor < last+uint64(n) {
			t.Errorf("cursor %d after %d acknowledged commits from %d: a commit is lost", cursor, n, last)
		}
		for _, k := range []string{"a", "b", "c"} {
			v, err := s.Get([]byte(k))
			if err != nil {
				t.Fatal(err)
			}
			if got := binary.BigEndian.Uint64(v); got != cursor {
				t.Errorf("key %s is at %d, the cursor at %d", k, got, cursor)
			}
		}
		last = cursor
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func writeForEver(dir string) {
	s, err := state.Open(dir, state.Options{MemTableBytes: 64 << 10})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3) //nolint:forbidigo,revive // this process is the child
	}
	n, err := s.Cursor()
	pad := make([]byte, 2000) // so that files are written in between
	for ; err == nil; _, err = os.Stdout.Write([]byte{'.'}) {
		n++
		v := binary.BigEndian.AppendUint64(nil, n)
		err = s.Commit([]auyl.Change{
			{Key: []byte("a"), Value: v},
			{Key: append([]byte("pad"), v...), Value: pad},
			{Key: []byte("b"), Value: v},
			{Key: []byte("c"), Value: v},
		}, n)
		if err != nil {
			break
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(4) //nolint:forbidigo,revive // this process is the child
}
