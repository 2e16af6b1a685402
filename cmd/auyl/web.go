package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/egov"
)

// web is the keeper of manners that all doors share. The model's host name leads
// to where it listens this time, so that its pages keep their names from run to run.
func (n *node) web(simAddr string) (*ingest.Web, error) {
	c := n.cfg.Web
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	o := ingest.WebOptions{
		Contact: c.Contact, AllowPrivate: c.AllowPrivate, Zone: zone,
		Limits: ingest.HostLimits{PerSecond: c.PerSecond}, Hosts: map[string]ingest.HostLimits{},
	}
	for name, h := range c.Hosts {
		l := ingest.HostLimits{PerSecond: h.PerSecond, PerDay: h.PerDay}
		if l.PerSecond == 0 {
			l.PerSecond = c.PerSecond
		}
		o.Hosts[name] = l
	}
	if simAddr != "" {
		o.Route = map[string]string{config.Simulated + ":80": simAddr}
	}
	if c.Proxy != "" {
		if o.Proxy, err = url.Parse(c.Proxy); err != nil {
			return nil, n.cfg.Fault("$.web.proxy", "not an address")
		}
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(n.cfg.Path(c.CAFile))
		if err != nil {
			return nil, fmt.Errorf("web.ca_file: %w", err)
		}
		if o.CA, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("web.ca_file: authorities of the system: %w", err)
		}
		if !o.CA.AppendCertsFromPEM(pem) {
			return nil, n.cfg.Fault("$.web.ca_file", "%q holds no certificate in PEM", c.CAFile)
		}
	}
	return ingest.NewWeb(o), nil
}

// webDoor makes the door of a source of the configuration.
func (n *node) webDoor(s config.Source, web *ingest.Web, simAddr string) (ingest.Door, error) {
	parse := func(raw string) (*url.URL, error) {
		if strings.Contains(raw, "://"+config.Simulated) && simAddr == "" {
			return nil, fmt.Errorf("%s: source %s asks %s, but simulate.enabled is false", n.Config, s.ID, config.Simulated)
		}
		return url.Parse(raw)
	}
	auth, err := n.auth(s)
	if err != nil {
		return nil, err
	}
	o := ingest.HTTPOptions{Web: web}
	if s.Base == "" {
		var urls []*url.URL
		for _, raw := range s.URLs {
			u, err := parse(raw)
			if err != nil {
				return nil, err
			}
			urls = append(urls, u)
		}
		return ingest.NewHTTPFiles(urls, auth, o), nil
	}
	u, err := parse(s.Base)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Paging != nil:
		door, err := ingest.NewJSONPages(u, ingest.Paging(*s.Paging), auth, o)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.ID, err)
		}
		return door, nil
	case s.Order != nil:
		order := ingest.Order{Conditions: json.RawMessage(s.Order.Conditions)}
		for d, text := range map[*time.Duration]string{&order.PollEvery: s.Order.PollEvery, &order.PollFor: s.Order.PollFor, &order.GiveUp: s.Order.GiveUp} {
			if *d, err = time.ParseDuration(text); err != nil {
				return nil, fmt.Errorf("source %s: order: %w", s.ID, err)
			}
		}
		o.Timeout, o.MaxBodyBytes = 5*time.Minute, ingest.MaxFileBytes // a file of a whole oblast
		return ingest.NewOrdered(u, order, auth, o), nil
	}
	set := ingest.EGovSet{PageSize: s.PageSize, Auth: auth, CheckTotal: s.CheckTotal}
	return ingest.NewEGov(u, set, egov.CountRows, o), nil
}

// auth is the key of a source and how it travels: as data.egov.kz wants it where
// the source is a set of it, else as a bearer token.
func (n *node) auth(s config.Source) (ingest.Auth, error) {
	set := s.Base != "" && s.Paging == nil && s.Order == nil
	key := ""
	if s.KeyEnv != "" {
		key, _ = n.env(s.KeyEnv)
	}
	simulated := strings.Contains(s.Base, "://"+config.Simulated)
	switch {
	case key == "" && set && simulated:
		key = "simulated" // the model refuses whoever has none, as the real API does
	case key == "" && s.KeyEnv != "" && !simulated:
		n.log.Warn("source is asked without its key", "source", s.ID, "key_env", s.KeyEnv)
	}
	how := s.Auth
	switch {
	case how != "":
	case set:
		how = "query:apiKey"
	default:
		how = "bearer"
	}
	auth, err := ingest.NewAuth(how, key)
	if err != nil {
		return auth, fmt.Errorf("source %s: %w", s.ID, err)
	}
	return auth, nil
}
