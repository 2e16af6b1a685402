package main

import (
	"fmt"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

type indicatorCmd struct {
	LS      indicatorListCmd    `cmd:"" name:"ls" help:"List the catalogue."`
	Show    indicatorShowCmd    `cmd:"" help:"Say what an indicator means."`
	Explain indicatorExplainCmd `cmd:"" help:"Walk from a value down to the bytes it came from."`
}

// indicatorOf finds an entry of the catalogue, or says what was meant.
func indicatorOf(c *schemas.Catalogue, id string) (*schemas.Indicator, error) {
	i := c.Indicator(auyl.IndicatorID(id))
	if i == nil {
		hint := "auyl indicator ls lists them"
		if n := c.Nearest(id); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		return nil, fmt.Errorf("unknown indicator %q: %s", id, hint)
	}
	return i, nil
}

func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", f), "0"), ".")
}
