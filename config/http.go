package config

import "net/netip"

// HTTP is where a process tells others how it is. What it tells names sources and
// counts, and nothing of what they gave.
type HTTP struct {
	Listen string `yaml:"listen"` // such as 127.0.0.1:9464; port 0 is any free one; empty: nowhere
}

func (h HTTP) validate(bad func(path, format string, args ...any)) {
	if h.Listen == "" {
		return
	}
	if _, err := netip.ParseAddrPort(h.Listen); err != nil {
		bad("$.http.listen", "%q: want an address and a port such as 127.0.0.1:9464", h.Listen)
	}
}
