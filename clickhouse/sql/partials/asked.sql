{{define "asked_freq" -}}
multiIf(length({period:String}) = 4, 'A', length({period:String}) = 10, 'D', substring({period:String}, 6, 1))
{{- end}}
{{define "asked_start" -}}
multiIf(
            {{template "asked_freq"}} = 'D', toDate32OrZero({period:String}),
            {{template "asked_freq"}} = 'W', toDate32(toMonday(makeDate32(toUInt16OrZero(substring({period:String}, 1, 4)), 1, 4))) + 7 * (toInt32OrZero(substring({period:String}, 7)) - 1),
            makeDate32(
                toUInt16OrZero(substring({period:String}, 1, 4)),
                1 + (toInt32OrZero(if({{template "asked_freq"}} = 'A', '1', substring({period:String}, 7))) - 1) * multiIf({{template "asked_freq"}} = 'S', 6, {{template "asked_freq"}} = 'Q', 3, 1),
                1))
{{- end}}
{{define "asked_end" -}}
multiIf(
            {{template "asked_freq"}} = 'D', {{template "asked_start"}} + 1,
            {{template "asked_freq"}} = 'W', {{template "asked_start"}} + 7,
            addMonths({{template "asked_start"}}, multiIf({{template "asked_freq"}} = 'A', 12, {{template "asked_freq"}} = 'S', 6, {{template "asked_freq"}} = 'Q', 3, 1)))
{{- end}}
{{define "asked_last_area" -}}
multiIf(
            {area:String} = '000000000', '999999999',
            endsWith({area:String}, '0000000'), concat(substring({area:String}, 1, 2), '9999999'),
            endsWith({area:String}, '00000'), concat(substring({area:String}, 1, 4), '99999'),
            endsWith({area:String}, '000'), concat(substring({area:String}, 1, 6), '999'),
            {area:String})
{{- end}}
{{define "asked_cell" -}}
indicator = {indicator:String}
        AND freq = {{template "asked_freq"}}
        AND period_start = {{template "asked_start"}}
{{- end}}
