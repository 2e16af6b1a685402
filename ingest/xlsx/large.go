package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A large workbook is read as it unpacks: held are its texts, each once, and the
// row in work. The library would unpack all of it, into memory or into files in
// the open, where registers with personal data must not lie.

// maxParts bounds what is looked at of a foreign archive.
const maxParts = 10_000

// parts returns the files of a workbook; nil where it is none, or is small enough
// to be read by the library.
func parts(body []byte, o Options) (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, nil //nolint:nilerr // the library says what is wrong with it
	}
	if len(r.File) > maxParts {
		return nil, fmt.Errorf("%w: more than %d parts", ErrTooLarge, maxParts)
	}
	out, size := make(map[string]*zip.File, len(r.File)), uint64(0)
	for _, f := range r.File {
		out[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))] = f
		if size += f.UncompressedSize64; f.UncompressedSize64 > uint64(o.MaxUnzipBytes) || size > uint64(o.MaxUnzipBytes) {
			return nil, fmt.Errorf("%w: unpacks to more than %d bytes", ErrTooLarge, o.MaxUnzipBytes)
		}
	}
	if size <= uint64(o.StreamAbove) {
		return nil, nil
	}
	return out, nil
}

// large reads a workbook by its parts.
type large struct {
	o     Options
	parts map[string]*zip.File
	texts texts
	cells []string // of the row in work
}

// texts are the texts of a workbook, each once, one behind the other.
type texts struct {
	all  []byte
	ends []int
}

func (t *texts) get(i int) string {
	if i < 0 || i >= len(t.ends) {
		return ""
	}
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.all[from:t.ends[i]])
}

// maxToken bounds one tag or one stretch of text: a cell holds 32,767 letters.
const maxToken = 1 << 20

// tokenReader fails when more is read for one token than a token may have.
type tokenReader struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (t *tokenReader) Read(b []byte) (int, error) {
	if t.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d bytes in one piece", ErrTooLarge, maxToken)
	}
	n, err := t.r.Read(b)
	t.left -= n
	return n, err //nolint:wrapcheck // io.EOF is to stay what it is
}

// walk calls visit for the tokens of a part; a part that is missing is empty.
func (l *large) walk(name string, visit func(xml.Token) error) error {
	f := l.parts[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNotWorkbook, name, err)
	}
	defer r.Close()
	in := &tokenReader{r: r}
	d := xml.NewDecoder(in)
	depth := 0
	for {
		in.left = maxToken
		t, err := d.RawToken() // names are told apart without their spaces
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return nil
		case errors.Is(err, ErrTooLarge):
			return fmt.Errorf("%s: %w", name, err)
		case err != nil:
			return fmt.Errorf("%w: %s: %w", ErrNotWorkbook, name, err)
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if err := visit(t); err != nil {
			return err
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// sheet returns the name of the sheet that is asked for, and where its part is.
func (l *large) sheet() (name, part string, err error) {
	var names, ids []string
	err = l.walk("xl/workbook.xml", func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "sheet" {
			names, ids = append(names, attribute(e, "name")), append(ids, attribute(e, "id"))
		}
		return nil
	})
	if err != nil {
		return "", "", err
	}
	targets := map[string]string{}
	err = l.walk("xl/_rels/workbook.xml.rels", func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Relationship" {
			targets[attribute(e, "Id")] = attribute(e, "Target")
		}
		return nil
	})
	if err != nil {
		return "", "", err
	}
	for i, n := range names {
		if n != l.o.Sheet && l.o.Sheet != "" {
			continue
		}
		if to := targets[ids[i]]; to != "" {
			if !strings.HasPrefix(to, "/") {
				to = path.Join("xl", to)
			}
			return n, to, nil
		}
	}
	return "", "", fmt.Errorf("%w: %q, there are %q", ErrSheet, l.o.Sheet, names)
}

// readTexts reads the texts that cells refer to. What says how a text is
// pronounced is none of it.
func (l *large) readTexts() error {
	in, spoken := false, 0
	var one []byte
	return l.walk("xl/sharedStrings.xml", func(t xml.Token) error {
		switch e := t.(type) {
		case xml.StartElement:
			in = e.Name.Local == "t"
			if e.Name.Local == "rPh" {
				spoken++
			}
		case xml.EndElement:
			in = false
			switch e.Name.Local {
			case "rPh":
				spoken--
			case "si":
				l.texts.all = append(l.texts.all, unescape(string(one))...)
				l.texts.ends = append(l.texts.ends, len(l.texts.all))
				one = one[:0]
				if held := int64(len(l.texts.all) + 8*len(l.texts.ends)); held > l.o.MaxTextBytes {
					return fmt.Errorf("%w: more than %d bytes of texts", ErrTooLarge, l.o.MaxTextBytes)
				}
			}
		case xml.CharData:
			if in && spoken == 0 {
				one = append(one, e...)
			}
			if len(one) > maxToken {
				return fmt.Errorf("%w: a text of more than %d bytes", ErrTooLarge, maxToken)
			}
		}
		return nil
	})
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape reads _x000D_ and the like, by which workbooks write what XML cannot.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.ParseUint(m[2:6], 16, 16)
		if err != nil || utf16.IsSurrogate(rune(n)) {
			return ""
		}
		return string(rune(n))
	})
}

// decode walks over the rows of the sheet.
func (l *large) decode(w *walker) error {
	name, part, err := l.sheet()
	if err != nil {
		return err
	}
	w.o.Sheet = name
	if err := l.readTexts(); err != nil {
		return err
	}
	var c cell
	last, in := 0, false // the row that was read last; within one
	return l.walk(part, func(t xml.Token) error {
		switch e := t.(type) {
		case xml.StartElement:
			if e.Name.Local == "row" {
				n, err := strconv.Atoi(attribute(e, "r"))
				if err != nil || n <= last {
					n = last + 1
				}
				if n > l.o.MaxRows {
					return fmt.Errorf("%w: more than %d rows", ErrTooLarge, l.o.MaxRows)
				}
				for last++; last < n; last++ { // rows that are not stored are empty
					if err := w.row(last, nil); err != nil {
						return err
					}
				}
				l.cells, in, c = l.cells[:0], true, cell{}
				return nil
			}
			c.start(e)
		case xml.CharData:
			c.text(e)
			if len(c.value) > maxToken {
				return fmt.Errorf("%w: a cell of more than %d bytes", ErrTooLarge, maxToken)
			}
		case xml.EndElement:
			switch {
			case e.Name.Local == "c" && in:
				return l.put(&c)
			case e.Name.Local == "row" && in:
				in = false
				return w.row(last, l.cells)
			}
			c.end(e)
		}
		return nil
	})
}

// put places a cell in its row. One without a value is as if it was not there,
// but for a formula.
func (l *large) put(c *cell) error {
	v := string(c.value)
	switch c.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if v != "" && err == nil {
			v = l.texts.get(i)
		}
	case "inlineStr":
		if c.inline {
			v = unescape(v)
		}
	}
	if v == "" && !c.formula {
		return nil
	}
	if c.column > l.o.MaxColumns {
		return fmt.Errorf("%w: more than %d columns", ErrTooLarge, l.o.MaxColumns)
	}
	for len(l.cells) < c.column-1 {
		l.cells = append(l.cells, "")
	}
	if c.column <= len(l.cells) {
		l.cells[c.column-1] = v
		return nil
	}
	l.cells = append(l.cells, v)
	return nil
}

// cell is a cell in work.
type cell struct {
	column  int
	kind    string
	value   []byte
	inline  bool // its text stands in it
	formula bool
	taking  bool // the text that comes is of the value
	spoken  int
}

func (c *cell) start(e xml.StartElement) {
	c.taking = false
	switch e.Name.Local {
	case "c":
		column := columnOf(attribute(e, "r"))
		if column == 0 {
			column = c.column + 1
		}
		*c = cell{column: column, kind: attribute(e, "t"), value: c.value[:0]}
	case "v":
		c.taking = true
	case "f":
		c.formula = true
	case "is":
		c.inline = true
	case "rPh":
		c.spoken++
	case "t":
		c.taking = c.inline && c.spoken == 0
	}
}

func (c *cell) text(b []byte) {
	if c.taking {
		c.value = append(c.value, b...)
	}
}

func (c *cell) end(e xml.EndElement) {
	c.taking = false
	if e.Name.Local == "rPh" {
		c.spoken--
	}
}

// columnOf returns the column of a cell's name such as AB12, from 1; 0 for none.
func columnOf(name string) int {
	n := 0
	for i := 0; i < len(name) && name[i] >= 'A' && name[i] <= 'Z' && n < 1<<20; i++ {
		n = 26*n + int(name[i]-'A') + 1
	}
	return n
}
