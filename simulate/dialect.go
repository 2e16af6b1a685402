package simulate

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
)

// encoding of a register export.
type encoding byte

const (
	utf8Plain encoding = iota
	utf8BOM
	windows1251
	kz1048
)

// dialect is how one register writes its exports.
type dialect struct {
	delimiter rune
	encoding  encoding
	crlf      bool
}

// write renders rows in the dialect.
func (d dialect) write(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	if d.encoding == utf8BOM {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = d.delimiter, d.crlf
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write rows: %w", err)
	}
	switch d.encoding {
	case windows1251:
		return encode(b.String(), false), nil
	case kz1048:
		return encode(b.String(), true), nil
	case utf8Plain, utf8BOM:
	}
	return b.Bytes(), nil
}

// encode writes text in a single-byte code page. In windows-1251 Kazakh letters do
// not exist and become "?", as in the exports of programs that do not know them.
func encode(s string, kazakh bool) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := byte(r), r < 0x80
		if !ok && kazakh {
			b, ok = kazakhByte(r)
		}
		if !ok {
			b, ok = cyrillicByte(r)
		}
		if !ok {
			b = '?'
		}
		out = append(out, b)
	}
	return out
}

// cyrillicByte covers what windows-1251 and KZ-1048 share and registers use.
func cyrillicByte(r rune) (byte, bool) {
	switch {
	case r >= 'А' && r <= 'я':
		return byte(r-'А') + 0xC0, true
	case r == 'Ё':
		return 0xA8, true
	case r == 'ё':
		return 0xB8, true
	case r == 'І':
		return 0xB2, true
	case r == 'і':
		return 0xB3, true
	case r == '№':
		return 0xB9, true
	case r == '…':
		return 0x85, true
	case r == '–':
		return 0x96, true
	case r == '—':
		return 0x97, true
	case r >= 0xA0 && strings.ContainsRune("\u00a0§©«¬\u00ad®°±µ¶·»", r):
		return byte(r), true // at their Latin-1 places
	}
	return 0, false
}

// kazakhByte covers the letters that KZ-1048 (STRK1048-2002) puts where
// windows-1251 has Serbian, Macedonian and Ukrainian ones.
func kazakhByte(r rune) (byte, bool) {
	const letters = "ҚҺқһҰұӘӨҒҮөғәҢңү"
	const codes = "\x8d\x8e\x9d\x9e\xa1\xa2\xa3\xa5\xaa\xaf\xb4\xba\xbc\xbd\xbe\xbf"
	n := 0
	for _, l := range letters {
		if l == r {
			return codes[n], true
		}
		n++
	}
	return 0, false
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(f float64, places int) string { return strconv.FormatFloat(f, 'f', places, 64) }

// treasury writes tenths as the treasury does: 57 820,4 with no-break spaces; what
// was not received at all is a dash.
func treasury(tenths int64) string {
	if tenths == 0 {
		return "-"
	}
	sign := ""
	if tenths < 0 {
		sign, tenths = "-", -tenths
	}
	s := strconv.FormatInt(tenths/10, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return sign + s + "," + strconv.FormatInt(tenths%10, 10)
}

// suppressed hides counts of fewer than five people or families.
func suppressed(n int64) string {
	if n < 5 {
		return "x"
	}
	return whole(n)
}

// dotted writes DD.MM.YYYY.
func dotted(d auyl.Day) string { return d.Time().Format("02.01.2006") }

// label is the period as register exports write it: 2026-10, 2026-Q3, 2026-07-01.
func label(p auyl.Period) string {
	if p.Freq() == auyl.FreqMonth {
		return p.Start().Time().Format("2006-01")
	}
	return p.String()
}
