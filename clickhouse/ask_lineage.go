package clickhouse

import (
	"context"
	"math"
	"strconv"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// Delivery is a page that a source gave, with the way to its raw object.
type Delivery struct {
	Source    auyl.SourceID `json:"source"`
	Run       string        `json:"run"`
	Page      uint32        `json:"page"`
	RawSHA256 string        `json:"raw_sha256"` // 64 hexadecimal digits
}

// Delivery returns the page behind a vintage; ok is false where the flow of records does not have it.
func (db *DB) Delivery(ctx context.Context, rawSeq uint64, recordedAt time.Time) (d Delivery, ok bool, err error) {
	params := driver.Parameters{"raw_seq": strconv.FormatUint(rawSeq, 10), "recorded_at": moment(recordedAt)}
	err = db.query(ctx, "delivery", params, func(scan func(...any) error) error {
		var source string
		ok = true
		err := scan(&source, &d.Run, &d.Page, &d.RawSHA256)
		d.Source = auyl.SourceID(source)
		return err
	})
	return d, ok, err
}

// Suppressed returns the areas, among one and all below it, whose cells of an indicator and a period are suppressed, as known
// with the page of a sequence; 0 is all pages.
func (db *DB) Suppressed(ctx context.Context, indicator auyl.IndicatorID, area auyl.AreaCode, p auyl.Period, rawSeq uint64) (map[auyl.AreaCode]bool, error) {
	from, to := subtree(area)
	params := driver.Parameters{
		"indicator": string(indicator), "freq": p.Freq().String(), "start": p.Start().String(), "area_from": from, "area_to": to,
		"raw_seq": newestPage(rawSeq),
	}
	out := map[auyl.AreaCode]bool{}
	err := db.query(ctx, "suppressed", params, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		code, err := auyl.ParseAreaCode(text)
		out[code] = true
		return err
	})
	return out, err
}

// newestPage writes a bound of sequences as a parameter; 0 is beyond all of them.
func newestPage(rawSeq uint64) string {
	if rawSeq == 0 {
		rawSeq = math.MaxUint64
	}
	return strconv.FormatUint(rawSeq, 10)
}

// lettersOf writes frequencies as an Array(String) parameter; none stands for all.
func lettersOf(freqs []auyl.Freq) string {
	if len(freqs) == 0 {
		freqs = []auyl.Freq{auyl.FreqYear, auyl.FreqHalfYear, auyl.FreqQuarter, auyl.FreqMonth, auyl.FreqWeek, auyl.FreqDay}
	}
	texts := make([]string, 0, len(freqs))
	for _, f := range freqs {
		texts = append(texts, f.String())
	}
	return array(texts)
}
