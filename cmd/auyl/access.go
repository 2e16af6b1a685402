package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/ingest"
)

// accessSource is the access register: whom auyl asked over a network, how often,
// how long the answers took, and who refused. A month is told when
// it is over, so that asking once more today says nothing that must be revised.
const accessSource auyl.SourceID = "platform.access"

// accessDoor makes a page of each month from the pulls in the tables.
type accessDoor struct {
	db        *clickhouse.DB
	registers []auyl.SourceID
	zone      string
	month     func() string // that is not over, as 2026-11
	oblast    auyl.AreaCode
}

// Pages implements ingest.Door.
func (d *accessDoor) Pages(ctx context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	if len(d.registers) == 0 {
		return nil
	}
	accesses, err := d.db.Accesses(ctx, d.registers, d.zone, d.month())
	if err != nil {
		return fmt.Errorf("access to registers: %w", err)
	}
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	months := map[string][][]string{}
	for _, a := range accesses {
		seconds := fmt.Sprintf("%d.%03d", a.Milliseconds/1000, a.Milliseconds%1000)
		months[a.Month] = append(months[a.Month], []string{d.oblast.String(), a.Month, string(a.Register), number(a.Asked), number(a.Answered), number(a.Refused), seconds})
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		var b bytes.Buffer
		head := []string{"kato", "period", "register", "asked", "answered", "refused", "seconds"}
		if err := csv.NewWriter(&b).WriteAll(append([][]string{head}, months[month]...)); err != nil {
			return fmt.Errorf("access of %s: %w", month, err)
		}
		if err := emit(ingest.Page{Key: fmt.Sprintf("%s@%s.csv", accessSource, month), ContentType: "text/csv", Body: b.Bytes()}); err != nil {
			return err
		}
	}
	return nil
}

// access is the schedule item of the access register, none where no contract asks
// for it or nobody is asked.
func (n *node) access(ctx context.Context, quiet bool) ([]ingest.Scheduled, error) {
	c := n.house.Contracts[accessSource]
	if c == nil || len(n.cfg.Sources) == 0 {
		return nil, nil
	}
	var registers []auyl.SourceID
	for _, s := range n.cfg.Sources {
		registers = append(registers, auyl.SourceID(s.ID))
	}
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	month := func() string { return time.Now().In(zone).Format("2006-01") }
	door := &accessDoor{n.db, registers, n.cfg.Zone, month, c.Area.Within}
	p, err := n.puller(ctx, accessSource, door, ingest.Options{QuietUnchanged: quiet})
	if err != nil {
		return nil, err
	}
	return []ingest.Scheduled{{Puller: p, Times: qualityTimes}}, nil
}
