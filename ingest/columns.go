package ingest

import (
	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// observations is a message under construction with the positions of its
// dictionaries.
type observations struct {
	*wire.Observations
	part   obsPart
	series map[auyl.SeriesID]uint32
	dims   map[auyl.Dims]uint32
	places []place // by the number of what is measured
	sealed []byte  // the message, once it is full: a third of its columns
}

// seal encodes a message to which nothing is added any more.
func (m *observations) seal() error {
	b, err := wire.Marshal(m.Observations)
	*m = observations{Observations: nil, part: m.part, sealed: b}
	return err
}

// maxPlaces bounds what is remembered of one message; a register of more figures
// than that looks them up by name.
const maxPlaces = 4096

// place is where the names of a figure stand in the dictionaries of a message.
type place struct {
	series, dims uint32
	known        bool
}

// roomy says that the message takes one more row.
func (m *observations) roomy() bool {
	return m.Observations != nil && len(m.GetValue()) < maxObservations
}

// spacious is a message whose columns need not grow for a page of usual size.
func spacious(v *wire.Vintage) *wire.Observations {
	const n = 128
	return &wire.Observations{
		Vintage: v,
		Series:  make([]uint32, 0, n), Dims: make([]uint32, 0, n), Area: make([]uint32, 0, n), Freq: make([]byte, 0, n),
		Start: make([]int32, 0, n), Value: make([]int64, 0, n), Status: make([]byte, 0, n), Row: make([]uint32, 0, n),
	}
}

// message returns the message of a partition that has room for one more row.
func (o *output) message(p obsPart, v *wire.Vintage) *observations {
	recent := &o.recent[p.district/100_000%64]
	if m := *recent; m != nil && m.part == p && m.roomy() {
		return m
	}
	list := o.obs[p]
	if len(list) == 0 || !list[len(list)-1].roomy() {
		if len(list) > 0 {
			if err := list[len(list)-1].seal(); err != nil {
				o.fault = err // told at the end
			}
		}
		if p.releasedMs != v.GetReleasedAtMs() {
			v = wire.CloneVintage(v)
			v.ReleasedAtMs = p.releasedMs
		}
		list = append(list, &observations{Observations: spacious(v), part: p, series: map[auyl.SeriesID]uint32{}, dims: map[auyl.Dims]uint32{}})
		o.obs[p] = list
	}
	*recent = list[len(list)-1]
	return *recent
}

// find returns where the names of a figure stand, and puts them there.
func (m *observations) find(figure uint32, x figureName) place {
	p := place{known: true}
	var ok bool
	if p.series, ok = m.series[x.series]; !ok {
		p.series = uint32(len(m.SeriesDict))
		m.series[x.series] = p.series
		m.SeriesDict = append(m.SeriesDict, string(x.series))
	}
	if p.dims, ok = m.dims[x.dims]; !ok {
		p.dims = uint32(len(m.DimsDict))
		m.dims[x.dims] = p.dims
		m.DimsDict = append(m.DimsDict, string(x.dims))
	}
	if figure < maxPlaces {
		if n := int(figure) + 1 - len(m.places); n > 0 {
			m.places = append(m.places, make([]place, n)...)
		}
		m.places[figure] = p
	}
	return p
}
