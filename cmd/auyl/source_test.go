package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPullAndReplayLeaveARunningAuylAlone: whoever holds the data folder is not
// disturbed; the exit code says that something is out of reach, the line what to do.
func TestPullAndReplayLeaveARunningAuylAlone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	f, err := os.Create(filepath.Join(data, "run.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("4711\n"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cfg := filepath.Join(data, "auyl.yaml")
	if err := os.WriteFile(cfg, []byte("zone: Asia/Almaty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"source", "pull", "bns.sme", "--data", data, "--config", cfg},
		{"dead", "replay", "--yes", "--data", data, "--config", cfg},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, streams{out: &out, err: &errs, env: func(string) (string, bool) { return "", false }, prog: "auyl"})
		if code != exitUnreachable || !strings.Contains(errs.String(), "in use by another auyl run (process 4711): stop it") {
			t.Errorf("%v: exit %d, %s", args, code, &errs)
		}
	}
}
