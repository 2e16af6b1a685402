package infer

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
)

// kind is what a column is taken for.
type kind int

const (
	kindText kind = iota
	kindWords
	kindNumber
	kindPeriod
	kindInstant
	kindArea
	kindAreaName
	kindPersonal
)

// Limits of what is kept of a column.
const (
	maxDistinct = 5000
	maxWords    = 12  // of a column whose words are listed
	enough      = 0.8 // share of the values that must look alike
)

var (
	isNumber  = regexp.MustCompile(`^-?\d+(?:[.,]\d+)?$`)
	isGrouped = regexp.MustCompile(`^-?\d{1,3}([ \x{a0}\x{202f}'])\d{3}(?:[ \x{a0}\x{202f}']\d{3})*(?:[.,]\d+)?$`)
	isMark    = regexp.MustCompile(`^(?:…|\.\.\.?|-|–|—|[xх]|[XХ]|н/д|нет данных|n/a|жоқ)$`)
	isPeriod  = regexp.MustCompile(`^(?:\d{4}-\d{2}-\d{2}|\d{2}\.\d{2}\.\d{4}|\d{4}-(?:0[1-9]|1[0-2])|(?:19|20)\d{2}(?:0[1-9]|1[0-2])|\d{4}-[SQMW]\d{1,2})$`)
	isYear    = regexp.MustCompile(`^(?:19|20)\d{2}$`)
	isInstant = regexp.MustCompile(`^(?:\d{4}-\d{2}-\d{2}[ T]|\d{2}\.\d{2}\.\d{4} )\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?$`)
	isPhone   = regexp.MustCompile(`^\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}$`)
	isMail    = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	// Russian and Kazakh patronymics, and what they stand behind.
	isPerson = regexp.MustCompile(`(?i:ович|евич|овна|евна|ична|ұлы|улы|қызы|кызы)\.?(?:\s|$)|^\p{Lu}\p{Ll}+ \p{Lu}\.\s?\p{Lu}\.`)
	isNames  = regexp.MustCompile(`^\p{Lu}\p{Ll}+[ -]\p{Lu}\p{Ll}+`) // two words as names are written
	timeName = regexp.MustCompile(`(?i)year|date|period|month|quarter|год|дата|период|месяц|квартал|жыл|күн|кезең|ай$|as_of`)

	personalName = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:iin|иин|жсн|fio|фио|тәж|аты-жөні|surname|first_?name|last_?name|middle_?name|full_?name|фамилия|имя|отчество|тегі|phone|tel|mobile|телефон|моб|ұялы|email|e-mail|mail|почта|address|адрес|мекенжай\p{L}*|birth_?da(?:te|y)|date_of_birth|dob|дата рождения|туған күн\p{L}*|patient|пациент\p{L}*|заявител\p{L}*|applicant|borrower|за[её]мщик\p{L}*|owner|владел\p{L}*|иесі|passport|паспорт\p{L}*|contact|контакт\p{L}*|executor|исполнител\p{L}*)(?:[^\p{L}]|$)`)
)

// column gathers what its values look like. No value is kept but words of few
// kinds and the least and the greatest number.
type column struct {
	name  string
	areas *schemas.Areas

	rows, filled int
	values       map[string]int // distinct values, up to maxDistinct
	longest      int

	numbers, grouped, years, periods, instants, codes, names int
	iins, bins, phones, mails, persons, found, capitals      int

	commas, points int
	groups, marks  map[string]int
	integers       bool
	negative       bool
	levels         map[string]int
	oblasts        map[auyl.AreaCode]int
	labels         map[string]auyl.AreaCode

	kind kind
	why  string
}

func newColumn(name string, areas *schemas.Areas) *column {
	return &column{
		name: name, areas: areas, values: map[string]int{}, groups: map[string]int{}, marks: map[string]int{},
		levels: map[string]int{}, oblasts: map[auyl.AreaCode]int{}, labels: map[string]auyl.AreaCode{}, integers: true,
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (c *column) distinct() int { return len(c.values) }

// today is behind all days that areas are dated by.
const today = auyl.MaxDay - 1

// almaty is the oblast whose districts are known by name.
const almaty auyl.AreaCode = 190000000

func (c *column) observe(raw string) {
	c.rows++
	v := strings.Trim(raw, " \t\u00a0\u202f")
	if v == "" {
		return
	}
	c.filled++
	if len(c.values) < maxDistinct {
		c.values[v]++
	}
	c.longest = max(c.longest, len([]rune(v)))
	if isNames.MatchString(v) {
		c.capitals++
	}
	c.observePerson(v)
	c.observeFigure(v)
	switch {
	case isYear.MatchString(v):
		c.years++
	case isPeriod.MatchString(v):
		c.periods++
	case isInstant.MatchString(v):
		c.instants++
	}
	c.observeArea(v)
}

func (c *column) observePerson(v string) {
	folded := iin.Fold(v)
	_, err := iin.Parse(folded)
	switch {
	case err == nil:
		c.iins++
	case iin.IsBIN(folded):
		c.bins++
	case isPhone.MatchString(v):
		c.phones++
	case isMail.MatchString(v):
		c.mails++
	case isPerson.MatchString(v):
		c.persons++
	case len(iin.Find(v)) > 0:
		c.found++
	}
}

func (c *column) observeFigure(v string) {
	switch m := isGrouped.FindStringSubmatch(v); {
	case isMark.MatchString(v):
		c.marks[v]++
		return
	case m != nil:
		c.groups[m[1]]++
		c.grouped++
	case !isNumber.MatchString(v):
		return
	}
	c.numbers++
	c.negative = c.negative || strings.HasPrefix(v, "-")
	if strings.Contains(v, ",") {
		c.commas++
		c.integers = false
	}
	if strings.Contains(v, ".") {
		c.points++
		c.integers = false
	}
}

func (c *column) observeArea(v string) {
	if len(v) == 9 {
		if code, err := auyl.ParseAreaCode(v); err == nil && len(c.areas.Meanings(code)) > 0 {
			c.codes++
			c.oblasts[code.Oblast()]++
			c.levels[c.areas.Meanings(code)[0].Level.String()]++
			return
		}
	}
	if c.values[v] > 1 { // looked up already
		if _, ok := c.labels[v]; ok {
			c.names++
		}
		return
	}
	if found := c.areas.Named(almaty, v, today); len(found) == 1 {
		c.labels[v] = found[0].Code
		c.levels[found[0].Level.String()]++
		c.names++
	}
}

// most reports whether n of the values, or of those that are no marks, are enough.
func (c *column) most(n int) bool {
	marks := 0
	for _, k := range c.marks {
		marks += k
	}
	return n > 0 && float64(n) >= enough*float64(c.filled-marks)
}

// judge decides what the column is and says why. What looks personal comes first.
func (c *column) judge() {
	set := func(k kind, why string, args ...any) { c.kind, c.why = k, fmt.Sprintf(why, args...) }
	switch {
	case c.iins > 0:
		set(kindPersonal, "%d of %d value(s) are numbers of persons (IIN) by their check digit", c.iins, c.filled)
	case personalName.MatchString(c.name):
		set(kindPersonal, "by its name")
	case c.phones > 0 && float64(c.phones) >= float64(c.filled)/2:
		set(kindPersonal, "%d of %d value(s) look like telephones", c.phones, c.filled)
	case c.mails > 0:
		set(kindPersonal, "%d of %d value(s) are mail addresses", c.mails, c.filled)
	case c.persons > 0 && float64(c.persons) >= float64(c.filled)/4:
		set(kindPersonal, "%d of %d value(s) look like names of persons", c.persons, c.filled)
	case c.found > 0:
		set(kindPersonal, "%d of %d value(s) hold the number of a person in their text", c.found, c.filled)
	case c.filled == 0:
		set(kindText, "empty in all records")
	case c.most(c.bins):
		set(kindText, "numbers of organizations (BIN) by their check digit: not personal")
	case c.most(c.codes):
		set(kindArea, "%d of %d value(s) are codes of KATO", c.codes, c.filled)
	case c.most(c.instants):
		set(kindInstant, "dates with a time")
	case c.most(c.periods):
		set(kindPeriod, "dates or months")
	case c.most(c.years) && (timeName.MatchString(c.name) || c.distinct() > 1 && c.distinct() < c.filled):
		set(kindPeriod, "years")
	case c.most(c.numbers):
		set(kindNumber, "%d of %d value(s) are numbers", c.numbers, c.filled)
	case c.most(c.names):
		set(kindAreaName, "%d of %d value(s) are names of districts of Almaty oblast", c.names, c.filled)
	case c.longest > 60:
		set(kindPersonal, "free text of up to %d characters: anything may stand in it", c.longest)
	case c.capitals > 0 && 2*c.capitals >= c.filled:
		set(kindText, "TODO personal? %d of %d value(s) are written as names are", c.capitals, c.filled)
	case c.distinct() <= maxWords && c.filled > c.distinct():
		set(kindWords, "%d word(s) in %d value(s)", c.distinct(), c.filled)
	default:
		set(kindText, "text")
	}
}
