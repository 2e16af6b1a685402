package clickhouse

// TablesSQL lists tables and views with what they are for.
const TablesSQL = `SELECT name, if(engine LIKE '%View', 'view', lower(engine)) AS kind, comment
FROM system.tables
WHERE database = currentDatabase() AND NOT is_temporary AND name NOT LIKE '.%'
ORDER BY name`

// ColumnsSQL lists the columns of {table:String} with their units.
const ColumnsSQL = `SELECT name, type, comment
FROM system.columns
WHERE database = currentDatabase() AND table = {table:String}
ORDER BY position`

// IndicatorNames asks for the indicators with a word in id or name, in a language: kk, ru or en.
func IndicatorNames(lang, word string) Question {
	name := nameColumn(lang)
	return Question{Params: map[string]string{"word": word}, Statement: `SELECT indicator, theme, unit, ` + name + ` AS name
FROM indicator FINAL
WHERE {word:String} = '' OR positionCaseInsensitiveUTF8(concat(indicator, ' ', ` + name + `), {word:String}) > 0
ORDER BY indicator`}
}

// AreaNames asks for the areas of today with a word in code or name, in a language: kk, ru or en.
func AreaNames(lang, word string) Question {
	name := nameColumn(lang)
	return Question{Params: map[string]string{"word": word}, Statement: `SELECT code AS area, level, kind, ` + name + ` AS name
FROM area FINAL
WHERE valid_to > today() AND ({word:String} = '' OR positionCaseInsensitiveUTF8(concat(code, ' ', ` + name + `), {word:String}) > 0)
ORDER BY code`}
}

func nameColumn(lang string) string {
	switch lang {
	case "kk":
		return "name_kk"
	case "en":
		return "name_en"
	}
	return "name_ru"
}
