package ingest

import (
	"context"
	"errors"
)

// Doors are several doors of one source, asked in order: drop folders on this
// machine and on others.
type Doors []Door

// Pages implements Door. What is wrong with one door keeps none of the others
// from being asked.
func (d Doors) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	var faults []error
	for _, door := range d {
		var ours error
		err := door.Pages(ctx, known, func(p Page) error {
			ours = emit(p)
			return ours
		}, unchanged)
		if ours != nil || ctx.Err() != nil {
			return err
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
