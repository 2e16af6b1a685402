// Package transform computes indicators from observations and events. It is
// pure: what it says about a frame follows from the frame, the state before it
// and the catalogue, and neither from a clock, nor from how observations were
// cut into frames, nor from the number of workers.
//
// There are two stages. [District] keeps the vintage that stands of every
// figure and computes the areas of a district: settlements, okrugs and the
// district itself; of the oblast and the country it passes on what was
// published for themselves. [Oblast] adds the districts up. Both publish the
// cells that changed and no others. Of sensitive indicators the districts seal
// theirs for the oblast, which has the whole table and publishes all of it with
// the cells suppressed that would give somebody away: see package disclosure.
//
// # Rules
//
//   - Of several vintages of a figure stands the one of the strongest rank, then
//     the one released last, then the one fetched last.
//   - The units of an indicator are the areas at the coarsest level at which its
//     series are reported, and areas above it that have nothing below them.
//   - A unit reports when all parts of the formula are there. Sums are over units
//     that reported, coverage is their share: see package rollup.
//   - A stock holds until the next one, for as long as its series says.
//   - A flow without a figure for the period is the sum of the figures of its
//     parts, if all are there. Flows reported since 1 January are differenced.
//   - Formulas look at earlier periods too; a change touches all that look it up.
//   - What a source published for an area above the units stands before the sum,
//     if all parts of the formula were published for it.
//   - A period has cells once some source said something of it. Areas without a
//     figure then have an empty cell with a reason, unless only areas above the
//     units were reported, which then stand alone.
package transform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// Subjects of the figures that the stages publish; a partition follows.
const (
	subjectDistrict = "ind.d."
	subjectDirect   = "ind.x."
	subjectOblast   = "ind.o."
	subjectSealed   = "ind.x.sealed." // what the district says to the oblast alone
)

// Options of a stage. The zero value is the default.
type Options struct {
	Workers  int            // districts computed side by side; 1 if zero. Changes no result.
	Location *time.Location // of the windows of events; Asia/Almaty if nil
	// Key seals what the district stage says to the oblast stage of sensitive
	// indicators: 16 bytes at least, the same for both. Wanted if there are any.
	Key []byte
}

// District is the stage that computes districts. It keeps no state of its own
// and is safe for concurrent use. The view given to Apply must be safe for
// concurrent reads if there are several workers.
type District struct {
	m     *model
	areas *registry
	o     Options
	seal  *sealer
}

// NewDistrictOf returns the stage for a model and the areas of the registry,
// which it keeps.
func NewDistrictOf(def Model, areas []auyl.Area, o Options) (*District, error) {
	m, err := newModel(def)
	if err != nil {
		return nil, fmt.Errorf("district stage: %w", err)
	}
	seal, err := m.sealer(o.Key)
	if err != nil {
		return nil, fmt.Errorf("district stage: %w", err)
	}
	return &District{m, newRegistry(areas), o, seal}, nil
}

// Apply computes what a frame of DATA changes. It reads obs.* and evt.* and
// passes over all else.
func (d *District) Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error) {
	day := almatyDay
	if l := d.o.Location; l != nil {
		day = func(t time.Time) auyl.Day { return auyl.DayOf(t.In(l)) }
	}
	ev := events{m: d.m, view: v, day: day, state: map[string]*known{}, deltas: map[auyl.AreaCode][]delta{}}
	obs := map[auyl.AreaCode][]*wire.Observations{}
	var vintage frameVintage
	for _, p := range in {
		switch kind, rest, _ := strings.Cut(p.Subject, "."); kind {
		case "obs":
			if p.Subject == RecomputeSubject { // a frame of its own
				var o wire.Observations
				if err := wire.Unmarshal(p.Data, &o); err != nil {
					return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
				}
				return d.recompute(v, &o)
			}
			code, err := auyl.ParseAreaCode(rest)
			if err != nil {
				return auyl.Step{}, fmt.Errorf("subject %s: %w", p.Subject, err)
			}
			var o wire.Observations
			if err := wire.Unmarshal(p.Data, &o); err != nil {
				return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
			}
			vintage.add(o.GetVintage())
			obs[code] = append(obs[code], &o)
		case "evt":
			var e wire.Events
			if err := wire.Unmarshal(p.Data, &e); err != nil {
				return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
			}
			vintage.add(e.GetVintage())
			if err := ev.take(&e); err != nil {
				return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
			}
		}
	}
	codes := map[auyl.AreaCode]struct{}{}
	for c := range obs {
		codes[c] = struct{}{}
	}
	for c := range ev.deltas {
		codes[c] = struct{}{}
	}
	out, err := d.partitions(codes, func(code auyl.AreaCode) (auyl.Step, error) {
		return d.partition(v, code, obs[code], ev.deltas[code], vintage.v)
	})
	if err != nil {
		return auyl.Step{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(ev.state)) {
		if k := ev.state[key]; k != nil && k.dirty {
			out.Changes = append(out.Changes, auyl.Change{Key: []byte(key), Value: k.encode()})
		}
	}
	return out, nil
}

// partitions computes partitions side by side; what they say stands in the order of
// their codes.
func (d *District) partitions(codes map[auyl.AreaCode]struct{}, step func(auyl.AreaCode) (auyl.Step, error)) (auyl.Step, error) {
	order := slices.Sorted(maps.Keys(codes))
	steps := make([]auyl.Step, len(order))
	var g errgroup.Group
	g.SetLimit(max(d.o.Workers, 1))
	for i, code := range order {
		g.Go(func() (err error) {
			steps[i], err = step(code)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return auyl.Step{}, err
	}
	var out auyl.Step
	for _, s := range steps {
		out.Out = append(out.Out, s.Out...)
		out.Changes = append(out.Changes, s.Changes...)
	}
	return out, nil
}

// partition computes one partition.
func (d *District) partition(v auyl.View, code auyl.AreaCode, obs []*wire.Observations, deltas []delta, vintage *wire.Vintage) (auyl.Step, error) {
	p := newPart(d.m, d.areas, v, code)
	for _, o := range obs {
		if err := p.observe(o); err != nil {
			return auyl.Step{}, err
		}
	}
	for _, m := range deltas {
		b, err := p.block(m.blockKey)
		if err != nil {
			return auyl.Step{}, err
		}
		b.add(m.area, m.value, m.known, m.origin)
		if m.times != 0 {
			s, err := p.set(m.blockKey)
			if err != nil {
				return auyl.Step{}, err
			}
			s.add(m.area, m.at, m.times)
		}
	}
	return d.step(p, code, vintage)
}

// step computes a partition and packs its cells: those of guarded indicators are
// sealed.
func (d *District) step(p *part, code auyl.AreaCode, vintage *wire.Vintage) (auyl.Step, error) {
	out := cellWriter{m: d.m, subject: subjectDistrict + code.String(), vintage: vintage}
	if code == code.Oblast() {
		out.subject = subjectDirect + code.String()
	}
	sealed := cellWriter{m: d.m, subject: subjectSealed + code.String(), vintage: vintage, seal: d.seal}
	changes, err := p.step(&out, &sealed)
	return auyl.Step{Out: append(out.out, sealed.out...), Changes: changes}, err
}

// frameVintage is the vintage of what a frame changes: that of its messages,
// which are of one page; where they were released at several times, the last.
type frameVintage struct{ v *wire.Vintage }

func (f *frameVintage) add(v *wire.Vintage) {
	if v.GetReplaySeq() != 0 {
		// A figure that was refused and passes now stands where it would have
		// stood, but its cells change now: they are newer than those before.
		v = wire.CloneVintage(v)
		v.RawSeq, v.RecordedAtMs = v.GetReplaySeq(), v.GetReplayedAtMs()
		v.ReplaySeq, v.ReplayedAtMs = 0, 0
	}
	if v != nil && (f.v == nil || v.GetReleasedAtMs() > f.v.GetReleasedAtMs()) {
		f.v = v
	}
}
