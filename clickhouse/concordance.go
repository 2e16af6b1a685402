package clickhouse

import (
	"fmt"
	"math"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/concordance"
)

// onToday maps each area of each time to the newest boundaries of the registry: the rows of area_concordance.
func onToday(areas *schemas.Areas) ([][]any, error) {
	table, err := concordance.Of(areas)
	if err != nil {
		return nil, fmt.Errorf("chain the boundary changes: %w", err)
	}
	rows := table.Onto(auyl.MaxDay - 1)
	out := make([][]any, 0, len(rows))
	for _, r := range rows {
		place, to := r.To, ""
		if place == 0 {
			place = r.From
		} else {
			to = place.String()
		}
		level := levelOf(place)
		if a, ok := areas.Current(place); ok {
			level = a.Level
		} else if a, ok := areas.At(r.From, r.First); ok && r.To == 0 {
			level = a.Level
		}
		out = append(out, []any{
			r.From.String(), date(r.First), date(r.Last), to, level.String(), r.Weight, uint32(min(max(r.Parts, 0), math.MaxUint32)), string(r.Reason),
		})
	}
	return out, nil
}

// levelOf is the level that the digits of a code say, for codes outside the registry.
func levelOf(code auyl.AreaCode) auyl.Level {
	switch code {
	case auyl.CountryCode:
		return auyl.LevelCountry
	case code.Oblast():
		return auyl.LevelOblast
	case code.District():
		return auyl.LevelDistrict
	case code.Okrug():
		return auyl.LevelOkrug
	}
	return auyl.LevelSettlement
}
