package config

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Web is how sources are asked over HTTP.
type Web struct {
	Contact      string          `yaml:"contact"`       // whom to write to about our requests; part of the User-Agent
	CAFile       string          `yaml:"ca_file"`       // authorities to trust beside those of the system, PEM
	Proxy        string          `yaml:"proxy"`         // way out; empty: what the environment says
	AllowPrivate []string        `yaml:"allow_private"` // hosts that may have an address of an inner network
	PerSecond    float64         `yaml:"per_second"`    // requests to a host that hosts does not name; default 2
	ResumeWithin string          `yaml:"resume_within"` // age up to which pages of a failed pull are not asked again; default 6h
	Jitter       string          `yaml:"jitter"`        // how much later than its times at most a source is asked; default 1m
	Hosts        map[string]Host `yaml:"hosts"`         // by name; redirects may lead to them, too
}

// Host limits the requests to one host.
type Host struct {
	PerSecond float64 `yaml:"per_second"` // 0: that of all hosts
	PerDay    int     `yaml:"per_day"`    // 0: no limit
}

// Paging declares how a source hands out a list in pages of JSON.
type Paging struct {
	Kind      string `yaml:"kind"`       // next_link, offset, page, cursor or graphql
	Items     string `yaml:"items"`      // path of the list, keys joined by dots
	Next      string `yaml:"next"`       // path of what leads to the next page
	More      string `yaml:"more"`       // graphql: path of whether there is one
	Total     string `yaml:"total"`      // path of the number of all rows
	Param     string `yaml:"param"`      // parameter that counts, or takes the mark
	SizeParam string `yaml:"size_param"` // parameter with the rows of a page
	Size      int    `yaml:"size"`
	First     int    `yaml:"first"` // number of the first page or row
	Query     string `yaml:"query"` // graphql: the text
}

// Order declares an extract that is ordered first and fetched when it is ready.
type Order struct {
	Conditions string `yaml:"conditions"` // JSON list, as the register takes it
	PollEvery  string `yaml:"poll_every"` // default 30s
	PollFor    string `yaml:"poll_for"`   // within one pull; default 10m
	GiveUp     string `yaml:"give_up"`    // age at which an order is given up; default 24h
}

// duration reads a text that defaults have filled.
func duration(s string, least time.Duration) error {
	if d, err := time.ParseDuration(s); err != nil || d < least {
		return fmt.Errorf("%q is not a duration of at least %s", s, least)
	}
	return nil
}

func (w *Web) defaults() {
	if w.PerSecond == 0 {
		w.PerSecond = 2
	}
	if w.Jitter == "" {
		w.Jitter = "1m"
	}
	if w.ResumeWithin == "" {
		w.ResumeWithin = "6h"
	}
}

func (o *Order) defaults() {
	for s, v := range map[*string]string{&o.PollEvery: "30s", &o.PollFor: "10m", &o.GiveUp: "24h"} {
		if *s == "" {
			*s = v
		}
	}
}

func (c *Config) validateWeb(bad func(path, format string, args ...any)) {
	w := c.Web
	if strings.ContainsFunc(w.Contact, func(r rune) bool { return r < ' ' || r > '~' || r == '(' || r == ')' }) {
		bad("$.web.contact", "%q: want an address such as data@example.kz, in ASCII", w.Contact)
	}
	if w.CAFile != "" {
		if _, err := os.Stat(c.Path(w.CAFile)); err != nil {
			bad("$.web.ca_file", "%q is not a file", w.CAFile)
		}
	}
	if w.Proxy != "" {
		if u, err := url.Parse(w.Proxy); err != nil || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) || u.Host == "" || u.User != nil {
			bad("$.web.proxy", "want http://host:port, https:// or socks5://, and no password")
		}
	}
	for i, h := range w.AllowPrivate {
		if !hostName(h) {
			bad(fmt.Sprintf("$.web.allow_private[%d]", i), "%q is not a host: want a name or an address, without a port", h)
		}
	}
	if w.PerSecond < 0 || w.PerSecond > 100 {
		bad("$.web.per_second", "%v requests a second: want more than 0, at most 100", w.PerSecond)
	}
	if err := duration(w.Jitter, 0); err != nil {
		bad("$.web.jitter", "%v", err)
	}
	if err := duration(w.ResumeWithin, time.Second); err != nil {
		bad("$.web.resume_within", "%v", err)
	}
	for name, h := range w.Hosts {
		path := "$.web.hosts.'" + name + "'"
		if !hostName(name) {
			bad(path, "%q is not a host: want a name or an address, in lower case and without a port", name)
		}
		if h.PerSecond < 0 || h.PerSecond > 100 {
			bad(path+".per_second", "%v requests a second: want 0 to 100", h.PerSecond)
		}
		if h.PerDay < 0 {
			bad(path+".per_day", "%d requests a day: want 0 or more", h.PerDay)
		}
	}
}

var (
	dnsName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	authWay = regexp.MustCompile(`^(bearer|query:[A-Za-z0-9_.-]+|header:[A-Za-z0-9-]+)$`)
)

func hostName(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, _, err := net.SplitHostPort(s)
	return err != nil && dnsName.MatchString(s)
}

// validateDoor checks what is special to the kind of a source.
func (s *Source) validateDoor(bad func(field, format string, args ...any)) {
	switch {
	case s.Auth != "" && !authWay.MatchString(s.Auth):
		bad(".auth", "%q: want bearer, query:apiKey or header:X-API-KEY", s.Auth)
	case s.Auth != "" && s.KeyEnv == "":
		bad(".auth", "auth without key_env: want the name of the environment variable with the key")
	}
	if s.Base == "" {
		if s.Paging != nil || s.Order != nil || s.CheckTotal {
			bad("", "source %s: paging, order and check_total want base", s.ID)
		}
		return
	}
	switch {
	case s.Paging != nil && s.Order != nil:
		bad("", "source %s wants either paging or order", s.ID)
	case s.Paging != nil:
		s.Paging.validate(bad)
	case s.Order != nil:
		if !json.Valid([]byte(s.Order.Conditions)) || !strings.HasPrefix(strings.TrimSpace(s.Order.Conditions), "[") {
			bad(".order.conditions", "want a JSON list such as '[{\"classVersionId\": 213, \"itemIds\": [1]}]'")
		}
		for field, text := range map[string]string{".order.poll_every": s.Order.PollEvery, ".order.poll_for": s.Order.PollFor, ".order.give_up": s.Order.GiveUp} {
			if err := duration(text, time.Second); err != nil {
				bad(field, "%v", err)
			}
		}
	case s.PageSize < 1 || s.PageSize > 10_000:
		bad(".page_size", "%d rows a page: want 1 to 10000", s.PageSize)
	}
	if s.CheckTotal && (s.Paging != nil || s.Order != nil) {
		bad(".check_total", "is for data.egov.kz: paging has total")
	}
}

func (p *Paging) validate(bad func(field, format string, args ...any)) {
	want := map[string]string{}
	switch p.Kind {
	case "next_link":
	case "offset", "page":
		want["param"] = p.Param
		if p.Size < 1 {
			bad(".paging.size", "%d rows a page: want 1 or more", p.Size)
		}
	case "cursor":
		want["param"], want["next"] = p.Param, p.Next
	case "graphql":
		want["query"], want["items"] = p.Query, p.Items
		if p.Size < 1 {
			bad(".paging.size", "%d rows a page: want 1 or more", p.Size)
		}
	default:
		bad(".paging.kind", "unknown kind %q: want next_link, offset, page, cursor or graphql", p.Kind)
	}
	for _, name := range []string{"param", "next", "query", "items"} {
		if v, ok := want[name]; ok && v == "" {
			bad(".paging", "paging of kind %s wants %s", p.Kind, name)
		}
	}
	if p.Size < 0 || p.Size > 100_000 || p.First < 0 {
		bad(".paging", "size and first must not be negative, and size not over 100000")
	}
}
