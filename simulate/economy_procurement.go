package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
)

// contractsPerMonth is a quarter of what the okrugs of the oblast sign in life.
const contractsPerMonth = 400

// deal is one contract of an okrug as a customer; instants are local clock.
type deal struct {
	okrug    int
	signed   time.Time
	sum      int64 // hundredths of a tenge
	method   int   // 2 tender, 3 quotations, 6 single source
	local    bool
	person   uint64 // 0: the supplier is a legal entity
	parent   int    // of a supplementary agreement: the contract before it, from 1
	restated bool   // the first export had the sum before it was changed
}

func procurement() register {
	return register{
		source: "goszakup.contracts", freq: auyl.FreqMonth, lag: 3, ext: "json",
		encode: encodeDeals,
		header: []string{
			"id", "parentId", "contractNumberSys", "customerBin", "supplierBiin", "supplierFio", "contractSum", "faktSum", "crdate", "signDate",
			"finYear", "faktTradeMethodsId", "refContractStatusId", "kato", "supplierLocal", "indexDate", "lastUpdateDate",
		},
		value: 6, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i, d := range m.deals(p) {
				if s.revision && !d.restated {
					continue
				}
				rows = append(rows, m.dealRow(p, i, d, s.revision))
			}
			return rows
		},
	}
}

// encodeDeals wraps rows as the web service answers; a month is its only page.
func encodeDeals(rows [][]string) ([]byte, error) {
	head := slices.Clone(rows[0])
	head[slices.Index(head, "kato")] = "refKatoCode" // under "kato" the model finds what to spoil
	rows[0] = head
	before := fmt.Sprintf(`{"total":%d,"limit":%d,"next_page":"","items":[`, len(rows)-1, len(rows)-1)
	return encodeObjects(rows, before, "]}", "id", "parentId", "contractSum", "faktSum", "finYear", "faktTradeMethodsId", "refContractStatusId", "supplierLocal")
}

// deals makes the contracts of a month in the order of their signing. Most are
// signed when the budget of the year is open, and before it closes.
func (m *Model) deals(p auyl.Period) []deal {
	rng := m.rng("deals", 0, p.Start())
	season := [12]float64{1.3, 1.5, 1.3, 1.1, 1.0, 0.9, 0.8, 0.8, 0.9, 0.9, 0.9, 1.2}[p.Start().Time().Month()-1]
	n := int(math.Round(contractsPerMonth * float64(m.o.Scale) * season))
	weights := make([]float64, len(m.okrugs))
	for i := range m.okrugs {
		if people := m.sum(&m.okrugs[i], p.Start()).people; people > 0 {
			weights[i] = 0.6 + float64(people)/15000
		}
	}
	days := int(p.End() - p.Start())
	out := make([]deal, n)
	for i := range out {
		d := deal{okrug: weighted(rng.Float64(), weights)}
		o := &m.okrugs[d.okrug]
		d.signed = p.Start().Time().AddDate(0, 0, rng.IntN(days)).Add(9*time.Hour + time.Duration(rng.IntN(9*3600))*time.Second)
		tenge := clamp(600_000*math.Exp(1.2*rng.NormFloat64()), 10_000, 400_000_000)
		d.sum = int64(math.Round(tenge)) * 100
		single := clamp(m.trait("single source", o.code, 0.3, 0.6)+0.1*o.district.remoteness, 0, 1)
		if tenge > 4_000_000 { // the law leaves little choice
			single *= 0.35
		}
		d.method = 3
		switch u := rng.Float64(); {
		case u < single:
			d.method = 6
		case tenge > 8_000_000:
			d.method = 2
		}
		d.local = rng.Float64() < m.trait("local suppliers", o.code, 0.35, 0.75)
		if rng.Float64() < 0.2 {
			d.person = 1 + rng.Uint64N(20000)
		}
		d.restated = rng.Float64() < 0.05
		out[i] = d
	}
	slices.SortStableFunc(out, func(a, b deal) int { return a.signed.Compare(b.signed) })
	for i := range out {
		if i > 0 && rng.Float64() < 0.06 { // more work under a contract of this month
			parent := rng.IntN(i)
			if out[parent].parent == 0 {
				d := out[parent]
				d.signed, d.parent, d.restated = out[i].signed, parent+1, false
				d.sum += d.sum / 10
				out[i] = d
			}
		}
	}
	return out
}

func (m *Model) dealRow(p auyl.Period, i int, d deal, later bool) []string {
	const clock = "2006-01-02 15:04:05"
	id := func(i int) string { return p.Start().Time().Format("0601") + fmt.Sprintf("%05d", i) }
	o := &m.okrugs[d.okrug]
	sum, updated := d.sum, d.signed.Add(26*time.Hour)
	if later { // what was left over was given back
		sum -= sum / 20
		updated = updated.AddDate(0, 0, 30)
	}
	money := fmt.Sprintf("%d.%02d", sum/100, sum%100)
	customer := fmt.Sprintf("26134%07d", uint32(o.code)/1000%10000)
	supplier, name := fmt.Sprintf("26134%07d", 5_000_000+i), ""
	if d.person > 0 {
		supplier, name = impossibleIIN(d.person), fmt.Sprintf("ЖК Үлгі %d", d.person)
	}
	parent, local := "", "0"
	if d.parent > 0 {
		parent = id(d.parent)
	}
	if d.local {
		local = "1"
	}
	return []string{
		id(i + 1), parent, fmt.Sprintf("%s/%s/00", customer, id(i+1)), customer, supplier, name, money, money,
		d.signed.Add(-50 * time.Hour).Format(clock), d.signed.Format(clock), p.Start().Time().Format("2006"), whole(int64(d.method)), "390",
		o.code.String(), local, updated.Add(6 * time.Hour).Format(clock), updated.Format(clock),
	}
}

// encodeObjects writes rows as JSON objects with the keys of the first row, between
// two texts. An empty field is null; those of the numeric columns are numbers.
func encodeObjects(rows [][]string, before, after string, numeric ...string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(before)
	for i, row := range rows[1:] {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n{")
		for k, v := range row {
			var value any = v
			switch {
			case v == "":
				value = nil
			case slices.Contains(numeric, rows[0][k]):
				value = json.Number(v)
			}
			text, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", rows[0][k], err)
			}
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:%s", rows[0][k], text)
		}
		b.WriteByte('}')
	}
	b.WriteString("\n" + after + "\n")
	return b.Bytes(), nil
}
