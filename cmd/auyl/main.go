// Command auyl turns what state registers publish about villages into district
// indicators in ClickHouse. See `auyl --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Asia/Almaty on machines without a zone database

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// version is set by the linker: make build.
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr))
	}
	// The first Ctrl-C drains, the second one stops at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv, prog: os.Args[0]})
	stop()
	os.Exit(code)
}
