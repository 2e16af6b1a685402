package grafana

import (
	"strconv"
	"strings"
)

// Bounds of the rules, which the panels color by too.
const (
	// lateBound: below this share of calls reached in time, in percent, a district is told. The state programs ask for 95;
	// in the months of the example most districts lie between 80 and 90.
	lateBound = 80
	// deadBound: beyond this share of dead records of a day a source has changed its form.
	deadBound = 0.05
	// coverBound: a fall of the covered share of the population by more than a tenth is a district that fell silent, not noise.
	coverBound = 0.1
	// silentBound: times the longest usual pause between two good pulls.
	silentBound = 2
)

// Rules lists the alert rules.
func Rules() []Rule {
	return []Rule{
		{
			UID: "auyl-feed-silent", Title: "Источник молчит / Feed silent", Severity: "warning", Beyond: "gt", Bound: silentBound, For: "15m", Dashboard: "auyl-feeds",
			About: "Источник молчит {{ humanize $values.A.Value }} обычных перерывов. / The source has been silent for so many of its usual pauses.",
			Mend:  "auyl status, ingest_run.error; docs/operators.md",
			// The usual pause is the 90th percentile of those between good pulls, at least a day; of a source with less than
			// three good pulls nothing is known, and it has a quarter of a year.
			SQL: `SELECT
    source,
    dateDiff('second', max(finished_at), now()) / greatest(86400., if(count() < 3, 92. * 86400, toFloat64(quantile(0.9)(pause)))) AS silence
FROM
(
    SELECT source, finished_at, dateDiff('second', lagInFrame(finished_at, 1, finished_at) OVER (PARTITION BY source ORDER BY finished_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), finished_at) AS pause
    FROM auyl.ingest_run FINAL
    WHERE status IN ('ok', 'unchanged')
)
GROUP BY source
ORDER BY source`,
		},
		{
			UID: "auyl-dead-letters", Title: "Отвергнутые записи / Dead letters", Severity: "warning", Beyond: "gt", Bound: deadBound, For: "0s", Dashboard: "auyl-feeds", Rare: true,
			About: "За сутки отвергнуто {{ humanizePercentage $values.A.Value }} записей источника. / Share of the records of a day that was refused.",
			Mend:  "auyl dead ls, auyl dead show; docs/sources.md",
			SQL: `SELECT source, sum(records_dead) / sum(records_in) AS dead_share
FROM auyl.flow FINAL
WHERE replay_of = 0 AND recorded_at >= now() - INTERVAL 1 DAY
GROUP BY source
HAVING sum(records_in) > 0
ORDER BY source`,
		},
		{
			UID: "auyl-unaccounted", Title: "Записи без объяснения / Records unaccounted for", Severity: "critical", Beyond: "gt", Bound: 0, For: "10m", Dashboard: "auyl-health",
			About: "Принятые записи не сходятся с тем, что с ними стало. / Records that came in do not add up with what became of them.",
			Mend:  "auyl status",
			SQL:   "SELECT source, abs(balance) AS unaccounted FROM auyl.conservation ORDER BY source",
		},
		{
			UID: "auyl-coverage-falls", Title: "Охват падает / Coverage falls", Severity: "warning", Beyond: "gt", Bound: coverBound, For: "0s", Dashboard: "auyl-oblast",
			About: "Охват показателя упал на {{ humanizePercentage $values.A.Value }} населения против прошлого периода. / Covered share of the population against the period before.",
			Mend:  "auyl indicator explain; какие округа не сдали / which okrugs did not report",
			SQL: `SELECT toString(indicator) AS indicator, toString(freq) AS freq, toString(area) AS area, before - coverage AS fall
FROM
(
    SELECT indicator, freq, area, coverage, is_latest,
        lagInFrame(coverage) OVER (PARTITION BY indicator, freq, area ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
    FROM auyl.indicator_current
    WHERE level = 'oblast'
)
WHERE is_latest AND isNotNull(before) AND isNotNull(coverage)
ORDER BY indicator, freq`,
		},
		{
			UID: "auyl-ambulance-late", Title: "Скорая опаздывает / Ambulance late", Severity: "warning", Beyond: "lt", Bound: lateBound, For: "0s", Dashboard: "auyl-operations", Needs: ambulanceFeed,
			About: "В норматив прибыло {{ humanize $values.A.Value }} % вызовов последнего месяца. / Share of the calls of the newest month that were reached in time.",
			Mend:  "панель «Прибытие по районам и категориям» / panel of arrivals by district and category",
			SQL: `SELECT ` + "dictGet('auyl.area_name', 'name_ru', toUInt64(area), toInt64(toInt32(period_end)))" + ` AS district, period, value AS on_time
FROM auyl.indicator_current
WHERE indicator = 'ambulance_on_time_share' AND level = 'district' AND is_latest AND isNotNull(value)
ORDER BY district`,
		},
	}
}

// The model of Grafana's provisioning files for alert rules.
type (
	ruleFile struct {
		APIVersion int         `yaml:"apiVersion"`
		Groups     []ruleGroup `yaml:"groups"`
	}
	ruleGroup struct {
		OrgID    int        `yaml:"orgId"`
		Name     string     `yaml:"name"`
		Folder   string     `yaml:"folder"`
		Interval string     `yaml:"interval"`
		Rules    []ruleYAML `yaml:"rules"`
	}
	ruleYAML struct {
		UID         string            `yaml:"uid"`
		Title       string            `yaml:"title"`
		Condition   string            `yaml:"condition"`
		For         string            `yaml:"for"`
		NoData      string            `yaml:"noDataState"`
		Error       string            `yaml:"execErrState"`
		Paused      bool              `yaml:"isPaused"`
		Dashboard   string            `yaml:"dashboardUid"`
		Panel       int               `yaml:"panelId"`
		Annotations map[string]string `yaml:"annotations"`
		Labels      map[string]string `yaml:"labels"`
		Data        []ruleQuery       `yaml:"data"`
	}
	ruleQuery struct {
		RefID  string    `yaml:"refId"`
		Range  timeRange `yaml:"relativeTimeRange"`
		Source string    `yaml:"datasourceUid"`
		Model  object    `yaml:"model"`
	}
	timeRange struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	}
)

// literal keeps Grafana from taking a dollar in a provisioning file for a variable
// of its environment.
func literal(s string) string { return strings.ReplaceAll(s, "$", "$$") }

func provision(rules []Rule) ruleFile {
	g := ruleGroup{OrgID: 1, Name: "auyl", Folder: "auyl", Interval: "5m"}
	for _, r := range rules {
		noData := "NoData"
		if r.Rare {
			noData = "OK"
		}
		ask := plugin{}.target("A", literal(r.SQL), false)
		ask["intervalMs"], ask["maxDataPoints"] = 60000, 1000
		condition := object{
			"refId": "C", "type": "threshold", "expression": "A", "datasource": object{"type": "__expr__", "uid": "__expr__"},
			"conditions": []any{object{"evaluator": object{"type": r.Beyond, "params": []any{r.Bound}}}},
		}
		g.Rules = append(g.Rules, ruleYAML{
			UID: r.UID, Title: r.Title, Condition: "C", For: r.For, NoData: noData, Error: "Error", Dashboard: r.Dashboard, Panel: 1,
			Annotations: map[string]string{"summary": literal(r.About), "mend": r.Mend, "bound": r.Beyond + " " + strconv.FormatFloat(r.Bound, 'f', -1, 64)},
			Labels:      map[string]string{"severity": r.Severity, "service": "auyl"},
			Data:        []ruleQuery{{"A", timeRange{86400, 0}, clickhouseUID, ask}, {"C", timeRange{0, 0}, "__expr__", condition}},
		})
	}
	return ruleFile{1, []ruleGroup{g}}
}
