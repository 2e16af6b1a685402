package words

import (
	"slices"
	"strings"
	"unicode"
)

// Case is a grammatical case. Of Russian those that the texts use; of Kazakh
// also Relative, the adjective of the locative: «тамыздағы».
type Case string

// The cases.
const (
	Nominative   Case = ""
	Genitive     Case = "gen"
	Dative       Case = "dat"
	Accusative   Case = "acc"
	Locative     Case = "loc" // Kazakh жатыс; of Russian the prepositional with its preposition
	Ablative     Case = "abl"
	Instrumental Case = "ins"
	Relative     Case = "rel"
	Possessive   Case = "poss" // of the third person, Kazakh: «89 %-ы»
)

func cases() []Case {
	return []Case{Nominative, Genitive, Dative, Accusative, Locative, Ablative, Instrumental, Relative, Possessive}
}

// sound is what a Kazakh suffix asks of the word before it.
type sound struct {
	back   bool // vowel harmony: а о ұ ы against ә е ө ү і
	ending rune // kind of the last sound: v vowel, n nasal, r other voiced, t voiceless, z з and ж, p possessive
}

// Kazakh puts a case suffix to a word or a phrase. possessive says that its last
// word has the suffix of the third person, as the head of a name has: «ауданы»,
// «округі», «облысы»; it takes н before the suffix. After digits, signs and
// abbreviations a hyphen stands, as spelling wants it: 5-тен, %-дан.
func Kazakh(word string, c Case, possessive bool) string {
	if c == Nominative || word == "" {
		return word
	}
	s, hyphen := soundOf(word)
	if possessive && s.ending == 'v' {
		s.ending = 'p'
	}
	suffix := suffixOf(s, c)
	if hyphen {
		return word + "-" + suffix
	}
	return word + suffix
}

func suffixOf(s sound, c Case) string {
	pick := func(vowel, nasal, voiced, voiceless, possessive string) string {
		switch s.ending {
		case 'v':
			return vowel
		case 'n':
			return nasal
		case 't':
			return voiceless
		case 'p':
			return possessive
		}
		return voiced // р л й у, з ж
	}
	var out string
	switch c {
	case Nominative:
		return ""
	case Genitive:
		out = pick("ның", "ның", "дың", "тың", "ның")
	case Dative:
		out = pick("ға", "ға", "ға", "қа", "на")
	case Accusative:
		out = pick("ны", "ды", "ды", "ты", "н")
	case Locative:
		out = pick("да", "да", "да", "та", "нда")
	case Relative:
		out = pick("дағы", "дағы", "дағы", "тағы", "ндағы")
	case Ablative:
		out = pick("дан", "нан", "дан", "тан", "нан")
	case Possessive:
		out = pick("сы", "ы", "ы", "ы", "")
	case Instrumental: // the one suffix without harmony
		switch s.ending {
		case 't':
			return "пен"
		case 'z':
			return "бен"
		}
		return "мен"
	}
	if s.back {
		return out
	}
	return strings.NewReplacer("а", "е", "ы", "і", "ғ", "г", "қ", "к").Replace(out)
}

// soundOf finds how the last word of a phrase ends when it is read aloud.
func soundOf(phrase string) (s sound, hyphen bool) {
	phrase = strings.TrimRight(phrase, "»\")")
	r := []rune(phrase)
	if len(r) > 0 && unicode.IsDigit(r[len(r)-1]) {
		i := len(r)
		for i > 0 && (unicode.IsDigit(r[i-1]) || strings.ContainsRune("\u00a0,.", r[i-1])) {
			i--
		}
		return hear(numeral(string(r[i:]))), true
	}
	word := phrase
	if i := strings.LastIndexAny(phrase, " \u00a0"); i >= 0 {
		word = strings.TrimLeft(phrase[i:], " \u00a0")
	}
	if read, ok := abbreviation(word); ok {
		return hear(read), true
	}
	if read, ok := letters(word); ok {
		return hear(read), true
	}
	return hear(word), false
}

// hear classifies a word by its last sound and its last vowel that has a side. A
// word of и and у alone follows its other letters: қ and ғ are of back words, к
// and г of front ones.
func hear(word string) sound {
	r := []rune(strings.ToLower(word))
	for len(r) > 0 && !unicode.IsLetter(r[len(r)-1]) {
		r = r[:len(r)-1]
	}
	var s sound
	if len(r) == 0 {
		return s
	}
	s.back = harmony(r)
	last := r[len(r)-1]
	if last == 'ь' || last == 'ъ' {
		if len(r) > 1 {
			last = r[len(r)-2]
		}
	}
	switch last {
	case 'а', 'ә', 'е', 'ё', 'о', 'ө', 'ұ', 'ү', 'ы', 'і', 'э', 'я':
		s.ending = 'v'
	case 'м', 'н', 'ң':
		s.ending = 'n'
	case 'з', 'ж':
		s.ending = 'z'
	case 'р', 'л', 'й', 'у', 'и', 'ю':
		s.ending = 'r'
	default: // п ф к қ т с ш щ х ц ч һ, and б в г д, which are voiceless at the end
		s.ending = 't'
	}
	return s
}

func harmony(r []rune) (back bool) {
	switch string(r) {
	case "минут", "округ", "аудит", "капитал":
		return true // loans whose и and у say nothing
	}
	if strings.HasSuffix(string(r), "ь") {
		return false // a soft sign fronts: «рубль», «пароль»
	}
	for _, c := range slices.Backward(r) {
		switch c {
		case 'а', 'о', 'ұ', 'ы', 'я', 'ё':
			return true
		case 'ә', 'е', 'ө', 'ү', 'і', 'э':
			return false
		case 'қ', 'ғ', 'һ':
			return true
		}
	}
	for _, c := range slices.Backward(r) {
		switch c {
		case 'к', 'г', 'и':
			return false
		case 'у', 'ю':
			return true
		}
	}
	return true
}

// numeral is the last word of a number as it is read: 40 «қырық», 3,5 «бес».
func numeral(text string) string {
	d := []rune{}
	for _, c := range text {
		if unicode.IsDigit(c) {
			d = append(d, c)
		} else if c == ',' || c == '.' {
			d = d[:0] // of a fraction its last part is what is heard last
		}
	}
	zeros := 0
	for zeros < len(d) && d[len(d)-1-zeros] == '0' {
		zeros++
	}
	if zeros == len(d) {
		return "нөл"
	}
	digit := int(d[len(d)-1-zeros] - '0')
	switch {
	case zeros == 0:
		return []string{"", "бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз"}[digit]
	case zeros == 1:
		return []string{"", "он", "жиырма", "отыз", "қырық", "елу", "алпыс", "жетпіс", "сексен", "тоқсан"}[digit]
	case zeros == 2:
		return "жүз"
	case zeros < 6:
		return "мың"
	case zeros < 9:
		return "миллион"
	}
	return "миллиард"
}

// abbreviation returns what a sign or a shortened word is read as.
func abbreviation(word string) (string, bool) {
	switch strings.ToLower(strings.TrimRight(word, ".")) {
	case "%":
		return "пайыз", true
	case "км":
		return "километр", true
	case "кг":
		return "килограмм", true
	case "га":
		return "гектар", true
	case "ц":
		return "центнер", true
	case "млн":
		return "миллион", true
	case "млрд":
		return "миллиард", true
	case "тг", "₸":
		return "теңге", true
	case "мин":
		return "минут", true
	}
	return "", false
}

// letters returns the name of the last letter of an abbreviation of capitals: ЖШС
// is read «жэ-шэ-эс».
func letters(word string) (string, bool) {
	r := []rune(word)
	if len(r) < 2 {
		return "", false
	}
	vowels := 0
	for i, c := range r {
		if !unicode.IsUpper(c) {
			return "", false
		}
		if strings.ContainsRune("АӘЕЁОӨҰҮЫІЭЯЮИУ", c) && i > 0 && i < len(r)-1 {
			vowels++
		}
	}
	if vowels > 0 {
		return word, true // read as a word: КАТО, ЖАО
	}
	switch last := r[len(r)-1]; last {
	case 'Л', 'М', 'Н', 'Р', 'С', 'Ф', 'Ң':
		return "э" + strings.ToLower(string(last)), true
	case 'К', 'Қ', 'Х', 'Ш', 'Щ', 'Ғ', 'Һ':
		return strings.ToLower(string(last)) + "а", true
	case 'Б', 'В', 'Г', 'Д', 'Ж', 'З', 'П', 'Т', 'Ц', 'Ч':
		return strings.ToLower(string(last)) + "е", true
	default:
		return strings.ToLower(string(last)), true
	}
}
