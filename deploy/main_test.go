// Package deploy_test holds the files by which others run auyl (compose,
// Dockerfile, the configuration of NATS, ClickHouse and Grafana) against the
// code and against each other. The folder has no code of its own.
package deploy_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain lets the test binary be its own engine.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // the program is the child
	}
	os.Exit(m.Run()) //nolint:forbidigo // TestMain ends the program
}

// root is the folder of docker-compose.yml.
const root = ".."

// secrets are what an operator must set, with values that are easily taken for
// something else: a number, a span.
func secrets() map[string]string {
	return map[string]string{
		"AUYL_NATS_PASSWORD":              "0123456789",
		"AUYL_CLICKHOUSE_PASSWORD":        "1h",
		"AUYL_CLICKHOUSE_READER_PASSWORD": "7e5",
		"AUYL_GRAFANA_PASSWORD":           "true",
	}
}

func loadCompose(ctx context.Context, env map[string]string) (*types.Project, error) {
	dir, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "docker-compose.yml")
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir: dir, ConfigFiles: []types.ConfigFile{{Filename: file}}, Environment: env,
	}, func(o *loader.Options) {
		o.SetProjectName("auyl", true)
	})
}

func compose(t *testing.T) *types.Project {
	t.Helper()
	p, err := loadCompose(t.Context(), secrets())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return p
}

// value is an environment variable of a service as its process sees it.
func value(s types.ServiceConfig, name string) string {
	if v := s.Environment[name]; v != nil {
		return *v
	}
	return ""
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readYAML refuses keys that the target does not have.
func readYAML(t *testing.T, path string, to any) {
	t.Helper()
	if err := yaml.NewDecoder(bytes.NewReader(read(t, path)), yaml.DisallowUnknownField()).Decode(to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(read(t, path)), got); d != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", path, d)
	}
}
