package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/config"
)

func load(t *testing.T, text string, env map[string]string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auyl.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, func(k string) (string, bool) { v, ok := env[k]; return v, ok })
}

func TestDefaultsFillWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	c, err := load(t, "zone: Asia/Almaty\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Drop.Every != "2s" || c.NATS.Replicas != 1 || c.ClickHouse.Listen != "127.0.0.1:8123" || c.Simulate.Scale != 1 {
		t.Errorf("Load = %+v, want the defaults", c)
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	t.Parallel()
	c, err := load(t, "nats: {url: 'nats://file:4222'}\n", map[string]string{
		"AUYL_NATS_URL": "nats://env:4222", "AUYL_CLICKHOUSE_DSN": "clickhouse://u:secret@db:9000/auyl", "AUYL_SIMULATE_SCALE": "7",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.NATS.URL != "nats://env:4222" || c.ClickHouse.DSN != "clickhouse://u:secret@db:9000/auyl" || c.Simulate.Scale != 7 {
		t.Errorf("Load = %+v, want the environment's values", c)
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"unknown key", "zone: Asia/Almaty\nzoone: x\n", "auyl.yaml:2:1: unknown field \"zoone\""},
		{"a secret in the file", "clickhouse:\n  dsn: clickhouse://u:p@h/\n", "auyl.yaml:2:3: unknown field \"dsn\""},
		{"wrong type", "simulate:\n  seed: many\n", "auyl.yaml:2:9:"},
		{"zone", "zone: Asia/Almatty\n", "auyl.yaml:1:7: unknown time zone"},
		{"source without addresses", "sources:\n  - {id: bns.taldau, schedule: '@daily'}\n", "wants either urls or base"},
		{"source twice", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['http://h/']}\n  - {id: a.b, schedule: '@daily', urls: ['http://h/']}\n", "auyl.yaml:3:10: source a.b is there twice"},
		{"bad address", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['ftp://h/']}\n", "is not an address to ask"},
		{"password in an address", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['http://u:p@h/']}\n", "no password"},
		{"no such folder", "drop:\n  dirs: [nowhere]\n", "auyl.yaml:2:10: \"nowhere\" is not a folder"},
		{"open to others", "clickhouse: {listen: '0.0.0.0:8123'}\n", "auyl.yaml:1:22: \"0.0.0.0:8123\""},
		{"no port", "simulate: {listen: '127.0.0.1:99999'}\n", "auyl.yaml:1:20:"},
		{"key_env", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['http://h/'], key_env: 'a b'}\n", "not the name of an environment variable"},
		{"host with a port", "web:\n  hosts: {'stat.gov.kz:443': {per_second: 1}}\n", "auyl.yaml:2:30: \"stat.gov.kz:443\" is not a host"},
		{"too fast", "web:\n  hosts: {stat.gov.kz: {per_second: 1000}}\n", "auyl.yaml:2:37: 1000 requests a second"},
		{"unknown key of a host", "web:\n  hosts: {stat.gov.kz: {per_hour: 1}}\n", "unknown field \"per_hour\""},
		{"password of a proxy", "web: {proxy: 'http://u:hunter2@h:1'}\n", "auyl.yaml:1:14: want http://host:port"},
		{"no such authorities", "web: {ca_file: none.pem}\n", "auyl.yaml:1:16: \"none.pem\" is not a file"},
		{"inner network", "web: {allow_private: ['10.0.0.0/8']}\n", "auyl.yaml:1:23: \"10.0.0.0/8\" is not a host"},
		{"paging", "sources:\n  - {id: a.b, schedule: '@daily', base: 'http://h/', paging: {kind: nextlink}}\n", "auyl.yaml:2:69: unknown kind \"nextlink\""},
		{"paging without its parameter", "sources:\n  - {id: a.b, schedule: '@daily', base: 'http://h/', paging: {kind: offset, size: 5}}\n", "paging of kind offset wants param"},
		{"key without a name", "sources:\n  - {id: a.b, schedule: '@daily', base: 'http://h/', page_size: 1, auth: bearer}\n", "auth without key_env"},
		{"way of a key", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['http://h/'], auth: basic, key_env: K}\n", "\"basic\": want bearer"},
		{"order", "sources:\n  - {id: a.b, schedule: '@daily', base: 'http://h/', order: {conditions: 'all'}}\n", "want a JSON list"},
		{"push without a secret", "push:\n  sources: [{id: a.b}]\n", "source a.b wants either secret_env or secret_file"},
		{"push of a source that is asked", "sources:\n  - {id: a.b, schedule: '@daily', urls: ['http://h/']}\npush:\n  sources: [{id: a.b, secret_env: S}]\n", "auyl.yaml:4:18: source a.b is there twice"},
		{"secret in the file", "push:\n  sources: [{id: a.b, secret: x}]\n", "unknown field \"secret\""},
		{"push address", "push: {listen: 'all'}\n", "auyl.yaml:1:16: \"all\": want an address and a port"},
		{"even number of copies", "nats: {replicas: 2}\n", "auyl.yaml:1:18: 2 copies"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.text, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, "zone: nowhere\ndrop: {every: soon}\nnats: {replicas: 4}\n", nil)
	if err == nil || strings.Count(err.Error(), "auyl.yaml:") != 3 {
		t.Errorf("Load = %v, want three faults", err)
	}
}
