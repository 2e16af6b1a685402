package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/schemas"
)

type checkCmd struct {
	Paths []string `arg:"" optional:"" help:"Configuration files, or folders laid out like schemas/; none: the configuration and the schemas built in." type:"path"`
	common
}

// Help implements kong's longer text.
func (*checkCmd) Help() string {
	return "Every fault is named as file:line:column. Examples:\n  auyl check\n  auyl check schemas examples/almaty/auyl.yaml"
}

func (c *checkCmd) Run(s streams) error {
	var faults []error
	var houses []*schemas.House
	look := func(h *schemas.House, err error) {
		faults = append(faults, err)
		if h != nil {
			houses = append(houses, h)
		}
	}
	if len(c.Paths) == 0 {
		cfg, err := c.load(s)
		if err != nil {
			faults = append(faults, err)
		} else {
			look(checked(cfg))
		}
	}
	for _, p := range c.Paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			faults = append(faults, &exitError{exitUsage, err})
		case info.IsDir():
			h, err := schemas.Load(os.DirFS(p))
			look(h, within(p, err))
		case filepath.Ext(p) == ".yaml" || filepath.Ext(p) == ".yml":
			cfg, err := config.Load(p, s.env)
			if err == nil {
				_, err = checked(cfg)
			}
			faults = append(faults, err)
		default:
			faults = append(faults, &exitError{exitUsage, fmt.Errorf("%s: neither a folder nor a .yaml file", p)})
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, h := range houses {
		fmt.Fprintf(s.out, "ok: %d areas, %d series, %d indicators, %d contracts\n", len(h.Areas.All()), len(h.Catalogue.Series), len(h.Catalogue.Indicators), len(h.Contracts))
	}
	if len(houses) == 0 {
		fmt.Fprintln(s.out, "ok")
	}
	return nil
}

// checked reads the schemas of a configuration and holds its sources against them.
func checked(cfg *config.Config) (*schemas.House, error) {
	h, err := houseOf(cfg)
	if err != nil {
		return nil, err
	}
	return h, checkSources(cfg, h)
}

// within puts the folder before the files of problems.
func within(dir string, err error) error {
	var ps schemas.Problems
	if !errors.As(err, &ps) {
		return err
	}
	for i := range ps {
		ps[i].File = filepath.Join(dir, ps[i].File)
	}
	return ps
}
