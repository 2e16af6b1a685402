package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// ChildArg is the first argument with which the program is started as its own child. It must then call ChildMain.
const ChildArg = "__engine"

// childConfig goes to the child as the first line of its standard input.
type childConfig struct {
	Kind              Kind          `json:"kind"`
	Engine            string        `json:"engine"` // path of library or binary
	Dir               string        `json:"dir"`
	Addr              string        `json:"addr"` // the address that is or is to be listened on
	Database          string        `json:"database"`
	OwnerPassword     string        `json:"owner_password"`
	ReaderPassword    string        `json:"reader_password"`
	MaxMemoryBytes    int64         `json:"max_memory_bytes"`
	Parallel          int           `json:"parallel"`
	ReaderTime        time.Duration `json:"reader_time"`
	ReaderMemoryBytes int64         `json:"reader_memory_bytes"`
	LockTimeout       time.Duration `json:"lock_timeout"`
	StopTimeout       time.Duration `json:"stop_timeout"` // for the requests that are running
}

// childReady is the child's answer, one line of its standard output. The engine may print lines of its own there.
type childReady struct {
	Version string `json:"auyl_engine_version"`
	Error   string `json:"auyl_engine_error"`
	Locked  bool   `json:"auyl_engine_locked"`
}

// maxLogLine bounds a line of the engine's log. A longer one is cut.
const maxLogLine = 16 << 10

// process is a child. Its one owner is the supervisor.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer     // the child's life line
	exited chan struct{} // closed when the child has ended
	err    error         // how it ended; read it after exited
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// shutdown tells the child to stop, and kills it after the timeout. It returns when the child has ended.
func (p *process) shutdown(timeout time.Duration) error {
	_ = p.stdin.Close() // an error says that it is closed, or the child gone: both as wanted
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-p.exited:
		return nil
	case <-t.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("stop engine: killed after %s", timeout)
	}
}

// startChild starts a child and waits until it is ready. No process is left behind when it returns an error.
func startChild(ctx context.Context, o Options, addr string, ln *net.TCPListener) (*process, childReady, error) {
	cmd := exec.Command(o.Executable, ChildArg) //nolint:noctx,gosec // ctx bounds the start, not the life; the program is this one
	cmd.SysProcAttr = childAttributes()
	if ln != nil {
		f, err := ln.File()
		if err != nil {
			return nil, childReady{}, fmt.Errorf("duplicate socket: %w", err)
		}
		defer func() { _ = f.Close() }()
		cmd.ExtraFiles = []*os.File{f} // descriptor 3
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, childReady{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, childReady{}, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, childReady{}, err
	}
	if err := cmd.Start(); err != nil {
		return nil, childReady{}, err
	}
	p := &process{cmd: cmd, stdin: stdin, exited: make(chan struct{})}
	ready := make(chan childReady, 1)
	go p.follow(stdout, stderr, ready, o.Logger.With("pid", p.pid())) // ends with the child, which shutdown waits for

	timeout, cancel := context.WithTimeout(ctx, o.StartTimeout+o.LockTimeout)
	defer cancel()
	err = json.NewEncoder(stdin).Encode(childConfig{
		Kind: o.Engine.Kind, Engine: o.Engine.Path, Dir: o.Dir, Addr: addr, Database: o.Database,
		OwnerPassword: o.OwnerPassword, ReaderPassword: o.ReaderPassword, MaxMemoryBytes: o.MaxMemoryBytes,
		Parallel: o.Parallel, ReaderTime: o.ReaderTime, ReaderMemoryBytes: o.ReaderMemoryBytes,
		LockTimeout: o.LockTimeout, StopTimeout: o.StopTimeout / 3,
	})
	if err != nil {
		return nil, childReady{}, errors.Join(fmt.Errorf("configure child: %w", err), p.shutdown(0))
	}
	select {
	case r := <-ready:
		if r.Error == "" {
			return p, r, nil
		}
		err = errors.New(r.Error)
		if r.Locked {
			err = fmt.Errorf("%w: %s", ErrLocked, r.Error)
		}
		return nil, childReady{}, errors.Join(err, p.shutdown(o.StopTimeout))
	case <-p.exited:
		return nil, childReady{}, fmt.Errorf("engine ended at its start: %w", p.err)
	case <-timeout.Done():
		// In order, because a child that is killed cannot stop the server that it may have started.
		return nil, childReady{}, errors.Join(fmt.Errorf("engine is not ready: %w", timeout.Err()), p.shutdown(o.StopTimeout))
	}
}

// follow reads the child's output until its end and then waits for the child.
func (p *process) follow(stdout, stderr io.Reader, ready chan<- childReady, log *slog.Logger) {
	var readers sync.WaitGroup
	readers.Go(func() {
		eachLine(stderr, func(line string) { log.Warn("engine said", "line", line) })
	})
	readers.Go(func() {
		answered := false
		eachLine(stdout, func(line string) {
			var r childReady
			if !answered && json.Unmarshal([]byte(line), &r) == nil && (r.Version != "" || r.Error != "") {
				answered = true
				ready <- r
				return
			}
			log.Debug("engine said", "line", line)
		})
	})
	readers.Wait() // before Wait, which closes the pipes
	p.err = p.cmd.Wait()
	close(p.exited)
}

// eachLine calls f for each line of r, cut to maxLogLine.
func eachLine(r io.Reader, f func(line string)) {
	br := bufio.NewReaderSize(r, maxLogLine)
	for {
		line, more, err := br.ReadLine()
		if err != nil {
			return
		}
		f(string(line))
		for more && err == nil {
			_, more, err = br.ReadLine()
		}
	}
}
