// Package config reads the one configuration file of auyl, lets the environment
// override it, and checks it whole. It knows plain values only: cmd/auyl turns
// them into the options of the parts.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/auyl-kz/auyl"
)

// Config is the whole configuration. Paths are relative to the file.
type Config struct {
	Zone       string     `yaml:"zone"`       // of schedules and local clocks; default Asia/Almaty
	Schemas    string     `yaml:"schemas"`    // folder of areas, catalogue and contracts; empty: those built in
	Archive    Archive    `yaml:"archive"`    // where the bytes of sources are kept
	Drop       Drop       `yaml:"drop"`       // files that people and programs put down
	Simulate   Simulate   `yaml:"simulate"`   // synthetic registers, served and dropped by auyl itself
	NATS       NATS       `yaml:"nats"`       // empty url: a server inside the process
	ClickHouse ClickHouse `yaml:"clickhouse"` // empty dsn: an engine of our own
	HTTP       HTTP       `yaml:"http"`       // /healthz, /readyz and /metrics
	Push       Push       `yaml:"push"`       // pages that partners send of themselves
	Web        Web        `yaml:"web"`        // manners of asking over HTTP
	Summaries  Summaries  `yaml:"summaries"`  // ways and recipients of summaries
	// Quality lets auyl run take stock of its sources as of two more,
	// platform.quality and platform.access. Roles by themselves do not.
	Quality bool     `yaml:"quality"`
	Sources []Source `yaml:"sources"` // feeds asked over HTTP, in the order in which they are first pulled

	file string
	src  []byte
}

// Drop is where files are dropped.
type Drop struct {
	Dirs        []string `yaml:"dirs"`         // paths, sftp:// and s3:// addresses
	Every       string   `yaml:"every"`        // how often the folders are looked through; default 2s
	RemoteEvery string   `yaml:"remote_every"` // how often those of other machines are; default 1m
}

// Simulate is the seeded model behind the registers that have no open door.
type Simulate struct {
	Enabled bool   `yaml:"enabled"`
	Seed    uint64 `yaml:"seed"`
	Now     string `yaml:"now"`    // day up to which registers are written, so that every run sees the same
	Months  int    `yaml:"months"` // of history
	Scale   int    `yaml:"scale"`  // multiplies the volume of events, and of cuts unless they are said
	Cuts    int    `yaml:"cuts"`   // of household registers in a half-year; 0: as many as scale
	Listen  string `yaml:"listen"` // loopback address; default 127.0.0.1:0
}

// NATS says where the streams are.
type NATS struct {
	URL       string `yaml:"url"`
	User      string `yaml:"user"`
	Password  string `yaml:"-"` // environment only: AUYL_NATS_PASSWORD
	Replicas  int    `yaml:"replicas"`
	SyncEvery bool   `yaml:"sync_every_write"` // survive a loss of power at the price of speed
	Listen    string `yaml:"listen"`           // let others in to the embedded server: 127.0.0.1:4222
}

// ClickHouse says where the tables are.
type ClickHouse struct {
	DSN     string `yaml:"-"`       // environment only, it holds a password: AUYL_CLICKHOUSE_DSN
	Engine  string `yaml:"engine"`  // path of a clickhouse binary or of the engine library; default: looked for
	Listen  string `yaml:"listen"`  // of the embedded engine; default 127.0.0.1:8123, with a free port where that is taken
	Cluster string `yaml:"cluster"` // name of the cluster for ON CLUSTER; empty for one server
}

// Source is one feed that is asked over HTTP.
type Source struct {
	ID       string   `yaml:"id"`
	URLs     []string `yaml:"urls"` // one page each
	Base     string   `yaml:"base"` // of a paged data.egov.kz set
	PageSize int      `yaml:"page_size"`
	KeyEnv   string   `yaml:"key_env"` // name of the environment variable with the API key
	Auth     string   `yaml:"auth"`    // how the key travels: bearer, query:apiKey, header:X-API-KEY
	Paging   *Paging  `yaml:"paging"`  // of a base that hands out pages of JSON
	Order    *Order   `yaml:"order"`   // of a base that takes orders: the business register
	// CheckTotal compares the rows of a data.egov.kz set with the number that the
	// portal says it has.
	CheckTotal bool   `yaml:"check_total"`
	Schedule   string `yaml:"schedule"`
	// ReleaseDay is the day of the month before which it is not asked, because its
	// publisher releases then; 0 is any.
	ReleaseDay int       `yaml:"release_day"`
	Backfill   *Backfill `yaml:"backfill"`
}

// Simulated is the host by which a URL names the model that auyl itself serves.
const Simulated = "simulate.auyl"

// Load reads the file and the environment and returns every fault it finds.
// Errors name file, line and column.
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return parse(path, b, env)
}

// Default is the configuration of an empty file, with the environment over it.
func Default(env func(string) (string, bool)) (*Config, error) {
	return parse("configuration", []byte("{}\n"), env)
}

func parse(path string, b []byte, env func(string) (string, bool)) (*Config, error) {
	c := &Config{file: path}
	dec := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField())
	if err := dec.Decode(c); err != nil {
		return nil, positioned(path, err)
	}
	c.defaults()
	if err := c.override(env); err != nil {
		return nil, err
	}
	if err := c.validate(b); err != nil {
		return nil, err
	}
	c.src = b
	return c, nil
}

// Fault is an error at a value of the file, named by its YAML path such as
// $.sources[0].schedule, for checks that need more than this package knows.
func (c *Config) Fault(path, format string, args ...any) error {
	return fmt.Errorf("%s%s: %s", c.file, at(c.src, path), fmt.Sprintf(format, args...))
}

// positioned turns an error of the YAML library into file:line:column: message.
func positioned(path string, err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		pos := ye.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", path, pos.Line, pos.Column, ye.GetMessage())
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (c *Config) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.Zone, "Asia/Almaty")
	set(&c.Drop.Every, "2s")
	set(&c.Drop.RemoteEvery, "1m")
	set(&c.Simulate.Listen, "127.0.0.1:0")
	set(&c.ClickHouse.Listen, "127.0.0.1:8123")
	c.Web.defaults()
	c.Push.defaults()
	c.Summaries.defaults()
	for i := range c.Sources {
		if o := c.Sources[i].Order; o != nil {
			o.defaults()
		}
	}
	if c.Simulate.Months == 0 {
		c.Simulate.Months = 24
	}
	if c.Simulate.Scale == 0 {
		c.Simulate.Scale = 1
	}
	if c.NATS.Replicas == 0 {
		c.NATS.Replicas = 1
	}
}

// override applies the environment: what a container sets, and secrets.
func (c *Config) override(env func(string) (string, bool)) error {
	for name, to := range map[string]*string{
		"AUYL_NATS_URL":          &c.NATS.URL,
		"AUYL_NATS_USER":         &c.NATS.User,
		"AUYL_NATS_PASSWORD":     &c.NATS.Password,
		"AUYL_CLICKHOUSE_DSN":    &c.ClickHouse.DSN,
		"AUYL_CLICKHOUSE":        &c.ClickHouse.Engine,
		"AUYL_CLICKHOUSE_LISTEN": &c.ClickHouse.Listen,
		"AUYL_SIMULATE_LISTEN":   &c.Simulate.Listen,
	} {
		if v, ok := env(name); ok && v != "" {
			*to = v
		}
	}
	if v, ok := env("AUYL_QUALITY"); ok && v != "" {
		on, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("environment: AUYL_QUALITY=%q: want true or false", v)
		}
		c.Quality = on
	}
	for name, to := range map[string]*int{"AUYL_SIMULATE_SCALE": &c.Simulate.Scale, "AUYL_SIMULATE_CUTS": &c.Simulate.Cuts, "AUYL_SIMULATE_MONTHS": &c.Simulate.Months} {
		if v, ok := env(name); ok && v != "" {
			n, err := strconv.Atoi(v)
			if err != nil {
				return fmt.Errorf("environment: %s=%q: want a whole number", name, v)
			}
			*to = n
		}
	}
	return nil
}

// validate finds all faults of the values at once.
func (c *Config) validate(src []byte) error {
	var faults []error
	bad := func(path, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s%s: %s", c.file, at(src, path), fmt.Sprintf(format, args...)))
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		bad("$.zone", "unknown time zone %q: want a name such as Asia/Almaty", c.Zone)
	}
	if d, err := time.ParseDuration(c.Drop.Every); err != nil || d < 100*time.Millisecond {
		bad("$.drop.every", "%q is not a duration of at least 100ms: want 2s", c.Drop.Every)
	}
	c.validateArchive(bad)
	if d, err := time.ParseDuration(c.Drop.RemoteEvery); err != nil || d < 100*time.Millisecond {
		bad("$.drop.remote_every", "%q is not a duration of at least 100ms: want 1m", c.Drop.RemoteEvery)
	}
	for i, d := range c.Drop.Dirs {
		if remote, err := c.remote(d); remote {
			if err != nil {
				bad(fmt.Sprintf("$.drop.dirs[%d]", i), "%v", err)
			}
			continue
		}
		if info, err := os.Stat(c.Path(d)); err != nil || !info.IsDir() {
			bad(fmt.Sprintf("$.drop.dirs[%d]", i), "%q is not a folder", d)
		}
	}
	for path, addr := range map[string]string{"$.clickhouse.listen": c.ClickHouse.Listen, "$.simulate.listen": c.Simulate.Listen} {
		if err := Loopback(addr); err != nil {
			bad(path, "%v", err)
		}
	}
	if c.NATS.Listen != "" {
		if _, err := netip.ParseAddrPort(c.NATS.Listen); err != nil {
			bad("$.nats.listen", "%q: want an address and a port such as 127.0.0.1:4222", c.NATS.Listen)
		}
	}
	if c.Simulate.Enabled {
		if _, err := auyl.ParseDay(c.Simulate.Now); err != nil {
			bad("$.simulate.now", "%v", err)
		}
	}
	if c.Simulate.Months < 1 || c.Simulate.Months > 240 {
		bad("$.simulate.months", "%d is out of range: 1 to 240", c.Simulate.Months)
	}
	if c.Simulate.Scale < 1 || c.Simulate.Scale > 1000 {
		bad("$.simulate.scale", "%d is out of range: 1 to 1000", c.Simulate.Scale)
	}
	if c.Simulate.Cuts < 0 || c.Simulate.Cuts > 180 {
		bad("$.simulate.cuts", "%d is out of range: 0 to 180", c.Simulate.Cuts)
	}
	if c.NATS.Replicas < 1 || c.NATS.Replicas > 5 || c.NATS.Replicas%2 == 0 {
		bad("$.nats.replicas", "%d copies: want 1, 3 or 5", c.NATS.Replicas)
	}
	c.HTTP.validate(bad)
	c.validateWeb(bad)
	c.validatePush(bad)
	c.validateSummaries(bad)
	seen := map[string]bool{}
	for i, s := range c.Sources {
		p := func(field string) string { return fmt.Sprintf("$.sources[%d]%s", i, field) }
		if _, err := auyl.ParseSourceID(s.ID); err != nil {
			bad(p(".id"), "%v", err)
		}
		if seen[s.ID] {
			bad(p(".id"), "source %s is there twice", s.ID)
		}
		seen[s.ID] = true
		if (len(s.URLs) == 0) == (s.Base == "") {
			bad(p(""), "source %s wants either urls or base", s.ID)
		}
		for j, u := range s.URLs {
			if err := webURL(u); err != nil {
				bad(p(fmt.Sprintf(".urls[%d]", j)), "%v", err)
			}
		}
		if s.Base != "" {
			if err := webURL(s.Base); err != nil {
				bad(p(".base"), "%v", err)
			}
		}
		s.validateDoor(func(field, format string, args ...any) { bad(p(field), format, args...) })
		s.validateBackfill(func(field, format string, args ...any) { bad(p(field), format, args...) })
		if s.KeyEnv != "" && !envName.MatchString(s.KeyEnv) {
			bad(p(".key_env"), "%q is not the name of an environment variable", s.KeyEnv)
		}
		if s.Schedule == "" {
			bad(p(""), "source %s has no schedule: want schedule: \"0 6 * * *\"", s.ID)
		}
	}
	return errors.Join(faults...)
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Loopback checks an address on which only this machine may be served.
func Loopback(addr string) error {
	a, err := netip.ParseAddrPort(strings.Replace(addr, "localhost:", "127.0.0.1:", 1))
	if err != nil || !a.Addr().IsLoopback() {
		return fmt.Errorf("%q: want an address of this machine alone and a port, such as 127.0.0.1:8123", addr)
	}
	return nil
}

func webURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%q is not an address to ask: want http:// or https:// and no password", s)
	}
	return nil
}

// at returns ":line:column" of a YAML path, "" where the file does not hold it.
func at(src []byte, path string) string {
	p, err := yaml.PathString(path)
	if err != nil {
		return ""
	}
	node, err := p.ReadNode(bytes.NewReader(src))
	if err != nil || node == nil || node.GetToken() == nil {
		return ""
	}
	pos := node.GetToken().Position
	return fmt.Sprintf(":%d:%d", pos.Line, pos.Column)
}

// Dir returns the folder of the file, to which its paths are relative.
func (c *Config) Dir() string { return filepath.Dir(c.file) }

// Path resolves a path of the file.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir(), p)
}
