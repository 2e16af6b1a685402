package csv

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// encoding holds the letters of the bytes from 0x80; nil is UTF-8.
type encoding []rune

// windows1251 are the letters of the bytes 0x80 to 0xFF.
const windows1251 = "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—�™љ›њќћџ" +
	"\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕї" +
	"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ" +
	"абвгдежзийклмнопрстуфхцчшщъыьэюя"

// kz1048Bytes are the bytes at which KZ-1048 (STRK1048-2002) differs from
// windows-1251, kz1048Letters what they stand for there: the letters that Kazakh
// has and Russian lacks, but І, which both encodings have.
const (
	kz1048Bytes   = "\x8d\x8e\x9d\x9e\xa1\xa2\xa3\xa5\xaa\xaf\xb4\xba\xbc\xbd\xbe\xbf"
	kz1048Letters = "ҚҺқһҰұӘӨҒҮөғәҢңү"
)

// appendText appends src to dst in UTF-8.
func (e encoding) appendText(dst, src []byte) []byte {
	if e == nil {
		return append(dst, src...)
	}
	for _, c := range src {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		dst = utf8.AppendRune(dst, e[c-0x80])
	}
	return dst
}

func singleByte(kazakh bool) encoding {
	e := encoding(windows1251)
	if kazakh {
		letters := []rune(kz1048Letters)
		for i := range len(kz1048Bytes) {
			e[kz1048Bytes[i]-0x80] = letters[i]
		}
	}
	return e
}

// declared is the encoding that is asked for; nil where it is UTF-8 or to be guessed.
func declared(asked string) encoding {
	switch strings.ToLower(asked) {
	case "windows-1251":
		return singleByte(false)
	case "kz-1048":
		return singleByte(true)
	}
	return nil
}

// detect returns the page without its byte order mark, and its encoding.
func detect(body []byte, asked string) ([]byte, encoding, error) {
	rest, marked := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) {
		return nil, nil, fmt.Errorf("%w: the page is UTF-16", ErrNUL)
	}
	if i := bytes.IndexByte(rest, 0); i >= 0 {
		return nil, nil, fmt.Errorf("%w: at byte %d", ErrNUL, i)
	}
	if bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("<")) {
		return nil, nil, ErrHTML
	}
	switch strings.ToLower(asked) {
	case "", "auto":
		switch {
		case !marked && utf8.Valid(rest):
			return rest, nil, nil
		case marked:
			asked = "utf-8"
		case containsByte(rest, kz1048Bytes):
			asked = "kz-1048"
		default:
			asked = "windows-1251"
		}
	default:
		if marked {
			asked = "utf-8" // the mark says more than a contract that was written before
		}
	}
	switch strings.ToLower(asked) {
	case "utf-8":
		if i := invalid(rest); i >= 0 {
			return nil, nil, fmt.Errorf("%w: not UTF-8 at line %d", ErrEncoding, 1+bytes.Count(rest[:i], []byte("\n")))
		}
		return rest, nil, nil
	case "windows-1251":
		return rest, singleByte(false), nil
	case "kz-1048":
		return rest, singleByte(true), nil
	}
	return nil, nil, fmt.Errorf("%w: unknown encoding %q", ErrEncoding, asked)
}

// invalid returns where the first byte stands that is not UTF-8, -1 for none.
func invalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// containsByte is bytes.ContainsAny for bytes instead of letters.
func containsByte(b []byte, set string) bool {
	for i := range len(set) {
		if bytes.IndexByte(b, set[i]) >= 0 {
			return true
		}
	}
	return false
}
