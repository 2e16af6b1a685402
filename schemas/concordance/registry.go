package concordance

import "github.com/auyl-kz/auyl/schemas"

// Of chains the registry of areas. Its changes say what went forward; back it is known only where one area was the origin.
func Of(registry *schemas.Areas) (*Table, error) {
	areas := make([]Area, 0, len(registry.All()))
	for _, a := range registry.All() {
		areas = append(areas, Area{Code: a.Code, Parent: a.Parent, From: a.ValidFrom, To: a.ValidTo})
	}
	changes := make([]Change, 0, len(registry.Successions()))
	for _, s := range registry.Successions() {
		changes = append(changes, Change{Effective: s.Effective, From: s.From, To: s.To, Forward: s.Share})
	}
	return New(areas, changes)
}
