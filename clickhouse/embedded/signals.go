//go:build linux || darwin

package embedded

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// sigactionBytes is more than struct sigaction takes anywhere: 152 bytes with glibc, 16 on macOS.
const sigactionBytes = 256

// signalKeeper keeps the Go runtime's signal handlers in force. The library resets a number of them to the default each
// time that a connection is made. The copy that is put back was taken once, before the first such call: a copy taken at
// each call could hold what another connect had just reset.
type signalKeeper struct {
	mu        sync.Mutex // held while the handlers may be other than Go's
	sigaction func(sig int32, act, old unsafe.Pointer) int32
	signals   []syscall.Signal
	handlers  [][sigactionBytes]byte // of signals, in their order; never changed after newSignalKeeper
}

func newSignalKeeper() (*signalKeeper, error) {
	libc := "" // on Linux this process itself, which has loaded libc by now
	if runtime.GOOS == "darwin" {
		libc = "/usr/lib/libSystem.B.dylib"
	}
	h, err := purego.Dlopen(libc, purego.RTLD_NOW)
	if err != nil {
		return nil, fmt.Errorf("load libc: %w", err)
	}
	k := &signalKeeper{signals: []syscall.Signal{
		syscall.SIGILL, syscall.SIGABRT, syscall.SIGFPE, syscall.SIGBUS, syscall.SIGSEGV, syscall.SIGURG, syscall.SIGTRAP,
		syscall.SIGSYS, syscall.SIGTSTP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGPROF,
	}}
	purego.RegisterLibFunc(&k.sigaction, h, "sigaction")
	k.handlers = make([][sigactionBytes]byte, len(k.signals))
	for i, s := range k.signals {
		k.sigaction(int32(s), nil, unsafe.Pointer(&k.handlers[i])) //nolint:gosec // C writes it during the call
	}
	return k, nil
}

// around runs f, one at a time, and puts Go's handlers back.
func (k *signalKeeper) around(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	for i, s := range k.signals {
		k.sigaction(int32(s), unsafe.Pointer(&k.handlers[i]), nil) //nolint:gosec // C reads it during the call
	}
}
