package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/internal/mailaddr"
	"github.com/auyl-kz/auyl/internal/s3"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/summary/catcher"
	"github.com/auyl-kz/auyl/summary/send"
)

// checkSummaries holds recipients against what package config does not know: the
// addresses of programs, and the areas.
func checkSummaries(cfg *config.Config, h *schemas.House) error {
	kinds := map[string]string{}
	for _, c := range cfg.Summaries.Channels {
		kinds[c.ID] = c.Kind
	}
	known := map[string]bool{}
	for _, a := range h.Areas.All() {
		known[a.Code.String()] = true
	}
	var faults []error
	for i, r := range cfg.Summaries.Recipients {
		at := fmt.Sprintf("$.summaries.recipients[%d]", i)
		if err := send.CheckAddress(kinds[r.Channel], r.Address); err != nil {
			faults = append(faults, cfg.Fault(at+".address", "recipient %s: %v", r.ID, err))
		}
		for j, a := range r.Areas {
			if !known[a] {
				faults = append(faults, cfg.Fault(fmt.Sprintf("%s.areas[%d]", at, j), "recipient %s: area %s is in no register", r.ID, a))
			}
		}
	}
	return errors.Join(faults...)
}

// recipient is a recipient with the summaries that it gets; none are all.
type recipient struct {
	send.Recipient
	summaries []string
}

// recipients are those of the configuration, which was checked when it was read.
func (n *node) recipients() ([]recipient, error) {
	kinds := map[string]string{}
	for _, c := range n.cfg.Summaries.Channels {
		kinds[c.ID] = c.Kind
	}
	var out []recipient
	for _, r := range n.cfg.Summaries.Recipients {
		to := send.Recipient{ID: r.ID, Channel: r.Channel, Kind: kinds[r.Channel], Address: r.Address, Langs: r.Languages, Formats: r.Formats}
		for _, a := range r.Areas {
			code, err := auyl.ParseAreaCode(a)
			if err != nil {
				return nil, fmt.Errorf("recipient %s: %w", r.ID, err)
			}
			to.Areas = append(to.Areas, code)
		}
		out = append(out, recipient{to, r.Summaries})
	}
	return out, nil
}

// wants reports whether a recipient gets a summary.
func (r *recipient) wants(summary string) bool {
	return len(r.summaries) == 0 || slices.Contains(r.summaries, summary)
}

// summaryChannels opens the ways of the configuration, and the catcher with them.
// domain is that of the sender, for the Message-ID.
func (n *node) summaryChannels(ctx context.Context) (out map[string]send.Channel, domain string, err error) {
	port := 0
	if n.cfg.Summaries.Catcher {
		if port, err = n.catcher(ctx); err != nil {
			return nil, "", err
		}
	}
	out = map[string]send.Channel{}
	for i := range n.cfg.Summaries.Channels {
		c := &n.cfg.Summaries.Channels[i]
		if domain == "" && c.Kind == "smtp" {
			domain = mailaddr.Domain(c.From)
		}
		if out[c.ID], err = n.summaryChannel(ctx, c, port); err != nil {
			return nil, "", fmt.Errorf("channel %s: %w", c.ID, err)
		}
	}
	return out, domain, nil
}

func (n *node) summaryChannel(ctx context.Context, c *config.SummaryChannel, catcherPort int) (send.Channel, error) {
	secret, err := n.channelSecret(c)
	if err != nil {
		return nil, err
	}
	var ca *x509.CertPool
	if c.CAFile != "" {
		pem, err := os.ReadFile(n.cfg.Path(c.CAFile))
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		if ca, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("authorities of the system: %w", err)
		}
		if !ca.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: %q holds no certificate in PEM", c.CAFile)
		}
	}
	switch c.Kind {
	case "smtp":
		o := send.MailOptions{Host: c.Host, Port: c.Port, TLS: c.TLS, CA: ca, User: c.User, Password: secret, From: c.From, FromName: c.FromName, ReplyTo: c.ReplyTo}
		if c.Host == config.Catcher {
			o.Host, o.Port, o.TLS = "127.0.0.1", catcherPort, "none"
		}
		return send.NewMail(o)
	case "webhook":
		return send.NewWebhook(send.WebhookOptions{Secret: []byte(secret), Sender: c.Sender, Hosts: c.Hosts, AllowPrivate: c.AllowPrivate, CA: ca})
	case "nats":
		return send.NewSubject(summaryPublisher{n.conn}), stream.EnsureSummaries(ctx, n.conn, n.cfg.NATS.Replicas)
	}
	switch {
	case c.Dir == "":
		return send.NewFolder(n.dir("summaries")), nil
	case strings.HasPrefix(c.Dir, "s3://"):
		b, err := s3.Open(c.Dir, n.env, nil)
		if err != nil {
			return nil, err
		}
		return send.NewBucket(b), nil
	}
	return send.NewFolder(n.cfg.Path(c.Dir)), nil
}

// channelSecret reads the secret of a channel, which is named and never shown.
func (n *node) channelSecret(c *config.SummaryChannel) (string, error) {
	switch {
	case c.SecretEnv != "":
		v, ok := n.env(c.SecretEnv)
		if !ok || v == "" {
			return "", &exitError{exitUsage, fmt.Errorf("the environment has no %s", c.SecretEnv)}
		}
		return v, nil
	case c.SecretFile != "":
		b, err := os.ReadFile(n.cfg.Path(c.SecretFile))
		if err != nil {
			return "", &exitError{exitUsage, fmt.Errorf("secret: %w", err)}
		}
		return strings.TrimSpace(string(b)), nil
	}
	return "", nil
}

// catcherFile is how another command finds the catcher of a running auyl.
func (n *node) catcherFile() string { return n.dir("catcher.port") }

// mailDir is where the catcher keeps what it gets.
func (n *node) mailDir() string { return n.dir("mail") }

// catcher returns the port of the catcher of a running auyl, or starts one.
func (n *node) catcher(ctx context.Context) (int, error) {
	if b, err := os.ReadFile(n.catcherFile()); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			d := net.Dialer{Timeout: time.Second}
			if c, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
				return port, c.Close()
			} // a file that a killed auyl left behind
		}
	}
	c, err := catcher.Start(ctx, n.cfg.Summaries.CatcherListen, n.mailDir(), n.log)
	if err != nil {
		return 0, err
	}
	n.onClose(c.Close)
	if err := os.WriteFile(n.catcherFile(), []byte(strconv.Itoa(c.Port())+"\n"), 0o600); err != nil {
		return 0, fmt.Errorf("data folder: %w", err)
	}
	n.onClose(func() error { return os.Remove(n.catcherFile()) })
	return c.Port(), nil
}
