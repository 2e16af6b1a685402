package clickhouse

import (
	"bytes"
	"io"
)

// csvGuard puts a ' before each text cell of the engine's CSV that a spreadsheet would run as a formula. The engine quotes
// every text and no number, so that a negative number stays one.
type csvGuard struct {
	w      io.Writer
	buf    bytes.Buffer
	quoted bool // within a cell that began with a quote
	opened bool // the last byte was the quote that opened a cell
	inCell bool // within a cell of either kind
}

// Write implements io.Writer. It keeps nothing of p.
func (g *csvGuard) Write(p []byte) (int, error) {
	g.buf.Reset()
	for _, c := range p {
		if g.opened {
			switch c {
			case '=', '+', '-', '@', '\t', '\r':
				g.buf.WriteByte('\'')
			}
			g.opened = false
		}
		switch {
		case g.quoted: // a doubled quote closes and, being within the cell, opens it again
			g.quoted = c != '"'
		case c == '"':
			g.quoted, g.opened, g.inCell = true, !g.inCell, true
		default:
			g.inCell = c != ',' && c != '\n' && c != '\r'
		}
		g.buf.WriteByte(c)
	}
	if _, err := g.w.Write(g.buf.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
