package simulate

import (
	"cmp"
	"slices"

	"github.com/auyl-kz/auyl"
)

// PlacesOf picks the places of the model from the registry of areas as it stands
// on a day: every rural settlement, every town, and every town that is itself a
// unit of level 4. Other places (farms, summer camps, railway lots) have no
// population in the model. The terms are the ids of districts in Taldau.
func PlacesOf(areas []auyl.Area, day auyl.Day, terms map[auyl.AreaCode]string) []Place {
	byCode := make(map[auyl.AreaCode]*auyl.Area, len(areas))
	for i := range areas {
		if areas[i].Valid(day) {
			byCode[areas[i].Code] = &areas[i]
		}
	}
	above := func(a *auyl.Area, l auyl.Level) *auyl.Area {
		for a != nil && a.Level > l {
			a = byCode[a.Parent]
		}
		if a == nil || a.Level != l {
			return nil
		}
		return a
	}
	var out []Place
	for _, a := range byCode {
		town := a.Kind == "city"
		if !town && (a.Level != auyl.LevelSettlement || !a.Rural) {
			continue
		}
		okrug, district := above(a, auyl.LevelOkrug), above(a, auyl.LevelDistrict)
		if okrug == nil || district == nil {
			continue
		}
		out = append(out, Place{
			Code: a.Code, Okrug: okrug.Code, District: district.Code,
			NameRU: a.NameRU, NameKK: a.NameKK, OkrugRU: okrug.NameRU, OkrugKK: okrug.NameKK,
			DistrictRU: district.NameRU, DistrictKK: district.NameKK, Term: terms[district.Code], Urban: town,
		})
	}
	slices.SortFunc(out, func(a, b Place) int { return cmp.Compare(a.Code, b.Code) })
	return out
}
