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
	if len(c.Paths) == 0 {
		_, err := c.load(s)
		_, err2 := schemas.Load(schemas.FS)
		faults = append(faults, err, err2)
	}
	for _, p := range c.Paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			faults = append(faults, &exitError{exitUsage, err})
		case info.IsDir():
			_, err := schemas.Load(os.DirFS(p))
			faults = append(faults, within(p, err))
		case filepath.Ext(p) == ".yaml" || filepath.Ext(p) == ".yml":
			_, err := config.Load(p, s.env)
			faults = append(faults, err)
		default:
			faults = append(faults, &exitError{exitUsage, fmt.Errorf("%s: neither a folder nor a .yaml file", p)})
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "ok: %d areas, %d series, %d indicators, %d contracts\n", len(house.Areas.All()), len(house.Catalogue.Series), len(house.Catalogue.Indicators), len(house.Contracts))
	return err
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
