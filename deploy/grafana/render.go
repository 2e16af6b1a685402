package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
)

// schemaVersion is that of Grafana's dashboard model.
const schemaVersion = 41

// noData stands where there is no figure. A figure of zero is shown as 0.
const noData = "нет данных / no data"

// File is one file below deploy/grafana.
type File struct {
	Path string
	Data []byte
}

// Files makes all files.
func Files() ([]File, error) {
	var out []File
	for _, d := range Dashboards() {
		for dir, s := range map[string]source{"dashboards": plugin{}, "dashboards-http": plain{}} {
			data, err := marshal(d.render(s))
			if err != nil {
				return nil, fmt.Errorf("dashboard %s: %w", d.UID, err)
			}
			out = append(out, File{path.Join(dir, strings.TrimPrefix(d.UID, "auyl-")+".json"), data})
		}
	}
	rules, err := yaml.Marshal(provision(Rules()))
	if err != nil {
		return nil, fmt.Errorf("alert rules: %w", err)
	}
	head := "# Written by go generate from deploy/grafana/alerts.go: change that file.\n"
	return append(out, File{"provisioning/alerting/auyl.yaml", append([]byte(head), rules...)}), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

func (d Dashboard) render(s source) object {
	var variables, marks, panels []any
	for _, v := range d.Variables {
		variables = append(variables, v.render(s))
	}
	for _, m := range d.Marks {
		marks = append(marks, object{
			"name": m.Name, "datasource": s.ref(), "enable": true, "hide": false, "iconColor": m.Color, "target": s.target("annotation", m.SQL, false),
		})
	}
	var place cursor
	for i, p := range d.Panels {
		o := p.render(s)
		o["id"], o["gridPos"] = i+1, place.next(p)
		panels = append(panels, o)
	}
	return object{
		"uid": d.UID, "title": d.Title, "description": d.About, "tags": []string{"auyl"}, "schemaVersion": schemaVersion, "version": 1,
		"editable": false, "graphTooltip": 1, "timezone": "Asia/Almaty", "weekStart": "monday", "fiscalYearStartMonth": 0,
		"liveNow": false, "preload": false, "refresh": "5m", "time": object{"from": d.Range, "to": "now"},
		"timepicker":  object{"refresh_intervals": []string{"1m", "5m", "30m", "1h"}},
		"annotations": object{"list": orEmpty(marks)}, "templating": object{"list": orEmpty(variables)}, "panels": panels,
		"links": []any{object{
			"type": "dashboards", "title": "auyl", "tags": []string{"auyl"}, "asDropdown": true, "includeVars": true, "keepTime": true,
			"targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
		}},
	}
}

func orEmpty(l []any) []any {
	if l == nil {
		return []any{}
	}
	return l
}

func (v Variable) render(s source) object {
	text := v.StartText
	if text == "" {
		text = v.Start
	}
	o := object{
		"name": v.Name, "label": v.Label, "hide": 0, "skipUrlSync": false, "multi": v.Many, "includeAll": v.Many,
		"current": object{"selected": true, "text": text, "value": v.Start}, "options": []any{},
	}
	if v.Many {
		o["current"] = object{"selected": true, "text": []string{text}, "value": []string{v.Start}}
	}
	if v.SQL != "" {
		o["type"], o["datasource"], o["query"], o["definition"] = "query", s.ref(), s.variable(v.SQL), v.SQL
		o["refresh"], o["sort"], o["regex"] = 1, 0, ""
		return o
	}
	var options []any
	var query []string
	for _, c := range v.Choices {
		options = append(options, object{"selected": c.Value == v.Start, "text": c.Text, "value": c.Value})
		query = append(query, c.Text+" : "+c.Value)
	}
	o["type"], o["options"], o["query"] = "custom", options, strings.Join(query, ",")
	return o
}

// cursor places panels from left to right, in lines as high as their highest.
type cursor struct{ x, y, high int }

func (c *cursor) next(p Panel) object {
	w, h := p.Width, p.Height
	if p.Kind == Section {
		w, h = 24, 1
	}
	if c.x+w > 24 {
		c.x, c.y, c.high = 0, c.y+c.high, 0
	}
	at := object{"x": c.x, "y": c.y, "w": w, "h": h}
	c.x, c.high = c.x+w, max(c.high, h)
	return at
}

func (p Panel) render(s source) object {
	o := object{"type": string(p.Kind), "title": p.Title}
	if p.Kind == Section {
		o["collapsed"], o["panels"] = false, []any{}
		return o
	}
	var targets []any
	ref := s.ref()
	for i, m := range p.Metrics {
		t := prometheus(string(rune('A'+i)), m)
		ref = object{"type": prometheusType, "uid": prometheusUID}
		targets = append(targets, t)
	}
	if p.SQL != "" {
		targets = append(targets, s.target("A", p.SQL, p.Kind == Series))
	}
	if p.Scale != "" {
		targets = append(targets, s.target("scale", p.Scale, false))
		o["transformations"] = []any{scaled()}
	}
	o["description"], o["datasource"], o["targets"] = p.About, ref, targets
	o["fieldConfig"], o["options"] = object{"defaults": p.defaults(), "overrides": p.overrides()}, p.options()
	return o
}

// scaled takes unit, range and thresholds of the values from the row of the query "scale".
func scaled() object {
	mapping := func(field, handler string) object { return object{"fieldName": field, "handlerKey": handler} }
	threshold := func(field, color string) object {
		m := mapping(field, "threshold1")
		m["handlerArguments"] = object{"threshold": object{"color": color}}
		return m
	}
	return object{"id": "configFromData", "options": object{
		"configRefId": "scale", "applyTo": object{"id": "byType", "options": "number"},
		"mappings": []any{
			mapping("unit", "unit"), mapping("soft_min", "min"), mapping("soft_max", "max"),
			threshold("below", "red"), threshold("plausible_min", "green"), threshold("plausible_max", "red"),
		},
	}}
}

func (p Panel) defaults() object {
	o := object{
		"noValue": noData, "color": object{"mode": "thresholds"}, "thresholds": steps(p.Steps),
		"mappings": []any{object{"type": "special", "options": object{"match": "null", "result": object{"text": noData, "color": "text", "index": 0}}}},
	}
	if p.Unit != "" {
		o["unit"] = p.Unit
	}
	if p.Decimals > 0 {
		o["decimals"] = p.Decimals
	}
	if p.Link != nil {
		o["links"] = []any{p.Link.render()}
	}
	switch p.Kind {
	case Series:
		o["color"] = object{"mode": "palette-classic"}
		o["custom"] = object{
			"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "fillOpacity": 0, "showPoints": "auto", "pointSize": 5,
			"spanNulls": false, "thresholdsStyle": object{"mode": "dashed"}, "axisPlacement": "auto", "stacking": object{"mode": "none", "group": "A"},
		}
	case Bars:
		o["custom"] = object{"lineWidth": 1, "fillOpacity": 80, "axisPlacement": "auto"}
	case Table:
		o["custom"] = object{"align": "auto", "filterable": true, "cellOptions": object{"type": "auto"}, "inspect": false}
	case Section, Stat:
	}
	return o
}

// steps are thresholds; without any, all values have one color.
func steps(list []Step) object {
	out := []any{object{"color": "green", "value": nil}}
	for i, s := range list {
		if i == 0 {
			out[0] = object{"color": s.Color, "value": nil}
			continue
		}
		out = append(out, object{"color": s.Color, "value": s.From})
	}
	return object{"mode": "absolute", "steps": out}
}

func (p Panel) overrides() []any {
	out := []any{}
	for _, f := range p.Fields {
		var set []any
		add := func(id string, v any) { set = append(set, object{"id": id, "value": v}) }
		if f.Text != "" {
			add("displayName", f.Text)
		}
		if f.Unit != "" {
			add("unit", f.Unit)
		}
		if f.Words != noWords {
			add("mappings", f.Words.mappings())
			add("custom.cellOptions", object{"type": "color-text"})
		}
		if len(f.Steps) > 0 {
			add("thresholds", steps(f.Steps))
			add("color", object{"mode": "thresholds"})
			add("custom.cellOptions", object{"type": "color-text"})
		}
		if f.Link != nil {
			add("links", []any{f.Link.render()})
		}
		if f.Hidden {
			add("custom.hidden", true)
		}
		if f.Width > 0 {
			add("custom.width", f.Width)
		}
		out = append(out, object{"matcher": object{"id": "byName", "options": f.Name}, "properties": set})
	}
	return out
}

func (p Panel) options() object {
	legend := object{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []any{}}
	switch p.Kind {
	case Stat:
		return object{
			"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}, "colorMode": "value", "graphMode": "none",
			"justifyMode": "auto", "orientation": "auto", "textMode": "value_and_name", "wideLayout": true,
		}
	case Table:
		return object{"showHeader": true, "cellHeight": "sm", "footer": object{"show": false, "reducer": []string{"sum"}, "countRows": false, "fields": ""}}
	case Bars:
		return object{
			"orientation": "horizontal", "showValue": "always", "stacking": "none", "barWidth": 0.8, "groupWidth": 0.7, "xTickLabelRotation": 0,
			"xTickLabelSpacing": 0, "legend": object{"displayMode": "list", "placement": "bottom", "showLegend": false, "calcs": []any{}},
			"tooltip": object{"mode": "single", "sort": "none"}, "fullHighlight": false,
		}
	case Section, Series:
	}
	return object{"legend": legend, "tooltip": object{"mode": "multi", "sort": "desc"}}
}

func (l Link) render() object {
	var q []string
	for _, v := range l.Values {
		value := v.Value
		if !strings.HasPrefix(value, "$") {
			value = url.QueryEscape(value)
		}
		q = append(q, "var-"+v.Text+"="+value)
	}
	return object{"title": l.Title, "url": "/d/" + l.To + "?" + strings.Join(append(q, "${__url_time_range}"), "&"), "targetBlank": false}
}

func (w words) mappings() []any {
	options := object{}
	for i, m := range w.list() {
		options[m.value] = object{"text": m.text, "color": m.color, "index": i}
	}
	return []any{object{"type": "value", "options": options}}
}

type word struct{ value, text, color string }

func (w words) list() []word {
	switch w {
	case wordsOfStatus:
		return []word{
			{"A", "обычное / normal", "text"},
			{"B", "разрыв ряда / break", "purple"},
			{"C", "закрыто / confidential", "blue"},
			{"E", "неполный охват / estimated", "orange"},
			{"I", "досчитано / imputed", "orange"},
			{"M", "нет данных / missing", "text"},
			{"P", "предварительно / provisional", "yellow"},
		}
	case wordsOfOrigin:
		return []word{{"real", "опубликовано / real", "green"}, {"synthetic", "СИНТЕТИКА / SYNTHETIC", "orange"}}
	case wordsOfRun:
		return []word{{"ok", "ok", "green"}, {"unchanged", "без изменений / unchanged", "green"}, {"partial", "частично / partial", "orange"}, {"failed", "не удалось / failed", "red"}}
	case wordsOfChange:
		return []word{{"better", "лучше / better", "green"}, {"worse", "хуже / worse", "red"}, {"same", "без изменений / same", "text"}, {"changed", "изменилось / changed", "blue"}}
	case noWords:
	}
	return nil
}
