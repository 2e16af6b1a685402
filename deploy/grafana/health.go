package grafana

func health() Dashboard {
	line := func(title, about, unit string, m ...Metric) Panel {
		return Panel{Kind: Series, Title: title, About: about, Width: 12, Height: 8, Unit: unit, Metrics: m}
	}
	return Dashboard{
		UID: "auyl-health", Title: "Состояние конвейера / Pipeline health", Range: "now-24h",
		About:     "Показатели процессов (/metrics через Prometheus) и возраст таблиц. Без Prometheus верхние панели пусты, нижние работают. / Metrics of the processes (/metrics through Prometheus) and the age of the tables. Without Prometheus the upper panels are empty and the lower ones work.",
		Variables: []Variable{language()},
		Panels: []Panel{
			{Kind: Section, Title: "Процессы / Processes"},
			{
				Kind: Stat, Title: "Отвечают / Up", Width: 6, Height: 4, Steps: []Step{{0, "red"}, {1, "green"}}, About: "Процессы, которые Prometheus застал. / Processes that Prometheus found.",
				Metrics: []Metric{{"sum by (instance) (up{job=\"auyl\"})", "{{instance}}"}},
			},
			{
				Kind: Stat, Title: "Версия / Version", Width: 6, Height: 4, Steps: []Step{{0, "text"}}, About: "Что запущено. / What runs.",
				Metrics: []Metric{{"auyl_build_info", "{{role}} {{version}}"}},
			},
			{
				Kind: Stat, Title: "Отставание / Lag", Width: 6, Height: 4, Steps: []Step{{0, "green"}, {10000, "orange"}, {100000, "red"}}, About: "Сообщений потока, которые этап ещё не прочёл. / Messages of the stream that a stage has not read yet.",
				Metrics: []Metric{{"max by (stage) (auyl_stage_lag_messages)", "{{stage}}"}},
			},
			{
				Kind: Stat, Title: "Ошибки вставок за час / Insert errors in an hour", Width: 6, Height: 4, Steps: []Step{{0, "green"}, {1, "red"}}, About: "Попытки вставить в таблицы, которые не удались; приёмник повторяет их. / Inserts into tables that failed; the sink repeats them.",
				Metrics: []Metric{{"sum(increase(auyl_sink_insert_errors_total[1h]))", "ошибок / errors"}},
			},
			line("Отставание этапов / Lag of the stages", "Сколько сообщений ждёт каждого этапа. / How many messages wait for each stage.", "short",
				Metric{"auyl_stage_lag_messages", "{{stage}}"}),
			line("Кадры в секунду / Frames a second", "Кадр — одна страница одного источника. / A frame is one page of one source.", "ops",
				Metric{"sum by (stage) (rate(auyl_stage_frames_total[5m]))", "{{stage}}"}),
			line("Байты этапов / Bytes of the stages", "Прочитано каждым этапом. / Read by each stage.", "Bps",
				Metric{"sum by (stage) (rate(auyl_stage_read_bytes_total[5m]))", "{{stage}}"}),
			line("Время кадра, p95 / Time of a frame, p95", "Расчёт, публикация и запись состояния. / Computing, publishing and writing the state.", "s",
				Metric{"histogram_quantile(0.95, sum by (le, stage) (rate(auyl_stage_frame_duration_seconds_bucket[5m])))", "{{stage}}"}),
			line("Строки в таблицы / Rows into tables", "Строк в секунду по таблицам. / Rows a second by table.", "ops",
				Metric{"sum by (table) (rate(auyl_sink_rows_total[5m]))", "{{table}}"}),
			line("Время вставки, p95 / Time of an insert, p95", "Одна попытка. / One attempt.", "s",
				Metric{"histogram_quantile(0.95, sum by (le, table) (rate(auyl_sink_insert_duration_seconds_bucket[5m])))", "{{table}}"}),
			line("Загрузки / Pulls", "По тому, чем кончились. / By how they ended.", "short",
				Metric{"sum by (status) (increase(auyl_source_pulls_total[1h]))", "{{status}}"}),
			line("Возраст последней удачной загрузки / Age of the newest good pull", "По источникам. / By source.", "s",
				Metric{"time() - auyl_source_last_success_timestamp_seconds", "{{source}}"}),
			line("Записи / Records", "Что стало с записями страниц. / What became of the records of pages.", "ops",
				Metric{"sum by (outcome) (rate(auyl_source_records_total[5m]))", "{{outcome}}"}),
			line("Память / Memory", "Занято процессом. / Resident.", "bytes",
				Metric{"process_resident_memory_bytes{job=\"auyl\"}", "{{instance}}"}),
			{Kind: Section, Title: "Таблицы / Tables"},
			unaccounted(6),
			{
				Kind: Stat, Title: "Самая новая запись / Newest record", Width: 6, Height: 4, Unit: "s", Steps: []Step{{0, "green"}, {2 * 86400, "orange"}, {7 * 86400, "red"}},
				About: "Возраст последней страницы, дошедшей до таблиц. / Age of the newest page that reached the tables.",
				SQL:   "SELECT dateDiff('second', max(recorded_at), now64(3)) AS `возраст / age` FROM auyl.flow",
			},
			{
				Kind: Table, Title: "Строки таблиц / Rows of the tables", Width: 12, Height: 7,
				About: "Строк и когда получена последняя страница. / Rows, and when the newest page was fetched.",
				SQL: `SELECT * FROM (SELECT 'observation' AS name, count() AS rows, max(recorded_at) AS recorded_at FROM auyl.observation
UNION ALL SELECT 'indicator_value', count(), max(recorded_at) FROM auyl.indicator_value
UNION ALL SELECT 'event', count(), max(recorded_at) FROM auyl.event
UNION ALL SELECT 'flow', count(), max(recorded_at) FROM auyl.flow
UNION ALL SELECT 'dead_letter', count(), max(recorded_at) FROM auyl.dead_letter)
ORDER BY name`,
				Fields: shared(Field{Name: "rows", Text: "Строк / Rows"}),
			},
		},
	}
}
