package grafana_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/deploy/grafana"
	"github.com/auyl-kz/auyl/schemas"
)

// whole is a time range that holds all that the example has.
func whole() view {
	return view{from: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), to: time.Now().Add(time.Hour), interval: 24 * time.Hour}
}

// statement is one SQL of a dashboard.
type statement struct {
	where, sql string
	series     bool
	rare       bool
	absent     bool // its feed is not part of this build
}

func statements(d grafana.Dashboard, contracts map[auyl.SourceID]*schemas.Contract) (out []statement) {
	for _, m := range d.Marks {
		out = append(out, statement{where: d.UID + ": annotation " + m.Name, sql: m.SQL, rare: m.Rare})
	}
	for _, p := range d.Panels {
		absent := p.Needs != "" && contracts[auyl.SourceID(p.Needs)] == nil
		if p.SQL != "" {
			out = append(out, statement{d.UID + ": panel " + p.Title, p.SQL, p.Kind == grafana.Series, p.Rare, absent})
		}
		if p.Scale != "" {
			out = append(out, statement{where: d.UID + ": scale of " + p.Title, sql: p.Scale})
		}
	}
	return out
}

// choose fills in the variables as Grafana does when a dashboard is opened with
// some of them in its address: one after the other, each by its query, and where
// what was chosen is not among the values, the first of them. It returns the
// values that there are, too.
func choose(ctx context.Context, db *clickhouse.DB, d grafana.Dashboard, fixed map[string]string) (view, map[string][]string, error) {
	v := whole()
	v.vars = map[string][]string{}
	there := map[string][]string{}
	for _, x := range d.Variables {
		var values []string
		for _, c := range x.Choices {
			values = append(values, c.Value)
		}
		if x.SQL != "" {
			sql, err := v.expand(x.SQL)
			if err != nil {
				return v, nil, fmt.Errorf("%s: variable %s: %w", d.UID, x.Name, err)
			}
			table, err := ask(ctx, db, sql)
			if err != nil {
				return v, nil, fmt.Errorf("%s: variable %s: %w", d.UID, x.Name, err)
			}
			for _, row := range table[1:] {
				values = append(values, row[0])
				if slices.Contains(row, "") {
					return v, nil, fmt.Errorf("%s: variable %s: %q without a name", d.UID, x.Name, row)
				}
			}
		}
		if len(values) == 0 {
			return v, nil, fmt.Errorf("%s: variable %s has no values with %v", d.UID, x.Name, v.vars)
		}
		want, ok := fixed[x.Name]
		if !ok {
			want = x.Start
		}
		switch {
		case want == all && x.Many:
			v.vars[x.Name] = values
		case slices.Contains(values, want):
			v.vars[x.Name] = []string{want}
		case len(fixed) == 0:
			return v, nil, fmt.Errorf("%s: variable %s begins with %s, which is not among %q", d.UID, x.Name, want, values)
		default:
			v.vars[x.Name] = values[:1]
		}
		there[x.Name] = values
	}
	return v, there, nil
}

// some are the values over which a variable is tried: a fixed list whole, of what
// a query gives the first and the last, and all of them at once.
func some(x grafana.Variable, values []string) []string {
	if x.SQL == "" {
		return values
	}
	out := slices.Compact([]string{values[0], values[len(values)-1]})
	if x.Many {
		out = append(out, all)
	}
	return out
}

// TestEveryStatementAnswers asks all that the dashboards ask of what the pipeline
// makes of the example, over the values of each variable, as the reader. Both
// forms are asked: with the macros of the plugin, and written out for a source
// that has none.
func TestEveryStatementAnswers(t *testing.T) {
	db := example(t)
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	marked := map[string]bool{}
	for _, d := range grafana.Dashboards() {
		t.Run(d.UID, func(t *testing.T) {
			base, there, err := choose(t.Context(), db, d, nil)
			if err != nil {
				t.Fatal(err)
			}
			given := map[string]bool{}
			list := statements(d, house.Contracts)
			look := func(what string, v view) {
				for _, s := range list {
					n, err := rows(t.Context(), db, v, s)
					if err != nil {
						t.Errorf("%s, %s: %v", s.where, what, err)
						return
					}
					given[s.where] = given[s.where] || n > 0
					if n == 0 && !s.rare && !s.absent {
						t.Errorf("%s, %s: no rows", s.where, what)
					}
				}
			}
			look("as it opens", base)
			for _, x := range d.Variables {
				for _, value := range some(x, there[x.Name]) {
					v, _, err := choose(t.Context(), db, d, map[string]string{x.Name: value})
					if err != nil {
						t.Error(err)
						continue
					}
					look(x.Name+"="+value, v)
				}
			}
			for _, s := range list {
				_, mark, isMark := strings.Cut(s.where, ": annotation ")
				if isMark {
					marked[mark] = marked[mark] || given[s.where]
				} else if !given[s.where] && !s.absent {
					t.Errorf("%s: no rows with any value of any variable", s.where)
				}
			}
		})
	}
	if len(marked) != 3 {
		t.Errorf("annotations %v, want breaks, revisions and boundaries", marked)
	}
	for name, ok := range marked {
		if !ok {
			t.Errorf("annotation %s: no rows with any value of any variable of any dashboard", name)
		}
	}
	t.Run("rules", func(t *testing.T) {
		for _, r := range grafana.Rules() {
			n, err := rows(t.Context(), db, whole(), statement{where: r.UID, sql: r.SQL})
			if err != nil || n == 0 && (r.Needs == "" || house.Contracts[auyl.SourceID(r.Needs)] != nil) {
				t.Errorf("rule %s: %d rows, %v", r.UID, n, err)
			}
		}
	})
}

// rows asks both forms of a statement and returns how many rows there are.
func rows(ctx context.Context, db *clickhouse.DB, v view, s statement) (int, error) {
	sql, err := v.expand(s.sql)
	if err != nil {
		return 0, err
	}
	table, err := ask(ctx, db, sql)
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, sql)
	}
	if s.series && table[0][0] != "time" {
		return 0, fmt.Errorf("a time series begins with %s, want time", table[0][0])
	}
	if s.series && !slices.IsSortedFunc(table[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }) {
		return 0, fmt.Errorf("a time series that is not in the order of time")
	}
	if plain := grafana.WriteOut(s.sql); plain != s.sql {
		if sql, err = v.expand(plain); err != nil {
			return 0, err
		}
		same, err := ask(ctx, db, sql)
		if err != nil {
			return 0, fmt.Errorf("%w\n%s", err, sql)
		}
		if len(same) != len(table) {
			return 0, fmt.Errorf("%d rows with macros, %d without", len(table)-1, len(same)-1)
		}
	}
	return len(table) - 1, nil
}
