package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHistoryKeepsNoSecrets: the file is its owner's alone, and a line that seems to hold a secret is not in it.
func TestHistoryKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "query_history")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"SELECT 1;", "SELECT * FROM x SETTINGS password = 'p';", "CREATE USER u IDENTIFIED BY 'p';", "SELECT 'http://u:p@h';", " ", `\d`} {
		if err := appendHistory(path, line); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "SELECT 1;\n\\d\n" {
		t.Errorf("history = %q, %v", b, err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", fi.Mode(), err)
	}
}
