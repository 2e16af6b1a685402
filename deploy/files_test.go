package deploy_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/auyl-kz/auyl/stream"
)

// TestNATSLetsInWhoeverHasThePassword starts the real server with its file and
// the environment that compose gives it.
func TestNATSLetsInWhoeverHasThePassword(t *testing.T) {
	p := compose(t)
	service, role := p.Services["nats"], p.Services["transform"]
	for _, name := range []string{"AUYL_NATS_USER", "AUYL_NATS_PASSWORD"} {
		t.Setenv(name, value(service, name))
	}
	o, err := server.ProcessConfigFile("nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	if u := parse(t, value(role, "AUYL_NATS_URL")); u.Port() != strconv.Itoa(o.Port) {
		t.Errorf("roles ask port %s, nats.conf listens on %d", u.Port(), o.Port)
	}
	if test := service.HealthCheck.Test; test[len(test)-1] != o.HTTPHost+":"+strconv.Itoa(o.HTTPPort) {
		t.Errorf("health check asks %s, nats.conf listens on %s:%d", test[len(test)-1], o.HTTPHost, o.HTTPPort)
	}
	if len(service.Ports) != 0 || o.HTTPHost != "127.0.0.1" {
		t.Error("NATS is open to the host")
	}
	if !slices.ContainsFunc(service.Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Type == types.VolumeTypeVolume && v.Target == o.StoreDir
	}) {
		t.Errorf("store_dir %s is not on a volume", o.StoreDir)
	}
	if !o.JetStream || !o.SyncAlways {
		t.Error("want JetStream, with every write on disk")
	}

	o.Host, o.Port, o.HTTPPort, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, server.RANDOM_PORT, t.TempDir(), true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS does not start")
	}
	user, password := value(role, "AUYL_NATS_USER"), value(role, "AUYL_NATS_PASSWORD")
	c, err := stream.Connect(t.Context(), stream.Options{URL: s.ClientURL(), User: user, Password: password})
	if err != nil {
		t.Fatalf("as a role: %v", err)
	}
	defer func() { _ = c.Close() }()
	if err := stream.Ensure(t.Context(), c, stream.StreamOptions{}); err != nil {
		t.Error(err)
	}
	for name, o := range map[string]stream.Options{
		"nobody":         {URL: s.ClientURL()},
		"no password":    {URL: s.ClientURL(), User: user},
		"wrong password": {URL: s.ClientURL(), User: user, Password: password + "0"},
	} {
		if c, err := stream.Connect(t.Context(), o); err == nil {
			_ = c.Close()
			t.Errorf("%s is let in", name)
		}
	}
	res, err := http.Get("http://" + s.MonitorAddr().String() + "/healthz") // what `auyl health` asks
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %s", res.Status)
	}
}

// serverXML is what the test reads of ClickHouse's own configuration.
type serverXML struct {
	HTTPPort string `xml:"http_port"`
}

func clickhousePort(t *testing.T) string {
	t.Helper()
	var s serverXML
	if err := xml.Unmarshal(read(t, "clickhouse/config.d/auyl.xml"), &s); err != nil {
		t.Fatal(err)
	}
	return s.HTTPPort
}

type userXML struct {
	Remove   string `xml:"remove,attr"`
	Password struct {
		FromEnv string `xml:"from_env,attr"`
		Text    string `xml:",chardata"`
	} `xml:"password"`
	Networks []string `xml:"networks>ip"`
	Profile  string   `xml:"profile"`
	Grants   []string `xml:"grants>query"`
}

// TestClickHouseHasTwoUsersWithPasswords also holds the rights of the two against
// those that they have in the embedded engine: what works there must work here.
func TestClickHouseHasTwoUsersWithPasswords(t *testing.T) {
	t.Parallel()
	var f struct {
		Reader struct {
			ReadOnly string `xml:"readonly"`
		} `xml:"profiles>reader"`
		Roles struct {
			Owner  []string `xml:"owner>grants>query"`
			Reader []string `xml:"reader>grants>query"`
		} `xml:"roles"`
		Users struct {
			All []struct {
				XMLName xml.Name
				userXML
			} `xml:",any"`
		} `xml:"users"`
	}
	if err := xml.Unmarshal(read(t, "clickhouse/users.d/auyl.xml"), &f); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, u := range f.Users.All {
		name := u.XMLName.Local
		if u.Remove != "" {
			got[name] = "removed"
			continue
		}
		got[name] = strings.Join(u.Grants, ";") + " as " + u.Profile + " with " + u.Password.FromEnv
		if u.Password.Text != "" || len(u.Networks) == 0 || slices.Contains(u.Networks, "::/0") {
			t.Errorf("user %s: password in the file, or open to every network", name)
		}
	}
	want := map[string]string{
		"default": "removed",
		"auyl":    "GRANT owner as default with AUYL_CLICKHOUSE_PASSWORD",
		"reader":  "GRANT reader as reader with AUYL_CLICKHOUSE_READER_PASSWORD",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("users (-want +got):\n%s", d)
	}
	if f.Reader.ReadOnly != "2" {
		t.Errorf("reader: readonly %q, want 2", f.Reader.ReadOnly)
	}
	embedded := strings.ReplaceAll(string(read(t, "../clickhouse/embedded/config/users.xml.tmpl")), "{{.Database}}", "auyl")
	for _, g := range slices.Concat(f.Roles.Owner, f.Roles.Reader) {
		if !strings.Contains(g, " ON system.") && !strings.Contains(embedded, "<query>"+g+"</query>") {
			t.Errorf("the embedded engine does not have: %s", g)
		}
	}
}

// TestImagesArePinned also ties the versions to those that the code is built and
// tested with.
func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	exact := regexp.MustCompile(`^[a-z0-9./-]+:[a-z]*-?\d+(\.\d+)*[a-z0-9.-]*(@sha256:[0-9a-f]{64})?$`)
	dockerfile := string(read(t, root+"/Dockerfile"))
	stages, from := map[string]bool{}, map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+) AS (\S+)$`).FindAllStringSubmatch(dockerfile, -1) {
		if !stages[m[1]] && (!exact.MatchString(m[1]) || strings.Contains(m[1], "latest")) {
			t.Errorf("Dockerfile: FROM %s is not pinned", m[1])
		}
		stages[m[2]], from[m[2]] = true, m[1]
	}
	if n := strings.Count("\n"+dockerfile, "\nFROM "); n != len(stages) {
		t.Errorf("%d stages, %d of them named", n, len(stages))
	}
	for name, s := range compose(t).Services {
		switch {
		case s.Build != nil && !stages[s.Build.Target]:
			t.Errorf("%s: Dockerfile has no target %q", name, s.Build.Target)
		case s.Build != nil && !strings.HasPrefix(s.Image, "auyl/"), s.Build == nil && !exact.MatchString(s.Image), strings.Contains(s.Image, "latest"):
			t.Errorf("%s: image %q is not pinned", name, s.Image)
		}
	}

	gomod := string(read(t, root+"/go.mod"))
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(gomod)
	if len(version) != 2 || !strings.HasPrefix(from["build"], "golang:"+version[1]+".") {
		t.Errorf("built with %s, go.mod wants %v", from["build"], version)
	}
	var pkg struct {
		Engine map[string]string `json:"optionalDependencies"`
	}
	if err := json.Unmarshal(read(t, root+"/package.json"), &pkg); err != nil {
		t.Fatal(err)
	}
	minor := regexp.MustCompile(`^\d+\.\d+\.`)
	for name, v := range pkg.Engine {
		if image := compose(t).Services["clickhouse"].Image; !strings.Contains(image, ":"+minor.FindString(v)) {
			t.Errorf("ClickHouse %s, but tests run on %s %s: want the same release", image, name, v)
		}
	}
}
