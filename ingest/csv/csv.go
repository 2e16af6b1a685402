// Package csv turns delimited text, as registers export it, into records: UTF-8
// with and without a byte order mark, windows-1251 and KZ-1048, comma, semicolon
// or tab, quoted fields, headers of one or more rows. It does no I/O: it walks
// over the bytes handed in and keeps one row besides them.
//
// A row that cannot be read is reported at its line and the next line goes on; a
// page that is no such text at all is refused whole, with one of the errors
// below. It knows nothing of what a column means.
package csv

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reasons for which a whole page is refused.
var (
	// ErrHTML says that the page begins like a web page.
	ErrHTML = errors.New("the page is HTML")
	// ErrNUL says that the page has a NUL byte: UTF-16, or no text at all.
	ErrNUL = errors.New("NUL byte in the text")
	// ErrEncoding says that the page is not in the encoding that was asked for.
	ErrEncoding = errors.New("text is not in its encoding")
	// ErrHeader says that there is no header, or one that names a column twice.
	ErrHeader = errors.New("header")
	// ErrTooManyRows says that the page has more rows than Options allow.
	ErrTooManyRows = errors.New("too many rows")
)

// Reasons for which one row is refused.
var (
	// ErrRagged says that a row has more or fewer fields than the header.
	ErrRagged = errors.New("number of fields")
	// ErrQuote says that a quoted field does not end, or goes on behind its end.
	ErrQuote = errors.New("quoted field")
	// ErrRowTooLong says that a row is longer than Options allow.
	ErrRowTooLong = errors.New("row too long")
)

// Recorder takes what a page holds, in the order of the page. An error that it
// returns ends Decode, which returns it unchanged.
type Recorder interface {
	// Header is called once, before all else.
	Header(names []string) error
	// Record is called for each row; fields has the length of the header and is
	// reused after the call, its strings may be kept.
	Record(row int, position string, fields []string) error
	// Broken is called for a row that cannot be read.
	Broken(row int, position string, cause error) error
}

// Titled is a Recorder that wants the lines above the header, too.
type Titled interface {
	// Title is called for each of Options.SkipRows lines, before Header.
	Title(text string)
}

// Options of Decode; the zero value reads everything it can tell by itself.
type Options struct {
	// Encoding is utf-8, windows-1251, kz-1048 or auto; "" is auto. Without a
	// byte order mark auto takes text that is valid UTF-8 as that; else KZ-1048
	// where a letter occurs that Kazakh has and Russian lacks, else windows-1251.
	Encoding string
	// Delimiter is one byte; 0 takes the most frequent of ; TAB , in the header.
	Delimiter byte
	// HeaderRows is the number of rows of the header, 0 means 1. Of several, an
	// empty cell of an upper row repeats the one before it, as merged cells are
	// exported, and the parts of a name are joined by " / ".
	HeaderRows int
	// SkipRows is the number of lines above the header.
	SkipRows int
	// MaxRowBytes bounds one row; 0 means 1 MiB.
	MaxRowBytes int
	// MaxRows bounds the page; 0 means 20 million.
	MaxRows int
	// RecordsBefore and LinesBefore are what stands between the header and the
	// first record where the page is a part of a file: records and lines are counted
	// as in the file.
	RecordsBefore, LinesBefore int
}

func (o Options) withDefaults() Options {
	if o.HeaderRows == 0 {
		o.HeaderRows = 1
	}
	if o.MaxRowBytes == 0 {
		o.MaxRowBytes = 1 << 20
	}
	if o.MaxRows == 0 {
		o.MaxRows = 20_000_000
	}
	return o
}

// Decode walks over a page. Errors: those of the first list above, and whatever
// the recorder returns. Lines without any text are no rows.
func Decode(body []byte, o Options, out Recorder) error {
	o = o.withDefaults()
	body, enc, err := detect(body, o.Encoding)
	if err != nil {
		return err
	}
	s := &scanner{body: body, enc: enc, line: 1, maxRow: o.MaxRowBytes}
	titled, _ := out.(Titled)
	for range o.SkipRows {
		from := s.pos
		s.skipLine()
		if titled != nil {
			titled.Title(string(s.enc.appendText(nil, s.body[from:s.pos])))
		}
	}
	s.delimiter = o.Delimiter
	if s.delimiter == 0 {
		s.delimiter = guessDelimiter(s.peekLine())
	}
	names, err := s.header(o.HeaderRows)
	if err != nil {
		return err
	}
	if err := out.Header(names); err != nil {
		return err
	}
	s.line += o.LinesBefore
	return s.rows(len(names), o, out)
}

// scanner walks over the rows of a page.
type scanner struct {
	body      []byte
	pos       int
	line      int // of pos, from 1
	enc       encoding
	delimiter byte
	maxRow    int
	text      []byte // of the row, decoded
	ends      []int  // ends of its fields in text
	place     []byte // of the row, as it is told
	fields    []string
}

func (s *scanner) rows(width int, o Options, out Recorder) error {
	for row := o.RecordsBefore + 1; ; {
		line := s.line
		fields, err := s.next()
		switch {
		case err == nil && fields == nil:
			return nil
		case err == nil && blank(fields):
			continue
		case row > o.RecordsBefore+o.MaxRows:
			return fmt.Errorf("%w: more than %d", ErrTooManyRows, o.MaxRows)
		}
		s.place = strconv.AppendInt(append(s.place[:0], "line "...), int64(line), 10)
		position := string(s.place)
		if err == nil && len(fields) != width {
			err = fmt.Errorf("%w: %d fields, the header has %d", ErrRagged, len(fields), width)
		}
		if err != nil {
			err = out.Broken(row, position, err)
		} else {
			err = out.Record(row, position, fields)
		}
		if err != nil {
			return err
		}
		row++
	}
}

func (s *scanner) header(n int) ([]string, error) {
	var names []string
	for i := range n {
		fields, err := s.next()
		for err == nil && fields != nil && blank(fields) {
			fields, err = s.next()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHeader, err)
		}
		if fields == nil {
			return nil, fmt.Errorf("%w: the page ends before it", ErrHeader)
		}
		names = join(names, fields, i == n-1)
	}
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if name != "" && seen[name] {
			return nil, fmt.Errorf("%w: column %q twice", ErrHeader, name)
		}
		seen[name] = true
	}
	return names, nil
}

// join puts one more row of a header under the names so far. All rows but the
// last are groups, whose cells are empty where the group goes on.
func join(names, row []string, last bool) []string {
	parts := make([]string, max(len(names), len(row)))
	group := ""
	for i := range parts {
		cell := ""
		if i < len(row) {
			cell = trim(row[i])
		}
		if !last {
			if cell != "" {
				group = cell
			}
			cell = group
		}
		switch {
		case i >= len(names) || names[i] == "":
			parts[i] = cell
		case cell == "":
			parts[i] = names[i]
		default:
			parts[i] = names[i] + " / " + cell
		}
	}
	return parts
}

// next reads one row; nil and no error at the end of the page. After an error it
// stands at the line after the one where the row began.
func (s *scanner) next() ([]string, error) {
	if s.pos >= len(s.body) {
		return nil, nil
	}
	start, line := s.pos, s.line
	s.text, s.ends = s.text[:0], s.ends[:0]
	for {
		more, err := s.field(start)
		if err != nil {
			s.pos, s.line = start, line
			s.skipLine()
			return nil, err
		}
		s.ends = append(s.ends, len(s.text))
		if !more {
			break
		}
	}
	text := string(s.text)
	s.fields = s.fields[:0]
	from := 0
	for _, end := range s.ends {
		s.fields = append(s.fields, text[from:end])
		from = end
	}
	return s.fields, nil
}

// field appends one field to text and reports whether the row goes on.
func (s *scanner) field(start int) (more bool, err error) {
	if s.pos < len(s.body) && s.body[s.pos] == '"' {
		if err := s.quoted(start); err != nil {
			return false, err
		}
		switch {
		case s.pos >= len(s.body):
			return false, nil
		case s.body[s.pos] == s.delimiter:
			s.pos++
			return true, nil
		case s.newline():
			return false, nil
		}
		return false, fmt.Errorf("%w: text behind the closing quote", ErrQuote)
	}
	for i := s.pos; ; i++ {
		if i-start > s.maxRow {
			return false, fmt.Errorf("%w: more than %d bytes", ErrRowTooLong, s.maxRow)
		}
		if i == len(s.body) {
			s.text = s.enc.appendText(s.text, s.body[s.pos:i])
			s.pos = i
			return false, nil
		}
		switch c := s.body[i]; c {
		case s.delimiter:
			s.text = s.enc.appendText(s.text, s.body[s.pos:i])
			s.pos = i + 1
			return true, nil
		case '\n', '\r':
			s.text = s.enc.appendText(s.text, s.body[s.pos:i])
			s.pos = i
			s.newline()
			return false, nil
		}
	}
}

func (s *scanner) quoted(start int) error {
	s.pos++
	if s.pos-start > s.maxRow {
		return fmt.Errorf("%w: more than %d bytes", ErrRowTooLong, s.maxRow)
	}
	for from := s.pos; ; {
		i := bytes.IndexByte(s.body[from:min(len(s.body), start+s.maxRow+1)], '"')
		if i < 0 {
			if len(s.body)-start > s.maxRow {
				return fmt.Errorf("%w: more than %d bytes", ErrRowTooLong, s.maxRow)
			}
			return fmt.Errorf("%w: no closing quote", ErrQuote)
		}
		end := from + i
		s.line += bytes.Count(s.body[from:end], []byte{'\n'})
		s.text = s.enc.appendText(s.text, s.body[from:end])
		if end+1 < len(s.body) && s.body[end+1] == '"' {
			s.text = append(s.text, '"')
			from = end + 2
			if from > start+s.maxRow {
				return fmt.Errorf("%w: more than %d bytes", ErrRowTooLong, s.maxRow)
			}
			continue
		}
		s.pos = end + 1
		return nil
	}
}

// newline steps over LF, CR LF or CR, if one is there.
func (s *scanner) newline() bool {
	if s.pos >= len(s.body) {
		return false
	}
	switch s.body[s.pos] {
	case '\r':
		s.pos++
		if s.pos < len(s.body) && s.body[s.pos] == '\n' {
			s.pos++
		}
	case '\n':
		s.pos++
	default:
		return false
	}
	s.line++
	return true
}

func (s *scanner) skipLine() {
	if i := bytes.IndexAny(s.body[s.pos:], "\r\n"); i >= 0 {
		s.pos += i
		s.newline()
		return
	}
	s.pos = len(s.body)
}

func (s *scanner) peekLine() []byte {
	rest := bytes.TrimLeft(s.body[s.pos:], "\r\n")
	if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// guessDelimiter counts outside quotes; of equally many the first listed wins.
func guessDelimiter(line []byte) byte {
	best, most := byte(','), 0
	for _, d := range []byte{';', '\t', ','} {
		if n := delimiters(line, d); n > most {
			best, most = d, n
		}
	}
	return best
}

func blank(fields []string) bool {
	for _, f := range fields {
		if f == "" {
			continue
		}
		// The bytes with which the letters begin that are trimmed.
		if c := f[0]; c > ' ' && c != 0xc2 && c != 0xe2 && c != 0xef || trim(f) != "" {
			return false
		}
	}
	return true
}

func trim(s string) string { return strings.Trim(s, " \t\r\n\u00a0\u202f\ufeff") }
