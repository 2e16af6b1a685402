//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serverPoll is how often a server that is starting is asked whether it answers.
const serverPoll = 50 * time.Millisecond

// runServer starts "clickhouse server" on the address of c and keeps it until ctx ends. It is the child of the child: so
// the life line, the lock and the answer to the parent are the same for both kinds of engine, and only this function knows
// of a binary.
//
// The tests run it with a program that stands in for clickhouse, and pin the configuration with golden files; no real
// clickhouse binary was at hand where this was written.
func runServer(ctx context.Context, c childConfig, lock *os.File, stderr io.Writer, ready func(version string) error) error {
	files := newEngineFiles(c)
	_, port, err := net.SplitHostPort(c.Addr)
	if err == nil {
		files.HTTPPort, err = strconv.Atoi(port)
	}
	if err != nil {
		return fmt.Errorf("server address: %w", err)
	}
	if err := files.write(); err != nil {
		return err
	}
	runtime.LockOSThread() // the server is signaled when the thread that started it ends
	defer runtime.UnlockOSThread()
	cmd := exec.Command(c.Engine, "server", "--config-file="+files.configPath()) //nolint:noctx,gosec // stopServer ends it in order; the operator names the program
	cmd.Dir = files.Dir
	cmd.Stdout, cmd.Stderr = stderr, stderr // stdout is for the parent
	cmd.ExtraFiles = []*os.File{lock}       // the folder stays locked as long as the server lives, even without this process
	cmd.SysProcAttr = serverAttributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start clickhouse server: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }() // joined by stopServer or by the receive below
	version, err := awaitServer(ctx, c, exited)
	if err != nil {
		stopServer(cmd, exited, c.StopTimeout)
		return err
	}
	if err := ready(version); err != nil {
		stopServer(cmd, exited, c.StopTimeout)
		return err
	}
	select {
	case err := <-exited:
		return fmt.Errorf("clickhouse server ended: %w", err)
	case <-ctx.Done():
		stopServer(cmd, exited, c.StopTimeout)
		return nil
	}
}

// stopServer asks the server to stop, kills it after the timeout, and returns when it has ended. Both may be done already.
func stopServer(cmd *exec.Cmd, exited chan error, timeout time.Duration) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-exited: //nolint:errcheck // it was told to end
	case <-t.C:
		_ = cmd.Process.Kill()
		<-exited //nolint:errcheck // it was killed
	}
}

// awaitServer waits until the server answers, makes the database, and gives the version.
func awaitServer(ctx context.Context, c childConfig, exited chan error) (string, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	tick := time.NewTicker(serverPoll)
	defer tick.Stop()
	for {
		if _, err := ask(ctx, client, c, "CREATE DATABASE IF NOT EXISTS "+quoteName(c.Database)); err == nil {
			return ask(ctx, client, c, "SELECT version()")
		} else if e := new(EngineError); errors.As(err, &e) {
			return "", err // it runs, and will not be persuaded
		}
		select {
		case err := <-exited:
			exited <- err // for stopServer
			return "", fmt.Errorf("clickhouse server ended at its start: %w", err)
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		}
	}
}

// ask runs a statement as the owner and gives the answer without its line end.
func ask(ctx context.Context, client *http.Client, c childConfig, statement string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Addr+"/", strings.NewReader(statement))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(ownerUser, c.OwnerPassword)
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", newEngineError(strings.TrimSpace(string(b)))
	}
	return strings.TrimSpace(string(b)), nil
}
