package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Formats are those that Raw knows: pretty is a table for people, csv begins with a header line, json is an array of
// objects, one a row.
func Formats() []string { return []string{"pretty", "csv", "json"} }

// Raw runs one statement of the user without the right to change anything and writes the answer to w, which gets nothing
// when the statement is refused. format is one of Formats; a FORMAT clause in the statement wins over it.
// Errors: *Error.
func (db *DB) Raw(ctx context.Context, statement, format string, w io.Writer) error {
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
	case "json":
		params.Set("default_format", "JSONEachRow")
		params.Set("output_format_json_array_of_rows", "1")
		params.Set("output_format_json_quote_64bit_integers", "0")
		params.Set("output_format_json_quote_decimals", "0")
	default:
		return fmt.Errorf("format %q: want one of %s", format, strings.Join(Formats(), ", "))
	}
	statement = strings.TrimRight(statement, "; \t\r\n")
	resp, err := db.http.post(ctx, params, strings.NewReader(statement))
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}
