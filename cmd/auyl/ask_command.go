package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/clickhouse"
)

// queryFormats are what \f takes.
func queryFormats() []string { return append(clickhouse.Formats(), "xlsx") }

// command runs one of the commands that begin with a backslash.
func (a *asker) command(ctx context.Context, line string) error {
	name, arg, _ := strings.Cut(line, " ")
	arg = strings.TrimSuffix(strings.TrimSpace(arg), ";")
	switch strings.TrimSuffix(name, ";") {
	case `\q`:
		a.quit = true
		return nil
	case `\?`, `\h`:
		_, err := fmt.Fprint(a.s.out, commandHelp(a.lang))
		return err
	case `\f`:
		if arg == "" {
			_, err := fmt.Fprintln(a.s.out, a.format)
			return err
		}
		if !slices.Contains(queryFormats(), arg) {
			return fmt.Errorf(`\f %s: want one of %s`, arg, strings.Join(queryFormats(), ", "))
		}
		a.format = arg
		return nil
	case `\o`:
		a.output = arg
		return nil
	case `\d`:
		if arg == "" {
			return a.answer(ctx, clickhouse.Question{Statement: clickhouse.TablesSQL})
		}
		return a.answer(ctx, clickhouse.Question{
			Statement: clickhouse.ColumnsSQL, Params: map[string]string{"table": strings.TrimPrefix(arg, a.db.Name()+".")},
		})
	case `\i`:
		return a.answer(ctx, clickhouse.IndicatorNames(a.lang, arg))
	case `\a`:
		return a.answer(ctx, clickhouse.AreaNames(a.lang, arg))
	}
	return fmt.Errorf(`unknown command %s: \? lists them`, name)
}

func commandHelp(lang string) string {
	switch lang {
	case "kk":
		return `  \d           кестелер мен көріністер
  \d КЕСТЕ     бағандары, өлшем бірліктерімен
  \i [СӨЗ]     көрсеткіштер, атауында не идентификаторында сөз барлары
  \a [СӨЗ]     аумақтар, атауында не кодында сөз барлары
  \f ПІШІМ     жауаптың пішімі: pretty, csv, tsv, json, jsonl, parquet, xlsx
  \o [ФАЙЛ]    жауаптар файлға; файлсыз экранға
  \q           шығу
Сұрау ; таңбасымен аяқталады және бірнеше жолға созыла алады. Ctrl-C сұрауды тоқтатады.
`
	case "en":
		return `  \d           tables and views
  \d TABLE     its columns, with units
  \i [WORD]    indicators with the word in name or id
  \a [WORD]    areas with the word in name or code
  \f FORMAT    format of answers: pretty, csv, tsv, json, jsonl, parquet, xlsx
  \o [FILE]    answers go to the file; without it, to the screen
  \q           leave
A statement ends with ; and may go over several lines. Ctrl-C stops a question.
`
	}
	return `  \d           таблицы и представления
  \d ТАБЛИЦА   её столбцы, с единицами
  \i [СЛОВО]   показатели со словом в названии или идентификаторе
  \a [СЛОВО]   территории со словом в названии или коде
  \f ФОРМАТ    формат ответов: pretty, csv, tsv, json, jsonl, parquet, xlsx
  \o [ФАЙЛ]    ответы в файл; без файла на экран
  \q           выйти
Запрос кончается знаком ; и может занимать несколько строк. Ctrl-C останавливает запрос.
`
}
