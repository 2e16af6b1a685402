package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/auyl-kz/auyl/ingest/infer"
)

type sourceInferCmd struct {
	contracts
	ID   string `help:"Id of the source; else it is made of the name of the file." placeholder:"PROVIDER.DATASET"`
	File string `arg:"" help:"CSV, XLSX or JSON as the source gave it; - is standard input."`
}

// Help implements kong's longer text.
func (*sourceInferCmd) Help() string {
	return `The draft goes to standard output, with a comment at each guess. Columns that look personal are marked to be dropped; what
is made of the others is yours to say: TODO stands where. Then: auyl source try. Examples:
  auyl source infer lights.csv --id mio.street_lights > my/schemas/contracts/mio.street_lights.yaml
  auyl source try mio.street_lights lights.csv --schemas my/schemas`
}

var (
	notInID = regexp.MustCompile(`[^a-z0-9_]+`)
	isID    = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)
)

func (c *sourceInferCmd) Run(s streams) error {
	h, err := c.house(s)
	if err != nil {
		return err
	}
	body, err := readBounded(c.File, s.in)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	id := c.ID
	if id == "" {
		id = idOf(c.File)
	}
	if !isID.MatchString(id) {
		return &exitError{exitUsage, fmt.Errorf("id %q: want provider.dataset in lower case", id)}
	}
	draft, err := infer.Draft(id, filepath.Base(c.File), body, h)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, map[string]string{"id": id, "contract": string(draft)})
	}
	_, err = s.out.Write(draft)
	return err
}

// idOf makes an id of the name of a file: the part before the @ where that is one.
func idOf(file string) string {
	owner, _, labeled := strings.Cut(filepath.Base(file), "@")
	if labeled && isID.MatchString(owner) {
		return owner
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	name = strings.Trim(notInID.ReplaceAllString(strings.ToLower(name), "_"), "_0123456789")
	if name == "" {
		name = "file"
	}
	return "my." + name
}
