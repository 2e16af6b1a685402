package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// sqlBlock is a fenced block of SQL, with what excuses it from giving rows.
	sqlBlock = regexp.MustCompile("(?ms)^(<!-- no rows -->\\n+)?```sql\\n(.*?)^```$")
	// typedQuery is a query of a page to be pasted into a shell.
	typedQuery = regexp.MustCompile(`(?m)^ +bin/auyl query "([^"]+)"$`)
)

// example is one query that the documentation shows.
type example struct {
	where   string // file:line
	sql     string
	mayFail bool // to give rows; never to be understood
}

// examplesOf finds the queries of a page, in its order. A block may hold several
// statements, each of which begins a line.
func examplesOf(t *testing.T, page string) []example {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	text := string(b)
	for _, m := range sqlBlock.FindAllStringSubmatchIndex(text, -1) {
		for _, s := range statements(text[m[4]:m[5]]) {
			out = append(out, example{at(page, text, m[4]), s, m[2] >= 0})
		}
	}
	for _, m := range typedQuery.FindAllStringSubmatchIndex(text, -1) {
		out = append(out, example{at(page, text, m[2]), text[m[2]:m[3]], false})
	}
	return out
}
