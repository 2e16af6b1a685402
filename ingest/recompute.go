package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// CatalogueSource is under which the pipeline says to itself that formulas changed.
// It stands in RAW like a page, so that what comes of it has its place in the order
// of vintages.
const CatalogueSource auyl.SourceID = "platform.catalogue"

// recomputeSubject is that of package transform.
const recomputeSubject = "obs.recompute"

// PublishRecompute asks for all cells of indicators to be computed again: a frame
// each, so that what comes of one fits into one. state is remembered with the last
// of them; without an indicator it alone is.
func PublishRecompute(ctx context.Context, out *RawPublisher, keep Archive, ids []auyl.IndicatorID, at time.Time, state []byte) error {
	if len(ids) == 0 {
		return out.Publish(ctx, nil, state)
	}
	run := fmt.Sprintf("%s/%d", CatalogueSource, at.UnixMilli())
	for i, id := range ids {
		data, err := json.Marshal([]auyl.IndicatorID{id})
		if err != nil {
			return fmt.Errorf("recompute %s: %w", id, err)
		}
		sum, err := keep.Put(ctx, data)
		if err != nil {
			return fmt.Errorf("recompute %s: %w", id, err)
		}
		page, err := wire.Marshal(&wire.RawPage{
			Vintage: &wire.Vintage{
				Source: string(CatalogueSource), Run: run, Page: uint32(i + 1), RawSha256: sum[:],
				RecordedAtMs: at.UnixMilli(), ReleasedAtMs: at.UnixMilli(), Origin: uint32(auyl.OriginReal), Rank: uint32(auyl.RankSelfReported),
			},
			Url: "formula of " + string(id), ContentType: "application/json", Data: data, SizeBytes: uint64(len(data)), Partial: i < len(ids)-1,
		})
		if err != nil {
			return fmt.Errorf("recompute %s: %w", id, err)
		}
		next := out.State()
		if i == len(ids)-1 {
			next = state
		}
		if err := out.Publish(ctx, []auyl.Payload{{Subject: "raw." + string(CatalogueSource), Data: page}}, next); err != nil {
			return fmt.Errorf("recompute %s: %w", id, err)
		}
	}
	return nil
}

// recomputePayload is what decode says to the stages of such a page.
func recomputePayload(page *wire.RawPage) (auyl.Payload, error) {
	var ids []string
	if err := json.Unmarshal(page.GetData(), &ids); err != nil || len(ids) == 0 {
		return auyl.Payload{}, errors.Join(errors.New("a page of "+string(CatalogueSource)+" names no indicators"), err)
	}
	data, err := wire.Marshal(&wire.Observations{Vintage: page.GetVintage(), SeriesDict: ids})
	return auyl.Payload{Subject: recomputeSubject, Data: data}, err
}
