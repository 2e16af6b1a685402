{{define "period" -}}
multiIf(
            freq = 'A', toString(toYear(period_start)),
            freq = 'S', concat(toString(toYear(period_start)), '-S', if(toMonth(period_start) < 7, '1', '2')),
            freq = 'Q', concat(toString(toYear(period_start)), '-Q', toString(toQuarter(period_start))),
            freq = 'M', formatDateTime(period_start, '%Y-M%m'),
            freq = 'W', concat(toString(toISOYear(period_start)), '-W', leftPad(toString(toISOWeek(period_start)), 2, '0')),
            toString(period_start))
{{- end}}
{{define "last_day" -}}
multiIf(
            freq = 'D', period_start,
            freq = 'W', period_start + 6,
            addMonths(period_start, transform(toString(freq), ['A', 'S', 'Q', 'M'], [12, 6, 3, 1], 1)) - 1)
{{- end}}
