package grafana

// Dashboard is one dashboard. Its file is named for the part of UID behind "auyl-".
type Dashboard struct {
	UID, Title, About string
	Range             string // begin of the time range, such as now-5y; it ends now
	Variables         []Variable
	Marks             []Mark
	Panels            []Panel // placed from left to right, then downwards
}

// Variable is a choice at the top of a dashboard: what a query gives (the value,
// then what is shown for it), or a fixed list.
type Variable struct {
	Name, Label string
	SQL         string
	Choices     []Choice
	Start       string // value before anybody has chosen
	StartText   string // what is shown for it; Start if empty
	Many        bool   // several, or all, may be chosen
}

// Choice is one of a fixed list.
type Choice struct{ Value, Text string }

// Mark is an annotation: columns time, title, text and tags.
type Mark struct {
	Name, Color, SQL string
	Rare             bool // the example need not have one
}

// Kind is how a panel shows what it is given.
type Kind string

// The kinds of panels; Section is a headline over those that follow.
const (
	Section Kind = "row"
	Stat    Kind = "stat"
	Table   Kind = "table"
	Series  Kind = "timeseries"
	Bars    Kind = "barchart"
)

// Panel is one panel. It asks ClickHouse (SQL) or Prometheus (Metrics).
type Panel struct {
	Kind         Kind
	Title, About string
	Width        int // of 24
	Height       int
	SQL          string
	Scale        string // second query, whose one row gives unit, range and thresholds of the values
	Metrics      []Metric
	Unit         string // of all values; Grafana's id
	Decimals     int    // at least so many are shown
	Steps        []Step // colors of the values
	Fields       []Field
	Link         *Link  // of every point; a table links by its fields
	Needs        string // id of the contract without which there are no rows
	Rare         bool   // no rows are good news
}

// Metric is a query to Prometheus.
type Metric struct{ Expr, Legend string }

// Step is a color from a value on; the first one has no From that counts.
type Step struct {
	From  float64
	Color string
}

// Field says how one column is shown.
type Field struct {
	Name, Text string // column, and its headline
	Unit       string
	Words      words  // what stands for a value, with its color
	Steps      []Step // colors of the cell
	Link       *Link
	Hidden     bool
	Width      int
}

// Link leads to another dashboard; Values are what its variables get: Text is the
// name of one.
type Link struct {
	Title, To string
	Values    []Choice // name and value, such as ${__data.fields.area}
}

// words are what stands for the values of a column.
type words int

const (
	noWords words = iota
	wordsOfStatus
	wordsOfOrigin
	wordsOfRun
	wordsOfChange
)

// Rule is an alert rule: its SQL gives a row for each thing that is watched, with
// text columns that name it and one number; it fires where the number is beyond
// the bound.
type Rule struct {
	UID, Title string
	About      string // what it means
	Mend       string // what to do
	SQL        string
	Beyond     string // gt or lt
	Bound      float64
	For        string // how long it must be so
	Severity   string // warning or critical
	Dashboard  string // where to look
	Needs      string
	Rare       bool // no rows are good news
}
