package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/ingest/push"
	"github.com/auyl-kz/auyl/stream"
)

// started runs auyl until it says that it is running, and returns where it takes
// pushes and where its streams are.
func (p *program) started(t *testing.T) (c *exec.Cmd, web, nats string) {
	t.Helper()
	c = p.cmd(t, "run")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) > 1 && f[0] == "Push":
			web = strings.TrimSuffix(f[1], "<source>")
		case len(f) > 1 && f[0] == "NATS":
			nats = f[1]
		case len(f) > 0 && f[0] == "Running:":
			return c, web, nats
		}
	}
	t.Fatalf("auyl run ended: %v\n%s", c.Wait(), &errs)
	return nil, "", ""
}

// TestAPushThatWasAcknowledgedIsNeverLost pushes a file to a running auyl, kills it
// in the moment of the answer, and finds its observations after the next start.
func TestAPushThatWasAcknowledgedIsNeverLost(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-the-test-0123456789"
	p := build(t)
	path := filepath.Join(t.TempDir(), "auyl.yaml")
	text := "nats: {listen: '127.0.0.1:0'}\npush: {listen: '127.0.0.1:0', sources: [{id: bns.sme, secret_env: SME_SECRET}]}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "AUYL_CONFIG="+path, "SME_SECRET="+secret)
	page := func(month, active int) string {
		return fmt.Sprintf("%s195234000\tЖамбылский с.о.\t2026-%02d\t100\t%d\n", smeHeader, month, active)
	}
	headers := func(name, nonce, body string) map[string]string {
		return push.Sign([]byte(secret), "bns.sme", name, nonce, time.Now(), []byte(body))
	}
	send := func(web string, header map[string]string, body string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web+"bns.sme", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			r.Header.Set(k, v)
		}
		resp, err := (&http.Client{Timeout: time.Minute}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}

	run, web, _ := p.started(t)
	first := headers("september", "nonce-of-september", page(9, 80))
	if code := send(web, first, page(9, 80)); code != http.StatusAccepted {
		t.Fatalf("push = %d, want 202", code)
	}
	if err := syscall.Kill(-run.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait() // killed

	run, web, nats := p.started(t)
	p.until(t, "SELECT value AS v FROM auyl.indicator_current WHERE indicator = 'sme_active_share' AND area = '195234000' AND period = '2026-M09'", "v\n80")
	if code := send(web, first, page(9, 80)); code != http.StatusConflict {
		t.Errorf("the same delivery after the restart = %d, want 409", code)
	}
	if code := send(web, headers("x", "nonce-of-a-forger", "other"), page(9, 1)); code != http.StatusUnauthorized {
		t.Errorf("a forged delivery = %d, want 401", code)
	}
	token, err := os.ReadFile(filepath.Join(p.data, "nats.token"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stream.Connect(t.Context(), stream.Options{URL: nats, Token: strings.TrimSpace(string(token))})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := conn.Request(t.Context(), stream.Message{Subject: "push.bns.sme", Header: headers("october", "nonce-of-october", page(10, 90)), Data: []byte(page(10, 90))})
	var a push.Answer
	if err != nil || json.Unmarshal(got, &a) != nil || a.Code != http.StatusAccepted || a.Status != "ok" {
		t.Fatalf("push over NATS = %s, %v, want 202", got, err)
	}
	p.until(t, "SELECT value AS v FROM auyl.indicator_current WHERE indicator = 'sme_active_share' AND area = '195234000' AND period = '2026-M10'", "v\n90")
	p.until(t, "SELECT count() AS n, sum(observations) AS o FROM auyl.flow WHERE source = 'bns.sme'", "n,o\n2,4")
	if err := run.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("auyl run after Ctrl-C = %v, want exit 0", err)
	}
}
