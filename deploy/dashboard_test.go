package deploy_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

type datasource struct {
	Name      string            `yaml:"name"`
	UID       string            `yaml:"uid"`
	Type      string            `yaml:"type"`
	IsDefault bool              `yaml:"isDefault"`
	Editable  bool              `yaml:"editable"`
	URL       string            `yaml:"url"`
	BasicAuth bool              `yaml:"basicAuth"`
	BasicUser string            `yaml:"basicAuthUser"`
	JSON      map[string]any    `yaml:"jsonData"`
	Secure    map[string]string `yaml:"secureJsonData"`
}

func provisioned(t *testing.T) datasource {
	t.Helper()
	var f struct {
		APIVersion  int          `yaml:"apiVersion"`
		Prune       bool         `yaml:"prune"`
		Datasources []datasource `yaml:"datasources"`
	}
	readYAML(t, "grafana/provisioning/datasources/clickhouse.yaml", &f)
	if f.APIVersion != 1 || len(f.Datasources) != 3 {
		t.Fatalf("apiVersion %d, %d data sources, want 1 and 3", f.APIVersion, len(f.Datasources))
	}
	for _, d := range f.Datasources[1:] {
		if d.IsDefault || d.Editable || d.UID == "" {
			t.Errorf("data source %+v", d)
		}
	}
	return f.Datasources[0]
}

func TestGrafanaAsksClickHouseAsReader(t *testing.T) {
	t.Parallel()
	p := compose(t)
	grafana, s := p.Services["grafana"], provisioned(t)
	if s.Type != "grafana-clickhouse-datasource" || s.UID == "" || s.Editable {
		t.Errorf("data source %+v", s)
	}
	if fmt.Sprint(s.JSON["host"], s.JSON["port"], s.JSON["protocol"], s.JSON["username"], s.JSON["defaultDatabase"]) != fmt.Sprint("clickhouse", clickhousePort(t), "http", "reader", "auyl") {
		t.Errorf("data source at %v", s.JSON)
	}
	if s.Secure["password"] != "$AUYL_CLICKHOUSE_READER_PASSWORD" {
		t.Error("the password is not that of the reader")
	}
	name := strings.TrimPrefix(s.Secure["password"], "$")
	if !shareNetwork(grafana, p.Services["clickhouse"]) || value(grafana, name) == "" || value(grafana, name) != value(p.Services["clickhouse"], name) {
		t.Error("Grafana does not reach ClickHouse")
	}
	install := regexp.MustCompile(`plugins install (\S+) \d+\.\d+\.\d+\n`).FindStringSubmatch(string(read(t, root+"/Dockerfile")))
	if len(install) != 2 || install[1] != s.Type {
		t.Errorf("Dockerfile does not install %s in a pinned version: %v", s.Type, install)
	}
	if value(grafana, "GF_AUTH_ANONYMOUS_ENABLED") != "false" || value(grafana, "GF_USERS_ALLOW_SIGN_UP") != "false" {
		t.Error("Grafana lets strangers in")
	}
}

func TestGrafanaFindsTheDashboard(t *testing.T) {
	t.Parallel()
	var f struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name      string `yaml:"name"`
			Type      string `yaml:"type"`
			Folder    string `yaml:"folder"`
			FolderUID string `yaml:"folderUid"`
			Updates   bool   `yaml:"allowUiUpdates"`
			Keep      bool   `yaml:"disableDeletion"`
			Every     int    `yaml:"updateIntervalSeconds"`
			Options   struct {
				Path string `yaml:"path"`
			} `yaml:"options"`
		} `yaml:"providers"`
	}
	readYAML(t, "grafana/provisioning/dashboards/auyl.yaml", &f)
	if f.APIVersion != 1 || len(f.Providers) != 1 {
		t.Fatalf("providers: %+v", f)
	}
	grafana := compose(t).Services["grafana"]
	for _, path := range []string{filepath.Join(f.Providers[0].Options.Path, "oblast.json"), value(grafana, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")} {
		host := ""
		for _, v := range grafana.Volumes {
			if rest, ok := strings.CutPrefix(path, v.Target+"/"); ok && v.Type == types.VolumeTypeBind {
				host = filepath.Join(v.Source, rest)
			}
		}
		read(t, host)
	}
	if !slices.ContainsFunc(grafana.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == "/etc/grafana/provisioning" }) {
		t.Error("Grafana does not see the provisioning")
	}
}
