package schemas

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of one file, for the person who edits it.
type Problem struct { //nolint:errname // what it is called by those who mend it
	File    string // path within the file system that was read
	Line    int    // from 1; 0 when the fault is of the file as a whole
	Col     int    // in characters from 1; 0 when the fault is of the line as a whole
	Message string
}

// Error returns file:line:col: message, without the parts that are zero.
func (p Problem) Error() string {
	switch {
	case p.Line == 0:
		return p.File + ": " + p.Message
	case p.Col == 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
}

// Problems are all faults that were found, in the order of Sort.
type Problems []Problem //nolint:errname // as Problem

// Error returns one fault a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps sorted as an error of type Problems, nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	ps.Sort()
	return ps
}

// Sort orders the faults by file, line, column and message.
func (ps Problems) Sort() {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	})
}

// nearest returns the known word that word was most likely meant to be, "" when
// none is near: at most one edit for each three letters, and always two for words
// of five letters and more. Of equally near words the first in known wins.
func nearest(word string, known []string) string {
	limit := max(1, len(word)/3)
	if len(word) >= 5 {
		limit = max(2, limit)
	}
	best, bestDistance := "", limit+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k), bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// didYouMean returns `; did you mean "x"?` for the nearest known word, the whole
// list where it is short and nothing is near, else "".
func didYouMean(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	if len(known) > 0 && len(known) <= 12 {
		return "; want one of " + strings.Join(known, ", ")
	}
	return ""
}

// distance is the optimal string alignment distance (Levenshtein with swaps of
// neighbors), or some number ≥ limit once it is clear that it is not below it.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if d := len(s) - len(t); d >= limit || -d >= limit {
		return limit
	}
	prev2, prev, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range s {
		row[0] = i + 1
		least := row[0]
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(prev[j]+cost, prev[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], prev2[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(t)]
}

// Nearest returns the known word that word was most likely meant to be, "" when
// none is near.
func Nearest(word string, known []string) string { return nearest(word, known) }
