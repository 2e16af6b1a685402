// The arrows between the packages, as tables and as a test over them. It needs
// nothing but the standard library and the go command, and takes about a second.

package auyl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of this module each package may import. The first
// column and the third are patterns relative to the module: "." is the root
// package, "sink" is that package alone, "sink/..." is it and all below it. An
// exact pattern rules before the longest one that ends in "/...". A package
// without a row is a failure: a new folder is a decision, so write the row, and
// an ADR when an arrow is new.
var layers = []struct {
	pkg    string
	why    string
	may    []string // packages of this module it may import
	not    []string // other import paths (as prefixes) it may not import
	beyond []string // packages that it may not reach even through others
}{
	{
		pkg: ".", why: "the vocabulary stands on the standard library alone",
		not:    []string{"net", "os", "database/sql", "log"},
		beyond: []string{"net", "os/exec", "database/sql"},
	},
	{
		pkg: "internal/...", why: "a leaf knows no domain",
	},
	{
		pkg: "config", why: "configuration is plain values; cmd/auyl turns them into options",
		may: []string{".", "internal/..."},
	},
	{
		pkg: "schemas/...", why: "data first, a thin loader",
		may:    []string{".", "schemas/...", "internal/..."},
		not:    []string{"net", "database/sql", "log"},
		beyond: []string{"net/http", "database/sql"},
	},
	{
		pkg: "transform/...", why: "same input, same bytes out: no I/O, no clock, no log",
		may:    []string{".", "schemas/...", "transform/...", "internal/..."},
		not:    []string{"net", "os", "io/fs", "database/sql", "log", "math/rand"},
		beyond: []string{"net/http", "database/sql"},
	},
	{
		pkg: "stream", why: "moves bytes and cursors, knows no stage",
		may: []string{".", "schemas/...", "internal/..."},
	},
	{
		pkg: "stream/embedded", why: "a server to start and stop, nothing else",
		may: []string{"internal/..."},
	},
	{
		pkg: "ingest", why: "fetches, decodes, publishes",
		may: []string{".", "schemas/...", "ingest/...", "stream", "archive", "internal/..."},
	},
	{
		pkg: "ingest/...", why: "a format turns bytes into records and knows neither parent nor siblings",
		may: []string{".", "schemas/...", "internal/..."},
	},
	{
		pkg: "ingest/iin", why: "the shape of numbers of persons: a leaf, so that whatever shows text can hide them",
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "ingest/infer", why: "drafts a contract from a file of whatever format",
		may: []string{".", "schemas/...", "ingest/csv", "ingest/xlsx", "ingest/taldau", "ingest/egov", "ingest/iin", "internal/..."},
	},
	{
		pkg: "ingest/remote", why: "a door to folders on other machines: hands files to ingest and decodes nothing",
		may: []string{".", "ingest", "internal/..."},
	},
	{
		pkg: "stage", why: "the loop around a pure stage: it is handed the stage and knows no formula",
		may: []string{".", "schemas/...", "stream", "state", "internal/..."},
	},
	{
		pkg: "state", why: "values and their cursor in one write",
		may: []string{".", "internal/..."},
	},
	{
		pkg: "archive", why: "keeps bytes under their hash and knows no source",
		may: []string{".", "internal/..."},
	},
	{
		pkg: "sink", why: "ranges, tokens and cursors; the tables are behind an interface of its own",
		may: []string{".", "schemas/...", "stream", "internal/..."},
	},
	{
		pkg: "clickhouse", why: "the only place that speaks SQL",
		may: []string{".", "schemas/...", "internal/..."},
	},
	{
		pkg: "clickhouse/embedded", why: "a child process to start and stop, nothing else",
		may: []string{"internal/..."},
	},
	{
		pkg: "simulate/...", why: "serves and writes what a source would, and knows nothing of what we make of it",
		may: []string{".", "schemas/...", "simulate/...", "internal/..."},
	},
	{
		pkg: "bench/...", why: "drives the parts as cmd does and is imported by nothing",
		may: []string{"..."},
	},
	{
		pkg: "summary/...", why: "reads through its own interface, renders, sends; streams and tables are behind interfaces of its own",
		may: []string{".", "schemas/...", "summary/...", "internal/..."},
	},
	{
		pkg: "summary/document", why: "what a summary says: plain values that every form reads",
		may: []string{"."},
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "summary/chart", why: "draws charts of a document on any canvas; its outlines are its own",
		may:    []string{".", "summary/document"},
		not:    []string{"net", "os", "database/sql", "log"},
		beyond: []string{"net/http", "database/sql"},
	},
	{
		pkg: "summary/html", why: "a form reads the document and adds nothing: no table, no clock, no network",
		may: []string{".", "summary/document", "summary/chart"},
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "summary/pdf", why: "a form, like summary/html",
		may: []string{".", "summary/document", "summary/chart"},
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "summary/sheet", why: "a form, like summary/html",
		may: []string{".", "summary/document", "summary/chart"},
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "summary/markdown", why: "a form, like summary/html",
		may: []string{".", "summary/document", "summary/chart"},
		not: []string{"net", "os", "database/sql", "log"},
	},
	{
		pkg: "export/...", why: "writes packages and sheets for strangers from rows that it is handed; knows no table and no stream",
		may:    []string{".", "schemas/...", "internal/..."},
		not:    []string{"net", "database/sql", "log"},
		beyond: []string{"database/sql"},
	},
	{
		pkg: "portal/...", why: "reads through its own interfaces, answers HTTP",
		may: []string{".", "schemas/...", "portal/...", "internal/..."},
	},
	{
		pkg: "deploy/...", why: "files for other programs; its tests hold them against the code",
		may: []string{".", "config", "internal/...", "deploy/..."},
	},
	{
		pkg: "cmd/...", why: "wires everything and is imported by nothing",
		may: []string{"..."},
	},
	{
		pkg: "examples/...", why: "uses the project as a stranger would",
		may: []string{".", "schemas/...", "ingest/...", "transform/...", "stream/...", "sink/..."},
	},
}

// homes says where a dependency lives. An import path is matched by prefix.
// Everywhere else it is hidden behind the home's own types.
var homes = []struct {
	path string
	in   []string
}{
	{"github.com/nats-io/nats.go", []string{"stream", "stream/embedded"}},
	{"github.com/synadia-io/orbit.go", []string{"stream"}},
	{"github.com/nats-io/nats-server", []string{"stream/embedded"}},
	{"github.com/ClickHouse", []string{"clickhouse", "clickhouse/embedded"}},
	{"github.com/ebitengine/purego", []string{"clickhouse/embedded"}},
	{"github.com/cockroachdb/pebble", []string{"state"}},
	{"github.com/robfig/cron", []string{"ingest", "summary/schedule"}},
	{"github.com/wneessen/go-mail", []string{"summary/send"}},
	{"github.com/emersion/go-smtp", []string{"summary/catcher"}},
	{"github.com/prometheus/client_golang", []string{"ingest", "stream", "stage", "state", "sink", "clickhouse", "summary", "portal", "cmd/..."}},
	{"google.golang.org/protobuf", []string{"schemas/..."}},
	{"github.com/goccy/go-yaml", []string{"config", "schemas/...", "deploy/..."}},
	{"github.com/expr-lang/expr", []string{"schemas/...", "transform/..."}},
	{"github.com/minio/minio-go", []string{"internal/s3"}},
	{"filippo.io/age", []string{"archive"}},
	{"github.com/pkg/sftp", []string{"ingest/remote"}},
	{"golang.org/x/crypto/ssh", []string{"ingest/remote"}},
	{"github.com/xuri/excelize", []string{"ingest/xlsx", "simulate/...", "export/sheet", "summary/sheet"}}, // export/sheet: what auyl query gives as a workbook
	{"codeberg.org/go-pdf/fpdf", []string{"summary/pdf"}},
	{"codeberg.org/go-fonts/dejavu", []string{"summary/chart", "summary/pdf"}},
	{"gonum.org/v1/plot", []string{"summary/chart", "summary/html", "summary/pdf"}}, // chart draws; html and pdf name its lengths, pdf is a canvas
	{"gonum.org/v1/gonum", []string{"transform/timeseries"}},
	{"github.com/parquet-go/parquet-go", []string{"export"}},
	{"github.com/peterh/liner", []string{"cmd/..."}},
	{"github.com/alecthomas/kong", []string{"cmd/..."}},
	{"net/http/pprof", []string{"portal"}},
}

// testOnly paths stay out of what we ship. A package that helps tests ends in
// "test", like httptest, and is free to use them.
var testOnly = []string{
	"testing",
	"pgregory.net/rapid",
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"github.com/johannesboyne/gofakes3",
	"github.com/chromedp",
	"github.com/ledongthuc/pdf",
	"github.com/yuin/goldmark",
}

func TestImportsPointOneWay(t *testing.T) {
	for _, tags := range []string{"", "integration"} {
		t.Run("tags="+tags, func(t *testing.T) {
			module, pkgs := list(t, tags)
			for _, v := range violations(module, pkgs) {
				t.Error(v)
			}
		})
	}
}

// TestImportRulesBite tests the test: each case is one package that must be
// refused, or accepted, whatever the real tree looks like today.
func TestImportRulesBite(t *testing.T) {
	const m = "example.org/auyl"
	tests := []struct {
		name string
		pkg  pkg
		want string // part of the only violation; empty for none
	}{
		{"root uses std", pkg{ImportPath: m, Imports: []string{"time"}}, ""},
		{"root imports down", pkg{ImportPath: m, Imports: []string{m + "/stream"}}, "may not import stream"},
		{"root imports third party", pkg{ImportPath: m, Imports: []string{"gopkg.in/yaml.v3"}}, "standard library alone"},
		{"pure stage", pkg{ImportPath: m + "/transform/rollup", Imports: []string{m, m + "/schemas"}}, ""},
		{"stage talks to NATS", pkg{ImportPath: m + "/transform", Imports: []string{m + "/stream"}}, "may not import stream"},
		{"stage opens a file", pkg{ImportPath: m + "/transform", Imports: []string{"os"}}, "may not import os"},
		{"prefix is not a path", pkg{ImportPath: m + "/transform", Imports: []string{"osprey.dev/x"}}, ""},
		{"stage reaches HTTP", pkg{ImportPath: m + "/transform", Deps: []string{"net/http"}}, "reaches net/http"},
		{"format imports its parent", pkg{ImportPath: m + "/ingest/xlsx", Imports: []string{m + "/ingest"}}, "may not import ingest"},
		{"formats are strangers", pkg{ImportPath: m + "/ingest/xlsx", Imports: []string{m + "/ingest/csv"}}, "may not import ingest/csv"},
		{"parent uses its format", pkg{ImportPath: m + "/ingest", Imports: []string{m + "/ingest/csv"}}, ""},
		{"driver out of its home", pkg{ImportPath: m + "/portal", Imports: []string{"github.com/ClickHouse/clickhouse-go/v2"}}, "lives in"},
		{"driver at home", pkg{ImportPath: m + "/clickhouse", Imports: []string{"github.com/ClickHouse/clickhouse-go/v2"}}, ""},
		{"engine at home", pkg{ImportPath: m + "/clickhouse/embedded", Imports: []string{"github.com/ClickHouse/ch-go/proto"}}, ""},
		{"engine knows no table", pkg{ImportPath: m + "/clickhouse/embedded", Imports: []string{m + "/clickhouse"}}, "may not import clickhouse"},
		{"archive knows no source", pkg{ImportPath: m + "/archive", Imports: []string{m + "/ingest"}}, "may not import ingest"},
		{"fetch keeps its bytes", pkg{ImportPath: m + "/ingest", Imports: []string{m + "/archive"}}, ""},
		{"format keeps no bytes", pkg{ImportPath: m + "/ingest/csv", Imports: []string{m + "/archive"}}, "may not import archive"},
		{"door hands pages over", pkg{ImportPath: m + "/ingest/remote", Imports: []string{m + "/ingest", "github.com/pkg/sftp"}}, ""},
		{"door decodes nothing", pkg{ImportPath: m + "/ingest/remote", Imports: []string{m + "/ingest/csv"}}, "may not import ingest/csv"},
		{"folder without a row", pkg{ImportPath: m + "/utils"}, "no row"},
		{"test import of cmd", pkg{ImportPath: m + "/sink", TestImports: []string{m + "/cmd/auyl"}}, "cmd/auyl"},
		{"test may look sideways", pkg{ImportPath: m + "/sink", XTestImports: []string{m + "/stream/embedded"}}, ""},
		{"helper ships", pkg{ImportPath: m + "/sink", Imports: []string{"testing"}}, "test code"},
		{"helper helps", pkg{ImportPath: m + "/internal/goldentest", Imports: []string{"testing"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := violations(m, []pkg{tt.pkg})
			switch {
			case tt.want == "" && len(got) != 0:
				t.Errorf("violations = %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("violations = %q, want one with %q", got, tt.want)
			}
		})
	}
}

// pkg is the part of the output of go list that the rules read.
type pkg struct {
	ImportPath   string
	Module       struct{ Path string }
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// list asks the go command for the packages of the module in this directory.
func list(t *testing.T, tags string) (module string, pkgs []pkg) {
	t.Helper()
	watch(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags="+tags,
		"-json=ImportPath,Module,Imports,TestImports,XTestImports,Deps", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) == 0 {
		t.Fatal("go list: no packages")
	}
	return pkgs[0].Module.Path, pkgs
}

// watch opens every folder of the module. The go command repeats a cached pass
// until something that the test itself opened has changed, and does not see what
// the child process in list reads: without this walk a new import in another
// package goes unseen.
func watch(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == "." {
			return err
		}
		name := d.Name()
		if name[0] == '.' || name[0] == '_' || name == "testdata" || name == "node_modules" || path == "data" {
			return fs.SkipDir // no packages here; data is what a run leaves
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// violations returns one line for each import that breaks a row of the tables.
func violations(module string, pkgs []pkg) []string {
	var out []string
	for _, p := range pkgs {
		from := relative(module, p.ImportPath)
		add := func(format string, args ...any) {
			out = append(out, from+": "+fmt.Sprintf(format, args...))
		}

		row := -1
		for i, l := range layers {
			if match(l.pkg, from) && (row < 0 || rank(l.pkg) > rank(layers[row].pkg)) {
				row = i
			}
		}
		if row < 0 {
			add("no row in the table of layers")
			continue
		}
		rule := layers[row]

		for _, imp := range p.Imports {
			if to := relative(module, imp); to != "" {
				if !slices.ContainsFunc(rule.may, func(pat string) bool { return match(pat, to) }) {
					add("may not import %s: %s", to, rule.why)
				} else if helper(to) && !helper(from) {
					add("imports %s: test code stays in tests", to)
				}
				continue
			}
			switch {
			case slices.ContainsFunc(rule.not, func(pre string) bool { return under(pre, imp) }):
				add("may not import %s: %s", imp, rule.why)
			case from == "." && strings.Contains(strings.Split(imp, "/")[0], "."):
				add("may not import %s: %s", imp, rule.why)
			case !helper(from) && slices.ContainsFunc(testOnly, func(pre string) bool { return under(pre, imp) }):
				add("imports %s: test code stays in tests", imp)
			}
			for _, h := range homes {
				if under(h.path, imp) && !slices.ContainsFunc(h.in, func(pat string) bool { return match(pat, from) }) {
					add("imports %s, which lives in %s", imp, strings.Join(h.in, ", "))
				}
			}
		}
		for _, dep := range p.Deps {
			if slices.Contains(rule.beyond, dep) {
				add("reaches %s through its imports: %s", dep, rule.why)
			}
		}
		for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
			if to := relative(module, imp); to != "" && to != from && match("cmd/...", to) {
				add("test imports %s: drive the binary with a script instead", to)
			}
		}
	}
	return out
}

// relative returns the path of a package within the module, "." for the root
// package, and "" for a package of another module.
func relative(module, path string) string {
	if path == module {
		return "."
	}
	rel, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	return rel
}

// match reports whether a package matches a pattern such as "sink/...".
func match(pattern, rel string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return under(base, rel)
	}
	return pattern == rel
}

// rank orders patterns by how much they say: longer is more, exact is most.
func rank(pattern string) int {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return len(base)
	}
	return len(pattern) + 1<<16
}

// under reports whether an import path is the prefix or lies below it.
func under(prefix, path string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// helper reports whether a package exists to help tests.
func helper(rel string) bool {
	return strings.HasSuffix(rel, "test")
}
