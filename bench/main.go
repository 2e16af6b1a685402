// Command bench measures the budgets of the design on this machine and prints
// them as a table: make bench. Nothing is asserted; what a figure is worth
// depends on what else the machine does. The results that count are committed
// in BENCHMARKS.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // Asia/Almaty on machines without a zone database

	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/schemas"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // a main
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // a main
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // a main
	}
}

// options are the flags.
type options struct {
	rows  int    // observations of the throughput runs
	short bool   // less of everything
	json  bool   // lines of JSON in place of a table
	only  string // measures to run, by name and separated by commas; empty is all
}

// house is what every measure starts from.
type house struct {
	*schemas.House
	zone *time.Location
	o    options
	say  func(string)
}

// pick returns long, or short where less is asked for.
func (h *house) pick(long, short int) int {
	if h.o.short {
		return short
	}
	return long
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(progress)
	f.IntVar(&o.rows, "rows", 4_000_000, "observations of the throughput runs")
	f.BoolVar(&o.short, "short", false, "a quarter of the rows, fewer repetitions: to see that it works, not to publish")
	f.BoolVar(&o.json, "json", false, "one JSON object a line instead of a table")
	f.StringVar(&o.only, "only", "", "measures to run, separated by commas: throughput,decode,compute,start,memory,change,panel,readers")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.short {
		o.rows /= 4
	}
	loaded, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		return err
	}
	h := &house{House: loaded, zone: zone, o: o, say: func(s string) { _, _ = fmt.Fprintln(progress, "bench:", s, "…") }}
	measures := []struct {
		name string
		run  func(context.Context, *house) ([]figure, error)
	}{
		{"throughput", throughput},
		{"decode", decode},
		{"compute", compute},
		{"start", start},
		{"memory", memory},
		{"change", change},
		{"panel", panel},
		{"readers", readers},
	}
	var figures []figure
	var errs []error
	for _, m := range measures {
		if o.only != "" && !contains(o.only, m.name) {
			continue
		}
		h.say(m.name)
		runtime.GC() // what the measure before left
		got, err := m.run(ctx, h)
		figures = append(figures, got...)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	if o.only == "" {
		figures = append(figures,
			figure{Name: "state: 200 million cells, resident", Unit: "GiB", Budget: 4, Most: true, Note: "not measured yet"},
			figure{Name: "full rebuild from the raw archive", Unit: "observations/s", Budget: 1e6, Note: "not there yet: no command rebuilds"})
	}
	if err := report(out, figures, o); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func contains(list, name string) bool {
	for s := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(s) == name {
			return true
		}
	}
	return false
}
