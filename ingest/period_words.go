package ingest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/auyl-kz/auyl"
)

var (
	dayInWords     = regexp.MustCompile(`^(?:на )?(\d{1,2})[- ]?(?:е |го )?([а-яәғқңөұүһі]+) (\d{4})(?: ?(?:года|год|г)\.?)?$`)
	dayInKazakh    = regexp.MustCompile(`^(\d{4}) ?(?:жылғы|ж\.?) (\d{1,2}) ([а-яәғқңөұүһі]+)$`)
	monthInWords   = regexp.MustCompile(`^(?:([а-яәғқңөұүһі]+) ?[-–—] ?)?([а-яәғқңөұүһі]+) (\d{4})(?: ?(?:года|год|г)\.?)?$`)
	quarterInWords = regexp.MustCompile(`^(i{1,3}|iv|[1-4])[- ]?(?:й )?(?:кв\.?|квартал|тоқсан)[ ,]*(\d{4})(?: ?(?:года|год|г|жыл|ж)\.?)?$`)
	yearInWords    = regexp.MustCompile(`^(\d{4}) ?(?:год|года|г\.?|жыл|ж\.?)$`)
)

// periodInWords reads the spellings in which a period is written out in Russian or
// Kazakh: «1 ноября 2026 года», «2026 жылғы 1 қараша», «октябрь 2026», «1 кв. 2026»,
// «2026 год». «январь-июнь 2026 года», since the beginning of the year, is the
// month of June: that a figure is cumulative is for the series to say.
func periodInWords(s string) (auyl.Period, bool) {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	parse := func(format string, args ...any) (auyl.Period, bool) {
		p, err := auyl.ParsePeriod(fmt.Sprintf(format, args...))
		return p, err == nil
	}
	if m := yearInWords.FindStringSubmatch(s); m != nil {
		return parse("%s", m[1])
	}
	if m := quarterInWords.FindStringSubmatch(s); m != nil {
		q := m[1]
		switch q {
		case "i", "ii", "iii":
			q = fmt.Sprint(len(q))
		case "iv":
			q = "4"
		}
		return parse("%s-Q%s", m[2], q)
	}
	if m := dayInWords.FindStringSubmatch(s); m != nil {
		return parse("%s-%02d-%02s", m[3], month(m[2]), m[1])
	}
	if m := dayInKazakh.FindStringSubmatch(s); m != nil {
		return parse("%s-%02d-%02s", m[1], month(m[3]), m[2])
	}
	if m := monthInWords.FindStringSubmatch(s); len(m) == 4 && (m[1] == "" || month(m[1]) == 1) {
		return parse("%s-M%02d", m[3], month(m[2]))
	}
	return auyl.Period{}, false
}

// month returns the number of a month by its name in any case, 0 for none.
func month(word string) int {
	for i, stems := range [12][]string{
		{"январ", "қаңтар"},
		{"феврал", "ақпан"},
		{"март", "наурыз"},
		{"апрел", "сәуір"},
		{"ма", "мамыр"},
		{"июн", "маусым"},
		{"июл", "шілде"},
		{"август", "тамыз"},
		{"сентябр", "қыркүйек"},
		{"октябр", "қазан"},
		{"ноябр", "қараша"},
		{"декабр", "желтоқсан"},
	} {
		ru, ok := strings.CutPrefix(word, stems[0])
		switch {
		case ok && (ru == "" && stems[0] != "ма" || ru == "ь" || ru == "я" || ru == "а" || ru == "й" || ru == "е" || ru == "ю" || ru == "у"):
			return i + 1
		case strings.HasPrefix(word, stems[1]):
			return i + 1
		}
	}
	return 0
}
