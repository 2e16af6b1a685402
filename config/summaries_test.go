package config_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestRecipientsOfSummariesAreCheckedWithTheirLine(t *testing.T) {
	t.Parallel()
	const channels = `summaries:
  catcher: true
  channels:
    - {id: mail, kind: smtp, host: catcher.auyl, tls: none, from: auyl@example.kz}
    - {id: files, kind: folder}
    - {id: hook, kind: webhook, sender: auyl.summaries, hosts: [example.kz], secret_env: HOOK}
  recipients:
    - {id: akim, channel: mail, address: akim@example.kz, languages: [kk, ru], formats: [html, pdf]}
`
	c, err := load(t, channels, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Summaries.Recipients[0]; len(r.Languages) != 2 || r.Formats[1] != "pdf" {
		t.Errorf("recipient %+v", r)
	}
	for line, want := range map[string]string{
		`{id: a, channel: mail, address: "a@example.kz\r\nBcc: all@example.kz"}`:       "auyl.yaml:9:39: recipient a: address \"a@example.kz\\r\\nBcc: all@example.kz\" holds a line break",
		`{id: a, channel: mail, address: "a@example.kz\nSubject: x"}`:                  "holds a line break",
		`{id: a, channel: files, address: "a\nb"}`:                                     "auyl.yaml:9:40: recipient a: address \"a\\nb\" holds a line break",
		`{id: a, channel: mail, address: "Akim <a@example.kz>"}`:                       "not a bare address",
		`{id: a, channel: mail, address: akim}`:                                        "not a bare address",
		`{id: a, channel: mail, address: AKIM@Example.kz}`:                             "auyl.yaml:9:39: recipient a has the address of recipient akim",
		`{id: akim, channel: mail, address: b@example.kz}`:                             "auyl.yaml:9:12: recipient akim is there twice",
		`{id: a, channel: post, address: b@example.kz}`:                                "no channel \"post\"",
		`{id: a, channel: mail, address: b@example.kz, languages: [de]}`:               "\"de\": want kk, ru, en",
		`{id: a, channel: mail, address: b@example.kz, formats: [exe]}`:                "\"exe\": want html",
		`{id: a, channel: mail, address: b@example.kz, areas: [1]}`:                    "auyl.yaml:9:61",
		`{id: a, channel: hook, address: 'https://example.kz/', formats: [json, pdf]}`: "one message is one format",
		`{id: "a b", channel: mail, address: b@example.kz}`:                            "want a label",
	} {
		_, err := load(t, channels+"    - "+line+"\n", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

func TestChannelsOfSummariesAreChecked(t *testing.T) {
	t.Parallel()
	for channel, want := range map[string]string{
		`{id: a, kind: fax}`: "auyl.yaml:3:21: unknown kind \"fax\"",
		`{id: a, kind: smtp, host: mail.example.kz, tls: none, from: a@example.kz}`:                           "this machine only",
		`{id: a, kind: smtp, host: mail.example.kz, from: a@example.kz, user: u}`:                             "wants user and a secret",
		`{id: a, kind: smtp, host: mail.example.kz, from: a@example.kz, user: u, password: p}`:                "unknown field \"password\"",
		`{id: a, kind: smtp, host: localhost, tls: none, from: a@example.kz, user: u, secret_env: P}`:         "not sent without TLS",
		`{id: a, kind: smtp, host: catcher.auyl, tls: none, from: a@example.kz}`:                              "with summaries.catcher: true only",
		`{id: a, kind: smtp, host: mail.example.kz, from: "a@example.kz\nBcc: b@example.kz"}`:                 "line break",
		`{id: a, kind: smtp, host: mail.example.kz, from: a@example.kz, from_name: "x\r\nBcc: b@example.kz"}`: "line break",
		`{id: a, kind: webhook, sender: s, hosts: [example.kz]}`:                                              "a webhook is signed",
		`{id: a, kind: webhook, sender: s, hosts: ['https://example.kz'], secret_env: S}`:                     "is not a host",
		`{id: a, kind: webhook, sender: s, hosts: [example.kz], secret_env: S, secret_file: f}`:               "either secret_env or secret_file",
		`{id: a, kind: folder, dir: 's3://bucket/x'}`:                                                         "auyl.yaml:3:",
	} {
		_, err := load(t, fmt.Sprintf("summaries:\n  channels:\n    - %s\n", channel), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", channel, err, want)
		}
	}
}
