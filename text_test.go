package auyl_test

import (
	"encoding/json"
	"testing"

	"github.com/auyl-kz/auyl"
)

// TestJSONReadsBackWhatItWrote writes each type of the vocabulary as a program
// would see it.
func TestJSONReadsBackWhatItWrote(t *testing.T) {
	t.Parallel()
	type all struct {
		Level  auyl.Level
		Freq   auyl.Freq
		Status auyl.Status
		Origin auyl.Origin
		Rank   auyl.Rank
		Day    auyl.Day
		Area   auyl.AreaCode
		Period auyl.Period
		Value  auyl.Decimal
	}
	in := all{
		auyl.LevelOkrug, auyl.FreqMonth, auyl.StatusBreak, auyl.OriginSynthetic, auyl.RankPress, 19358, 195200000,
		auyl.NewPeriod(auyl.FreqDay, 19358), 3_265_475_000,
	}
	const want = `{"Level":"okrug","Freq":"M","Status":"B","Origin":"synthetic","Rank":"press","Day":"2023-01-01","Area":"195200000","Period":"2023-01-01","Value":326547.5}`
	b, err := json.Marshal(in)
	if err != nil || string(b) != want {
		t.Fatalf("Marshal = %s, %v, want %s", b, err, want)
	}
	var out all
	if err := json.Unmarshal(b, &out); err != nil || out != in {
		t.Errorf("Unmarshal = %+v, %v, want %+v", out, err, in)
	}
}
