package deploy_test

import (
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/config"
)

func TestServicesAreThosePromised(t *testing.T) {
	t.Parallel()
	want := []string{"clickhouse", "grafana", "ingest", "nats", "sink", "transform"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(compose(t).Services))); d != "" {
		t.Errorf("services (-want +got):\n%s", d)
	}
}

// TestNothingStartsWithoutItsSecret takes one secret away at a time, and then
// looks for a secret that somebody gave a default.
func TestNothingStartsWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for name := range secrets() {
		for what, change := range map[string]func(map[string]string){
			"unset": func(env map[string]string) { delete(env, name) },
			"empty": func(env map[string]string) { env[name] = "" },
		} {
			env := secrets()
			change(env)
			if _, err := loadCompose(t.Context(), env); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("compose with %s %s: %v, want an error that names it", name, what, err)
			}
		}
	}
	var tree map[string]any
	if err := yaml.Unmarshal(read(t, root+"/docker-compose.yml"), &tree); err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`PASSWORD|SECRET|TOKEN|KEY`)
	example := string(read(t, "env.example"))
	for name, v := range template.ExtractVariables(tree, template.DefaultPattern) {
		if secret.MatchString(name) && v.DefaultValue != "" {
			t.Errorf("%s has the default %q", name, v.DefaultValue)
		}
		if strings.Contains(name, "PASSWORD") && secrets()[name] == "" {
			t.Errorf("%s is not among the secrets of this test", name)
		}
		if !regexp.MustCompile(`(?m)^#?` + name + `=`).MatchString(example) {
			t.Errorf("deploy/env.example does not name %s", name)
		}
	}
	for line := range strings.Lines(example) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && secret.MatchString(k) && v != "" {
			t.Errorf("deploy/env.example gives %s a value", k)
		}
	}
}

func TestServicesAreHardened(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		if user, _, _ := strings.Cut(s.User, ":"); user == "" || user == "0" || user == "root" {
			t.Errorf("%s: user %q", name, s.User)
		}
		if !s.ReadOnly {
			t.Errorf("%s: root file system can be written", name)
		}
		if !slices.Contains(s.CapDrop, "ALL") || len(s.CapAdd) != 0 || s.Privileged {
			t.Errorf("%s: capabilities: drop %v, add %v, privileged %v", name, s.CapDrop, s.CapAdd, s.Privileged)
		}
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: may gain privileges", name)
		}
		if s.Restart != types.RestartPolicyUnlessStopped {
			t.Errorf("%s: restart %q", name, s.Restart)
		}
		if s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) < 2 || s.HealthCheck.Interval == nil || s.HealthCheck.Retries == nil {
			t.Errorf("%s: no health check", name)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %d is published on %q, want 127.0.0.1", name, p.Target, p.HostIP)
			}
		}
	}
}

func TestWhatIsWaitedForHasAHealthCheck(t *testing.T) {
	t.Parallel()
	p := compose(t)
	want := map[string][]string{
		"nats": nil, "clickhouse": nil, "ingest": {"nats"}, "transform": {"nats"},
		"sink": {"clickhouse", "nats"}, "grafana": {"clickhouse"},
	}
	for name, s := range p.Services {
		if d := cmp.Diff(want[name], slices.Sorted(maps.Keys(s.DependsOn))); d != "" {
			t.Errorf("%s depends on (-want +got):\n%s", name, d)
		}
		for on, d := range s.DependsOn {
			if d.Condition != types.ServiceConditionHealthy {
				t.Errorf("%s waits for %s to be %q, want %s", name, on, d.Condition, types.ServiceConditionHealthy)
			}
			if !shareNetwork(s, p.Services[on]) {
				t.Errorf("%s and %s share no network", name, on)
			}
		}
	}
}

func shareNetwork(a, b types.ServiceConfig) bool {
	for n := range a.Networks {
		if _, ok := b.Networks[n]; ok {
			return true
		}
	}
	return false
}

// roles are the services that run auyl.
func roles(t *testing.T, p *types.Project) map[string]types.ServiceConfig {
	t.Helper()
	out := map[string]types.ServiceConfig{}
	for name, s := range p.Services {
		if s.Build != nil && s.Build.Target == "auyl" {
			out[name] = s
		}
	}
	if len(out) != 3 {
		t.Fatalf("%d roles, want 3", len(out))
	}
	return out
}

// TestCommandsAndNamesAreThoseOfTheCode reads package main as text: the command
// line must parse, and each AUYL_ name must be one that something reads.
func TestCommandsAndNamesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	p := compose(t)
	cmds := commands(t)
	known := literals(t, "../config", "../cmd/auyl")
	var keys []string
	for name, s := range roles(t, p) {
		checkCommand(t, cmds, name, s.Command)
		cfg := configuration(t, s)
		for _, src := range cfg.Sources {
			keys = append(keys, src.KeyEnv)
		}
		for env := range s.Environment {
			if !known[env] && !slices.Contains(keys, env) {
				t.Errorf("%s: nothing reads %s", name, env)
			}
		}
	}
	for name, s := range p.Services {
		if test := s.HealthCheck.Test; len(test) > 1 && test[1] == "auyl" {
			checkCommand(t, cmds, name+" health check", test[2:])
		}
	}
}

// TestNamesInFilesAreSet holds what the files of NATS, ClickHouse and Grafana
// take from the environment against what their services get, both ways.
func TestNamesInFilesAreSet(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`AUYL_[A-Z_]+`)
	for service, s := range compose(t).Services {
		if s.Build != nil && s.Build.Target == "auyl" {
			continue
		}
		asked := map[string]bool{}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			err := filepath.WalkDir(v.Source, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					for _, n := range name.FindAllString(string(read(t, path)), -1) {
						asked[n] = true
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		given := map[string]bool{}
		for env := range s.Environment {
			if strings.HasPrefix(env, "AUYL_") {
				given[env] = true
			}
		}
		if d := cmp.Diff(asked, given); d != "" {
			t.Errorf("%s: names in its files (-) and in its environment (+):\n%s", service, d)
		}
	}
}

func TestMountsExistAndVolumesAreNamed(t *testing.T) {
	t.Parallel()
	p := compose(t)
	used := map[string]bool{}
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !v.ReadOnly || v.Bind == nil || bool(v.Bind.CreateHostPath) {
					t.Errorf("%s: %s: want read_only and create_host_path: false", name, v.Source)
				}
			case types.VolumeTypeVolume:
				if used[v.Source] {
					t.Errorf("%s: volume %s has two users", name, v.Source)
				}
				used[v.Source] = true
				if _, ok := p.Volumes[v.Source]; !ok {
					t.Errorf("%s: volume %q is not declared", name, v.Source)
				}
			default:
				t.Errorf("%s: mount of type %s", name, v.Type)
			}
		}
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(p.Volumes)), slices.Sorted(maps.Keys(used))); d != "" {
		t.Errorf("volumes (-declared +used):\n%s", d)
	}
}

// configuration loads the file that a role is told to read, through its mount and
// with its environment.
func configuration(t *testing.T, s types.ServiceConfig) *config.Config {
	t.Helper()
	path := value(s, "AUYL_CONFIG")
	for _, v := range s.Volumes {
		rest, ok := strings.CutPrefix(path, v.Target+"/")
		if v.Type != types.VolumeTypeBind || !ok {
			continue
		}
		c, err := config.Load(filepath.Join(v.Source, rest), func(name string) (string, bool) {
			v, ok := s.Environment[name]
			if !ok || v == nil {
				return "", false
			}
			return *v, true
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatalf("%s: no mount covers %q", s.Name, path)
	return nil
}

// TestRolesFindEachOther follows each address to the service that answers there.
func TestRolesFindEachOther(t *testing.T) {
	t.Parallel()
	p := compose(t)
	for name, s := range roles(t, p) {
		c := configuration(t, s)
		u := parse(t, c.NATS.URL)
		if u.Hostname() != "nats" || u.Scheme != "nats" || u.User != nil || !shareNetwork(s, p.Services["nats"]) {
			t.Errorf("%s: NATS at %s", name, c.NATS.URL)
		}
		if want := secrets()["AUYL_NATS_PASSWORD"]; c.NATS.Password != want || c.NATS.User != "auyl" {
			t.Errorf("%s: NATS as %s:%s, want auyl:%s", name, c.NATS.User, c.NATS.Password, want)
		}
		host, _, err := net.SplitHostPort(value(s, "AUYL_HEALTH_LISTEN"))
		if err != nil || host != "127.0.0.1" {
			t.Errorf("%s: health on %q: want a port on 127.0.0.1", name, value(s, "AUYL_HEALTH_LISTEN"))
		}
		if !slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Type == types.VolumeTypeVolume && v.Target == value(s, "AUYL_DATA")
		}) {
			t.Errorf("%s: %q is not on a volume", name, value(s, "AUYL_DATA"))
		}
		if (c.ClickHouse.DSN != "") != (name == "sink") {
			t.Errorf("%s: ClickHouse at %q: only sink writes tables", name, c.ClickHouse.DSN)
		}
	}
	sink, server := p.Services["sink"], p.Services["clickhouse"]
	u := parse(t, configuration(t, sink).ClickHouse.DSN)
	password, _ := u.User.Password()
	if u.Scheme != "http" || u.Hostname() != "clickhouse" || u.Path != "/auyl" || u.User.Username() != "auyl" || password != value(server, "AUYL_CLICKHOUSE_PASSWORD") {
		t.Errorf("sink: ClickHouse at %s", u.Redacted())
	}
	if port := clickhousePort(t); u.Port() != port || !publishes(server, port) {
		t.Errorf("ClickHouse: sink asks port %s, the server listens on %s, published: %v", u.Port(), port, server.Ports)
	}
	if !shareNetwork(sink, server) || shareNetwork(p.Services["transform"], server) {
		t.Error("ClickHouse is for sink, and not for transform")
	}
}

func publishes(s types.ServiceConfig, port string) bool {
	return slices.ContainsFunc(s.Ports, func(p types.ServicePortConfig) bool { return p.Published == port })
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
