package ingest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/ingest"
)

// TestReasonsAreAllOfThem holds the list to the constants, and both to the page
// that tells what they mean.
func TestReasonsAreAllOfThem(t *testing.T) {
	t.Parallel()
	var declared []string
	files, err := filepath.Glob("*.go")
	must(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		must(t, err)
		for _, m := range regexp.MustCompile(`(?m)^\s+(?:const )?Reason\w+\s+= "(\w+)"`).FindAllSubmatch(b, -1) {
			declared = append(declared, string(m[1]))
		}
	}
	page, err := os.ReadFile("../docs/sources.md")
	must(t, err)
	listed := ingest.Reasons()
	for _, r := range declared {
		if !slices.Contains(listed, r) {
			t.Errorf("Reasons() lacks %s", r)
		}
		if !strings.Contains(string(page), "| `"+r+"` |") {
			t.Errorf("docs/sources.md does not tell what %s means", r)
		}
	}
	if len(listed) != len(declared) {
		t.Errorf("%d reasons are listed, %d are declared", len(listed), len(declared))
	}
}
