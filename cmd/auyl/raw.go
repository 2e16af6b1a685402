package main

import (
	"context"
	"fmt"

	"github.com/auyl-kz/auyl/archive"
)

type rawCmd struct {
	Show rawShowCmd `cmd:"" help:"Write a raw object to standard output, byte for byte."`
}

type rawShowCmd struct {
	common
	SHA string `arg:"" help:"sha256 of the object, or its first digits (at least 6)."`
}

// Help implements kong's longer text.
func (*rawShowCmd) Help() string {
	return "Example (a hash stands in each line of `auyl indicator explain`):\n  auyl raw show f9903f2d14b4 | head"
}

func (c *rawShowCmd) Run(_ context.Context, s streams) error {
	store, err := archive.Open(c.dir("raw"))
	if err != nil {
		return err
	}
	sum, err := store.Find(c.SHA)
	if err != nil {
		return err
	}
	b, err := store.Get(sum)
	if err != nil {
		return err
	}
	if _, err := s.out.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
