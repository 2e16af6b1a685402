// Package grafana declares the dashboards and alert rules of auyl and writes them
// as Grafana reads them. A panel, a variable, an annotation and a rule is a short
// declaration with its SQL in it, in one place; everything that Grafana wants
// around it (ids, places, formats, the model of a data source) is made here.
//
// The files are written by `go generate`, two of each dashboard: one for the
// ClickHouse plugin and one for a source that only speaks HTTP. A test fails when
// a file is not what the declarations give.
//
// SQL is written for the ClickHouse plugin: $__timeFilter(column), $__fromTime,
// $__toTime, $__interval_s, and ${name:singlequote} for a variable, which is the
// only way in which a value of a variable may come into a statement.
package grafana

//go:generate go run ./gen
