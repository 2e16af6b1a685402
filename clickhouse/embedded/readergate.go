package embedded

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/internal/sqlscan"
)

// limits bound what one statement of the reader may cost. Neither is zero.
type limits struct {
	executionTime time.Duration // whole seconds
	memoryBytes   int64
}

// readerTables are the tables of the system database that tell about the data and not about its users.
var readerTables = []string{ //nolint:gochecknoglobals // fixed table
	"tables", "columns", "databases", "functions", "parts", "one", "numbers", "numbers_mt", "zeros",
	"dictionaries", "formats", "data_type_families", "table_functions", "table_engines", "settings", "build_options", "time_zones",
	"view_refreshes", "keywords", "aggregate_function_combinators", "licenses", "contributors",
}

// readerSettings are the settings that a reader may choose: they shape the answer and reach neither files nor limits.
var readerSettings = []string{ //nolint:gochecknoglobals // fixed table
	"max_threads", "max_block_size", "max_result_rows", "max_result_bytes", "result_overflow_mode",
	"max_rows_to_read", "read_overflow_mode", "timeout_overflow_mode", "extremes", "limit", "offset", "join_use_nulls",
	"join_algorithm", "aggregate_functions_null_for_empty", "union_default_mode", "prefer_column_name_to_alias", "final",
	"session_timezone", "date_time_output_format", "date_time_input_format", "enable_http_compression",
	"http_zlib_compression_level", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
	"cancel_http_readonly_queries_on_client_close", "add_http_cors_header", "network_compression_method",
	"http_write_exception_in_output_format", "use_query_condition_cache", "interactive_delay", "http_response_buffer_size",
	"allow_experimental_analyzer", "max_query_size",
}

var (
	// readerSettingPattern adds the output formats' own settings, of which none names a file.
	readerSettingPattern = regexp.MustCompile(`^output_format_(json|csv|tsv|native|pretty|decimal|values|xml|markdown|bson|binary|arrow|parquet)_[a-z0-9_]+$`)
	// outwardFunctions are those that reach out of the database. Rights do not bind them: the engine counts itself as a
	// client program, whose file() reads any file, and arrayMap(file, […]) and APPLY(file) are calls of it too.
	outwardFunctions = regexp.MustCompile(`(?i)^(file|catboostEvaluate|ai(Classify|Embed|Extract|Generate|Translate|[A-Z]\w*Content)|sleep|sleepEachRow|addressToLine(WithInlines)?|addressToSymbol)$`)
	// byNameFunctions are table functions that take a database as text and so could name one that the gate does not see.
	byNameFunctions = regexp.MustCompile(`(?i)^(merge|loop|mergeTree\w+|timeSeries\w+|prometheus\w+|arrowStream|cluster\w*|remote\w*|dictionary)$`)
)

// readerStatement tells whether a reader may run the statement, which must be the only one and in the engine's own
// formatting: that is what formatQuerySingleLine gives and what is then executed, so that nothing here rests on how a
// comment or a quote could be read in two ways.
func readerStatement(canonical string, params map[string]string) error {
	switch v := verb(canonical); v {
	case "SELECT", "WITH", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS":
	case "SHOW":
		if err := readerShow(canonical); err != nil {
			return err
		}
	default:
		return fault(497, "ACCESS_DENIED", "reader: %s is not for readers, who may SELECT, SHOW, DESCRIBE, EXPLAIN and EXISTS", v)
	}
	if c := clientClause(canonical); c != "" {
		return fault(497, "ACCESS_DENIED", "reader: %s is not for readers", c)
	}
	if err := readerNames(canonical); err != nil {
		return err
	}
	if err := readerSettingsClause(canonical); err != nil {
		return err
	}
	if strings.Contains(canonical, "Identifier}") { // names may come as values, too
		for _, v := range params {
			if strings.EqualFold(strings.Trim(v, "`\" "), "system") {
				return fault(497, "ACCESS_DENIED", "reader: a parameter may not name the database system")
			}
			if err := readerNames(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// readerShow allows the SHOW statements about data.
func readerShow(q string) error {
	var words []string
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		words = append(words, strings.ToUpper(t.Text))
		return len(words) < 2
	})
	switch words[len(words)-1] {
	case "TABLES", "DATABASES", "COLUMNS", "FIELDS", "CREATE", "FULL", "EXTENDED", "DICTIONARIES", "INDEX", "INDEXES",
		"INDICES", "KEYS", "FUNCTIONS", "TABLE", "DATABASE", "VIEW":
		return nil
	}
	return fault(497, "ACCESS_DENIED", "reader: SHOW %s is not for readers", words[len(words)-1])
}

// readerNames refuses names that reach out of the served database.
func readerNames(q string) (err error) {
	var last, dot sqlscan.Token
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		switch {
		case t.Name() && outwardFunctions.MatchString(t.Text):
			err = fault(497, "ACCESS_DENIED", "reader: function %s is not for readers (nor is a column of that name)", t.Text)
		case t.Is("(") && last.Name() && byNameFunctions.MatchString(last.Text):
			err = fault(497, "ACCESS_DENIED", "reader: table function %s is not for readers", last.Text)
		case t.Name() && last.Is(".") && dot.Name() && strings.EqualFold(dot.Text, "system") && !slices.Contains(readerTables, t.Text):
			err = fault(497, "ACCESS_DENIED", "reader: system.%s is not for readers", t.Text)
		}
		if t.Is(".") {
			dot = last
		}
		last = t
		return err == nil
	})
	return err
}

// readerSettingsClause refuses settings in SETTINGS clauses that a reader may not choose.
func readerSettingsClause(q string) (err error) {
	var before, last sqlscan.Token
	clause := -1 // the depth of the SETTINGS clause that is being read
	sqlscan.Scan(q, func(t sqlscan.Token) bool {
		if t.Is("=") && last.Name() && (before.Is("SETTINGS") || clause == last.Depth && before.Is(",")) {
			clause = last.Depth
			if !readerMaySet(last.Text) {
				err = fault(164, "READONLY", "reader: setting %s is not for readers to choose", last.Text)
			}
		} else if t.Depth < clause || t.Kind == sqlscan.Word && t.Depth == clause && !before.Is(",") && !last.Is("=") && !last.Is(",") {
			clause = -1
		}
		before, last = last, t
		return err == nil
	})
	return err
}

func readerMaySet(name string) bool {
	return slices.Contains(readerSettings, name) || readerSettingPattern.MatchString(name)
}

// readerAssignments sorts the settings of a request: fixed ones are set before the profile's constraints come into force,
// chosen ones after. A limit may be lowered; readonly may be named and changes nothing.
func readerAssignments(chosen map[string]string, l limits) (fixed, free map[string]string, err error) {
	fixed = map[string]string{
		"max_execution_time": strconv.FormatInt(int64(l.executionTime/time.Second), 10),
		"max_memory_usage":   strconv.FormatInt(l.memoryBytes, 10),
	}
	free = map[string]string{}
	for name, value := range chosen {
		switch {
		case name == "max_execution_time" || name == "max_memory_usage":
			most, _ := strconv.ParseFloat(fixed[name], 64)
			if f, err := strconv.ParseFloat(value, 64); err == nil && f >= 1 && f < most {
				fixed[name] = strconv.FormatInt(int64(f), 10)
			}
		case name == "readonly":
			if value != "1" && value != "2" {
				return nil, nil, fault(164, "READONLY", "reader: Cannot modify 'readonly' setting in readonly mode")
			}
		case readerMaySet(name):
			free[name] = value
		default:
			return nil, nil, fault(164, "READONLY", "reader: setting %s is not for readers to choose", name)
		}
	}
	return fixed, free, nil
}
