package simulate

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The door of data.egov.kz v4, with the one data set mal_basy: livestock by okrug
// and species, a new set of rows for each half-year. All values are strings, as
// the portal gives them whatever its metadata say.

const (
	egovSet     = "mal_basy"
	egovVersion = "v3"
	egovLimit   = 500 // rows a request; more is answered with 500
	egovLag     = 9   // days from a cut to its publication
)

// herd is one row of mal_basy.
type herd struct {
	ID       string `json:"id"`
	Kato     string `json:"kato"`
	OkrugRU  string `json:"okrugru"`
	OkrugKK  string `json:"okrugkk"`
	Tur      string `json:"tur"`
	Bas      string `json:"bas"`
	Kuni     string `json:"kuni"`
	Modified string `json:"modified"`
}

// herds lists the rows published by the day of the model: by cut, okrug, species.
// Late okrugs join and revised rows change 40 days after the cut was published.
func (m *Model) herds() []herd {
	rows := []herd{}
	for _, p := range m.cuts(1) {
		published := p.Start() + egovLag
		if published > m.o.Now {
			continue
		}
		corrected := published + revisionLag
		y, month, _ := p.Start().Time().Date()
		half := (y-2000)*2 + int(month-1)/6
		for i := range m.okrugs {
			o := &m.okrugs[i]
			late := o.late
			if late && corrected > m.o.Now {
				continue
			}
			c := m.sum(o, p.Start())
			for k, species := range []struct {
				name  string
				heads int64
			}{{"КРС", c.cattle}, {"МРС", c.sheep}, {"ЖЫЛҚЫ", c.horses}} {
				if c.people == 0 {
					continue
				}
				// Farms keep animals that no household book has.
				heads := species.heads + int64(float64(species.heads)*m.trait("farms "+species.name, o.code, 0.2, 0.9))
				modified := published
				revised := m.chance("revised "+species.name, o.code, p.Start()) < 0.05
				switch {
				case late:
					modified = corrected
				case revised && corrected <= m.o.Now:
					modified = corrected
				case revised:
					heads -= heads / 25
				}
				rows = append(rows, herd{
					ID: strconv.Itoa(half*1000 + i*3 + k + 1), Kato: o.code.String(), OkrugRU: o.nameRU, OkrugKK: o.nameKK,
					Tur: species.name, Bas: whole(heads), Kuni: p.Start().String(), Modified: modified.String(),
				})
			}
		}
	}
	return rows
}

func known(w http.ResponseWriter, r *http.Request) bool {
	v := r.PathValue("version")
	if r.PathValue("uri") != egovSet || v != "" && v != egovVersion && v != "data" {
		http.NotFound(w, r)
		return false
	}
	return true
}

func (m *Model) egovMeta(w http.ResponseWriter, r *http.Request) {
	if !known(w, r) {
		return
	}
	modified := ""
	for _, h := range m.herds() {
		modified = max(modified, h.Modified)
	}
	field := func(kind, ru, kk, en string) map[string]string {
		return map[string]string{"type": kind, "labelRu": ru, "labelKk": kk, "labelEn": en}
	}
	answer(w, r, map[string]any{
		"apiUri":        egovSet,
		"nameRu":        "Поголовье по сельским округам (вымышленный набор)",
		"nameKk":        "Ауылдық округтер бойынша мал басы (ойдан шығарылған)",
		"descriptionRu": "", "fullnameRu": "",
		"modifiedDate": modified,
		"fields": map[string]any{
			"id":       field("String", "Номер", "Нөмірі", "Number"),
			"kato":     field("String", "КАТО", "ӘАОЖ", "KATO"),
			"okrugru":  field("String", "Округ (рус.)", "Округ (орыс.)", "Okrug (ru)"),
			"okrugkk":  field("String", "Округ (каз.)", "Округ (қаз.)", "Okrug (kk)"),
			"tur":      field("String", "Вид", "Түрі", "Species"),
			"bas":      field("Int", "Голов", "Бас саны", "Heads"),
			"kuni":     field("Datetime", "Дата", "Күні", "Date"),
			"modified": field("Datetime", "Изменено", "Өзгертілген", "Modified"),
		},
	})
}

func (m *Model) egovMapping(w http.ResponseWriter, r *http.Request) {
	if !known(w, r) {
		return
	}
	properties := map[string]any{}
	for _, f := range []string{"id", "kato", "okrugru", "okrugkk", "tur", "kuni", "modified"} {
		properties[f] = map[string]string{"type": "text"}
	}
	properties["bas"] = map[string]string{"type": "long"}
	answer(w, r, map[string]any{egovSet: map[string]any{"mappings": map[string]any{
		"v1": map[string]any{"properties": map[string]any{}}, egovVersion: map[string]any{"properties": properties},
	}}})
}

// source is the part of the query language that the door understands.
type source struct {
	From  int `json:"from"`
	Size  int `json:"size"`
	Query struct {
		Bool struct {
			Must []struct {
				Match map[string]string `json:"match"`
				Range map[string]struct {
					GTE string `json:"gte"`
					LT  string `json:"lt"`
				} `json:"range"`
			} `json:"must"`
		} `json:"bool"`
	} `json:"query"`
}

// selected reads key and source of a request and returns the page that it asks
// for and the number of all rows that match; ok is false when it has answered.
func (m *Model) selected(w http.ResponseWriter, r *http.Request) (rows []herd, total int, ok bool) {
	if !known(w, r) {
		return nil, 0, false
	}
	if r.URL.Query().Get("apiKey") == "" {
		page(w, http.StatusForbidden, "Доступ запрещен")
		return nil, 0, false
	}
	s := source{Size: 10}
	if text := r.URL.Query().Get("source"); text != "" {
		if err := json.Unmarshal([]byte(text), &s); err != nil || s.From < 0 || s.Size < 0 {
			http.Error(w, "source is not a query", http.StatusBadRequest)
			return nil, 0, false
		}
	}
	if s.Size > egovLimit {
		page(w, http.StatusInternalServerError, "Internal Server Error")
		return nil, 0, false
	}
	for _, h := range m.herds() {
		if s.match(h) {
			rows = append(rows, h)
		}
	}
	total = len(rows)
	from := min(s.From, total)
	return rows[from:min(from+s.Size, total)], total, true
}

func (s *source) match(h herd) bool {
	fields := map[string]string{
		"id": h.ID, "kato": h.Kato, "okrugru": h.OkrugRU, "okrugkk": h.OkrugKK, "tur": h.Tur, "bas": h.Bas, "kuni": h.Kuni, "modified": h.Modified,
	}
	for _, must := range s.Query.Bool.Must {
		for k, v := range must.Match {
			if fields[k] != v {
				return false
			}
		}
		for k, v := range must.Range {
			if fields[k] < v.GTE || v.LT != "" && fields[k] >= v.LT {
				return false
			}
		}
	}
	return true
}

func (m *Model) egovRows(w http.ResponseWriter, r *http.Request) {
	if rows, _, ok := m.selected(w, r); ok {
		if rows == nil {
			rows = []herd{}
		}
		answer(w, r, rows)
	}
}

func (m *Model) egovDetailed(w http.ResponseWriter, r *http.Request) {
	if rows, total, ok := m.selected(w, r); ok {
		if rows == nil {
			rows = []herd{}
		}
		answer(w, r, struct {
			TotalCount int    `json:"totalCount"`
			Data       []herd `json:"data"`
		}{total, rows})
	}
}
