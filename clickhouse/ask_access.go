package clickhouse

import (
	"context"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// Access counts the pulls of a register that began in a month.
type Access struct {
	Month        string // 2026-10
	Register     auyl.SourceID
	Asked        uint64
	Answered     uint64 // in full, be it that nothing changed
	Refused      uint64 // by a status such as 403 or 429; the others did not answer, or not in full
	Milliseconds uint64 // that those answered took
}

// Accesses counts what each of the sources was asked and what it answered in the
// months before until.
func (db *DB) Accesses(ctx context.Context, sources []auyl.SourceID, zone, until string) ([]Access, error) {
	var out []Access
	err := db.query(ctx, "access", driver.Parameters{"sources": array(sources), "zone": zone, "until": until}, func(scan func(...any) error) error {
		var a Access
		var register string
		err := scan(&a.Month, &register, &a.Asked, &a.Answered, &a.Refused, &a.Milliseconds)
		a.Register = auyl.SourceID(register)
		out = append(out, a)
		return err
	})
	return out, err
}
