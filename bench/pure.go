package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/simulate"
	"github.com/auyl-kz/auyl/transform"
	"github.com/auyl-kz/auyl/transform/rollup"
)

const book auyl.SourceID = "akimat.household_book"

// modelDay is the day on which the model of the oblast is looked at.
const modelDay = "2026-11-01"

// sealKey seals cells of sensitive indicators between the stages that are measured.
const sealKey = "a key that nobody needs to keep secret"

// cuts renders the household book of the model: a header and, for each cut, the
// rows of all settlements.
func cuts(h *house, n int) (header string, bodies []string, err error) {
	now, err := auyl.ParseDay(modelDay)
	if err != nil {
		return "", nil, err
	}
	m, err := simulate.New(simulate.PlacesOf(h.Areas.All(), now, h.Areas.Terms()), simulate.Options{Seed: 19, Now: now, Months: 24, Cuts: n})
	if err != nil {
		return "", nil, err
	}
	for _, f := range m.Files() {
		if f.Source != book || f.Revision {
			continue
		}
		b, err := m.Render(f)
		if err != nil {
			return "", nil, err
		}
		first, rest, ok := strings.Cut(string(b), "\n")
		if !ok {
			return "", nil, fmt.Errorf("register %s has no rows", f.Name)
		}
		if header == "" {
			header = strings.TrimPrefix(first, "\ufeff")
		}
		bodies = append(bodies, rest)
	}
	if len(bodies) == 0 {
		return "", nil, fmt.Errorf("the model shows no %s on %s", book, modelDay)
	}
	return header, bodies, nil
}

// rawPage is the message of a page of the household book.
func rawPage(h *house, seq uint64) *wire.RawPage {
	c := h.Contracts[book]
	return &wire.RawPage{Vintage: &wire.Vintage{
		Source: string(book), Run: "bench", Page: 1, RawSeq: seq, RawSha256: bytes.Repeat([]byte{1}, 32),
		RecordedAtMs: 1_793_491_200_000, ReleasedAtMs: 1_793_491_200_000, Origin: uint32(c.Origin), Rank: uint32(c.Rank), ContractVersion: 1,
	}}
}

// decode reads one large export of a register under its own contract, on one core.
func decode(ctx context.Context, h *house) ([]figure, error) {
	header, bodies, err := cuts(h, h.pick(60, 20))
	if err != nil {
		return nil, err
	}
	body := []byte(header + "\n" + strings.Join(bodies, ""))
	d := ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: h.zone})
	var records, observations, took float64
	for range 3 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		began := time.Now()
		out, err := d.Decode(rawPage(h, 1), body)
		if err != nil {
			return nil, err
		}
		t := time.Since(began).Seconds()
		if took == 0 || t < took {
			took = t
		}
		f := out.Flow
		records, observations = float64(f.GetRecordsIn()), float64(f.GetObservations())
		if f.GetRecordsUsed() < f.GetRecordsIn()/2 {
			return nil, fmt.Errorf("%d of %d records were used", f.GetRecordsUsed(), f.GetRecordsIn())
		}
	}
	return []figure{
		{Name: "decode, household book as text, one core", Value: records / took, Unit: "records/s", Note: fmt.Sprintf("%.0f records", records)},
		{Name: "decode, the same", Value: observations / took, Unit: "observations/s"},
		{Name: "decode, the same", Value: float64(len(body)) / took / 1e6, Unit: "MB/s"},
	}, nil
}

// compute measures the arithmetic of the roll-up alone, and then a whole step of
// the stage of districts: messages in, messages and changes of state out, the
// state in memory.
func compute(ctx context.Context, h *house) ([]figure, error) {
	kernel, err := kernel(ctx, h)
	if err != nil {
		return nil, err
	}
	observations, cells, err := district(ctx, h)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "compute in memory: roll-up kernel, all cores", Value: kernel, Unit: "cells/s", Budget: 5e6},
		{Name: "compute in memory: a step of the district stage", Value: cells, Unit: "cells/s", Budget: 5e6, Note: "wire in, wire and state out"},
		{Name: "compute in memory: the same by what came in", Value: observations, Unit: "observations/s"},
	}, nil
}

// kernel rolls the oblast up, an indicator after the other.
func kernel(ctx context.Context, h *house) (perSecond float64, err error) {
	day, err := auyl.ParseDay(modelDay)
	if err != nil {
		return 0, err
	}
	index := map[auyl.AreaCode]int32{}
	var parents []int32
	var units []rollup.Total
	for _, a := range h.Areas.All() { // sorted by code: parents first
		if a.Code.Oblast() != oblast || !a.Valid(day) {
			continue
		}
		parent, ok := index[a.Parent]
		if !ok {
			parent = -1
		}
		index[a.Code] = int32(len(parents))
		parents = append(parents, parent)
		var u rollup.Total
		if a.Level == auyl.LevelSettlement {
			n := auyl.Decimal(len(parents)) * auyl.DecimalOne
			u = rollup.Total{Num: n, Den: 3 * n, Min: n, Max: n, Reported: 1, Total: 1, WeightReported: n, WeightTotal: n, WeightDen: n, Origin: auyl.OriginSynthetic}
		}
		units = append(units, u)
	}
	tree, err := rollup.NewTree(parents)
	if err != nil {
		return 0, err
	}
	rounds := h.pick(8000, 2000)
	cores := runtime.NumCPU()
	var g errgroup.Group
	began := time.Now()
	for range cores {
		g.Go(func() error {
			work, cells := make([]rollup.Total, len(units)), make([]rollup.Cell, len(units))
			p := rollup.Params{Rule: rollup.RuleRatio, Factor: 100, Minimum: 0.5, Full: 0.95}
			for range rounds {
				copy(work, units)
				tree.Sum(work, nil)
				for i := range work {
					cells[i] = work[i].Cell(p)
				}
			}
			if cells[0].Status.Empty() {
				return fmt.Errorf("the oblast is empty: %+v", cells[0])
			}
			return ctx.Err()
		})
	}
	err = g.Wait()
	return float64(cores*rounds*len(units)) / time.Since(began).Seconds(), err
}

// district computes the frame of a large page of the household book, under the
// real catalogue, into an empty state.
func district(ctx context.Context, h *house) (observations, cells float64, err error) {
	header, bodies, err := cuts(h, h.pick(20, 8))
	if err != nil {
		return 0, 0, err
	}
	d := ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: h.zone})
	page, err := d.Decode(rawPage(h, 1), []byte(header+"\n"+strings.Join(bodies, "")))
	if err != nil {
		return 0, 0, err
	}
	stage, err := transform.NewDistrict(h.Catalogue, h.Areas, transform.Options{Workers: 2, Location: h.zone, Key: []byte(sealKey)})
	if err != nil {
		return 0, 0, err
	}
	var best time.Duration
	var step auyl.Step
	for range 3 {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		began := time.Now()
		if step, err = stage.Apply(newView(nil), page.Payloads); err != nil {
			return 0, 0, err
		}
		if t := time.Since(began); best == 0 || t < best {
			best = t
		}
	}
	n := 0
	for _, p := range step.Out {
		var m wire.Cells
		if err := wire.Unmarshal(p.Data, &m); err != nil {
			return 0, 0, err
		}
		n += len(m.GetArea())
	}
	return float64(page.Flow.GetObservations()) / best.Seconds(), float64(n) / best.Seconds(), nil
}

// view is a state in memory that does not change, and so is safe for several readers.
type view struct {
	m    map[string][]byte
	keys []string
}

func newView(changes []auyl.Change) *view {
	v := &view{m: make(map[string][]byte, len(changes))}
	for _, c := range changes {
		v.m[string(c.Key)] = c.Value
	}
	v.keys = slices.Sorted(maps.Keys(v.m))
	return v
}

// Get implements auyl.View.
func (v *view) Get(key []byte) ([]byte, error) { return v.m[string(key)], nil }

// Scan implements auyl.View.
func (v *view) Scan(from, to []byte, f func(key, value []byte) bool) error {
	i, _ := slices.BinarySearch(v.keys, string(from))
	for ; i < len(v.keys) && v.keys[i] < string(to); i++ {
		if !f([]byte(v.keys[i]), v.m[v.keys[i]]) {
			break
		}
	}
	return nil
}

// Before implements auyl.View.
func (v *view) Before(from, upper []byte) (key, value []byte, err error) {
	i, _ := slices.BinarySearch(v.keys, string(upper))
	if i == 0 || v.keys[i-1] < string(from) {
		return nil, nil, nil
	}
	return []byte(v.keys[i-1]), v.m[v.keys[i-1]], nil
}
