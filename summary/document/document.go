// Package document is what a summary says, before any form: words, figures,
// tables and charts of one area and one period in one language, made from one
// vintage. Forms (HTML, PDF, XLSX, Markdown, JSON) read it and add nothing:
// they know no language, no indicator and no table, so that all of them say
// the same. Equal documents give equal bytes in every form.
package document

import (
	"time"

	"github.com/auyl-kz/auyl"
)

// Document is one summary, ready to be given a form. Its JSON is the JSON form.
type Document struct {
	Summary string `json:"summary"` // ID of the declaration, such as oblast-monthly
	Version int    `json:"version"` // of the declaration
	Lang    string `json:"lang"`    // kk, ru or en: a BCP 47 tag

	Area     auyl.AreaCode `json:"area"`
	AreaName string        `json:"area_name"`
	Period   auyl.Period   `json:"period"`
	// PeriodText is the period as a person says it: «2026 жылғы қыркүйек».
	PeriodText string `json:"period_text"`
	// AsOf is the vintage: nothing that was learnt later is in the document,
	// and no other clock is, so that rendering again gives the same bytes.
	AsOf     time.Time `json:"as_of"`
	AsOfText string    `json:"as_of_text"`

	Title    string    `json:"title"`
	Notices  []Notice  `json:"notices,omitempty"` // said at the top, before any figure
	Sections []Section `json:"sections"`
	Sources  []Source  `json:"sources,omitempty"`
	Marks    []Mark    `json:"marks,omitempty"` // legend of the marks that occur
	Labels   Labels    `json:"labels"`
	// Fired counts what the rules of an alert found; an alert of none is not worth sending.
	Fired int `json:"fired,omitempty"`
}

// Notice is something the reader must know before the figures: what is missing,
// late, provisional, revised or synthetic.
type Notice struct {
	Kind NoticeKind `json:"kind"`
	Text string     `json:"text"`
}

// NoticeKind says how loud a notice is.
type NoticeKind string

// The kinds of notice.
const (
	Missing   NoticeKind = "missing"
	Late      NoticeKind = "late"
	Synthetic NoticeKind = "synthetic"
	Revised   NoticeKind = "revised"
	Note      NoticeKind = "note"
)

// Section is one block: sentences first, then charts, then tables.
type Section struct {
	ID        string     `json:"id"` // an anchor: lower-case Latin letters, digits, hyphens
	Title     string     `json:"title"`
	Annex     bool       `json:"annex,omitempty"` // stands behind page one
	Sentences []Sentence `json:"sentences,omitempty"`
	Charts    []Chart    `json:"charts,omitempty"`
	Tables    []Table    `json:"tables,omitempty"`
	// Empty says why a section without sentences, charts and tables is empty.
	Empty string `json:"empty,omitempty"`
}

// Sentence is a row of runs that read as one sentence.
type Sentence []Run

// Run is a piece of a sentence; one with a figure leads to its explanation.
type Run struct {
	Text   string  `json:"text"`
	Figure *Figure `json:"figure,omitempty"`
	// Explain is the command that shows where a number comes from that is no cell: a count of events.
	Explain string `json:"explain,omitempty"`
}

// Figure says which cell a number is, and how far it is to be believed.
type Figure struct {
	Indicator auyl.IndicatorID `json:"indicator"`
	Area      auyl.AreaCode    `json:"area"`
	Period    auyl.Period      `json:"period"`
	// Value is nil when the cell is empty or suppressed: never zero for nothing.
	Value     *float64 `json:"value"`
	Status    string   `json:"status"`   // letter of CL_OBS_STATUS
	Coverage  float64  `json:"coverage"` // share of the population that reported, 0..1
	Synthetic bool     `json:"synthetic,omitempty"`
	// Mark is printed beside the number, such as "ᴾ" or "°"; Document.Marks explains it.
	// A text that ends in it already is left as it is.
	Mark string `json:"mark,omitempty"`
	// FormulaVersion and Boundaries tell a change of method from one of the world.
	FormulaVersion uint32 `json:"formula_version,omitempty"`
	Boundaries     string `json:"boundaries,omitempty"`
	// Explain is the command that shows where the number comes from.
	Explain string `json:"explain"`
}

// Table has one row of cells for each name at its left.
type Table struct {
	Title string   `json:"title"`
	Theme string   `json:"theme,omitempty"` // a sheet of the workbook gathers the tables of a theme
	Heads []Head   `json:"heads"`
	Rows  [][]Cell `json:"rows"` // each as long as Heads
	Note  string   `json:"note,omitempty"`
}

// Head is the top of a column.
type Head struct {
	Text string `json:"text"`
	Unit string `json:"unit,omitempty"`
	// Number columns are set to the right and are numbers in a workbook.
	Number bool `json:"number,omitempty"`
}

// Cell is text, or a number with its text in the document's language.
type Cell struct {
	Text string `json:"text"`
	// Value is the number behind Text with Decimals digits after the point; nil
	// for words, for empty cells and for suppressed ones.
	Value    *float64 `json:"value,omitempty"`
	Decimals int      `json:"decimals,omitempty"`
	Figure   *Figure  `json:"figure,omitempty"`
	// Explain is as that of a Run.
	Explain string `json:"explain,omitempty"`
}

// Chart is data for a picture, and the words that stand for it.
type Chart struct {
	Kind  ChartKind `json:"kind"`
	Title string    `json:"title"`
	Unit  string    `json:"unit,omitempty"`
	// Alt tells in one or two sentences what the picture shows.
	Alt      string   `json:"alt"`
	Decimals int      `json:"decimals"`
	Labels   []string `json:"labels,omitempty"` // Trend: the periods along the axis
	Lines    []Line   `json:"lines,omitempty"`  // Trend
	Bars     []Bar    `json:"bars,omitempty"`   // Ranking, best first
	Panels   []Chart  `json:"panels,omitempty"` // Multiples: a Trend each, all on one scale
	Regions  []Region `json:"regions,omitempty"`
	// LowerIsBetter turns the meaning of a scale: its far end is the good one.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// Credit is printed under a picture whose outlines are somebody's work.
	Credit string `json:"credit,omitempty"`
}

// ChartKind is the kind of a picture.
type ChartKind string

// The kinds of chart.
const (
	Trend     ChartKind = "trend"
	Ranking   ChartKind = "ranking"
	Multiples ChartKind = "multiples"
	Map       ChartKind = "map"
)

// Line is one series of a trend, one point for each label.
type Line struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
	// Main is the line the chart is about; others are for comparison.
	Main bool `json:"main,omitempty"`
}

// Point is a value with its interval; a nil value is a gap in the line.
type Point struct {
	Value *float64 `json:"value"`
	Break bool     `json:"break,omitempty"` // the series breaks before this point
	Mark  string   `json:"mark,omitempty"`
}

// Bar is one row of a ranking.
type Bar struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // nil: nothing is drawn and Text says why
	Text  string   `json:"text"`
	// Low and High bound the value where counts or coverage leave doubt.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	Main bool     `json:"main,omitempty"`
	Mark string   `json:"mark,omitempty"`
}

// Region is one area of a map.
type Region struct {
	Area  auyl.AreaCode `json:"area"`
	Name  string        `json:"name"`
	Value *float64      `json:"value"` // nil: hatched, and Text says why
	Text  string        `json:"text"`
}

// Source is where the figures come from.
type Source struct {
	ID        auyl.SourceID `json:"id"`
	Name      string        `json:"name"`
	Synthetic bool          `json:"synthetic,omitempty"`
	Newest    string        `json:"newest,omitempty"` // day of its last delivery in the vintage
}

// Mark is a line of the legend.
type Mark struct {
	Sign string `json:"sign"`
	Text string `json:"text"`
}

// Labels are the words that forms print around the content, in the language
// of the document.
type Labels struct {
	AsOf     string `json:"as_of"`
	Sources  string `json:"sources"`
	Marks    string `json:"marks"`
	Annex    string `json:"annex"`
	Contents string `json:"contents"`
	Explain  string `json:"explain"` // what following a number leads to
	Unit     string `json:"unit"`
	Page     string `json:"page"`    // "%d-бет / %d": page and pages
	Table    string `json:"table"`   // shown above the table that stands for a chart
	NoData   string `json:"no_data"` // legend of a map's hatching
	Better   string `json:"better"`
	Worse    string `json:"worse"`
	// The words below may be empty: a form then leaves out what they name.
	Skip      string `json:"skip,omitempty"`      // the link past the contents to the text
	Coverage  string `json:"coverage,omitempty"`  // before a share of the population that reported
	Synthetic string `json:"synthetic,omitempty"` // beside a figure or a source that is modeled
	Interval  string `json:"interval,omitempty"`  // legend of the bounds of a bar
}

// Contents lists the sections that stand before the annex and in it, in order.
func (d *Document) Contents() (front, annex []Section) {
	for _, s := range d.Sections {
		if s.Annex {
			annex = append(annex, s)
		} else {
			front = append(front, s)
		}
	}
	return front, annex
}
