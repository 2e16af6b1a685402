package words_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

func speak(t *testing.T, lang string) *words.Words {
	t.Helper()
	w, err := words.New(lang)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func house(t *testing.T) *schemas.House {
	t.Helper()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestKazakhSuffixesFollowVowelsAndTheLastSound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		word                           string
		possessive                     bool
		gen, dat, acc, loc, abl, instr string
	}{
		{"аудан", false, "ауданның", "ауданға", "ауданды", "ауданда", "ауданнан", "ауданмен"},
		{"ауданы", true, "ауданының", "ауданына", "ауданын", "ауданында", "ауданынан", "ауданымен"},
		{"округі", true, "округінің", "округіне", "округін", "округінде", "округінен", "округімен"},
		{"көрсеткіш", false, "көрсеткіштің", "көрсеткішке", "көрсеткішті", "көрсеткіште", "көрсеткіштен", "көрсеткішпен"},
		{"пайыз", false, "пайыздың", "пайызға", "пайызды", "пайызда", "пайыздан", "пайызбен"},
		{"теңге", false, "теңгенің", "теңгеге", "теңгені", "теңгеде", "теңгеден", "теңгемен"},
		{"адам", false, "адамның", "адамға", "адамды", "адамда", "адамнан", "адаммен"},
		{"күн", false, "күннің", "күнге", "күнді", "күнде", "күннен", "күнмен"},
		{"минут", false, "минуттың", "минутқа", "минутты", "минутта", "минуттан", "минутпен"},
		{"сағат", false, "сағаттың", "сағатқа", "сағатты", "сағатта", "сағаттан", "сағатпен"},
		{"гектар", false, "гектардың", "гектарға", "гектарды", "гектарда", "гектардан", "гектармен"},
		{"тармақ", false, "тармақтың", "тармаққа", "тармақты", "тармақта", "тармақтан", "тармақпен"},
		{"қамту", false, "қамтудың", "қамтуға", "қамтуды", "қамтуда", "қамтудан", "қамтумен"},
		{"орындалуы", true, "орындалуының", "орындалуына", "орындалуын", "орындалуында", "орындалуынан", "орындалуымен"},
		{"қараша", false, "қарашаның", "қарашаға", "қарашаны", "қарашада", "қарашадан", "қарашамен"},
		{"маусым", false, "маусымның", "маусымға", "маусымды", "маусымда", "маусымнан", "маусыммен"},
		{"тауық еті", true, "тауық етінің", "тауық етіне", "тауық етін", "тауық етінде", "тауық етінен", "тауық етімен"},
		{"клуб", false, "клубтың", "клубқа", "клубты", "клубта", "клубтан", "клубпен"},
		{"рубль", false, "рубльдің", "рубльге", "рубльді", "рубльде", "рубльден", "рубльмен"},
		{"ЖШС", false, "ЖШС-тің", "ЖШС-ке", "ЖШС-ті", "ЖШС-те", "ЖШС-тен", "ЖШС-пен"},
		{"ҚР", false, "ҚР-дің", "ҚР-ге", "ҚР-ді", "ҚР-де", "ҚР-ден", "ҚР-мен"},
		{"КАТО", false, "КАТО-ның", "КАТО-ға", "КАТО-ны", "КАТО-да", "КАТО-дан", "КАТО-мен"},
		{"12\u00a0%", false, "12\u00a0%-дың", "12\u00a0%-ға", "12\u00a0%-ды", "12\u00a0%-да", "12\u00a0%-дан", "12\u00a0%-бен"},
	} {
		got := []string{}
		for _, c := range []words.Case{words.Genitive, words.Dative, words.Accusative, words.Locative, words.Ablative, words.Instrumental} {
			got = append(got, words.Kazakh(tt.word, c, tt.possessive))
		}
		if diff := cmp.Diff([]string{tt.gen, tt.dat, tt.acc, tt.loc, tt.abl, tt.instr}, got); diff != "" {
			t.Errorf("%s:\n%s", tt.word, diff)
		}
	}
}

func TestKazakhSuffixesAfterDigitsAreThoseOfTheNumberAsItIsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ number, abl, dat, loc string }{
		{"0", "0-ден", "0-ге", "0-де"},
		{"1", "1-ден", "1-ге", "1-де"},
		{"2", "2-ден", "2-ге", "2-де"},
		{"3", "3-тен", "3-ке", "3-те"},
		{"4", "4-тен", "4-ке", "4-те"},
		{"5", "5-тен", "5-ке", "5-те"},
		{"6", "6-дан", "6-ға", "6-да"},
		{"7", "7-ден", "7-ге", "7-де"},
		{"8", "8-ден", "8-ге", "8-де"},
		{"9", "9-дан", "9-ға", "9-да"},
		{"10", "10-нан", "10-ға", "10-да"},
		{"20", "20-дан", "20-ға", "20-да"},
		{"30", "30-дан", "30-ға", "30-да"},
		{"40", "40-тан", "40-қа", "40-та"},
		{"50", "50-ден", "50-ге", "50-де"},
		{"60", "60-тан", "60-қа", "60-та"},
		{"70", "70-тен", "70-ке", "70-те"},
		{"80", "80-нен", "80-ге", "80-де"},
		{"90", "90-нан", "90-ға", "90-да"},
		{"100", "100-ден", "100-ге", "100-де"},
		{"1\u00a0000", "1\u00a0000-нан", "1\u00a0000-ға", "1\u00a0000-да"},
		{"2\u00a0000\u00a0000", "2\u00a0000\u00a0000-нан", "2\u00a0000\u00a0000-ға", "2\u00a0000\u00a0000-да"},
		{"2\u00a0015", "2\u00a0015-тен", "2\u00a0015-ке", "2\u00a0015-те"},
		{"3,5", "3,5-тен", "3,5-ке", "3,5-те"},
		{"12,40", "12,40-тан", "12,40-қа", "12,40-та"},
	} {
		got := []string{words.Kazakh(tt.number, words.Ablative, false), words.Kazakh(tt.number, words.Dative, false), words.Kazakh(tt.number, words.Locative, false)}
		if diff := cmp.Diff([]string{tt.abl, tt.dat, tt.loc}, got); diff != "" {
			t.Errorf("%s:\n%s", tt.number, diff)
		}
	}
}

// districts are written out by hand: the oblast, and every district that the registry has ever had.
var districts = map[string][4]string{ // Kazakh locative and ablative, Russian genitive and prepositional
	"Алматы облысы":       {"Алматы облысында", "Алматы облысынан", "Алматинской области", "в Алматинской области"},
	"Талдықорған Қ.Ә.":    {"Талдықорған қаласында", "Талдықорған қаласынан", "города Талдыкорган", "в городе Талдыкорган"},
	"Қонаев Қ.Ә.":         {"Қонаев қаласында", "Қонаев қаласынан", "города Қонаев", "в городе Қонаев"},
	"Қапшағай Қ.Ә.":       {"Қапшағай қаласында", "Қапшағай қаласынан", "города Капшагай", "в городе Капшагай"},
	"Алатау Қ.Ә.":         {"Алатау қаласында", "Алатау қаласынан", "города Алатау", "в городе Алатау"},
	"Балқаш ауданы":       {"Балқаш ауданында", "Балқаш ауданынан", "Балхашского района", "в Балхашском районе"},
	"Еңбекшіқазақ ауданы": {"Еңбекшіқазақ ауданында", "Еңбекшіқазақ ауданынан", "Енбекшиказахского района", "в Енбекшиказахском районе"},
	"Жамбыл ауданы":       {"Жамбыл ауданында", "Жамбыл ауданынан", "Жамбылского района", "в Жамбылском районе"},
	"Кеген ауданы":        {"Кеген ауданында", "Кеген ауданынан", "Кегенского района", "в Кегенском районе"},
	"Қарасай ауданы":      {"Қарасай ауданында", "Қарасай ауданынан", "Карасайского района", "в Карасайском районе"},
	"Райымбек ауданы":     {"Райымбек ауданында", "Райымбек ауданынан", "Райымбекского района", "в Райымбекском районе"},
	"Талғар ауданы":       {"Талғар ауданында", "Талғар ауданынан", "Талгарского района", "в Талгарском районе"},
	"Ұйғыр ауданы":        {"Ұйғыр ауданында", "Ұйғыр ауданынан", "Уйгурского района", "в Уйгурском районе"},
	"Іле ауданы":          {"Іле ауданында", "Іле ауданынан", "Илийского района", "в Илийском районе"},
}

func TestEveryDistrictOfTheRegistryHasItsCases(t *testing.T) {
	t.Parallel()
	kk, ru := speak(t, "kk"), speak(t, "ru")
	seen := map[string]bool{}
	all := house(t).Areas.All()
	for i := range all {
		a := &all[i]
		if a.Level != auyl.LevelDistrict && a.Level != auyl.LevelOblast {
			continue
		}
		want, ok := districts[a.NameKK]
		if !ok {
			t.Errorf("%s (%s) has no row in the table of this test", a.Code, a.NameKK)
			continue
		}
		seen[a.NameKK] = true
		k, r := kk.Area(a), ru.Area(a)
		got := [4]string{k.Forms[words.Locative], k.Forms[words.Ablative], r.Forms[words.Genitive], r.Forms[words.Locative]}
		if got != want {
			t.Errorf("%s: %q, want %q", a.NameKK, got, want)
		}
	}
	if len(seen) != len(districts) {
		t.Errorf("%d districts in the registry, %d in the table", len(seen), len(districts))
	}
}

// TestEveryOkrugIsSaidInFull holds what is regular about names: the kind is written out, Kazakh cases go with its head, and
// Russian declines the kind or the adjective.
func TestEveryOkrugIsSaidInFull(t *testing.T) {
	t.Parallel()
	kk, ru, en := speak(t, "kk"), speak(t, "ru"), speak(t, "en")
	heads := map[string][2]string{"ауылдық округі": {"округінде", "округінен"}, "қаласы": {"қаласында", "қаласынан"}, "кенті": {"кентінде", "кентінен"}}
	all := house(t).Areas.All()
	n := 0
	for i := range all {
		a := &all[i]
		if a.Level != auyl.LevelOkrug {
			continue
		}
		n++
		k, r := kk.Area(a), ru.Area(a)
		ok := false
		for head, forms := range heads {
			if strings.HasSuffix(k.Text, " "+head) {
				ok = strings.HasSuffix(k.Forms[words.Locative], forms[0]) && strings.HasSuffix(k.Forms[words.Ablative], forms[1])
			}
		}
		if !ok || strings.Contains(k.Text, ".") {
			t.Errorf("%s: Kazakh %q, %q", a.Code, k.Text, k.Forms[words.Locative])
		}
		loc := r.Forms[words.Locative]
		if strings.Contains(r.Text, ".") || !strings.Contains(loc, "округе") && !strings.Contains(loc, "городе ") && !strings.Contains(loc, "администрации") {
			t.Errorf("%s: Russian %q, %q", a.Code, r.Text, loc)
		}
		if en.Area(a).Text == "" {
			t.Errorf("%s: no English name", a.Code)
		}
	}
	if n < 130 {
		t.Errorf("%d okrugs were looked at", n)
	}
}

// TestEveryIndicatorNameTakesItsSuffixes pins the cases of every name of the catalogue; the file was read line by line. Names are
// izafets: their head has the possessive of the third person, unless it ends with something in brackets or another part of speech.
func TestEveryIndicatorNameTakesItsSuffixes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, i := range house(t).Catalogue.Indicators {
		name, _, _ := strings.Cut(i.Names.KK, " (")
		r := []rune(name)
		possessive := strings.ContainsRune("ыі", r[len(r)-1]) && !strings.HasSuffix(name, "жалақы") // wages are nobody's
		fmt.Fprintf(&b, "%s: %s | %s | %s\n", i.ID, words.Kazakh(name, words.Locative, possessive), words.Kazakh(name, words.Ablative, possessive), words.Kazakh(name, words.Dative, possessive))
	}
	file := "testdata/indicators.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("names read otherwise; read the difference, then -update:\n%s", diff)
	}
}

func TestEveryUnitOfTheCatalogueHasWordsInThreeLanguages(t *testing.T) {
	t.Parallel()
	indicators := house(t).Catalogue.Indicators
	for _, lang := range []string{"kk", "ru", "en"} {
		w := speak(t, lang)
		for _, i := range indicators {
			u, err := w.Unit(i.Unit)
			if err != nil {
				t.Errorf("%s, %s: %v", lang, i.ID, err)
				continue
			}
			for _, v := range []float64{0, 1, 2, 5, 21, 1234.56, -3} {
				a := u.Value(v)
				if !strings.ContainsFunc(a.Text, unicode.IsDigit) {
					t.Errorf("%s, %s: %v is said as %q", lang, i.ID, v, a.Text)
				}
				if lang == "kk" && a.Forms[words.Ablative] == a.Text {
					t.Errorf("%s has no ablative", a.Text)
				}
			}
		}
		if _, err := w.Unit("furlong"); err == nil {
			t.Errorf("%s: a unit without words is let through", lang)
		}
	}
}

func TestNumbersAreWrittenAsEachLanguageDoes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v            float64
		decimals     int
		kk, ru, en   string
		categoryOfRU string
	}{
		{0, 0, "0", "0", "0", "many"},
		{1, 0, "1", "1", "1", "one"},
		{2, 0, "2", "2", "2", "few"},
		{5, 0, "5", "5", "5", "many"},
		{11, 0, "11", "11", "11", "many"},
		{21, 0, "21", "21", "21", "one"},
		{1.5, 1, "1,5", "1,5", "1.5", "other"},
		{2, 1, "2,0", "2,0", "2.0", "other"},
		{1234567.891, 2, "1\u00a0234\u00a0567,89", "1\u00a0234\u00a0567,89", "1,234,567.89", "other"},
		{-0.04, 1, "0,0", "0,0", "0.0", "other"},
		{-12.25, 1, "−12,3", "−12,3", "−12.3", "other"},
	} {
		got := []string{speak(t, "kk").Number(tt.v, tt.decimals), speak(t, "ru").Number(tt.v, tt.decimals), speak(t, "en").Number(tt.v, tt.decimals), speak(t, "ru").Category(tt.v, tt.decimals)}
		if diff := cmp.Diff([]string{tt.kk, tt.ru, tt.en, tt.categoryOfRU}, got); diff != "" {
			t.Errorf("%v:\n%s", tt.v, diff)
		}
	}
}

func TestValuesAndDifferencesHaveTheirUnits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, unit, value, difference, ablative string }{
		{"kk", "%", "21,0\u00a0%", "21,0\u00a0пайыздық тармақ", "21,0\u00a0%-дан"},
		{"ru", "%", "21,0\u00a0%", "21,0\u00a0п.\u00a0п.", ""}, //nolint:dupword // percentage points
		{"en", "%", "21.0%", "21.0\u00a0percentage points", ""},
		{"kk", "minute", "21,0\u00a0минут", "21,0\u00a0минут", "21,0\u00a0минуттан"},
		{"ru", "minute", "21,0\u00a0минуты", "21,0\u00a0минуты", ""},
		{"ru", "head", "21\u00a0голова", "21\u00a0голову", ""},
		{"ru", "person", "21\u00a0человек", "21\u00a0человека", ""},
		{"kk", "per 1000 persons", "1000 адамға 21,00", "1000 адамға 21,00", "1000 адамға 21,00-ден"},
		{"ru", "per 1000 persons", "21,00\u00a0на 1000 человек", "21,00\u00a0на 1000 человек", ""},
		{"kk", "person", "21\u00a0адам", "21\u00a0адам", "21\u00a0адамнан"},
		{"en", "day", "21.0\u00a0days", "21.0\u00a0days", ""},
	} {
		u, err := speak(t, tt.lang).Unit(tt.unit)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{u.Value(21).Text, u.Difference(-21).Text, u.Value(21).Forms[words.Ablative]}
		if diff := cmp.Diff([]string{tt.value, tt.difference, tt.ablative}, got); diff != "" {
			t.Errorf("%s %s:\n%s", tt.lang, tt.unit, diff)
		}
	}
}

func TestPeriodsAreSaidWithTheirCases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ period, lang, text, in, rel string }{
		{"2026-M09", "kk", "2026 жылғы қыркүйек", "2026 жылғы қыркүйекте", "2026 жылғы қыркүйектегі"},
		{"2026-M08", "kk", "2026 жылғы тамыз", "2026 жылғы тамызда", "2026 жылғы тамыздағы"},
		{"2026-M01", "kk", "2026 жылғы қаңтар", "2026 жылғы қаңтарда", "2026 жылғы қаңтардағы"},
		{"2026-Q3", "kk", "2026 жылғы III тоқсан", "2026 жылғы III тоқсанда", "2026 жылғы III тоқсандағы"},
		{"2026-S1", "kk", "2026 жылғы I жартыжылдық", "2026 жылғы I жартыжылдықта", "2026 жылғы I жартыжылдықтағы"},
		{"2026", "kk", "2026 жыл", "2026 жылы", "2026 жылғы"},
		{"2026-07-01", "kk", "2026 жылғы 1 шілде", "2026 жылғы 1 шілдеде", "2026 жылғы 1 шілдедегі"},
		{"2026-W39", "kk", "2026 жылғы 21–27 қыркүйек аптасы", "2026 жылғы 21–27 қыркүйек аптасында", "2026 жылғы 21–27 қыркүйек аптасындағы"},
		{"2026-M09", "ru", "сентябрь 2026 года", "в сентябре 2026 года", "в сентябре 2026 года"},
		{"2026-M03", "ru", "март 2026 года", "в марте 2026 года", "в марте 2026 года"},
		{"2026-M05", "ru", "май 2026 года", "в мае 2026 года", "в мае 2026 года"},
		{"2026-Q2", "ru", "II квартал 2026 года", "во II квартале 2026 года", "во II квартале 2026 года"},
		{"2026-W40", "ru", "неделя 28 сентября – 4 октября 2026 года", "за неделю 28 сентября – 4 октября 2026 года", "за неделю 28 сентября – 4 октября 2026 года"},
		{"2026-M09", "en", "September 2026", "in September 2026", "in September 2026"},
		{"2026-07-01", "en", "1 July 2026", "on 1 July 2026", "on 1 July 2026"},
	} {
		p, err := auyl.ParsePeriod(tt.period)
		if err != nil {
			t.Fatal(err)
		}
		a := speak(t, tt.lang).Period(p)
		if diff := cmp.Diff([]string{tt.text, tt.in, tt.rel}, []string{a.Text, a.Forms[words.Locative], a.Forms[words.Relative]}); diff != "" {
			t.Errorf("%s %s:\n%s", tt.period, tt.lang, diff)
		}
	}
}

func TestTheThreeLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	ru, kk := speak(t, "ru").Keys(), speak(t, "kk").Keys()
	for _, lang := range []string{"kk", "en"} {
		other := speak(t, lang).Keys()
		for k := range ru {
			if _, ok := other[k]; !ok {
				t.Errorf("%s has no text %s", lang, k)
			}
		}
		for k, places := range other {
			if _, ok := ru[k]; !ok {
				t.Errorf("ru has no text %s", k)
			}
			for _, p := range places {
				if !slices.Contains(ru[k], p) && !slices.Contains(kk[k], p) {
					t.Errorf("%s: %s fills {%s}, which no other language has", lang, k, p)
				}
			}
		}
	}
}

func TestFaultsOfATextAreSaid(t *testing.T) {
	t.Parallel()
	w := speak(t, "ru")
	if _, err := w.Say("no.such.text", nil); err == nil {
		t.Error("a text that is not there is said")
	}
	if _, err := w.Say("feeds.late", map[string]words.Arg{"late": w.Count(1)}); err == nil || !strings.Contains(err.Error(), "{all}") {
		t.Errorf("error %v, want one that names {all}", err)
	}
	if _, err := w.Say("feeds.late", map[string]words.Arg{"late": w.Count(1), "all": words.Plain("x")}); err == nil {
		t.Error("a word stands for a count")
	}
	if _, err := words.New("de"); err == nil {
		t.Error("a language without words is let through")
	}
}

func TestRussianPluralsFollowTheCount(t *testing.T) {
	t.Parallel()
	w := speak(t, "ru")
	for n, want := range map[int]string{1: "Опаздывают 1 из 1 источника.", 22: "Опаздывают 1 из 22 источников."} {
		got, err := w.Text("feeds.late", map[string]words.Arg{"late": w.Count(1), "all": w.Count(n)})
		if err != nil || got != want {
			t.Errorf("%d: %q, %v, want %q", n, got, err, want)
		}
	}
}
