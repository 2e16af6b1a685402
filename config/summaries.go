package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/internal/mailaddr"
)

// Summaries say by which ways summaries are sent, and to whom.
type Summaries struct {
	// Catcher starts a mail server of our own on loopback that keeps what it gets
	// as files under mail/ of the data folder; a channel reaches it as host
	// catcher.auyl. For examples: nothing leaves this machine.
	Catcher       bool               `yaml:"catcher"`
	CatcherListen string             `yaml:"catcher_listen"` // loopback address; default 127.0.0.1:0
	Channels      []SummaryChannel   `yaml:"channels"`
	Recipients    []SummaryRecipient `yaml:"recipients"`
}

// Catcher is the host by which a channel names the catcher.
const Catcher = "catcher.auyl"

// SummaryChannel is one way. Which fields it has depends on its kind.
type SummaryChannel struct {
	ID   string `yaml:"id"`
	Kind string `yaml:"kind"` // smtp, folder, webhook or nats

	Host     string `yaml:"host"`      // smtp
	Port     int    `yaml:"port"`      // smtp; default 587, and 465 with tls
	TLS      string `yaml:"tls"`       // smtp: starttls (default), tls, or none on this machine
	User     string `yaml:"user"`      // smtp; with a secret
	From     string `yaml:"from"`      // smtp: bare address
	FromName string `yaml:"from_name"` // smtp
	ReplyTo  string `yaml:"reply_to"`  // smtp: bare address

	Dir string `yaml:"dir"` // folder: a path, or s3://bucket/prefix?…; default summaries in the data folder

	Sender       string   `yaml:"sender"`        // webhook: what the other side calls us
	Hosts        []string `yaml:"hosts"`         // webhook: those that may be called
	AllowPrivate []string `yaml:"allow_private"` // webhook: those of them that may have an inner address

	CAFile     string `yaml:"ca_file"`     // smtp, webhook: authorities to trust, PEM
	SecretEnv  string `yaml:"secret_env"`  // smtp: password; webhook: what signs. Name of the environment variable
	SecretFile string `yaml:"secret_file"` // or path of a file that holds nothing else
}

// SummaryRecipient is somebody or something that gets summaries.
type SummaryRecipient struct {
	ID      string `yaml:"id"` // label: what logs and tables show instead of the address
	Channel string `yaml:"channel"`
	// Address is an address of e-mail, a folder below that of the channel, the URL
	// of a webhook or a subject of NATS.
	Address   string   `yaml:"address"`
	Languages []string `yaml:"languages"` // kk, ru, en; default kk
	Formats   []string `yaml:"formats"`   // html, pdf, xlsx, markdown, json; default html
	Areas     []string `yaml:"areas"`     // KATO codes; empty: all
	Summaries []string `yaml:"summaries"` // ids; empty: all
}

func (s *Summaries) defaults() {
	if s.CatcherListen == "" {
		s.CatcherListen = "127.0.0.1:0"
	}
	for i := range s.Recipients {
		r := &s.Recipients[i]
		if len(r.Languages) == 0 {
			r.Languages = []string{"kk"}
		}
		if len(r.Formats) == 0 {
			r.Formats = []string{"html"}
		}
	}
}

// label is the shape of the ids of channels and recipients.
var label = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func (c *Config) validateSummaries(bad func(path, format string, args ...any)) {
	s := &c.Summaries
	if err := Loopback(s.CatcherListen); err != nil {
		bad("$.summaries.catcher_listen", "%v", err)
	}
	kinds := map[string]string{}
	for i := range s.Channels {
		ch := &s.Channels[i]
		at := fmt.Sprintf("$.summaries.channels[%d]", i)
		if !label.MatchString(ch.ID) {
			bad(at+".id", "%q: want a label of small letters, digits and hyphens", ch.ID)
		}
		if kinds[ch.ID] != "" {
			bad(at+".id", "channel %s is there twice", ch.ID)
		}
		kinds[ch.ID] = ch.Kind
		c.validateChannel(ch, func(field, format string, args ...any) { bad(at+field, format, args...) })
	}
	ids, addresses := map[string]bool{}, map[string]string{}
	for i := range s.Recipients {
		r := &s.Recipients[i]
		at := fmt.Sprintf("$.summaries.recipients[%d]", i)
		if !label.MatchString(r.ID) {
			bad(at+".id", "%q: want a label of small letters, digits and hyphens", r.ID)
		}
		if ids[r.ID] {
			bad(at+".id", "recipient %s is there twice", r.ID)
		}
		ids[r.ID] = true
		kind, ok := kinds[r.Channel]
		if !ok {
			bad(at+".channel", "recipient %s: no channel %q under summaries.channels", r.ID, r.Channel)
		}
		// One with a line break is refused whatever it is for: it ends in a header.
		address := r.Channel + "\n" + r.Address
		switch {
		case kind == "smtp":
			if err := mailaddr.Check(r.Address); err != nil {
				bad(at+".address", "recipient %s: %v", r.ID, err)
			}
			address = mailaddr.Normal(r.Address)
		case strings.ContainsFunc(r.Address, func(r rune) bool { return r < ' ' || r == 0x7f }):
			bad(at+".address", "recipient %s: address %q %v", r.ID, r.Address, mailaddr.ErrInjection)
		}
		if other, ok := addresses[kind+"\n"+address]; ok {
			bad(at+".address", "recipient %s has the address of recipient %s: name each address once", r.ID, other)
		}
		addresses[kind+"\n"+address] = r.ID
		r.validate(kind, func(field, format string, args ...any) { bad(at+field, format, args...) })
	}
}

func (r *SummaryRecipient) validate(kind string, bad func(field, format string, args ...any)) {
	known := func(field string, list, all []string) {
		for i, v := range list {
			if !slices.Contains(all, v) || slices.Contains(list[:i], v) {
				bad(fmt.Sprintf("%s[%d]", field, i), "%q: want %s, each once", v, strings.Join(all, ", "))
			}
		}
	}
	known(".languages", r.Languages, []string{"kk", "ru", "en"})
	known(".formats", r.Formats, []string{"html", "pdf", "xlsx", "markdown", "json"})
	if (kind == "webhook" || kind == "nats") && len(r.Formats) > 1 {
		bad(".formats", "recipient %s: one message is one format: want a recipient for each", r.ID)
	}
	for i, a := range r.Areas {
		if _, err := auyl.ParseAreaCode(a); err != nil {
			bad(fmt.Sprintf(".areas[%d]", i), "%v", err)
		}
	}
}

// loopbackHost reports whether a host is this machine by its very name.
func loopbackHost(host string) bool {
	return Loopback(host+":1") == nil || Loopback("["+host+"]:1") == nil
}

func (c *Config) validateChannel(ch *SummaryChannel, bad func(field, format string, args ...any)) {
	switch {
	case ch.SecretEnv != "" && ch.SecretFile != "":
		bad("", "channel %s wants either secret_env or secret_file", ch.ID)
	case ch.SecretEnv != "" && !envName.MatchString(ch.SecretEnv):
		bad(".secret_env", "%q is not the name of an environment variable", ch.SecretEnv)
	}
	if ch.CAFile != "" {
		if _, err := os.Stat(c.Path(ch.CAFile)); err != nil {
			bad(".ca_file", "%q is not a file", ch.CAFile)
		}
	}
	secret := ch.SecretEnv != "" || ch.SecretFile != ""
	switch ch.Kind {
	case "smtp":
		c.validateMail(ch, secret, bad)
	case "folder", "nats":
		if secret {
			bad("", "channel %s: a %s takes no secret", ch.ID, ch.Kind)
		}
		if strings.HasPrefix(ch.Dir, "s3://") {
			if _, err := c.remote(ch.Dir); err != nil {
				bad(".dir", "%v", err)
			}
		}
	case "webhook":
		if !secret {
			bad("", "channel %s: a webhook is signed: want secret_env or secret_file", ch.ID)
		}
		if ch.Sender == "" {
			bad("", "channel %s wants sender: what the other side calls us, such as auyl.summaries", ch.ID)
		}
		if len(ch.Hosts) == 0 {
			bad("", "channel %s wants hosts: those that may be called", ch.ID)
		}
		for field, hosts := range map[string][]string{".hosts": ch.Hosts, ".allow_private": ch.AllowPrivate} {
			for i, h := range hosts {
				if !hostName(h) {
					bad(fmt.Sprintf("%s[%d]", field, i), "%q is not a host: want a name or an address, in lower case and without a port", h)
				}
			}
		}
	default:
		bad(".kind", "unknown kind %q: want smtp, folder, webhook or nats", ch.Kind)
	}
}

func (c *Config) validateMail(ch *SummaryChannel, secret bool, bad func(field, format string, args ...any)) {
	if ch.Host == "" {
		bad("", "channel %s wants host", ch.ID)
	} else if ch.Host != Catcher && !hostName(ch.Host) {
		bad(".host", "%q is not a host: want a name or an address, in lower case and without a port", ch.Host)
	}
	if ch.Host == Catcher && !c.Summaries.Catcher {
		bad(".host", "%s is there with summaries.catcher: true only", Catcher)
	}
	if ch.Port < 0 || ch.Port > 65535 {
		bad(".port", "%d is not a port", ch.Port)
	}
	switch ch.TLS {
	case "", "starttls", "tls":
	case "none":
		if ch.Host != Catcher && !loopbackHost(ch.Host) {
			bad(".tls", "mail without TLS goes to a server of this machine only: want starttls or tls")
		}
		if secret {
			bad(".tls", "a password is not sent without TLS")
		}
	default:
		bad(".tls", "%q: want starttls, tls or none", ch.TLS)
	}
	if (ch.User != "") != secret {
		bad("", "channel %s wants user and a secret, or neither", ch.ID)
	}
	if err := mailaddr.Check(ch.From); err != nil {
		bad(".from", "channel %s: sender: %v", ch.ID, err)
	}
	if ch.ReplyTo != "" {
		if err := mailaddr.Check(ch.ReplyTo); err != nil {
			bad(".reply_to", "channel %s: %v", ch.ID, err)
		}
	}
	if strings.ContainsFunc(ch.FromName, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		bad(".from_name", "channel %s: %q %v", ch.ID, ch.FromName, mailaddr.ErrInjection)
	}
}
