package export

import "github.com/auyl-kz/auyl/schemas"

// dataflow names the structure of SDMX-CSV: agency, id and version.
const dataflow = "AUYL:INDICATORS(1.0)"

// field is a column of a table and what it means.
type field struct {
	name, typ string
	required  bool
	pattern   string
	means     schemas.Names
}

// cellFields are the columns of data/<indicator>.csv, in their order.
func cellFields() []field {
	return []field{
		{"area", "string", true, "^[0-9]{9}$", names("Area, nine digits of KATO", "Аумақ, ӘАОЖ (КАТО) кодының тоғыз цифры", "Территория, девять цифр КАТО")},
		{"area_name_kk", "string", false, "", names("Name of the area in Kazakh on the last day of the period", "Аумақтың кезеңнің соңғы күніндегі қазақша атауы", "Название на казахском на последний день периода")},
		{"area_name_ru", "string", false, "", names("Name of the area in Russian on the last day of the period", "Аумақтың кезеңнің соңғы күніндегі орысша атауы", "Название на русском на последний день периода")},
		{"area_name_en", "string", false, "", names("Name of the area in English on the last day of the period", "Аумақтың кезеңнің соңғы күніндегі ағылшынша атауы", "Название на английском на последний день периода")},
		{"level", "string", true, "", names("Level: country, oblast, district, okrug, settlement", "Деңгей: ел, облыс, аудан, округ, елді мекен", "Уровень: страна, область, район, округ, населённый пункт")},
		{"freq", "string", true, "^[ASQMWD]$", names("Frequency: A year, S half-year, Q quarter, M month, W week, D day", "Жиілік: A жыл, S жартыжылдық, Q тоқсан, M ай, W апта, D күн", "Частота: A год, S полугодие, Q квартал, M месяц, W неделя, D день")},
		{"period", "string", true, "", names("Period, such as 2026, 2026-Q3, 2026-M09 or 2026-09-14", "Кезең, мысалы 2026, 2026-Q3, 2026-M09, 2026-09-14", "Период, например 2026, 2026-Q3, 2026-M09, 2026-09-14")},
		{"period_start", "date", true, "", names("First day of the period", "Кезеңнің бірінші күні", "Первый день периода")},
		{"period_end", "date", true, "", names("Last day of the period", "Кезеңнің соңғы күні", "Последний день периода")},
		{"value", "number", false, "", names("Value in the unit of the indicator; empty when missing or suppressed, never 0 instead", "Көрсеткіштің өлшем бірлігіндегі мәні; жоқ не жасырын болса бос, орнына 0 қойылмайды", "Значение в единице показателя; пусто, если его нет или оно скрыто, никогда не 0 вместо этого")},
		{"numerator", "number", false, "", names("Sum of the numerator over the reporting units; empty where the indicator has small numbers", "Есеп берген бірліктер бойынша алымның қосындысы; шағын сандары бар көрсеткіште бос", "Сумма числителя по отчитавшимся единицам; пусто у показателей с малыми числами")},
		{"denominator", "number", false, "", names("Sum of the denominator over the reporting units; empty where there is none or the numbers are small", "Есеп берген бірліктер бойынша бөлімнің қосындысы; жоқ не сандар шағын болса бос", "Сумма знаменателя по отчитавшимся единицам; пусто, где его нет или числа малы")},
		{"coverage", "number", false, "", names("Share of the population that lives where there is data, 0 to 1", "Деректер бар жердегі халықтың үлесі, 0-ден 1-ге дейін", "Доля населения там, где есть данные, от 0 до 1")},
		{"status", "string", true, "^[ABCEIMP]$", names("A normal, B break, C confidential (suppressed), E estimated, I imputed, M missing, P provisional", "A қалыпты, B үзіліс, C құпия (жасырылған), E бағаланған, I толықтырылған, M жоқ, P алдын ала", "A обычное, B разрыв ряда, C конфиденциально (скрыто), E оценка, I досчитано, M нет данных, P предварительное")},
		{"reason", "string", false, "", names("Why the value is empty", "Мән неге бос", "Почему значение пусто")},
		{"origin", "string", true, "^(real|synthetic)$", names("real as published, or synthetic: made by a model as soon as one input is, and true of no place", "real жарияланған, synthetic модель жасаған: кемінде бір кіріс солай болса, нақты жерге қатысы жоқ", "real опубликовано; synthetic создано моделью, если хотя бы один вход таков, и не описывает реальное место")},
		{"formula_version", "integer", true, "", names("Version of the formula", "Формуланың нұсқасы", "Версия формулы")},
		{"boundary_version", "string", false, "", names("Version of the boundaries on the last day of the period", "Кезеңнің соңғы күніндегі шекаралар нұсқасы", "Версия границ на последний день периода")},
		{"recorded_at", "datetime", true, "", names("Vintage of the cell: when its newest input was fetched, UTC", "Ұяшықтың нұсқасы: соңғы кірісі алынған уақыт, UTC", "Версия ячейки: когда получен новейший вход, UTC")},
	}
}

// sdmxFields are the columns of sdmx/<indicator>.csv.
func sdmxFields() []field {
	cell := map[string]schemas.Names{}
	for _, f := range cellFields() {
		cell[f.name] = f.means
	}
	return []field{
		{"STRUCTURE", "string", true, "", names("Kind of structure that follows", "Құрылым түрі", "Вид структуры")},
		{"STRUCTURE_ID", "string", true, "", names("Agency, id and version of the structure", "Құрылымның агенттігі, идентификаторы, нұсқасы", "Агентство, идентификатор и версия структуры")},
		{"ACTION", "string", true, "", names("I: information", "I: ақпарат", "I: информация")},
		{"FREQ", "string", true, "^[ASQMWD]$", cell["freq"]},
		{"REF_AREA", "string", true, "^[0-9]{9}$", cell["area"]},
		{"INDICATOR", "string", true, "", names("Indicator, as in indicators.csv", "Көрсеткіш, indicators.csv бойынша", "Показатель, как в indicators.csv")},
		{"TIME_PERIOD", "string", true, "", cell["period"]},
		{"OBS_VALUE", "number", false, "", cell["value"]},
		{"OBS_STATUS", "string", true, "^[ABCEIMP]$", cell["status"]},
		{"CONF_STATUS", "string", true, "^[FC]$", names("F free, C confidential", "F еркін, C құпия", "F свободно, C конфиденциально")},
		{"UNIT_MEASURE", "string", true, "", names("Unit of the value", "Мәннің өлшем бірлігі", "Единица значения")},
		{"COVERAGE", "number", false, "", cell["coverage"]},
		{"REASON", "string", false, "", cell["reason"]},
		{"ORIGIN", "string", true, "^(real|synthetic)$", cell["origin"]},
		{"AREA_LEVEL", "string", true, "", cell["level"]},
		{"LAST_UPDATE", "datetime", true, "", cell["recorded_at"]},
	}
}

// areaFields are the columns of data/areas.csv.
func areaFields() []field {
	return []field{
		{"area", "string", true, "^[0-9]{9}$", names("Area, nine digits of KATO", "Аумақ, ӘАОЖ (КАТО) кодының тоғыз цифры", "Территория, девять цифр КАТО")},
		{"parent", "string", false, "", names("Area above; empty for the country", "Жоғары тұрған аумақ; ел үшін бос", "Вышестоящая территория; у страны пусто")},
		{"level", "string", true, "", names("Level", "Деңгей", "Уровень")},
		{"kind", "string", false, "", names("Kind as the registry spells it", "Тізілімдегі түрі", "Вид, как в реестре")},
		{"name_kk", "string", false, "", names("Name in Kazakh", "Қазақша атауы", "Название на казахском")},
		{"name_ru", "string", false, "", names("Name in Russian", "Орысша атауы", "Название на русском")},
		{"name_en", "string", false, "", names("Name in English", "Ағылшынша атауы", "Название на английском")},
		{"valid_from", "date", true, "", names("First day on which the code meant this place", "Код осы жерді білдірген бірінші күн", "Первый день, когда код означал это место")},
		{"valid_to", "date", false, "", names("First day on which it did not any more; empty while it does", "Код бұл жерді білдірмейтін бірінші күн; әлі білдірсе бос", "Первый день, когда уже не означал; пусто, пока означает")},
	}
}

// indicatorFields are the columns of data/indicators.csv.
func indicatorFields() []field {
	return []field{
		{"indicator", "string", true, "", names("Indicator", "Көрсеткіш", "Показатель")},
		{"theme", "string", true, "", names("Theme", "Тақырып", "Тема")},
		{"name_kk", "string", true, "", names("Name in Kazakh", "Қазақша атауы", "Название на казахском")},
		{"name_ru", "string", true, "", names("Name in Russian", "Орысша атауы", "Название на русском")},
		{"name_en", "string", true, "", names("Name in English", "Ағылшынша атауы", "Название на английском")},
		{"description_kk", "string", true, "", names("Description in Kazakh", "Қазақша сипаттамасы", "Описание на казахском")},
		{"description_ru", "string", true, "", names("Description in Russian", "Орысша сипаттамасы", "Описание на русском")},
		{"description_en", "string", true, "", names("Description in English", "Ағылшынша сипаттамасы", "Описание на английском")},
		{"unit", "string", true, "", names("Unit of the value", "Мәннің өлшем бірлігі", "Единица значения")},
		{"direction", "string", true, "", names("Which way is better: higher, lower, target", "Қай бағыт жақсы: higher жоғары, lower төмен, target мақсатты", "Куда лучше: higher больше, lower меньше, target к цели")},
		{"freq", "string", true, "", names("Frequency of the periods", "Кезеңдердің жиілігі", "Частота периодов")},
		{"level", "string", true, "", names("Lowest level with cells", "Ұяшықтары бар ең төменгі деңгей", "Нижний уровень с ячейками")},
		{"numerator", "string", true, "", names("Formula of the numerator", "Алымның формуласы", "Формула числителя")},
		{"denominator", "string", false, "", names("Formula of the denominator; empty for no ratio", "Бөлімнің формуласы; қатынас болмаса бос", "Формула знаменателя; пусто, если это не отношение")},
		{"factor", "number", true, "", names("Multiplies the ratio", "Қатынастың көбейткіші", "Множитель отношения")},
		{"rollup", "string", true, "", names("How levels roll up", "Деңгейлердің жинақталуы", "Как сводятся уровни")},
		{"sensitive", "boolean", true, "", names("true where numbers can be small enough to show a person", "Сандар адамды танытатындай шағын болуы мүмкін болса, true", "true, где числа могут быть столь малы, что виден человек")},
		{"version", "integer", true, "", names("Version of the formula", "Формуланың нұсқасы", "Версия формулы")},
	}
}

func names(en, kk, ru string) schemas.Names { return schemas.Names{RU: ru, KK: kk, EN: en} }
