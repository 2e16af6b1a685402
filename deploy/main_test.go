// Package deploy_test holds the files by which others run auyl (compose,
// Dockerfile, the configuration of NATS, ClickHouse and Grafana) against the
// code and against each other. The folder has no code of its own.
package deploy_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
)

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
