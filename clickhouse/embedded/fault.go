package embedded

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// EngineError is an error in ClickHouse's own form.
type EngineError struct {
	Code int    // ClickHouse's number, such as 60 for an unknown table; 1002 where the engine named none
	Text string // "Code: 60. DB::Exception: … (UNKNOWN_TABLE)"
}

func (e *EngineError) Error() string { return e.Text }

var codePattern = regexp.MustCompile(`Code: (\d+)\.`)

// newEngineError reads the code from a text of the engine.
func newEngineError(s string) *EngineError {
	if m := codePattern.FindStringSubmatch(s); m != nil {
		if code, err := strconv.Atoi(m[1]); err == nil {
			return &EngineError{code, s}
		}
	}
	return &EngineError{1002, "Code: 1002. DB::Exception: " + s + " (UNKNOWN_EXCEPTION)"}
}

// fault makes an error in the engine's form. name is the symbol that belongs to code.
func fault(code int, name, format string, args ...any) *EngineError {
	return &EngineError{code, fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}

// status gives the HTTP status with which ClickHouse answers code.
func status(code int) int {
	switch code {
	case 516, 497, 192, 164: // authentication, access denied, unknown user, readonly
		return http.StatusForbidden
	case 60, 81, 46, 47, 63: // unknown table, database, function, identifier, aggregate function
		return http.StatusNotFound
	case 62, 6, 27, 26, 53, 43, 42, 36, 115, 117, 70, 41, 38, 452: // syntax, parsing, types, arguments, settings
		return http.StatusBadRequest
	case 159, 160, 209:
		return http.StatusRequestTimeout
	case 48:
		return http.StatusNotImplemented
	case 241: // memory
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// fail answers with err: the code in a header, the text as body. No byte of the body may have been sent.
func fail(w http.ResponseWriter, err error) {
	var e *EngineError
	if !errors.As(err, &e) {
		e = newEngineError(err.Error())
	}
	h := w.Header()
	h.Del("X-ClickHouse-Format")
	h.Del("Content-Encoding")
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.WriteHeader(status(e.Code))
	_, _ = io.WriteString(w, strings.TrimRight(e.Text, "\n")+"\n")
}

// summary is what ClickHouse tells about a finished statement in a header.
type summary struct {
	ReadRows, ReadBytes, WrittenRows, WrittenBytes, ResultRows uint64
	Elapsed                                                    time.Duration
}

func (s summary) header() string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d",`+
		`"total_rows_to_read":"0","result_rows":"%d","result_bytes":"0","elapsed_ns":"%d"}`,
		s.ReadRows, s.ReadBytes, s.WrittenRows, s.WrittenBytes, s.ResultRows, s.Elapsed.Nanoseconds())
}
