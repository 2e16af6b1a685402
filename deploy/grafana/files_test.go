package grafana_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/deploy/grafana"
)

// TestFilesAreThoseDeclared: whoever changes a declaration writes the files anew,
// and nobody changes a file by hand.
func TestFilesAreThoseDeclared(t *testing.T) {
	t.Parallel()
	files, err := grafana.Files()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, f := range files {
		want[f.Path] = true
		got, err := os.ReadFile(f.Path)
		if err != nil {
			t.Errorf("%v: type make generate", err)
			continue
		}
		if d := cmp.Diff(string(f.Data), string(got)); d != "" {
			t.Errorf("%s is not what is declared, type make generate (-declared +file):\n%s", f.Path, d)
		}
	}
	for _, dir := range []string{"dashboards", "dashboards-http", "provisioning/alerting"} {
		there, err := filepath.Glob(dir + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range there {
			if !want[filepath.ToSlash(path)] {
				t.Errorf("%s is declared nowhere", path)
			}
		}
	}
}

// TestDeclarationsAreWhole holds the declarations against each other.
func TestDeclarationsAreWhole(t *testing.T) {
	t.Parallel()
	twice := regexp.MustCompile(`\p{Cyrillic}.* / .*[A-Za-z]`)
	link := regexp.MustCompile(`^\$\{(?:__data\.fields\.)?([a-z_]+)\}$`)
	variables := map[string][]string{}
	for _, d := range grafana.Dashboards() {
		for _, v := range d.Variables {
			variables[d.UID] = append(variables[d.UID], v.Name)
		}
	}
	leads := func(where, from string, l *grafana.Link, sql string) {
		if l == nil {
			return
		}
		if variables[l.To] == nil {
			t.Errorf("%s leads to %s, which is not there", where, l.To)
		}
		for _, v := range l.Values {
			if !slices.Contains(variables[l.To], v.Text) {
				t.Errorf("%s: %s has no variable %s", where, l.To, v.Text)
			}
			m := link.FindStringSubmatch(v.Value)
			switch {
			case m == nil:
			case strings.HasPrefix(v.Value, "${__data"):
				if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(sql) {
					t.Errorf("%s: its rows have no %s", where, m[1])
				}
			case !slices.Contains(variables[from], m[1]):
				t.Errorf("%s: %s has no variable %s", where, from, m[1])
			}
		}
	}
	for _, d := range grafana.Dashboards() {
		if !twice.MatchString(d.Title) || !twice.MatchString(d.About) {
			t.Errorf("%s: want title and text in Russian / English", d.UID)
		}
		for _, p := range d.Panels {
			where := d.UID + ": " + p.Title
			if !twice.MatchString(p.Title) || p.Kind != grafana.Section && !twice.MatchString(p.About) {
				t.Errorf("%s: want title and text in Russian / English", where)
			}
			if asks := p.SQL != "" || len(p.Metrics) > 0; asks == (p.Kind == grafana.Section) || p.SQL != "" && len(p.Metrics) > 0 {
				t.Errorf("%s: asks nothing, or of two sources", where)
			}
			if strings.Contains(p.SQL, "auyl.flow") && strings.Contains(p.SQL, "sum(records_") && !strings.Contains(p.SQL, "replay_of = 0") {
				t.Errorf("%s counts records twice after a replay: ask auyl.conservation", where)
			}
			if p.Kind == grafana.Table && strings.Contains(p.SQL, "indicator_current") && !strings.Contains(p.SQL, "origin") {
				t.Errorf("%s shows figures and not their origin", where)
			}
			if regexp.MustCompile(`(?i)(ifNull|coalesce)\((value|c\.value)`).MatchString(p.SQL) {
				t.Errorf("%s makes a zero of no data", where)
			}
			leads(where, d.UID, p.Link, p.SQL)
			for _, f := range p.Fields {
				leads(where, d.UID, f.Link, p.SQL)
			}
		}
	}
	for _, r := range grafana.Rules() {
		if variables[r.Dashboard] == nil || !twice.MatchString(r.Title) || r.About == "" || r.Mend == "" {
			t.Errorf("rule %+v", r)
		}
	}
}

// TestFilesAreGrafanas reads what was written as Grafana does.
func TestFilesAreGrafanas(t *testing.T) {
	t.Parallel()
	files, err := grafana.Files()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if filepath.Ext(f.Path) != ".json" {
			continue
		}
		var d struct {
			UID           string
			SchemaVersion int
			Panels        []struct {
				ID      int
				Type    string
				GridPos struct{ X, Y, W, H int }
				Targets []struct {
					RefID, EditorType, PluginVersion, QueryType string
					Format                                      any
					Datasource                                  struct{ Type, UID string }
				}
			}
		}
		if err := json.Unmarshal(f.Data, &d); err != nil {
			t.Fatal(err)
		}
		if key := filepath.Dir(f.Path) + d.UID; seen[key] || d.UID == "" || d.SchemaVersion < 39 {
			t.Errorf("%s: uid %q, schema version %d", f.Path, d.UID, d.SchemaVersion)
		} else {
			seen[key] = true
		}
		for i, p := range d.Panels {
			a := p.GridPos
			for _, q := range d.Panels[:i] {
				b := q.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H || a.X+a.W > 24 || p.ID == q.ID {
					t.Errorf("%s: panels %d and %d overlap", f.Path, p.ID, q.ID)
				}
			}
			for _, x := range p.Targets {
				if x.Datasource.Type != "grafana-clickhouse-datasource" {
					continue
				}
				// The plugin's formats: 0 is a time series, 1 a table.
				series := p.Type == "timeseries" && x.RefID == "A"
				if x.EditorType != "sql" || x.PluginVersion != grafana.PluginVersion || series != (fmt.Sprint(x.Format) == "0") || series != (x.QueryType == "timeseries") {
					t.Errorf("%s: panel %d: target %+v", f.Path, p.ID, x)
				}
			}
		}
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(dockerfile), "grafana-clickhouse-datasource "+grafana.PluginVersion+"\n") {
		t.Errorf("the image does not have the plugin in version %s", grafana.PluginVersion)
	}
}
