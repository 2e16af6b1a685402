package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
)

// promised is the day on which a source that comes of itself owes a page: the
// expected days after the newest period that was over before its newest page came
// leave it due for the period behind that. Which period a page told of is not
// known here; a page that comes after the end of a period is taken to tell of it.
func promised(e *schemas.Expect, lastPage time.Time, zone *time.Location) time.Time {
	if e == nil || lastPage.IsZero() {
		return time.Time{}
	}
	owed := auyl.NewPeriod(e.Freq, auyl.DayOf(lastPage.In(zone))) // was not over when the page came
	day := owed.LastDay() + auyl.Day(e.ByDay) + 1                 // its last day is still in time
	y, m, d := day.Time().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// concerned are the sources that the configuration names and those that have given
// something: the others have a contract and a drop folder, and nobody who uses them.
func (n *node) concerned(list []clickhouse.SourceStatus) []clickhouse.SourceStatus {
	named := map[string]bool{}
	for _, s := range n.cfg.Sources {
		named[s.ID] = true
	}
	for _, s := range n.cfg.Push.Sources {
		named[s.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(x clickhouse.SourceStatus) bool {
		return !named[x.Source] && x.Pages == 0 && x.DeadLetters == 0 && x.LastError == ""
	})
}

// widthOf is how many columns a terminal has, 0 of what is none.
func widthOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}

// fitted writes a table whose first row is the head. Where it is wider than width,
// each row is a paragraph instead: its first cell, and below it name and value of
// the others, as many a line as there is room for. 0 is any width.
func fitted(out io.Writer, width int, rows [][]string) error {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := io.WriteString(w, strings.Join(row, "\t")+"\n"); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	wide := false
	for line := range strings.Lines(text.String()) {
		wide = wide || utf8.RuneCountInString(strings.TrimRight(line, " \n")) > width
	}
	if width == 0 || !wide || len(rows) == 0 {
		_, err := io.WriteString(out, text.String())
		return err
	}
	text.Reset()
	for _, row := range rows[1:] {
		text.WriteString(row[0] + "\n")
		line := ""
		for i, cell := range row[1:] {
			if cell == "" || cell == "-" {
				continue
			}
			words := strings.Fields(rows[0][i+1] + " " + cell)
			if line != "" && utf8.RuneCountInString(line)+3+utf8.RuneCountInString(strings.Join(words, " ")) > width {
				text.WriteString(line + "\n")
				line = ""
			} else if line != "" {
				line += " ·"
			}
			for _, word := range words {
				if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
					text.WriteString(line + "\n")
					line = ""
				}
				if line == "" {
					line = " "
				}
				line += " " + word
			}
		}
		if line != "" {
			text.WriteString(line + "\n")
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}
