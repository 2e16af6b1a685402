package grafana_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// all is what Grafana puts into the address for "All".
const all = "$__all"

// view is what Grafana knows when it asks: the time range, the interval between
// two points, and what is chosen of each variable.
type view struct {
	from, to time.Time
	interval time.Duration
	vars     map[string][]string
}

var (
	variable = regexp.MustCompile(`\$\{([a-z_]+):singlequote\}`)
	built    = regexp.MustCompile(`\$\{__(from|to|interval_ms)\}`)
	filter   = regexp.MustCompile(`\$__timeFilter\(([^()]*)\)`)
	left     = regexp.MustCompile(`\$[_{a-zA-Z][A-Za-z_]*`)
)

// expand does what Grafana does (variables, its own ones included) and then what
// the plugin does (macros): grafana/clickhouse-datasource, pkg/macros.
func (v view) expand(sql string) (string, error) {
	var unknown []string
	sql = variable.ReplaceAllStringFunc(sql, func(m string) string {
		name := variable.FindStringSubmatch(m)[1]
		values, ok := v.vars[name]
		if !ok {
			unknown = append(unknown, name)
		}
		var quoted []string
		for _, s := range values {
			quoted = append(quoted, "'"+strings.ReplaceAll(s, "'", `\'`)+"'")
		}
		return strings.Join(quoted, ",")
	})
	sql = built.ReplaceAllStringFunc(sql, func(m string) string {
		switch built.FindStringSubmatch(m)[1] {
		case "from":
			return fmt.Sprint(v.from.UnixMilli())
		case "to":
			return fmt.Sprint(v.to.UnixMilli())
		}
		return fmt.Sprint(v.interval.Milliseconds())
	})
	sql = filter.ReplaceAllString(sql, fmt.Sprintf("$1 >= toDateTime(%d) AND $1 <= toDateTime(%d)", v.from.Unix(), v.to.Unix()))
	sql = strings.NewReplacer(
		"$__fromTime", fmt.Sprintf("toDateTime(%d)", v.from.Unix()),
		"$__toTime", fmt.Sprintf("toDateTime(%d)", v.to.Unix()),
		"$__interval_s", fmt.Sprint(int(max(v.interval.Seconds(), 1))),
	).Replace(sql)
	if len(unknown) > 0 {
		return sql, fmt.Errorf("no variable %s", strings.Join(unknown, ", "))
	}
	if m := left.FindString(sql); m != "" {
		return sql, fmt.Errorf("%s is not filled in", m)
	}
	return sql, nil
}

func TestExpandIsAsThePluginDoesIt(t *testing.T) {
	t.Parallel()
	v := view{
		from: time.Unix(1000, 0), to: time.Unix(2000, 0), interval: 90 * time.Second,
		vars: map[string][]string{"one": {"it's"}, "many": {"a", "b"}},
	}
	for in, want := range map[string]string{
		"$__timeFilter(day)":          "day >= toDateTime(1000) AND day <= toDateTime(2000)",
		"$__fromTime AND $__toTime":   "toDateTime(1000) AND toDateTime(2000)",
		"$__interval_s":               "90",
		"= ${one:singlequote}":        `= 'it\'s'`,
		"IN (${many:singlequote})":    "IN ('a','b')",
		"${__from}, ${__interval_ms}": "1000000, 90000",
	} {
		if got, err := v.expand(in); got != want || err != nil {
			t.Errorf("expand(%s) = %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"${none:singlequote}", "${one}", "$one", "$__timeGroup(x)"} {
		if got, err := v.expand(in); err == nil {
			t.Errorf("expand(%s) = %s, want an error", in, got)
		}
	}
}
