package export

import (
	"fmt"
	"strings"

	"github.com/auyl-kz/auyl/schemas"
)

// writeReadme writes the page that a stranger reads first.
func (p *pack) writeReadme() error {
	var b strings.Builder
	for _, lang := range []struct {
		pick                                                               func(schemas.Names) string
		title, vintage, cells, synthetic, hidden, small, forms, head, from string
	}{
		{
			func(n schemas.Names) string { return n.KK }, "Ауылдардың көрсеткіштері", "Деректердің нұсқасы (сол сәтте белгілі болғаны)", "Ұяшық",
			"оның ішінде синтетикалық (`origin` = `synthetic`): модель жасаған, нақты жер мен адамға қатысы жоқ",
			"оның ішінде жасырылған (`status` = `C`): мәні бос және бос қалуы тиіс",
			"Шағын сандары бар көрсеткіштерде алым мен бөлім берілмейді. Аудан мен округтердің айырмасынан жасырын мәнді шығаруға тырыспаңыз.",
			"`data/` CSV, сипаттамасы `datapackage.json`; `sdmx/` SDMX-CSV 2.0; `parquet/` Apache Parquet. Бос өріс мәннің жоқтығын білдіреді, ешқашан 0 емес.",
			"| көрсеткіш | атауы | өлшем бірлігі | кезеңдер | ұяшық | синтетикалық | жасырылған |", "Дереккөздер және пайдалану шарттары",
		},
		{
			func(n schemas.Names) string { return n.RU }, "Показатели сёл", "Версия данных (что было известно в этот момент)", "Ячеек",
			"из них синтетических (`origin` = `synthetic`): созданы моделью и не описывают ни одного места и человека",
			"из них скрытых (`status` = `C`): значения нет и быть не должно",
			"У показателей с малыми числами числитель и знаменатель не публикуются. Не вычисляйте скрытое как разность района и его округов.",
			"`data/` CSV, описание в `datapackage.json`; `sdmx/` SDMX-CSV 2.0; `parquet/` Apache Parquet. Пустое поле означает, что значения нет, и никогда не 0.",
			"| показатель | название | единица | периоды | ячеек | синтетических | скрытых |", "Источники и условия использования",
		},
		{
			func(n schemas.Names) string { return n.EN }, "Indicators of villages", "Vintage of the data (what was known at that moment)", "Cells",
			"of them synthetic (`origin` = `synthetic`): made by a model, true of no place and no person",
			"of them suppressed (`status` = `C`): there is no value, and there shall be none",
			"Of indicators with small numbers, numerators and denominators are left out. Do not work out what is hidden as the difference of a district and its okrugs.",
			"`data/` CSV, described by `datapackage.json`; `sdmx/` SDMX-CSV 2.0; `parquet/` Apache Parquet. An empty field is no value, and never 0.",
			"| indicator | name | unit | periods | cells | synthetic | suppressed |", "Sources and terms of use",
		},
	} {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "# %s\n\n%s: %s\n\n- %s: %d\n- %s: %d\n- %s: %d\n\n%s\n\n%s\n\n", lang.title, lang.vintage, instant(p.o.Vintage),
			lang.cells, p.result.Rows, lang.synthetic, p.result.Synthetic, lang.hidden, p.result.Hidden, lang.small, lang.forms)
		b.WriteString(lang.head + "\n| --- | --- | --- | --- | ---: | ---: | ---: |\n")
		for _, u := range p.used {
			fmt.Fprintf(&b, "| %s | %s | %s | %s … %s | %d | %d | %d |\n", u.ID, lang.pick(u.Names), u.Unit, u.first, u.last, u.rows, u.synthetic, u.hidden)
		}
		fmt.Fprintf(&b, "\n## %s\n\n", lang.from)
		list, _ := p.sources(p.used...)
		for _, s := range list {
			fmt.Fprintf(&b, "- %s (`%s`, %s): %s\n", lang.pick(names(s.Titles.EN, s.Titles.KK, s.Titles.RU)), s.ID, s.Origin, s.License)
		}
	}
	return p.text("README.md", []byte(b.String()))
}
