package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Limits of a part.
type Limits struct {
	Bytes   int // of its records; a part is larger by one record at most
	Records int
}

// Part is a run of records of a file, as a file of its own: the lines of the header
// stand before them. Decode reads it as it reads the file, given Before and Lines.
type Part struct {
	Body    []byte // reused after the call
	Records int
	Before  int // records in the parts before: Options.RecordsBefore
	Lines   int // between the header and the first record: Options.LinesBefore
}

// ErrHeaderTooLong says that the header of a file takes more than a row may.
var ErrHeaderTooLong = fmt.Errorf("%w: too long", ErrHeader)

// Split cuts a file on the bounds of its records and calls emit for each part, in
// order. It holds one part and one row, whatever the file is. Where records begin
// and end, it says as Decode does: a quoted field may hold line breaks, and a quote
// that does not end costs one line. Errors: ErrHeader, ErrNUL, ErrRowTooLong for a
// line that is longer than a part may be, and those of in and emit.
//
// Bytes of line breaks, quotes and delimiters are the same in all encodings. Only
// where the encoding is to be guessed can a line of nothing but hard blanks of
// windows-1251 be counted, which Decode takes for blank.
func Split(in io.Reader, o Options, limits Limits, emit func(Part) error) error {
	o = o.withDefaults()
	w := &window{in: in, scanner: scanner{line: 1, maxRow: o.MaxRowBytes, delimiter: o.Delimiter}, most: limits.Bytes + 4*o.MaxRowBytes}
	if err := w.fill(); err != nil {
		return err
	}
	head, err := w.header(o)
	if err != nil {
		return err
	}
	var p Part
	var body []byte
	after := w.line // the first line below the header
	records, from, fromLine, count := 0, w.pos, w.line, 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		body = append(append(body[:0], head...), w.body[from:w.pos]...)
		p = Part{Body: body, Records: count, Before: records, Lines: fromLine - after}
		records += count
		from, fromLine, count = w.pos, w.line, 0
		return emit(p)
	}
	for {
		if w.pos >= len(w.body) && w.ended {
			return flush()
		}
		// A row is only looked at where all that may decide about it is at hand.
		if !w.ended && len(w.body)-w.pos <= o.MaxRowBytes+2 {
			if err := w.slide(&from); err != nil {
				return err
			}
			continue
		}
		start, line := w.pos, w.line
		fields, err := w.next()
		if w.pos >= len(w.body) && !w.ended { // it may go on behind what is at hand
			w.pos, w.line = start, line
			if err := flush(); err != nil { // to make room for it
				return err
			}
			if err := w.slide(&from); err != nil {
				return err
			}
			continue
		}
		if err != nil || !blank(fields) {
			count++
		}
		if count >= limits.Records || w.pos-from >= limits.Bytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// window is a scanner over the bytes of a file that are at hand.
type window struct {
	scanner
	in    io.Reader
	ended bool
	most  int // bytes at hand
}

// chunk is how much is read at once.
const chunk = 1 << 20

func (w *window) fill() error {
	for !w.ended && len(w.body) < w.most {
		at := len(w.body)
		w.body = slices.Grow(w.body, min(chunk, w.most-at))
		n, err := w.in.Read(w.body[at:min(cap(w.body), w.most)])
		w.body = w.body[:at+n]
		if bytes.IndexByte(w.body[at:], 0) >= 0 {
			return fmt.Errorf("%w: in a large file", ErrNUL)
		}
		switch {
		case errors.Is(err, io.EOF):
			w.ended = true
		case err != nil:
			return fmt.Errorf("split: %w", err)
		}
	}
	return nil
}

// slide lets go of what lies before from and reads on.
func (w *window) slide(from *int) error {
	if *from == 0 && len(w.body) >= w.most {
		return fmt.Errorf("%w: a line of more than %d bytes", ErrRowTooLong, w.most)
	}
	w.body = w.body[:copy(w.body, w.body[*from:])]
	w.pos -= *from
	*from = 0
	return w.fill()
}

// header steps over what stands above the records and returns it.
func (w *window) header(o Options) ([]byte, error) {
	w.enc = declared(o.Encoding)
	mark := ""
	if rest, ok := bytes.CutPrefix(w.body, []byte("\xef\xbb\xbf")); ok {
		mark, w.body, w.enc = "\xef\xbb\xbf", rest, nil
	}
	if bytes.HasPrefix(w.body, []byte("\xff\xfe")) || bytes.HasPrefix(w.body, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%w: the file is UTF-16", ErrNUL)
	}
	if bytes.HasPrefix(bytes.TrimLeft(w.body, " \t\r\n"), []byte("<")) {
		return nil, ErrHTML
	}
	for range o.SkipRows {
		w.skipLine()
	}
	if w.delimiter == 0 {
		w.delimiter = guessDelimiter(w.peekLine())
	}
	if _, err := w.scanner.header(o.HeaderRows); err != nil {
		return nil, err
	}
	if w.pos > o.MaxRowBytes {
		return nil, ErrHeaderTooLong
	}
	return append([]byte(mark), w.body[:w.pos]...), nil
}
