package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the package's name is that of Linux on x86-64")
	}
	root := t.TempDir()
	file := func(mode os.FileMode, parts ...string) string {
		t.Helper()
		path := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lib := func(dir string) string {
		return file(0o600, dir, "node_modules", "@chdb", "lib-linux-x64-gnu", "libchdb.so")
	}
	binary := file(0o700, "bin", "clickhouse")
	plain := file(0o600, "plain")
	above, given, beside := lib("work"), lib("given"), lib("prog")
	work := filepath.Join(root, "work", "a", "b")
	if err := os.MkdirAll(work, 0o700); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(root, "nowhere", "auyl")
	for _, c := range []struct {
		name string
		o    embedded.LocateOptions
		env  map[string]string
		want embedded.Location
		err  string
	}{
		{"option before all", embedded.LocateOptions{Path: above}, map[string]string{"AUYL_CLICKHOUSE": binary, "PATH": filepath.Dir(binary)}, embedded.Location{Kind: embedded.Library, Path: above}, ""},
		{"environment", embedded.LocateOptions{Dir: filepath.Join(root, "given")}, map[string]string{"AUYL_CLICKHOUSE": binary}, embedded.Location{Kind: embedded.Server, Path: binary}, ""},
		{"on PATH", embedded.LocateOptions{Dir: filepath.Join(root, "given")}, map[string]string{"PATH": "rel:/nowhere:" + filepath.Dir(binary)}, embedded.Location{Kind: embedded.Server, Path: binary}, ""},
		{"given folder", embedded.LocateOptions{Dir: filepath.Join(root, "given"), WorkDir: work}, nil, embedded.Location{Kind: embedded.Library, Path: given}, ""},
		{"beside the program's folder", embedded.LocateOptions{Program: filepath.Join(root, "prog", "bin", "auyl"), WorkDir: work}, nil, embedded.Location{Kind: embedded.Library, Path: beside}, ""},
		{"above the working folder", embedded.LocateOptions{Program: nowhere, WorkDir: work}, nil, embedded.Location{Kind: embedded.Library, Path: above}, ""},
		{"nothing", embedded.LocateOptions{Program: nowhere, WorkDir: root}, nil, embedded.Location{}, "npm ci"},
		{"missing file", embedded.LocateOptions{Path: filepath.Join(root, "no")}, nil, embedded.Location{}, "no such file"},
		{"wrong file", embedded.LocateOptions{}, map[string]string{"AUYL_CLICKHOUSE": plain}, embedded.Location{}, "AUYL_CLICKHOUSE: "},
		{"folder", embedded.LocateOptions{Path: root}, nil, embedded.Location{}, "is not a file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.o.Getenv = func(name string) string { return c.env[name] }
			got, err := embedded.Locate(c.o)
			if c.err == "" && (err != nil || got != c.want) {
				t.Errorf("Locate = %v, %v, want %v", got, err, c.want)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("Locate = %v, %v, want error with %q", got, err, c.err)
			}
			if c.name == "nothing" && !errors.Is(err, embedded.ErrNoEngine) {
				t.Errorf("error = %v, want ErrNoEngine", err)
			}
		})
	}
}
