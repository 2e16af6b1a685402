package clickhouse

import (
	"context"
	"strconv"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// HeldDelivery is a delivery that was held back until a person decides.
type HeldDelivery struct {
	Source     string    `json:"source"`
	Delivery   string    `json:"delivery"` // pull and page
	Run        string    `json:"run"`
	Page       uint32    `json:"page"`
	RawSeq     uint64    `json:"raw_seq"`
	RawSHA256  string    `json:"raw_sha256"`
	RecordedAt time.Time `json:"recorded_at"`
	Origin     string    `json:"origin"`
	Reasons    []string  `json:"reasons"`
	Found      string    `json:"found"`
	State      string    `json:"state"` // waiting, accepted, rejected, mended
	DecidedBy  string    `json:"decided_by"`
	DecidedWhy string    `json:"decided_why"`
	DecidedAt  time.Time `json:"decided_at"` // zero while it waits
}

// HeldQuery says which deliveries are asked for; the zero value is all of them.
type HeldQuery struct {
	Source   string // "": any
	Delivery string // a pull, with or without its page; "": any
	Waiting  bool   // only those that nobody has decided on
}

// HeldDeliveries returns deliveries that were held back, newest first.
func (db *DB) HeldDeliveries(ctx context.Context, q HeldQuery) ([]HeldDelivery, error) {
	params := driver.Parameters{"source": q.Source, "delivery": q.Delivery, "waiting": strconv.FormatBool(q.Waiting)}
	var out []HeldDelivery
	err := db.query(ctx, "held_deliveries", params, func(scan func(...any) error) error {
		var h HeldDelivery
		err := scan(&h.Source, &h.Delivery, &h.Run, &h.Page, &h.RawSeq, &h.RawSHA256, &h.RecordedAt, &h.Origin, &h.Reasons, &h.Found,
			&h.State, &h.DecidedBy, &h.DecidedWhy, &h.DecidedAt)
		h.DecidedAt = known(h.DecidedAt)
		out = append(out, h)
		return err
	})
	return out, err
}
