package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress tells what a long command is at, on standard error, once that has
// taken two seconds: in place on a terminal, else a line every ten seconds.
// A nil progress is silent.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	tty   bool
	after time.Duration
	what  string
	shown bool
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
}

func newProgress(w io.Writer) *progress { return newProgressAfter(w, 2*time.Second) }

func newProgressAfter(w io.Writer, after time.Duration) *progress {
	f, ok := w.(*os.File)
	p := &progress{w: w, tty: ok && term.IsTerminal(int(f.Fd())), after: after, quit: make(chan struct{}), ended: make(chan struct{})}
	go p.run() // joined by stop
	return p
}

// say sets what is being done now.
func (p *progress) say(what string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

// stop ends the display; it may be called twice.
func (p *progress) stop() {
	if p == nil {
		return
	}
	p.once.Do(func() { close(p.quit) })
	<-p.ended
}

func (p *progress) run() {
	defer close(p.ended)
	start := time.Now()
	every := 10 * time.Second
	if p.tty {
		every = 200 * time.Millisecond
	}
	first := time.NewTimer(p.after)
	defer first.Stop()
	select {
	case <-p.quit:
		return
	case <-first.C:
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		p.show(time.Since(start))
		select {
		case <-p.quit:
			p.clear()
			return
		case <-tick.C:
		}
	}
}

func (p *progress) show(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("%s … %ds", p.what, int(took.Seconds()))
	if p.tty {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.shown = true
		return
	}
	fmt.Fprintln(p.w, line)
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
