package config

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/auyl-kz/auyl"
)

// Push says who may send pages of themselves.
type Push struct {
	Listen   string       `yaml:"listen"`    // address and port of the webhook; default 127.0.0.1:0
	MaxBytes int64        `yaml:"max_bytes"` // of a page; default 8 MiB
	Window   string       `yaml:"window"`    // how far a timestamp may be from now; default 5m
	Sources  []PushSource `yaml:"sources"`   // none: no door is opened
}

// PushSource is one source that pushes, with the secret that it signs with.
type PushSource struct {
	ID         string `yaml:"id"`
	SecretEnv  string `yaml:"secret_env"`  // name of the environment variable
	SecretFile string `yaml:"secret_file"` // or path of a file that holds nothing else
}

func (p *Push) defaults() {
	if p.Listen == "" {
		p.Listen = "127.0.0.1:0"
	}
	if p.MaxBytes == 0 {
		p.MaxBytes = 8 << 20
	}
	if p.Window == "" {
		p.Window = "5m"
	}
}

func (c *Config) validatePush(bad func(path, format string, args ...any)) {
	p := c.Push
	if _, err := netip.ParseAddrPort(p.Listen); err != nil {
		bad("$.push.listen", "%q: want an address and a port such as 127.0.0.1:8090", p.Listen)
	}
	if p.MaxBytes < 1 || p.MaxBytes > 256<<20 {
		bad("$.push.max_bytes", "%d bytes: want 1 to 256 MiB", p.MaxBytes)
	}
	if err := duration(p.Window, time.Second); err != nil {
		bad("$.push.window", "%v", err)
	}
	seen := map[string]bool{}
	for _, s := range c.Sources {
		seen[s.ID] = true
	}
	for i, s := range p.Sources {
		at := fmt.Sprintf("$.push.sources[%d]", i)
		if _, err := auyl.ParseSourceID(s.ID); err != nil {
			bad(at+".id", "%v", err)
		}
		if seen[s.ID] {
			bad(at+".id", "source %s is there twice: it either pushes or is asked", s.ID)
		}
		seen[s.ID] = true
		switch {
		case (s.SecretEnv == "") == (s.SecretFile == ""):
			bad(at, "source %s wants either secret_env or secret_file", s.ID)
		case s.SecretEnv != "" && !envName.MatchString(s.SecretEnv):
			bad(at+".secret_env", "%q is not the name of an environment variable", s.SecretEnv)
		}
	}
}
