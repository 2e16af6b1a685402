package deploy_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

type sourceRef struct{ Type, UID string }

// dashboard is what the tests read of Grafana's model.
type dashboard struct {
	UID, Title    string
	SchemaVersion int
	Templating    struct {
		List []struct {
			Name, Type, Query, Label string
			Datasource               sourceRef
			Current                  struct{ Value string }
		}
	}
	Panels []struct {
		ID                       int
		Type, Title, Description string
		Datasource               sourceRef
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct {
			Datasource                           sourceRef
			EditorType, QueryType, RawSQL, RefID string
			Format                               int
		}
	}
}

// query is one statement of a dashboard and where it stands.
type query struct{ where, sql string }

// queries lists the statements of the dashboard: those of its variables, then
// those of its panels.
func (d *dashboard) queries() (out []query) {
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			out = append(out, query{"variable " + v.Name, v.Query})
		}
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			out = append(out, query{fmt.Sprintf("panel %d %s", p.ID, p.Title), target.RawSQL})
		}
	}
	return out
}

// oblast reads the one dashboard.
func oblast(t *testing.T) *dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal(read(t, "grafana/dashboards/oblast.json"), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestDashboardIsWhole(t *testing.T) {
	t.Parallel()
	d := oblast(t)
	if d.UID == "" || d.SchemaVersion < 41 {
		t.Errorf("uid %q, schema version %d", d.UID, d.SchemaVersion)
	}
	source := sourceRef{"grafana-clickhouse-datasource", provisioned(t).UID}
	twice := regexp.MustCompile(`\p{Cyrillic}.* / .*[A-Za-z]`)
	seen := map[int]bool{}
	if !twice.MatchString(d.Title) {
		t.Errorf("title %q: want Russian / English", d.Title)
	}
	for i, p := range d.Panels {
		if !twice.MatchString(p.Title) || !twice.MatchString(p.Description) {
			t.Errorf("panel %q, %q: want Russian / English", p.Title, p.Description)
		}
		if seen[p.ID] {
			t.Errorf("panel id %d is there twice", p.ID)
		}
		seen[p.ID] = true
		if p.Datasource != source || len(p.Targets) == 0 {
			t.Errorf("panel %q: source %v, %d targets", p.Title, p.Datasource, len(p.Targets))
		}
		for _, target := range p.Targets {
			// The plugin's formats: 0 is a time series, 1 a table.
			series := p.Type == "timeseries"
			if target.Datasource != source || target.RawSQL == "" || target.EditorType != "sql" || series != (target.Format == 0) || series != (target.QueryType == "timeseries") {
				t.Errorf("panel %q: target %+v", p.Title, target)
			}
		}
		for _, q := range d.Panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H || a.X+a.W > 24 {
				t.Errorf("panels %q and %q overlap", p.Title, q.Title)
			}
		}
	}
	var names []string
	for _, v := range d.Templating.List {
		names = append(names, v.Name)
		if v.Type == "query" && v.Datasource != source || !twice.MatchString(v.Label) || v.Current.Value == "" {
			t.Errorf("variable %+v", v)
		}
	}
	if !slices.Equal(names, []string{"indicator", "level"}) {
		t.Errorf("variables %v, want indicator and level", names)
	}
}

// TestPanelsThatShowFiguresShowTheirOrigin: whatever comes from a synthetic
// register must be told from what was published.
func TestPanelsThatShowFiguresShowTheirOrigin(t *testing.T) {
	t.Parallel()
	for _, p := range oblast(t).Panels {
		for _, target := range p.Targets {
			if p.Type != "stat" && !strings.Contains(target.RawSQL, "origin") {
				t.Errorf("panel %q does not show the origin", p.Title)
			}
		}
	}
}

func TestDashboardQueries(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, q := range oblast(t).queries() {
		fmt.Fprintf(&b, "-- %s\n%s;\n\n", q.where, q.sql)
	}
	golden(t, "testdata/oblast.sql.golden", b.String())
}

type datasource struct {
	Name      string            `yaml:"name"`
	UID       string            `yaml:"uid"`
	Type      string            `yaml:"type"`
	IsDefault bool              `yaml:"isDefault"`
	Editable  bool              `yaml:"editable"`
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
	if f.APIVersion != 1 || len(f.Datasources) != 1 {
		t.Fatalf("apiVersion %d, %d data sources, want 1 and 1", f.APIVersion, len(f.Datasources))
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
