package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// profile is the version of Data Package that the description follows.
const profile = "https://datapackage.org/profiles/2.0/datapackage.json"

// texts are a text in the languages of the house; Frictionless itself has one language.
type texts struct {
	KK string `json:"kk"`
	RU string `json:"ru"`
	EN string `json:"en"`
}

func textsOf(n schemas.Names) *texts { return &texts{KK: n.KK, RU: n.RU, EN: n.EN} }

type description struct {
	Schema      string         `json:"$schema"`
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Titles      *texts         `json:"titles"`
	Description string         `json:"description"`
	Created     string         `json:"created"`
	Vintage     string         `json:"vintage"`
	From        string         `json:"from,omitempty"`
	To          string         `json:"to,omitempty"`
	Cells       int            `json:"cells"`
	Synthetic   int            `json:"cellsSynthetic"`
	Suppressed  int            `json:"cellsSuppressed"`
	Keywords    []string       `json:"keywords"`
	Licenses    []license      `json:"licenses"`
	Sources     []source       `json:"sources"`
	Resources   []resourceJSON `json:"resources"`
}

type license struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

type source struct {
	Title   string `json:"title"`
	Titles  *texts `json:"titles"`
	ID      string `json:"id"`
	Origin  string `json:"origin"`
	License string `json:"license"`
}

type resourceJSON struct {
	Name         string       `json:"name"`
	Path         string       `json:"path"`
	Title        string       `json:"title"`
	Titles       *texts       `json:"titles"`
	Description  string       `json:"description,omitempty"`
	Descriptions *texts       `json:"descriptions,omitempty"`
	Type         string       `json:"type,omitempty"`
	Format       string       `json:"format"`
	MediaType    string       `json:"mediatype"`
	Encoding     string       `json:"encoding,omitempty"`
	Bytes        int64        `json:"bytes"`
	Hash         string       `json:"hash"`
	Rows         int          `json:"rows"`
	Unit         string       `json:"unit,omitempty"`
	Sensitive    bool         `json:"sensitive,omitempty"`
	Licenses     []license    `json:"licenses,omitempty"`
	Sources      []source     `json:"sources,omitempty"`
	Dialect      *dialect     `json:"dialect,omitempty"`
	Schema       *tableSchema `json:"schema,omitempty"`
}

type dialect struct {
	Delimiter      string `json:"delimiter"`
	LineTerminator string `json:"lineTerminator"`
	DoubleQuote    bool   `json:"doubleQuote"` // version 1 of the standard wants it said
	Header         bool   `json:"header"`
}

type tableSchema struct {
	Fields        []fieldJSON `json:"fields"`
	MissingValues []string    `json:"missingValues"`
	PrimaryKey    []string    `json:"primaryKey"`
}

type fieldJSON struct {
	Name         string       `json:"name"`
	Type         string       `json:"type"`
	Description  string       `json:"description"`
	Descriptions *texts       `json:"descriptions"`
	Unit         string       `json:"unit,omitempty"`
	Constraints  *constraints `json:"constraints,omitempty"`
}

type constraints struct {
	Required bool   `json:"required,omitempty"`
	Pattern  string `json:"pattern,omitempty"`
}

// writeDescription writes datapackage.json, which names all other files but the README.
func (p *pack) writeDescription() error {
	title := names("Indicators of villages", "Ауылдардың көрсеткіштері", "Показатели сёл")
	d := description{
		Schema: profile, Name: p.name(), Title: title.EN, Titles: textsOf(title),
		Description: "Indicators by area and period as they were known at the vintage. Suppressed cells (status C) are empty; cells whose origin is synthetic describe no real place.",
		Created:     instant(p.o.Vintage), Vintage: instant(p.o.Vintage), From: p.o.From, To: p.o.To,
		Cells: p.result.Rows, Synthetic: p.result.Synthetic, Suppressed: p.result.Hidden,
		Keywords: p.themes(),
	}
	d.Sources, d.Licenses = p.sources(p.used...)
	used := map[auyl.IndicatorID]*usedIndicator{}
	for _, u := range p.used {
		used[u.ID] = u
	}
	for _, r := range p.result.Resources {
		d.Resources = append(d.Resources, p.describe(r, used[r.Indicator]))
	}
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write datapackage.json: %w", err)
	}
	return p.text("datapackage.json", append(b, '\n'))
}

func (p *pack) text(name string, b []byte) error {
	f, err := p.create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		f.abandon()
		return err
	}
	_, err = f.close()
	return err
}

// name is that of the package: its vintage, because two packages of one vintage and one choice are the same.
func (p *pack) name() string { return "auyl-" + p.o.Vintage.UTC().Format("20060102t150405") }

func (p *pack) themes() []string {
	set := map[string]bool{}
	for _, u := range p.used {
		set[u.Theme] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// sources are those that feed the indicators, by id, with the terms that their contracts state; licenses are those terms,
// each once, under the nearest name of the list that Frictionless wants one of.
func (p *pack) sources(used ...*usedIndicator) (list []source, terms []license) {
	ids := map[auyl.SourceID]bool{}
	for _, u := range used {
		for _, id := range u.Sources {
			ids[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		c := p.house.Contracts[id]
		if c == nil {
			continue
		}
		list = append(list, source{Title: c.Title.EN, Titles: textsOf(c.Title), ID: string(id), Origin: c.Origin.String(), License: c.License})
		l := license{Name: "other-at", Title: c.License} // what was published by somebody is used with a reference to them
		if c.Origin == auyl.OriginSynthetic {
			l.Name = "other-pd"
		}
		if !slices.Contains(terms, l) {
			terms = append(terms, l)
		}
	}
	return list, terms
}

func (p *pack) describe(r Resource, u *usedIndicator) resourceJSON {
	j := resourceJSON{Path: r.Path, Bytes: r.Bytes, Hash: "sha256:" + r.SHA256, Rows: r.Rows, Format: strings.TrimPrefix(path.Ext(r.Path), ".")}
	base := strings.TrimSuffix(path.Base(r.Path), path.Ext(r.Path))
	title := names("Areas", "Аумақтар", "Территории")
	unit := ""
	var fields []field
	var key []string
	switch folder := path.Dir(r.Path); {
	case u == nil && base == "indicators":
		title = names("Indicators", "Көрсеткіштер", "Показатели")
		fields, key = indicatorFields(), []string{"indicator"}
	case u == nil:
		fields, key = areaFields(), []string{"area", "valid_from"}
	case folder == "sdmx":
		base += "-sdmx"
		fields, key = sdmxFields(), []string{"FREQ", "REF_AREA", "INDICATOR", "TIME_PERIOD", "AREA_LEVEL"}
	case folder == "parquet":
		base += "-parquet"
	default:
		fields, key = cellFields(), []string{"area", "level", "freq", "period"}
	}
	j.Name = base
	if u != nil {
		title, unit = u.Names, u.Unit
		j.Unit, j.Sensitive = unit, u.Sensitive
		j.Description, j.Descriptions = u.Description.EN, textsOf(u.Description)
		j.Sources, j.Licenses = p.sources(u)
	}
	j.Title, j.Titles = title.EN, textsOf(title)
	if fields == nil {
		j.MediaType = "application/vnd.apache.parquet"
		return j
	}
	j.Type, j.MediaType, j.Encoding = "table", "text/csv", "utf-8"
	j.Dialect = &dialect{Delimiter: ",", LineTerminator: "\n", DoubleQuote: true, Header: true}
	j.Schema = &tableSchema{MissingValues: []string{""}, PrimaryKey: key}
	for _, f := range fields {
		j.Schema.Fields = append(j.Schema.Fields, fieldOf(f, unit))
	}
	return j
}

func fieldOf(f field, unit string) fieldJSON {
	j := fieldJSON{Name: f.name, Type: f.typ, Description: f.means.EN, Descriptions: textsOf(f.means)}
	switch f.name {
	case "value", "OBS_VALUE":
		j.Unit = unit
	case "coverage", "COVERAGE":
		j.Unit = "share, 0 to 1"
	}
	if f.required || f.pattern != "" {
		j.Constraints = &constraints{Required: f.required, Pattern: f.pattern}
	}
	return j
}
