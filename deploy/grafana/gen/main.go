// Gen writes the dashboards and alert rules that package grafana declares into
// the folder deploy/grafana, which is its working folder under go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/auyl-kz/auyl/deploy/grafana"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1) //nolint:forbidigo // a program of its own
	}
}

func write(dir string) error {
	files, err := grafana.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // read by Grafana, which is another user
			return fmt.Errorf("write dashboards: %w", err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("write dashboards: %w", err)
		}
	}
	return nil
}
