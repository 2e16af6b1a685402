package words

import (
	"strings"

	"github.com/auyl-kz/auyl"
)

// Area says the name of an area in full: the registry shortens what people write
// out («Шамалған а.о.» is «Шамалған ауылдық округі»). It has the cases of Kazakh;
// of Russian the genitive and the prepositional with its preposition.
func (w *Words) Area(a *auyl.Area) Arg {
	switch w.lang {
	case "kk":
		name := kazakhArea(a.NameKK)
		out := Arg{Text: name, Forms: map[Case]string{}}
		for _, c := range []Case{Genitive, Dative, Accusative, Locative, Ablative, Relative} {
			out.Forms[c] = Kazakh(name, c, true)
		}
		return out
	case "ru":
		return russianArea(a.NameRU)
	}
	name := strings.TrimSuffix(a.NameEN, " administration")
	return Arg{Text: name, Forms: map[Case]string{Locative: "in " + name, Genitive: "of " + name}}
}

// kazakhArea writes out the kind, which is the head of the name and possessive.
func kazakhArea(name string) string {
	name = strings.TrimSpace(name)
	for _, kind := range [][2]string{
		{" а.о.", " ауылдық округі"},
		{" а.о", " ауылдық округі"},
		{" Қ.Ә.", " қаласы"},
		{" қ.ә.", " қаласы"},
		{" қ.", " қаласы"},
		{" к.ә.", " кенті"},
		{" а.", " ауылы"},
	} {
		if stem, ok := strings.CutSuffix(name, kind[0]); ok {
			return stem + kind[1]
		}
	}
	return name
}

// russianArea declines what the registry spells as an adjective with its noun; a
// name of any other shape stands unchanged behind the noun, which is declined:
// «в сельском округе Байкент».
func russianArea(name string) Arg {
	name = strings.TrimSpace(name)
	prefixes := [][3]string{{"с.о.", "сельский округ", "сельском округе"}, {"г.", "город", "городе"}}
	for _, p := range prefixes {
		if stem, ok := strings.CutPrefix(name, p[0]); ok {
			stem = strings.TrimSpace(stem)
			return russianForms(p[1]+" "+stem, genitiveOf(p[1])+" "+stem, p[2]+" "+stem)
		}
	}
	if stem, ok := strings.CutSuffix(name, " Г.А."); ok {
		return russianForms("город "+stem, "города "+stem, "городе "+stem)
	}
	for _, s := range [][2]string{{" с.о.", "сельский округ"}, {" район", "район"}} {
		stem, ok := strings.CutSuffix(name, s[0])
		if !ok {
			continue
		}
		gen, prep, ok := russianAdjective(stem)
		if !ok {
			break
		}
		return russianForms(stem+" "+s[1], gen+" "+genitiveOf(s[1]), prep+" "+prepositionalOf(s[1]))
	}
	for _, s := range [][2]string{{" г.а.", "городская администрация"}, {" п.а.", "поселковая администрация"}, {" область", "область"}} {
		stem, ok := strings.CutSuffix(name, s[0])
		if ok && strings.HasSuffix(stem, "ая") {
			base := strings.TrimSuffix(stem, "ая") + "ой"
			return russianForms(stem+" "+s[1], base+" "+genitiveOf(s[1]), base+" "+prepositionalOf(s[1]))
		}
	}
	return Arg{Text: name} // a name of a shape that is not known stays in the nominative
}

func russianForms(nominative, genitive, prepositional string) Arg {
	preposition := "в "
	if r := []rune(strings.ToLower(prepositional)); len(r) > 1 && r[0] == 'в' && !strings.ContainsRune("аеёиоуыэюя", r[1]) {
		preposition = "во "
	}
	return Arg{Text: nominative, Forms: map[Case]string{Genitive: genitive, Locative: preposition + prepositional}}
}

// russianAdjective declines an adjective of the masculine: Илийский, Заречный.
func russianAdjective(word string) (genitive, prepositional string, ok bool) {
	for _, e := range [][3]string{{"ский", "ского", "ском"}, {"цкий", "цкого", "цком"}, {"ый", "ого", "ом"}, {"ой", "ого", "ом"}, {"ий", "его", "ем"}} {
		if stem, ok := strings.CutSuffix(word, e[0]); ok {
			return stem + e[1], stem + e[2], true
		}
	}
	return "", "", false
}

func genitiveOf(noun string) string {
	switch noun {
	case "сельский округ":
		return "сельского округа"
	case "город", "район":
		return noun + "а"
	case "область":
		return "области"
	case "городская администрация":
		return "городской администрации"
	case "поселковая администрация":
		return "поселковой администрации"
	}
	return noun
}

func prepositionalOf(noun string) string {
	switch noun {
	case "сельский округ":
		return "сельском округе"
	case "город", "район":
		return noun + "е"
	}
	return genitiveOf(noun) // of the feminine the two are one
}
