package main

import (
	"fmt"
	"slices"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
)

// checkNames says of a source or a reason that was asked for, and of which there is
// nothing, that there is none of that name.
// It is asked where nothing was found: a source whose contract is gone may have left
// something.
func (n *node) checkNames(source, reason string) error {
	if source != "" && source != string(unclaimed) {
		if _, err := contractOf(n.house, source); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	if reasons := ingest.Reasons(); reason != "" && !slices.Contains(reasons, reason) {
		hint := "docs/sources.md lists them"
		if near := schemas.Nearest(reason, reasons); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return &exitError{exitUsage, fmt.Errorf("no reason %q: %s", reason, hint)}
	}
	return nil
}
