package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/auyl-kz/auyl"
)

// peopleRegisters are the exports about people: labor market, assistance, families, staff.
func peopleRegisters() []register {
	return []register{
		vacancies(), laborCube(), priceWageIndices(), livingStandards(),
		familyMap(), familyMoves(), youthMigration(), akimStaff(), akimPayroll(),
	}
}

// youth is the number of people of a place aged 14 to 34.
func (m *Model) youth(p *Place, people int64) int64 {
	return int64(float64(people) * m.trait("youth of place", p.Code, 0.27, 0.34))
}

// youthOf is the number of people aged 14 to 34 of a district.
func (m *Model) youthOf(d *district, day auyl.Day) int64 {
	var n int64
	people := m.people(day)
	for _, i := range d.places {
		n += m.youth(&m.places[i], people[i])
	}
	return n
}

// youthMigration is what the Bureau counts of young movers by district and year.
func youthMigration() register {
	return register{
		source: "bns.youth_migration", freq: auyl.FreqYear, lag: 60,
		dialect: dialect{';', utf8BOM, false},
		header:  []string{"kato", "district", "year", "youth_arrivals", "youth_departures"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for _, d := range m.districts {
				young := float64(m.youthOf(d, p.Start()))
				if young == 0 {
					continue
				}
				// People leave far districts and come to those near Almaty city.
				arrived := m.count("young arrivals", d.code, p.Start(), young*m.between("arrive", d.code, p.Start(), 0.03, 0.05)*(1.2-0.7*d.remoteness))
				left := m.count("young departures", d.code, p.Start(), young*m.between("leave", d.code, p.Start(), 0.025, 0.035)*(1+d.remoteness))
				if !s.revision { // the first release is preliminary
					arrived -= arrived / 30
				}
				rows = append(rows, []string{d.code.String(), d.nameRU, p.String(), whole(arrived), whole(left)})
			}
			return rows
		},
	}
}

// contentPage writes rows as one page of a JSON list under content. A header such as
// contact.phone is a field of an inner object; numeric names the columns that are
// numbers, nullable those that are null where they are empty.
func contentPage(rows [][]string, numeric, nullable map[string]bool) ([]byte, error) {
	header := rows[0]
	content := make([]json.RawMessage, 0, len(rows))
	for _, row := range rows[1:] {
		one, err := contentObject(header, row, numeric, nullable)
		if err != nil {
			return nil, err
		}
		content = append(content, one)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Total   int               `json:"total"`
		Page    int               `json:"page"`
		Size    int               `json:"size"`
		Content []json.RawMessage `json:"content"`
	}{len(content), 1, len(content), content})
	if err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	return b.Bytes(), nil
}

func contentObject(header, row []string, numeric, nullable map[string]bool) (json.RawMessage, error) {
	var b bytes.Buffer
	inner := ""
	b.WriteByte('{')
	for i, name := range header {
		outer, field := "", name
		for k := range name {
			if name[k] == '.' {
				outer, field = name[:k], name[k+1:]
			}
		}
		if inner != "" && outer != inner {
			b.WriteByte('}')
			inner = ""
		}
		if i > 0 {
			b.WriteByte(',')
		}
		if outer != inner {
			b.WriteString(strconv.Quote(outer) + ":{")
			inner = outer
		}
		value, err := json.Marshal(row[i])
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		switch {
		case numeric[name]:
			value = []byte(row[i])
		case nullable[name] && row[i] == "":
			value = []byte("null")
		}
		b.WriteString(strconv.Quote(field) + ":")
		b.Write(value)
	}
	if inner != "" {
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
