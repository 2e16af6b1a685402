package grafana

import (
	"fmt"
	"regexp"
	"strings"
)

// object is a JSON object; encoding/json sorts its keys, so that files do not change without a reason.
type object map[string]any

// PluginVersion is the version of the ClickHouse plugin whose model the targets have; without it the plugin takes a query
// for one of version 3 and rewrites it.
const PluginVersion = "4.20.0"

// The data sources, as deploy/grafana/provisioning/datasources has them.
const (
	clickhouseUID, clickhouseType = "auyl", "grafana-clickhouse-datasource"
	httpUID, httpType             = "auyl-http", "yesoreyeram-infinity-datasource"
	prometheusUID, prometheusType = "auyl-prometheus", "prometheus"
)

// source makes the model of a query for one kind of data source.
type source interface {
	// ref names the data source.
	ref() object
	// target is a query of a panel.
	target(id, sql string, series bool) object
	// variable is the query of a variable.
	variable(sql string) any
}

// plugin is the official ClickHouse data source.
type plugin struct{}

func (plugin) ref() object { return object{"type": clickhouseType, "uid": clickhouseUID} }

func (p plugin) target(id, sql string, series bool) object {
	t := object{
		"refId": id, "datasource": p.ref(), "editorType": "sql", "pluginVersion": PluginVersion,
		"queryType": "table", "format": 1, "rawSql": sql,
	}
	if series {
		t["queryType"], t["format"] = "timeseries", 0
	}
	return t
}

func (plugin) variable(sql string) any { return sql }

// plain is a source that posts the statement to ClickHouse's own HTTP interface and reads the answer as CSV. It knows no
// macros: they are written out with the variables that Grafana itself fills in.
type plain struct{}

func (plain) ref() object { return object{"type": httpType, "uid": httpUID} }

func (p plain) target(id, sql string, series bool) object {
	format := "table"
	if series {
		format = "timeseries"
	}
	return object{
		"refId": id, "datasource": p.ref(), "type": "csv", "source": "url", "parser": "backend", "format": format,
		"root_selector": "", "columns": []any{}, "filters": []any{},
		"url": "http://clickhouse:8123/?database=auyl&default_format=CSVWithNames&date_time_output_format=iso",
		"url_options": object{
			"method": "POST", "body_type": "raw", "body_content_type": "text/plain", "data": WriteOut(sql),
		},
	}
}

func (p plain) variable(sql string) any {
	return object{"refId": "variable", "queryType": "infinity", "infinityQuery": p.target("variable", sql, false)}
}

var macro = regexp.MustCompile(`\$__(timeFilter|fromTime|toTime|interval_s)(?:\(([^()]*)\))?`)

// WriteOut puts into SQL what a source without macros leaves to Grafana: the time range in milliseconds.
func WriteOut(sql string) string {
	const from, to = "toDateTime(intDiv(${__from}, 1000), 'UTC')", "toDateTime(intDiv(${__to}, 1000), 'UTC')"
	return macro.ReplaceAllStringFunc(sql, func(m string) string {
		parts := macro.FindStringSubmatch(m)
		switch parts[1] {
		case "timeFilter":
			column := strings.TrimSpace(parts[2])
			return fmt.Sprintf("%s >= %s AND %s <= %s", column, from, column, to)
		case "fromTime":
			return from
		case "toTime":
			return to
		}
		return "intDiv(${__interval_ms}, 1000)"
	})
}

// prometheus is a query to Prometheus.
func prometheus(id string, m Metric) object {
	return object{
		"refId": id, "datasource": object{"type": prometheusType, "uid": prometheusUID},
		"editorMode": "code", "expr": m.Expr, "legendFormat": m.Legend, "range": true, "instant": false,
	}
}
