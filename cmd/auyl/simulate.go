package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/schemas"
)

type simulateCmd struct {
	Listen string `help:"Loopback address to serve on." default:"127.0.0.1:8790" env:"AUYL_SIMULATE_LISTEN"`
	Seed   uint64 `help:"Seed of the model: the same seed gives the same bytes." default:"19"`
	Now    string `help:"Day up to which the registers go." default:"2026-11-01"`
	Months int    `help:"Months of history." default:"24"`
	Scale  int    `help:"Multiplies the volume." default:"1"`
	Write  string `help:"Write the register exports into this folder and exit." type:"path"`
}

// Help implements kong's longer text.
func (*simulateCmd) Help() string {
	return `Everything from it is synthetic, and marked so. Examples:
  auyl simulate --listen 127.0.0.1:8790
  auyl simulate --write /tmp/registers --seed 7`
}

func (c *simulateCmd) Run(ctx context.Context, s streams) error {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	m, err := newModel(house, config.Simulate{Seed: c.Seed, Now: c.Now, Months: c.Months, Scale: c.Scale})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if c.Write != "" {
		if err := os.MkdirAll(c.Write, 0o750); err != nil {
			return err
		}
		if err := markSynthetic(c.Write); err != nil {
			return err
		}
		files, err := m.WriteRegisters(c.Write)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%d register files in %s, all synthetic\n", len(files), c.Write)
		return err
	}
	if err := config.Loopback(c.Listen); err != nil {
		return &exitError{exitUsage, fmt.Errorf("--listen %w", err)}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return unreachable(err)
	}
	fmt.Fprintf(s.out, "synthetic Taldau and data.egov.kz shapes on http://%s, until Ctrl-C\n", l.Addr())
	srv := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // it ends either way
	defer stop()
	if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// markSynthetic says in the folder of the exports what they are.
func markSynthetic(dir string) error {
	const text = "Every file here is SYNTHETIC: written by `auyl simulate` from a seeded model. No figure and no person in it is real.\n"
	return os.WriteFile(filepath.Join(dir, "SYNTHETIC.txt"), []byte(text), 0o644) //nolint:gosec // for everybody to read
}
