package transform_test

import (
	"testing"
	"time"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// call is an ambulance call; a negative arrival is one that is not known.
type call struct {
	id        string
	area      auyl.AreaCode
	at        string
	arrival   int64
	withdrawn bool
	row       uint32
}

func calls(tb testing.TB, v vintage, list ...call) []auyl.Payload {
	tb.Helper()
	byDistrict := map[auyl.AreaCode]*wire.Events{}
	var order []auyl.AreaCode
	for _, c := range list {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			tb.Fatal(err)
		}
		d := c.area.District()
		e := byDistrict[d]
		if e == nil {
			e = &wire.Events{Vintage: v.wire(), KindDict: []string{"other", "ambulance_call"}, Attributes: []*wire.Attribute{{Name: "arrival_seconds"}, {Name: "norm_seconds"}}}
			byDistrict[d] = e
			order = append(order, d)
		}
		e.Kind = append(e.Kind, 1)
		e.Id = append(e.Id, c.id)
		e.Area = append(e.Area, uint32(c.area))
		e.OccurredAtMs = append(e.OccurredAtMs, at.UnixMilli())
		e.ReportedAtMs = append(e.ReportedAtMs, at.UnixMilli())
		e.Withdrawn = append(e.Withdrawn, c.withdrawn)
		e.Row = append(e.Row, c.row)
		e.Attributes[0].Value = append(e.Attributes[0].Value, max(c.arrival, 0)*int64(auyl.DecimalOne))
		e.Attributes[0].Present = append(e.Attributes[0].Present, c.arrival >= 0)
		e.Attributes[1].Value = append(e.Attributes[1].Value, 900*int64(auyl.DecimalOne))
		e.Attributes[1].Present = append(e.Attributes[1].Present, true)
	}
	var out []auyl.Payload
	for _, d := range order {
		data, err := wire.Marshal(byDistrict[d])
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, auyl.Payload{Subject: "evt." + d.String(), Data: data})
	}
	return out
}

func TestEventsFillTheirWindow(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(calls(t, vintage{seq: 2},
		call{id: "1", area: 993030100, at: "2026-01-31T18:59:59Z", arrival: 600}, // still January in Almaty
		call{id: "2", area: 993030100, at: "2026-01-31T19:00:00Z", arrival: 600}, // February
		call{id: "3", area: 993030100, at: "2026-01-05T00:00:00Z", arrival: 901},
		call{id: "4", area: 993032200, at: "2026-01-05T00:00:00Z", arrival: -1},
	))
	p.want("call_rate 993030100 2026-M01", "20 A")
	p.want("call_rate 993030100 2026-M02", "10 A")
	p.want("call_rate 993030200 2026-M01", "0 A") // the register of the district is complete
	p.want("call_rate 993000000 2026-M01", "7.5 A")
	p.want("calls_in_time_share 993030100 2026-M01", "50 A")
	p.want("calls_in_time_share 993032200 2026-M01", "0 A") // no arrival is not in time
	p.want("calls_in_time_share 993030200 2026-M01", "- M denominator_zero")
	p.want("calls_in_time_share 993000000 2026-M01", "33.33333333333333 A")
	p.want("call_rate 993430100 2026-M01", "nothing") // the other district said nothing
	p.want("call_rate 990000000 2026-M01", "7.5 E")
}

func TestCorrectedEventRevisesItsWindows(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(calls(t, vintage{seq: 2},
		call{id: "1", area: 993030100, at: "2026-01-05T00:00:00Z", arrival: 600},
		call{id: "2", area: 993030100, at: "2026-01-06T00:00:00Z", arrival: 600}))
	again := calls(t, vintage{seq: 2}, call{id: "1", area: 993030100, at: "2026-01-05T00:00:00Z", arrival: 600})
	if out := p.frame(again); len(out) != 0 {
		t.Errorf("a duplicate published %d messages", len(out))
	}
	p.want("call_rate 993030100 2026-M01", "20 A")
	// Another month, another district.
	p.frame(calls(t, vintage{seq: 3}, call{id: "1", area: 993430200, at: "2026-02-05T00:00:00Z", arrival: 1000}))
	p.want("call_rate 993030100 2026-M01", "10 A")
	p.want("call_rate 993430200 2026-M02", "10 A")
	p.want("calls_in_time_share 993430200 2026-M02", "0 A")
	// An older version that comes late changes nothing.
	p.frame(calls(t, vintage{seq: 1}, call{id: "1", area: 993030100, at: "2026-01-05T00:00:00Z", arrival: 1}))
	p.want("call_rate 993030100 2026-M01", "10 A")
	// Taken back: the window is known, and nothing happened in it.
	p.frame(calls(t, vintage{seq: 4}, call{id: "2", area: 993030100, at: "2026-01-06T00:00:00Z", withdrawn: true}))
	p.want("call_rate 993030100 2026-M01", "0 A")
	// Moved away: of January nothing is known any more.
	p.frame(calls(t, vintage{seq: 5}, call{id: "2", area: 993030100, at: "2026-03-06T00:00:00Z", arrival: 5}))
	p.want("call_rate 993030100 2026-M01", "- M no_data")
}

func TestWindowsFollowTheClockOfAlmaty(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2024-01-01")))
	p.frame(calls(t, vintage{seq: 2},
		call{id: "1", area: 993030100, at: "2024-01-31T17:59:59Z"}, // UTC+6 until March 2024
		call{id: "2", area: 993030100, at: "2024-01-31T18:00:00Z"},
		call{id: "3", area: 993030100, at: "2024-03-31T18:59:59Z"}, // UTC+5 since
		call{id: "4", area: 993030100, at: "2024-03-31T19:00:00Z"},
	))
	for _, m := range []string{"01", "02", "03", "04"} {
		p.want("call_rate 993030100 2024-M"+m, "10 A")
	}
}
