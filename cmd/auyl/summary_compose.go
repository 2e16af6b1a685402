package main

import "errors"

// errNoSummaries says that nothing composes summaries yet.
var errNoSummaries = errors.New("no summaries are declared: schemas/summaries is empty")

// composing returns what makes the summaries of this program: none so far.
func (n *node) composing() (composing, error) { return nil, errNoSummaries }
