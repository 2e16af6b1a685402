package ingest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// literals returns the texts that each test function of the packages holds.
func literals(t *testing.T, patterns ...string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		must(t, err)
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			must(t, err)
			for _, decl := range f.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || !strings.HasPrefix(fn.Name.Name, "Test") {
					continue
				}
				out[fn.Name.Name] = append(out[fn.Name.Name], "")
				ast.Inspect(fn, func(n ast.Node) bool {
					if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						s, err := strconv.Unquote(lit.Value)
						must(t, err)
						out[fn.Name.Name] = append(out[fn.Name.Name], s)
					}
					return true
				})
			}
		}
	}
	return out
}

var habitTest = regexp.MustCompile("\\| `(Test\\w+)(?:/([^`]+))?` \\|$")

// TestEachHabitOfThePageHasItsTest holds docs/sources/habits.md to the tests that
// it names, and to its own form: a row without a test is no row.
func TestEachHabitOfThePageHasItsTest(t *testing.T) {
	t.Parallel()
	have := literals(t, "*_test.go", "*/*_test.go", "../transform/*_test.go")
	page, err := os.ReadFile("../docs/sources/habits.md")
	must(t, err)
	rows := 0
	for i, line := range strings.Split(string(page), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| habit") || strings.HasPrefix(line, "| feed |") {
			continue
		}
		rows++
		m := habitTest.FindStringSubmatch(line)
		switch {
		case m == nil:
			t.Errorf("habits.md:%d names no test: %s", i+1, line)
		case have[m[1]] == nil:
			t.Errorf("habits.md:%d: no test %s", i+1, m[1])
		case m[2] != "" && !slices.Contains(have[m[1]], m[2]):
			t.Errorf("habits.md:%d: test %s has no row %q", i+1, m[1], m[2])
		}
	}
	if rows < 100 {
		t.Errorf("%d habits on the page, want those that it had: 100 and more", rows)
	}
}

// TestEachRecordedFileIsRead: a file that no test reads shows nothing.
func TestEachRecordedFileIsRead(t *testing.T) {
	t.Parallel()
	var all []string
	for _, said := range literals(t, "*_test.go") {
		all = append(all, said...)
	}
	files, err := filepath.Glob("testdata/recorded/*/*")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no recorded file")
	}
	for _, file := range files {
		name := filepath.Base(file)
		if !slices.ContainsFunc(all, func(s string) bool { return s == name || strings.HasSuffix(s, "/"+name) }) {
			t.Errorf("%s is read by no test", file)
		}
	}
}
