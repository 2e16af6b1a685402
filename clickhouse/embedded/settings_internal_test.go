package embedded

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConfigurationFiles(t *testing.T) {
	t.Parallel()
	update := flag.Lookup("update") // one flag for all golden files, where the program has it
	for _, kind := range []Kind{Library, Server} {
		f := newEngineFiles(childConfig{
			Kind: kind, Dir: "/data/a&b", Database: "auyl", OwnerPassword: "o", ReaderPassword: "r",
			MaxMemoryBytes: 2e9, ReaderTime: time.Minute, ReaderMemoryBytes: 5e8,
		})
		f.HTTPPort = 8123
		for _, name := range []string{"config.xml", "users.xml"} {
			got, err := f.render(name)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", string(kind)+"-"+name+".golden")
			if update != nil && update.Value.String() == "true" || os.Getenv("UPDATE_GOLDEN") != "" { //nolint:forbidigo // asks for new golden files
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	}
}
