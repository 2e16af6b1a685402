package transform_test

import (
	"fmt"
	"testing"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

// BenchmarkDistrictApply computes a frame of births of all settlements of the
// registry over 24 months, with their population, into an empty state.
func BenchmarkDistrictApply(b *testing.B) {
	areas := registry(b)
	day, err := auyl.ParseDay("2026-01-01")
	if err != nil {
		b.Fatal(err)
	}
	var facts []fact
	for _, a := range areas {
		if a.Level != auyl.LevelSettlement || !a.Valid(day) {
			continue
		}
		for _, d := range []string{"2024-01-01", "2025-01-01"} {
			facts = append(facts, fact{"population_end", "", a.Code, d, 1000 * one, 0, vintage{seq: 1}, 1})
		}
		for m := range 24 {
			for _, s := range []string{"births", "deaths"} {
				facts = append(facts, fact{s, "", a.Code, fmt.Sprintf("%d-M%02d", 2024+m/12, m%12+1), auyl.Decimal(m) * one, 0, vintage{seq: 1}, uint32(m)})
			}
		}
	}
	in := observations(b, facts)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			d, err := transform.NewDistrictOf(testModel(), areas, transform.Options{Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			v, cells := newMemory(), 0
			b.ReportAllocs()
			for b.Loop() {
				step, err := d.Apply(v, in)
				if err != nil {
					b.Fatal(err)
				}
				if cells == 0 {
					for _, p := range step.Out {
						var w wire.Cells
						if err := wire.Unmarshal(p.Data, &w); err != nil {
							b.Fatal(err)
						}
						cells += len(w.GetArea())
					}
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(facts))/b.Elapsed().Seconds(), "obs/s")
			b.ReportMetric(float64(b.N)*float64(cells)/b.Elapsed().Seconds(), "cells/s")
		})
	}
}

// BenchmarkDistrictTrickle computes a frame of one observation upon a state
// that is full: what a single late report costs.
func BenchmarkDistrictTrickle(b *testing.B) {
	areas := registry(b)
	d, err := transform.NewDistrictOf(testModel(), areas, transform.Options{})
	if err != nil {
		b.Fatal(err)
	}
	v := newMemory()
	var facts []fact
	code := auyl.AreaCode(0)
	for _, a := range areas {
		if a.Level == auyl.LevelSettlement && a.ValidTo == auyl.MaxDay {
			code = a.Code
			facts = append(facts,
				fact{"population_end", "", a.Code, "2024-01-01", 1000 * one, 0, vintage{seq: 1}, 1},
				fact{"births", "", a.Code, "2024-M01", one, 0, vintage{seq: 1}, 1})
		}
	}
	step, err := d.Apply(v, observations(b, facts))
	if err != nil {
		b.Fatal(err)
	}
	v.commit(step.Changes)
	in := observations(b, []fact{{"births", "", code, "2024-M01", 2 * one, 0, vintage{seq: 2}, 1}})
	b.ReportAllocs()
	for b.Loop() {
		if step, err := d.Apply(v, in); err != nil || len(step.Out) == 0 {
			b.Fatal(err, len(step.Out))
		}
	}
}
