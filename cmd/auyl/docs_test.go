package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// sqlBlock is a fenced block with one statement, and what excuses it from giving rows.
	sqlBlock = regexp.MustCompile("(?s)(<!-- no rows -->\\n+)?```sql\\n(.*?)\\n```\\n")
	// typedQuery is a query that is meant to be pasted into a shell.
	typedQuery = regexp.MustCompile(`(?m)^ +bin/auyl query "([^"]+)"$`)
)

// example is one query that a page shows.
type example struct {
	where     string // page:line
	sql       string
	maybeNone bool // it need not give a row, only be understood
	answered  bool // its answer stands below it: answersAreTrue runs it
}

// examplesOf finds the queries of a page.
func examplesOf(t *testing.T, page string) []example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	where := func(at int) string { return fmt.Sprintf("%s:%d", page, 1+bytes.Count(text[:at], []byte("\n"))) }
	var out []example
	for _, m := range sqlBlock.FindAllSubmatchIndex(text, -1) {
		out = append(out, example{where(m[4]), string(text[m[4]:m[5]]), m[2] >= 0, bytes.HasPrefix(text[m[1]:], []byte("\n```text\n"))})
	}
	for _, m := range typedQuery.FindAllSubmatchIndex(text, -1) {
		out = append(out, example{where(m[2]), string(text[m[2]:m[3]]), false, false})
	}
	if n := bytes.Count(text, []byte("```sql")) + bytes.Count(text, []byte("bin/auyl query \"")); n != len(out) {
		t.Errorf("%s: %d queries are shown, %d were found: each wants a block or a line of its own", page, n, len(out))
	}
	return out
}

// TestTheExampleIsAsDocumented runs the example once, as a newcomer does, asks its
// tables what the pages ask, and follows the scripts of testdata/example.
func TestTheExampleIsAsDocumented(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the whole pipeline: a minute on two cores")
	}
	t.Parallel()
	var examples []example
	for _, page := range []string{"README.md", "docs/analysts.md", "docs/questions.md", "docs/boundaries.md", "docs/operators.md"} {
		found := examplesOf(t, page)
		if len(found) == 0 {
			t.Errorf("%s shows no query", page)
		}
		examples = append(examples, found...)
	}
	p := build(t)
	said := p.must(t, "run", "--once")
	for _, want := range []string{`bns\.population_bulletin +real`, `auyl\S* query`} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("auyl run --once does not say %s:\n%s", want, said)
		}
	}
	examples = slices.DeleteFunc(examples, func(x example) bool { return x.answered })
	questions := make([]string, len(examples))
	for i, x := range examples {
		questions[i] = x.sql
	}
	for i, answer := range p.answers(t, "csv", questions) {
		if rows := strings.Count(answer, "\n") - 1; rows < 1 && !examples[i].maybeNone {
			t.Errorf("%s: no rows\n%s\n%s", examples[i].where, examples[i].sql, answer)
		}
	}
	answersAreTrue(t, p, filepath.Join("..", "..", "docs", "analysts.md"), 8)
	answersAreTrue(t, p, filepath.Join("..", "..", "docs", "boundaries.md"), 5)
	answersAreTrue(t, p, filepath.Join("..", "..", "docs", "questions.md"), 40)
	explains(t, p)
	scripts(t, "testdata/example", p.data)
}

// answers asks all questions of one engine, since each start of one takes a second.
// Where one fails, each is asked alone to say which.
func (p *program) answers(t *testing.T, format string, questions []string) []string {
	t.Helper()
	const end = "SELECT 'end of an answer' AS x"
	c := p.cmd(t, "query", "--format", format)
	c.Stdin = strings.NewReader(end + ";\n" + strings.Join(questions, "\n;\n"+end+";\n") + "\n;\n" + end + ";\n")
	out, err := c.Output()
	parts := strings.Split(string(out), p.must(t, "query", "--format", format, end))
	if err == nil && len(parts) == len(questions)+2 {
		return parts[1 : len(parts)-1]
	}
	list := make([]string, len(questions))
	for i, q := range questions {
		var errs bytes.Buffer
		c := p.cmd(t, "query", "--format", format, q)
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Errorf("%v\n%s\n%s", err, q, &errs)
		}
		list[i] = string(out)
	}
	return list
}

var (
	// answered is a query with the answer that the page prints below it.
	answered = regexp.MustCompile("(?s)```sql\n([^`]*)\n```\n\n```text\n([^`]*?)\n```\n")
	// typed is a command with what it prints.
	typed = regexp.MustCompile("(?s)```console\n\\$ auyl ([^\n]*)\n(.*?)\n```\n")
)

// answersAreTrue compares the answers that a page prints, at least so many of them, with those of today; with -update it
// writes today's.
func answersAreTrue(t *testing.T, p *program, path string, least int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	held := func(asked, printed, now string) string {
		n++
		now = strings.TrimRight(now, "\n")
		if now == "" {
			t.Errorf("%s: no answer to\n%s", path, asked)
		}
		if printed != now && !*update {
			t.Errorf("%s: the answer is not true any more: go test ./cmd/auyl -run %s -update\n%s\nprinted:\n%s\nnow:\n%s", path, t.Name(), asked, printed, now)
		}
		return now
	}
	var questions []string
	for _, m := range answered.FindAllSubmatch(text, -1) {
		questions = append(questions, string(m[1]))
	}
	answers := p.answers(t, "pretty", questions)
	now := answered.ReplaceAllFunc(text, func(block []byte) []byte {
		m := answered.FindSubmatch(block)
		answer := held(string(m[1]), string(m[2]), answers[n])
		return []byte("```sql\n" + string(m[1]) + "\n```\n\n```text\n" + answer + "\n```\n")
	})
	now = typed.ReplaceAllFunc(now, func(block []byte) []byte {
		m := typed.FindSubmatch(block)
		answer := held(string(m[1]), string(m[2]), p.must(t, strings.Fields(string(m[1]))...))
		return []byte("```console\n$ auyl " + string(m[1]) + "\n" + answer + "\n```\n")
	})
	if n < least {
		t.Errorf("%s: %d answers are printed below what was asked, want at least %d", path, n, least)
	}
	if *update {
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
