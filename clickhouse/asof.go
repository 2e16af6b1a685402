package clickhouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/internal/sqlscan"
)

// ErrNoAsOf says that a statement cannot be asked as of a time: something in it has no past that a view gives.
var ErrNoAsOf = errors.New("no answer as of a time")

// asOfParam is the parameter that carries the time; no text of the user gets into the statement.
const asOfParam = "auyl_as_of"

var (
	// timeless are the tables that are the same at all times: the registry and the catalogue carry their own days and
	// versions.
	timeless = []string{"area", "area_succession", "area_concordance", "series", "indicator"} //nolint:gochecknoglobals // fixed table
	// dataless are the table functions that read no table, and the one that says its own time.
	dataless = []string{"numbers", "numbers_mt", "zeros", "values", "generate_series", "indicator_asof"} //nolint:gochecknoglobals // fixed table
	// endFrom are the words that end the list of tables after FROM.
	endFrom = []string{ //nolint:gochecknoglobals // fixed table
		"WHERE", "PREWHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SETTINGS", "FORMAT", "UNION", "INTERSECT", "EXCEPT", "JOIN",
		"ARRAY", "SELECT", "WINDOW", "QUALIFY", "SAMPLE", "OFFSET",
	}
)

// rewriteAsOf puts indicator_asof(t={auyl_as_of:String}) in place of each indicator_current after FROM or JOIN, and changes
// nothing else. It refuses a statement of which it cannot say that all of its answer is of that time.
func rewriteAsOf(statement, database string) (string, error) {
	q := tokens{database: database}
	sqlscan.Scan(statement, func(t sqlscan.Token) bool {
		q.list = append(q.list, t)
		return true
	})
	q.nameSubqueries()
	var out strings.Builder
	done := 0
	for i := range q.list {
		t := q.at(i)
		switch {
		case t.Name() && t.Text == "indicator_current" && !q.isTable(i):
			return "", fmt.Errorf("%w: indicator_current stands where it is not the table after FROM or JOIN: name the table shortly there (FROM indicator_current AS c) and use that name", ErrNoAsOf)
		case t.Is("IN") && q.at(i+1).Name() && !slices.Contains(q.subqueries, q.at(i+1).Text):
			return "", fmt.Errorf("%w: IN %s: want a list or a SELECT in brackets", ErrNoAsOf, q.at(i+1).Text)
		case !q.opensTable(i):
			continue
		}
		if err := q.noComma(i); err != nil {
			return "", err
		}
		first, last, err := q.table(i)
		if err != nil {
			return "", err
		}
		if last >= 0 && q.at(last).Text == "indicator_current" {
			out.WriteString(statement[done:q.at(first).Start] + "indicator_asof(t={" + asOfParam + ":String})")
			done = q.at(last).End
		}
	}
	if done == 0 {
		return "", fmt.Errorf("%w: the statement does not read indicator_current, which is what the time is for", ErrNoAsOf)
	}
	out.WriteString(statement[done:])
	return out.String(), nil
}

// tokens are those of one statement.
type tokens struct {
	list       []sqlscan.Token
	database   string
	subqueries []string // that WITH names
}

// at gives a token; before the first and behind the last there is one that is nothing.
func (q *tokens) at(i int) sqlscan.Token {
	if i < 0 || i >= len(q.list) {
		return sqlscan.Token{Kind: sqlscan.Mark, Depth: -1}
	}
	return q.list[i]
}

func (q *tokens) nameSubqueries() {
	for i, t := range q.list {
		before := q.at(i - 1)
		if t.Name() && q.at(i+1).Is("AS") && q.at(i+2).Is("(") && (before.Is("WITH") || before.Is(",") || before.Is("RECURSIVE")) {
			q.subqueries = append(q.subqueries, t.Text)
		}
	}
}

// isTable tells whether the name at i is that of a table: after FROM or JOIN, with or without the database.
func (q *tokens) isTable(i int) bool {
	if q.at(i - 1).Is(".") {
		i -= 2
	}
	return q.opensTable(i - 1)
}

// opensTable tells whether at i stands a FROM or JOIN before a table, and not a word of an expression: those of
// extract(DAY FROM x), trim(BOTH ' ' FROM x) and a IS DISTINCT FROM b come without, or after, a SELECT of their own.
func (q *tokens) opensTable(i int) bool {
	t := q.at(i)
	if t.Kind != sqlscan.Word || !t.Is("FROM") && !t.Is("JOIN") || q.at(i-1).Is("DISTINCT") && q.at(i-2).Is("IS") ||
		q.at(i-1).Is("DISTINCT") && q.at(i-2).Is("NOT") || q.at(i-1).Is("ARRAY") {
		return false
	}
	// A FROM may stand first in its brackets or its statement; else a SELECT, or for a JOIN a FROM, is before it.
	for j := i - 1; ; j-- {
		switch b := q.at(j); {
		case b.Depth < t.Depth:
			return j == i-1
		case b.Depth == t.Depth && (b.Is("SELECT") || b.Is("FROM")):
			return true
		}
	}
}

// noComma refuses a list of tables with commas, of which only the first is looked at.
func (q *tokens) noComma(i int) error {
	depth := q.at(i).Depth
	for j := i + 1; q.at(j).Depth >= depth; j++ {
		t := q.at(j)
		if t.Depth > depth {
			continue
		}
		if t.Is(",") && q.at(i).Is("FROM") {
			return fmt.Errorf("%w: tables with commas between them are not looked through: write JOIN", ErrNoAsOf)
		}
		if t.Kind == sqlscan.Word && slices.Contains(endFrom, strings.ToUpper(t.Text)) {
			return nil
		}
	}
	return nil
}

// table finds the table after the FROM or JOIN at i and checks that it may be read; last is -1 for a subquery.
func (q *tokens) table(i int) (first, last int, err error) {
	first = i + 1
	if q.at(first).Is("(") {
		return first, -1, nil
	}
	last = first
	own := true
	if q.at(first + 1).Is(".") {
		own, last = q.at(first).Text == q.database, first+2
	}
	name := q.at(last)
	switch {
	case !name.Name():
	case q.at(last + 1).Is("("):
		if slices.Contains(dataless, name.Text) {
			return first, last, nil
		}
	case !own:
		if q.at(first).Text == "system" {
			return first, last, nil
		}
	case name.Text == "indicator_current", slices.Contains(timeless, name.Text), last == first && slices.Contains(q.subqueries, name.Text):
		return first, last, nil
	}
	return first, last, fmt.Errorf("%w: %s has no form for a time in the past: indicator_current has one, and area, area_succession, series and indicator need none", ErrNoAsOf, name.Text)
}
