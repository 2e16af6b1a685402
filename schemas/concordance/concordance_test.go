package concordance_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/concordance"
)

// rows reads a file of testdata, without its header, and fails where it has not the number of rows it was written with.
func rows(t *testing.T, name string, want int) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != want+1 {
		t.Fatalf("%s has %d rows, want %d", name, len(all)-1, want)
	}
	return all[1:]
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func code(s string) auyl.AreaCode { return must(auyl.ParseAreaCode(s)) }

func day(s string) auyl.Day {
	if s == "" {
		return auyl.MaxDay
	}
	return must(auyl.ParseDay(s))
}

func number(s string) float64 { return must(strconv.ParseFloat(s, 64)) }

func integer(s string) int64 { return must(strconv.ParseInt(s, 10, 64)) }

func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-9*math.Max(math.Abs(got), math.Abs(want))
}

// synthetic is the registry of the oracle, with the shares that follow from the people who moved.
func synthetic(t *testing.T) *concordance.Table {
	t.Helper()
	var areas []concordance.Area
	for _, r := range rows(t, "areas.csv", 28) {
		areas = append(areas, concordance.Area{Code: code(r[0]), From: day(r[1]), To: day(r[2])})
	}
	moves := rows(t, "moves.csv", 20)
	left, came := map[string]int64{}, map[string]int64{}
	for _, r := range moves {
		left[r[0]+r[1]] += integer(r[3])
		came[r[0]+r[2]] += integer(r[3])
	}
	var changes []concordance.Change
	for _, r := range moves {
		c := concordance.Change{
			Effective: day(r[0]), From: code(r[1]), To: code(r[2]),
			Forward: big.NewRat(integer(r[3]), left[r[0]+r[1]]), Back: big.NewRat(integer(r[3]), came[r[0]+r[2]]),
		}
		forward, _ := c.Forward.Float64()
		back, _ := c.Back.Float64()
		if !near(forward, number(r[4])) || !near(back, number(r[5])) {
			t.Errorf("shares of %v = %v, %v", r, forward, back)
		}
		changes = append(changes, c)
	}
	table, err := concordance.New(areas, changes)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestChainsAgreeWithOracle(t *testing.T) {
	t.Parallel()
	table := synthetic(t)
	for _, r := range rows(t, "carried.csv", 690) {
		shares, why := table.Map(code(r[0]), day(r[1]), day(r[2]))
		if why != "" {
			if string(why) != r[3] {
				t.Errorf("Map(%s, %s, %s) = %s, want %s", r[0], r[1], r[2], why, r[3])
			}
			continue
		}
		want := strings.Fields(r[3])
		if len(shares) != len(want) {
			t.Errorf("Map(%s, %s, %s) = %v, want %s", r[0], r[1], r[2], shares, r[3])
			continue
		}
		for i, s := range shares {
			p := strings.Split(want[i], "=")
			status := auyl.StatusEstimated
			if s.Whole() {
				status = auyl.StatusNormal
			}
			if w, _ := s.Weight.Float64(); s.Code != code(p[0]) || !near(w, number(p[1])) || status.String() != p[2] {
				t.Errorf("Map(%s, %s, %s) has %s %v %s, want %s", r[0], r[1], r[2], s.Code, w, status, want[i])
			}
		}
	}
}

func TestSeriesOnOtherBoundariesAgreeWithOracle(t *testing.T) {
	t.Parallel()
	table := synthetic(t)
	counts := map[string][]concordance.Count{}
	for _, r := range rows(t, "counts.csv", 78) {
		counts[r[0]] = append(counts[r[0]], concordance.Count{Code: code(r[1]), Numerator: integer(r[2]), Denominator: integer(r[3])})
	}
	got := map[string]concordance.Carried{}
	for _, onto := range []string{"2021-01-01", "2023-06-30", "2026-01-01"} {
		for year, list := range counts {
			carried, left, err := table.Carry(list, day(year+"-01-01"), day(onto))
			if err != nil || len(left) != 0 {
				t.Fatal(left, err)
			}
			for _, c := range carried {
				got[onto+" "+year+" "+c.Code.String()] = c
			}
		}
	}
	want := rows(t, "series.csv", 234)
	if len(got) != len(want) {
		t.Errorf("%d counts, want %d", len(got), len(want))
	}
	for _, r := range want {
		c, ok := got[r[0]+" "+r[1]+" "+r[2]]
		if !ok {
			t.Errorf("%v is not there", r)
			continue
		}
		n, _ := c.Numerator.Float64()
		d, _ := c.Denominator.Float64()
		percent, ok := c.Ratio(100)
		if !ok || !near(n, number(r[3])) || !near(d, number(r[4])) || !near(percent, number(r[7])) ||
			c.Whole.Numerator != integer(r[5]) || c.Whole.Denominator != integer(r[6]) || c.Status.String() != r[8] {
			t.Errorf("%v / %v = %v %%, whole %v, %s; want %v", n, d, percent, c.Whole, c.Status, r)
		}
	}
}

func TestApportionAgreesWithOracle(t *testing.T) {
	t.Parallel()
	for _, r := range rows(t, "apportion.csv", 8) {
		var weights []*big.Rat
		for w := range strings.FieldsSeq(r[1]) {
			x, ok := new(big.Rat).SetString(w)
			if !ok {
				t.Fatal(w)
			}
			weights = append(weights, x)
		}
		got, err := concordance.Apportion(integer(r[0]), weights)
		if s := strings.Trim(fmt.Sprint(got), "[]"); err != nil || s != r[2] {
			t.Errorf("Apportion(%s, %s) = %s, %v, want %s", r[0], r[1], s, err, r[2])
		}
	}
	for name, weights := range map[string][]*big.Rat{"short": {big.NewRat(1, 2)}, "negative": {big.NewRat(-1, 2), big.NewRat(3, 2)}, "none": nil} {
		if got, err := concordance.Apportion(3, weights); err == nil {
			t.Errorf("%s: Apportion = %v, want an error", name, got)
		}
	}
	if got, err := concordance.Apportion(-3, []*big.Rat{big.NewRat(1, 1)}); err == nil {
		t.Errorf("Apportion(-3) = %v, want an error", got)
	}
}

// TestTotalsAreConserved: whatever areas become, on every day what is carried adds up to what was counted.
func TestTotalsAreConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var areas []concordance.Area
		var changes []concordance.Change
		next := auyl.AreaCode(981000001)
		alive := map[auyl.AreaCode]auyl.Day{}
		var order []auyl.AreaCode
		for range rapid.IntRange(1, 5).Draw(t, "areas") {
			alive[next] = 0
			order = append(order, next)
			next++
		}
		days := rapid.IntRange(0, 5).Draw(t, "changes")
		for i := range days {
			at := auyl.Day(100 * (i + 1))
			// All areas of the day are dealt out anew among one to four areas.
			came := []auyl.AreaCode{next}
			for next++; len(came) < 4 && rapid.Bool().Draw(t, "more"); next++ {
				came = append(came, next)
			}
			arrived := map[auyl.AreaCode]int64{}
			var today []concordance.Change
			var people []int64
			for _, from := range order {
				shares := make([]int64, len(came))
				sum := int64(0)
				for j := range shares {
					shares[j] = rapid.Int64Range(0, 9).Draw(t, "people")
					sum += shares[j]
				}
				if sum == 0 {
					shares[0], sum = 1, 1
				}
				for j, n := range shares {
					if n > 0 {
						today = append(today, concordance.Change{Effective: at, From: from, To: came[j], Forward: big.NewRat(n, sum)})
						people = append(people, n)
						arrived[came[j]] += n
					}
				}
				areas = append(areas, concordance.Area{Code: from, From: alive[from], To: at})
			}
			for j := range today {
				today[j].Back = big.NewRat(people[j], arrived[today[j].To])
			}
			changes = append(changes, today...)
			order = order[:0]
			for _, c := range came {
				if arrived[c] > 0 {
					alive[c] = at
					order = append(order, c)
				}
			}
		}
		for _, c := range order {
			areas = append(areas, concordance.Area{Code: c, From: alive[c], To: auyl.MaxDay})
		}
		table, err := concordance.New(areas, changes)
		if err != nil {
			t.Fatal(err)
		}
		on := auyl.Day(100*rapid.IntRange(0, days).Draw(t, "on") + 1)
		target := auyl.Day(100*rapid.IntRange(0, days).Draw(t, "target") + 1)
		var counts []concordance.Count
		var n, d int64
		for _, a := range areas {
			if a.From <= on && on < a.To {
				c := concordance.Count{Code: a.Code, Numerator: rapid.Int64Range(0, 1e6).Draw(t, "numerator"), Denominator: rapid.Int64Range(0, 1e6).Draw(t, "denominator")}
				n, d = n+c.Numerator, d+c.Denominator
				counts = append(counts, c)
			}
		}
		carried, left, err := table.Carry(counts, on, target)
		if err != nil || len(left) != 0 {
			t.Fatal(left, err)
		}
		numerator, denominator := new(big.Rat), new(big.Rat)
		for _, c := range carried {
			numerator.Add(numerator, c.Numerator)
			denominator.Add(denominator, c.Denominator)
			n, d = n-c.Whole.Numerator, d-c.Whole.Denominator
		}
		if n != 0 || d != 0 {
			t.Fatalf("whole numbers differ by %d and %d", n, d)
		}
		for _, c := range counts {
			numerator.Sub(numerator, big.NewRat(c.Numerator, 1))
			denominator.Sub(denominator, big.NewRat(c.Denominator, 1))
		}
		if numerator.Sign() != 0 || denominator.Sign() != 0 {
			t.Fatalf("exact sums differ by %s and %s", numerator, denominator)
		}
	})
}

func registry(t *testing.T) (*schemas.Areas, *concordance.Table) {
	t.Helper()
	a, err := schemas.LoadAreas(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	table, err := concordance.Of(a)
	if err != nil {
		t.Fatal(err)
	}
	return a, table
}

func TestRegistryKnowsWhatBecameOfItsAreas(t *testing.T) {
	t.Parallel()
	_, table := registry(t)
	for _, tt := range []struct{ code, on, onto, want string }{
		{"191600000", "2021-12-31", "2026-01-01", "share_unknown"}, // Qapshagay became Qonaev, which in 2024 gave villages to Alatau
		{"191600000", "2021-12-31", "2022-12-31", "191000000=1"},
		{"191000000", "2021-12-31", "2022-12-31", "331000000=1"}, // the same code: Taldyqorgan
		{"191000000", "2022-12-31", "2021-12-31", "191600000=1"},
		{"191000000", "2022-12-31", "2024-01-01", "share_unknown"},
		{"191000000", "2024-01-01", "2026-01-01", "191000000=1"},
		{"190000000", "2021-12-31", "2026-01-01", "190000000=492832/725751 330000000=232919/725751"},
		{"190000000", "2022-06-08", "2022-06-07", "190000000=1"},
		{"191033000", "2023-12-31", "2024-01-01", "191810000=1"},
		{"191810000", "2024-01-01", "2023-12-31", "share_unknown"},
		{"191010000", "2022-06-07", "2026-01-01", "no_such_area"},
		{"191010000", "2022-06-08", "2022-06-07", "not_yet"},
		{"193600000", "2000-01-01", "2026-01-01", "193600000=1"},
		{"196800000", "2023-12-31", "2024-01-01", "share_unknown"}, // Ili gave villages to Alatau
		{"194437000", "2024-01-01", "2026-01-01", "194437000=1"},   // renamed
		{"000000000", "2000-01-01", "2026-01-01", "000000000=1"},
	} {
		shares, why := table.Map(code(tt.code), day(tt.on), day(tt.onto))
		got := string(why)
		for i, s := range shares {
			if i > 0 {
				got += " "
			}
			got += s.Code.String() + "=" + s.Weight.RatString()
		}
		if got != tt.want {
			t.Errorf("Map(%s, %s, %s) = %s, want %s", tt.code, tt.on, tt.onto, got, tt.want)
		}
	}
}

// TestOblastOf2022AddsUpOnBothBoundaries: with the population that the Bureau published for both parts, before and after.
func TestOblastOf2022AddsUpOnBothBoundaries(t *testing.T) {
	t.Parallel()
	_, table := registry(t)
	almaty, zhetisu := code("190000000"), code("330000000")
	const before, after = "2022-06-07", "2022-06-08"
	for _, tt := range []struct {
		on, onto string
		counts   []concordance.Count
		want     map[auyl.AreaCode]int64
		status   auyl.Status
	}{
		{before, after, []concordance.Count{{Code: almaty, Numerator: 2077967}}, map[auyl.AreaCode]int64{almaty: 1411074, zhetisu: 666893}, auyl.StatusEstimated},                 // 2021
		{after, before, []concordance.Count{{Code: almaty, Numerator: 1478496}, {Code: zhetisu, Numerator: 698757}}, map[auyl.AreaCode]int64{almaty: 2177253}, auyl.StatusNormal}, // 2022
		{after, before, []concordance.Count{{Code: almaty, Numerator: 1505968}, {Code: zhetisu, Numerator: 698729}}, map[auyl.AreaCode]int64{almaty: 2204697}, auyl.StatusNormal}, // 2023
	} {
		carried, left, err := table.Carry(tt.counts, day(tt.on), day(tt.onto))
		if err != nil || len(left) != 0 || len(carried) != len(tt.want) {
			t.Fatal(carried, left, err)
		}
		for _, c := range carried {
			if c.Whole.Numerator != tt.want[c.Code] || c.Status != tt.status {
				t.Errorf("%v onto %s: %s has %d %s, want %d %s", tt.counts, tt.onto, c.Code, c.Whole.Numerator, c.Status, tt.want[c.Code], tt.status)
			}
		}
	}
}

// TestTableOfWeightsCountsNothingTwice: of each span every area has its weights, which add up to 1, or one reason; and no
// area is part of the same place as one that it lies in.
func TestTableOfWeightsCountsNothingTwice(t *testing.T) {
	t.Parallel()
	areas, table := registry(t)
	sum, parts := map[string]float64{}, map[string]int{}
	whole := map[string]bool{}
	all := table.Onto(auyl.MaxDay - 1)
	for _, r := range all {
		key := fmt.Sprint(r.First, r.From)
		if r.Reason != "" {
			if r.To != 0 || r.Weight != 0 {
				t.Errorf("%+v has a reason and a number", r)
			}
			sum[key]++
			continue
		}
		sum[key] += r.Weight
		parts[fmt.Sprint(r.First, r.To)]++
		whole[key+r.To.String()] = true
		if r.Whole != (r.Weight == 1) {
			t.Errorf("%+v", r)
		}
	}
	for _, r := range all {
		if got := sum[fmt.Sprint(r.First, r.From)]; math.Abs(got-1) > 1e-12 {
			t.Errorf("shares of %s from %s on add up to %v, want 1", r.From, r.First, got)
		}
		if r.To == 0 {
			continue
		}
		if n := parts[fmt.Sprint(r.First, r.To)]; n != r.Parts {
			t.Errorf("%s from %s on: %d parts, the row says %d", r.To, r.First, n, r.Parts)
		}
		for level := auyl.LevelOblast; level <= auyl.LevelOkrug; level++ {
			if up, ok := areas.Ancestor(r.From, level, r.First); ok && up.Code != r.From && whole[fmt.Sprint(r.First, up.Code)+r.To.String()] {
				t.Errorf("%s and %s, in which it lies, are both part of %s from %s on", r.From, up.Code, r.To, r.First)
			}
		}
	}
	if parts[fmt.Sprint(day("2022-06-08"), code("191810000"))] < 3 {
		t.Error("Alatau has no parts before it began")
	}
}

func TestChangesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	areas := []concordance.Area{{Code: 981000001, To: 10}, {Code: 981000002, From: 10, To: auyl.MaxDay}}
	half, third := big.NewRat(1, 2), big.NewRat(3, 2)
	for name, tt := range map[string]struct {
		areas   []concordance.Area
		changes []concordance.Change
		want    string
	}{
		"lost half":    {areas, []concordance.Change{{Effective: 10, From: 981000001, To: 981000002, Forward: half}}, "add up to 1/2, want 1"},
		"too much":     {areas, []concordance.Change{{Effective: 10, From: 981000001, To: 981000002, Forward: third}}, "at most 1"},
		"no share":     {areas, []concordance.Change{{Effective: 10, From: 981000001, To: 981000002}}, "above 0"},
		"from nowhere": {areas, []concordance.Change{{Effective: 10, From: 981000002, To: 981000001, Forward: half}}, "names nothing on the day before"},
		"two meanings": {append(areas, concordance.Area{Code: 981000002, From: 20, To: 30}), nil, "two meanings"},
	} {
		if _, err := concordance.New(tt.areas, tt.changes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: New = %v, want an error with %q", name, err, tt.want)
		}
	}
	table, err := concordance.New(areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	carried, left, err := table.Carry([]concordance.Count{{Code: 981000001, Numerator: 5}}, 5, 15)
	if diff := cmp.Diff([]concordance.Left{{Code: 981000001, Reason: concordance.Ended}}, left); err != nil || len(carried) != 0 || diff != "" {
		t.Errorf("Carry of an area that ended: %v, %v, %s", carried, err, diff)
	}
}
