package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refused runs a command that must end with an exit code and a text.
func (p *program) refused(t *testing.T, code int, text string, args ...string) {
	t.Helper()
	c := p.cmd(t, args...)
	if out, err := c.CombinedOutput(); err == nil || c.ProcessState.ExitCode() != code || !bytes.Contains(out, []byte(text)) {
		t.Errorf("auyl %s = %v, %s, want exit %d and %q", strings.Join(args, " "), err, out, code, text)
	}
}

func TestRestoredBackupIsWhatWasBackedUp(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	putSME(t, drop)
	put(t, drop, "letter.csv", "a;b\n1;2\n") // nobody's: sealed, so that restoring it wants the key
	p.must(t, "run", "--once")
	want := p.content(t)
	dir := filepath.Join(t.TempDir(), "backup")
	if got := p.must(t, "backup", dir); !strings.Contains(got, "backed up: ") {
		t.Errorf("auyl backup = %s", got)
	}
	p.refused(t, exitUsage, "is not empty", "backup", dir)
	p.refused(t, exitUsage, "is not empty", "restore", dir)

	p.data += "-restored"
	got := p.must(t, "restore", dir)
	if !strings.Contains(got, "restored: ") || !strings.Contains(got, "rebuilt: ") {
		t.Errorf("auyl restore = %s", got)
	}
	if d := cmp.Diff(want, p.content(t)); d != "" {
		t.Errorf("tables (-backed up +restored):\n%s", d)
	}
	if got := p.must(t, "raw", "verify"); !strings.Contains(got, "10 sound, 0 faults") || !strings.Contains(got, "entries as in RAW") {
		t.Errorf("auyl raw verify of what was restored = %s, want ten sound objects, the sealed one read", got)
	}

	// A damaged backup is told by name, and nothing of it is copied.
	_, sums, err := readBackup(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sortedKeys(sums) {
		if strings.HasPrefix(name, "raw/journal/") {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.data += "-again"
			p.refused(t, exitData, name+" of the backup is damaged", "restore", dir)
			break
		}
	}
	if list, err := os.ReadDir(p.data); err != nil || len(list) > 0 {
		t.Errorf("a damaged backup left %v, %v", list, err)
	}
	put(t, p.data, restoringFile, dir)
	p.refused(t, exitData, "auyl restore into", "run", "--once")
	if err := os.Remove(filepath.Join(dir, backupFile)); err != nil {
		t.Fatal(err)
	}
	p.refused(t, exitUsage, "it is no backup", "restore", dir)
}
