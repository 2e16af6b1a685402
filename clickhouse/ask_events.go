package clickhouse

import (
	"context"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// EventsQuery says which events are asked for.
type EventsQuery struct {
	Kind     string        // such as ambulance_call
	Area     auyl.AreaCode // this and all areas below it
	From, To time.Time     // when it happened: From included, To not
	AsOf     time.Time     // the zero time is now
}

// EventPage is a page that brought events which count, with the way to its raw object.
type EventPage struct {
	Source    auyl.SourceID `json:"source"`
	Run       string        `json:"run"`
	Page      uint32        `json:"page"`
	RawSHA256 string        `json:"raw_sha256"` // 64 hexadecimal digits
	Events    uint64        `json:"events"`     // at least 1
	FirstRow  uint32        `json:"first_row"`  // of those events; other records may lie between first and last
	LastRow   uint32        `json:"last_row"`
}

// EventPages returns the pages that hold the newest report of each event asked for, ordered by source, pull and page.
// An event that was withdrawn, moved out of the area or dated outside the interval by a later report is not counted.
func (db *DB) EventPages(ctx context.Context, q EventsQuery) ([]EventPage, error) {
	var out []EventPage
	areaFrom, areaTo := subtree(q.Area)
	params := driver.Parameters{
		"kind": q.Kind, "area_from": areaFrom, "area_to": areaTo,
		"from": moment(q.From), "to": moment(q.To), "as_of": moment(q.AsOf),
	}
	err := db.query(ctx, "event_pages", params, func(scan func(...any) error) error {
		var p EventPage
		var source string
		err := scan(&source, &p.Run, &p.Page, &p.RawSHA256, &p.Events, &p.FirstRow, &p.LastRow)
		p.Source = auyl.SourceID(source)
		out = append(out, p)
		return err
	})
	return out, err
}
