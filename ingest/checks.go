package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
)

// unique holds a record to those of the page with the same name.
func (m *mapper) unique(out *output, row uint32, fields []string) (string, *fault) {
	if len(m.c.Unique) == 0 {
		return "", nil
	}
	m.text = appendTexts(m.text[:0], fields, m.plan.declared)
	sum := sha256.Sum256(m.text)
	m.text = appendTexts(m.text[:0], fields, m.plan.unique)
	old, ok := out.seenKey[string(m.text)]
	switch {
	case !ok:
		out.seenKey[string(m.text)] = seenRecord{row, sum}
		return "", nil
	case old.sum == sum:
		return SkipDuplicate, nil
	}
	return "", &fault{
		m.c.Unique[0], ReasonDuplicate, m.get(fields, m.c.Unique[0]), "one record for each " + strings.Join(m.c.Unique, ", "),
		fmt.Sprintf("record %d says otherwise: keep the right one", old.row),
	}
}

// appendTexts appends fields, each with its length before it, so that no two lists
// of texts are spelled alike.
func appendTexts(dst []byte, fields []string, columns []int) []byte {
	for _, i := range columns {
		v := at(fields, i)
		dst = binary.AppendUvarint(dst, uint64(len(v)))
		dst = append(dst, v...)
	}
	return dst
}

// words checks what can be said of each field alone.
func (m *mapper) words(fields []string) *fault {
	for i := range m.plan.words {
		f := &m.plan.words[i]
		v := strings.TrimSpace(fields[f.column])
		if f.Required && v == "" {
			return &fault{f.name, ReasonRequired, "", "a value", "fill the field in and deliver again"}
		}
		if len(f.OneOf) > 0 && v != "" && !slices.Contains(f.OneOf, v) {
			near := schemas.Nearest(v, f.OneOf)
			return &fault{f.name, ReasonWord, v, strings.Join(f.OneOf, ", "), "did the source change its words? Nearest: " + near}
		}
	}
	return nil
}
