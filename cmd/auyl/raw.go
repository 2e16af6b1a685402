package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/auyl-kz/auyl/archive"
)

type rawCmd struct {
	Show rawShowCmd `cmd:"" help:"Write a raw object to standard output, byte for byte."`
}

type rawShowCmd struct {
	common
	SHA    string `arg:"" help:"sha256 of the object, or its first digits (at least 6)."`
	Unseal bool   `help:"Also where it is sealed: it holds personal data, or nobody knows what it holds."`
}

// Help implements kong's longer text.
func (*rawShowCmd) Help() string {
	return "Example (a hash stands in each line of `auyl indicator explain`):\n  auyl raw show f9903f2d14b4 | head"
}

func (c *rawShowCmd) Run(ctx context.Context, s streams) error {
	n, err := c.archive(s)
	if err != nil {
		return err
	}
	sum, err := n.store.Find(ctx, c.SHA)
	if err != nil {
		return err
	}
	store := n.store
	if !c.Unseal {
		store = store.WithoutKey()
	}
	b, err := store.Get(ctx, sum)
	if errors.Is(err, archive.ErrSealed) {
		if !c.Unseal {
			return fmt.Errorf("raw object %x is sealed, it may hold personal data: add --unseal if you may see them", sum)
		}
		return fmt.Errorf("%w: archive.identity_file names it, else %s", err, n.keyFile())
	}
	if err != nil {
		return err
	}
	if _, err := s.out.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// archive opens the configuration and the raw archive for a command that only reads.
func (c *common) archive(s streams) (*node, error) {
	c.reads = true
	n, err := openNode(*c, s)
	if err != nil {
		return nil, err
	}
	return n, n.readArchive()
}
