package clickhouse

import (
	"context"
	"strconv"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// DeadLetter is a record or page that did not pass its contract.
type DeadLetter struct {
	Number          uint64 // from 1, oldest first; stays
	Source, Run     string
	Page, Row       uint32 // Row 0 is the page as a whole
	Position, Field string
	Reason, Found   string
	Expected, Mend  string
	Record          string
	RawSeq          uint64
	RawSHA256       string
	RecordedAt      time.Time
	Origin          string
	ContractVersion uint32 // that refused it last
	FirstSeen       time.Time
	LastSeen        time.Time
	Times           uint64    // it was refused: once, and once more for each replay in vain
	ResolvedAt      time.Time // zero while it is open
	ResolvedBy      uint32    // version of the contract under which it passed; 0 while it is open
}

// DeadQuery says which letters are asked for; the zero value is all of them.
type DeadQuery struct {
	Source, Reason string    // empty: any
	Since          time.Time // refused for the first time then or later
	Open           bool      // only those that no replay has resolved
	Number         uint64    // 0: any
	Limit          uint64    // 0: all
}

// DeadLetters returns dead letters, newest first.
func (db *DB) DeadLetters(ctx context.Context, q DeadQuery) ([]DeadLetter, error) {
	since := "1970-01-01 00:00:00.000"
	if !q.Since.IsZero() {
		since = moment(q.Since)
	}
	var out []DeadLetter
	params := driver.Parameters{
		"source": q.Source, "reason": q.Reason, "since": since, "open": strconv.FormatBool(q.Open),
		"number": strconv.FormatUint(q.Number, 10), "limit": strconv.FormatUint(q.Limit, 10),
	}
	err := db.query(ctx, "dead_letters", params, func(scan func(...any) error) error {
		var l DeadLetter
		err := scan(&l.Number, &l.Source, &l.Run, &l.Page, &l.Row, &l.Position, &l.Field, &l.Reason, &l.Found, &l.Expected, &l.Mend,
			&l.Record, &l.RawSeq, &l.RawSHA256, &l.RecordedAt, &l.Origin, &l.ContractVersion,
			&l.FirstSeen, &l.LastSeen, &l.Times, &l.ResolvedAt, &l.ResolvedBy)
		l.ResolvedAt = known(l.ResolvedAt)
		out = append(out, l)
		return err
	})
	return out, err
}

// DeadLetter returns the letter of a number; ok is false when there is none.
func (db *DB) DeadLetter(ctx context.Context, number uint64) (l DeadLetter, ok bool, err error) {
	if number == 0 {
		return l, false, nil
	}
	ls, err := db.DeadLetters(ctx, DeadQuery{Number: number, Limit: 1})
	if err != nil || len(ls) == 0 {
		return l, false, err
	}
	return ls[0], true, nil
}
