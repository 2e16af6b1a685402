package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Rows is the format for a program that types each cell: a line of names, a line of types, then one line of JSON for each
// row, with numbers that a float could round as text.
const Rows = "rows"

// Formats are those that Ask knows for people: pretty is a table, csv and tsv begin with a header line, json is an array of
// objects, one a row, and jsonl is an object a line. Beside these there is Rows.
func Formats() []string { return []string{"pretty", "csv", "tsv", "json", "jsonl", "parquet"} }

// Question is a statement that reads, and how its answer shall look.
type Question struct {
	Statement string
	Format    string            // one of Formats, or Rows; a FORMAT clause in the statement wins
	Params    map[string]string // values of {name:Type} in the statement
	AsOf      time.Time         // what indicator_current means; the zero time is now. Errors: ErrNoAsOf.
}

// Raw is Ask without parameters.
func (db *DB) Raw(ctx context.Context, statement, format string, w io.Writer) error {
	return db.Ask(ctx, Question{Statement: statement, Format: format}, w)
}

// Ask runs one statement of the user without the right to change anything and writes the answer to w, which gets nothing
// when the statement is refused. In CSV a text cell that a spreadsheet would take for a formula gets a ' in front.
// Errors: *Error, ErrNoAsOf.
func (db *DB) Ask(ctx context.Context, q Question, w io.Writer) error {
	params, err := db.formatParams(q.Format)
	if err != nil {
		return err
	}
	statement := strings.TrimRight(q.Statement, "; \t\r\n")
	if !q.AsOf.IsZero() {
		if statement, err = rewriteAsOf(statement, db.database); err != nil {
			return err
		}
		params.Set("param_"+asOfParam, moment(q.AsOf))
	}
	for k, v := range q.Params {
		params.Set("param_"+k, v)
	}
	resp, err := db.http.post(ctx, params, strings.NewReader(statement))
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer resp.Body.Close()
	got := resp.Header.Get("X-ClickHouse-Format")
	if want := params.Get("default_format"); q.Format == Rows && got != want {
		return fmt.Errorf("query: the statement says FORMAT %s itself, and this output needs to choose: leave that clause out", got)
	}
	if strings.HasPrefix(got, "CSV") {
		w = &csvGuard{w: w}
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// formatParams are the parameters of a request for an answer in a format.
func (db *DB) formatParams(format string) (url.Values, error) {
	params := url.Values{
		"database": {db.database},
		// A mistake in the middle must not look like a short table.
		"wait_end_of_query": {"1"},
	}
	if !db.reader {
		params.Set("readonly", "2")
	}
	switch format {
	case "pretty":
		params.Set("default_format", "PrettyCompactMonoBlock")
		params.Set("output_format_pretty_color", "0")
		params.Set("output_format_pretty_row_numbers", "0")
		params.Set("output_format_pretty_single_large_number_tip_threshold", "0")
		params.Set("output_format_pretty_max_rows", "1000000")
	case "csv":
		params.Set("default_format", "CSVWithNames")
	case "tsv":
		params.Set("default_format", "TabSeparatedWithNames")
	case "parquet":
		params.Set("default_format", "Parquet")
		params.Set("output_format_parquet_string_as_string", "1")
	case Rows:
		params.Set("default_format", "JSONCompactEachRowWithNamesAndTypes")
		params.Set("output_format_json_quote_64bit_integers", "1")
		params.Set("output_format_json_quote_decimals", "1")
	case "json", "jsonl":
		params.Set("default_format", "JSONEachRow")
		if format == "json" {
			params.Set("output_format_json_array_of_rows", "1")
		}
		params.Set("output_format_json_quote_64bit_integers", "0")
		params.Set("output_format_json_quote_decimals", "0")
	default:
		return nil, fmt.Errorf("format %q: want one of %s", format, strings.Join(Formats(), ", "))
	}
	return params, nil
}
