//go:build !linux && !darwin

package embedded

import (
	"encoding/json"
	"io"
	"os"
	"syscall"
)

// ChildMain answers that there is no engine for this system. Connect to a ClickHouse server elsewhere instead.
func ChildMain(_ *os.File, stdout, _ io.Writer) int {
	_ = json.NewEncoder(stdout).Encode(childReady{Error: "the engine runs on Linux and macOS only: connect to a ClickHouse server instead"})
	return 1
}

func childAttributes() *syscall.SysProcAttr { return nil }

const (
	ownerUser  = "default"
	readerUser = "reader"
)
