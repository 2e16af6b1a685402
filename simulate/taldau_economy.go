package simulate

import (
	"math"
	"time"

	"github.com/auyl-kz/auyl"
)

// The indices of Taldau about people who move, investment, trade and work. Numbers
// that were found in public material stand as they are; where none was found one is
// made up, and says so.

// cumulative is the id of the period type "month, since January".
const cumulative = 8

// economyIndices are the further series of Taldau by region.
func economyIndices() []index {
	lifeDics := []string{"67", "749", "576"}
	lifeTerms := []string{"741917", "741935"}
	lifeNames := []string{"Регионы", "Пол", "Местность"}
	life := index{dics: lifeDics, terms: lifeTerms, dicNames: lifeNames, measure: 23, measureRU: "Человек", freq: auyl.FreqMonth, lag: 40}
	trade := index{dics: []string{"67"}, dicNames: []string{"Регионы"}, measure: 11, measureRU: "Тысяч тенге", freq: auyl.FreqMonth, cumulative: true, lag: 15}
	work := index{dics: lifeDics, terms: lifeTerms, dicNames: lifeNames, measure: 7, measureRU: "Человек", freq: auyl.FreqQuarter, lag: 45}

	arrivals, departures, infants := life, life, life
	arrivals.id, arrivals.nameRU = 703861, "Число прибывших" // number made up
	arrivals.value = func(m *Model, d *district, p auyl.Period, draft bool) int64 {
		return m.vital("arrivals", d, p, 0.031+0.012*(1-d.remoteness), -0.15, draft)
	}
	departures.id, departures.nameRU = 703865, "Число выбывших" // number made up
	departures.value = func(m *Model, d *district, p auyl.Period, draft bool) int64 {
		return m.vital("departures", d, p, 0.028+0.01*d.remoteness, -0.15, draft)
	}
	infants.id, infants.nameRU = 703851, "Число умерших в возрасте до 1 года" // number made up
	infants.freq, infants.lag, infants.hidden = auyl.FreqYear, 90, 4
	infants.value = (*Model).infantDeaths

	invested, private, volume, retail := trade, trade, trade, trade
	invested.id, invested.nameRU, invested.value = 701827, "Инвестиции в основной капитал", (*Model).invested
	private.id, private.nameRU = 701833, "Инвестиции в основной капитал: внебюджетные средства" // number made up
	private.value = (*Model).investedPrivately
	volume.id, volume.nameRU = 701835, "Индекс физического объема инвестиций" // number made up
	volume.measure, volume.measureRU, volume.tenths, volume.value = 1, "Процент", true, (*Model).investmentIndex
	retail.id, retail.nameRU, retail.lag, retail.value = 702038, "Объем розничной торговли", 12, (*Model).retailTurnover

	employed, inSME, selfEmployed := work, work, work
	employed.id, employed.nameRU, employed.value = 702840, "Занятое население", (*Model).employed                                // number made up
	inSME.id, inSME.nameRU, inSME.value = 702845, "Численность занятых в МСП", (*Model).employedInSME                            // number made up
	selfEmployed.id, selfEmployed.nameRU, selfEmployed.value = 702848, "Самостоятельно занятое население", (*Model).selfEmployed // number made up
	return []index{arrivals, departures, infants, invested, private, volume, retail, employed, inSME, selfEmployed}
}

// infantDeaths counts deaths before the first birthday in a year: some seven of a
// thousand born, more where hospitals are far.
func (m *Model) infantDeaths(d *district, p auyl.Period, draft bool) int64 {
	return m.vital("infant deaths", d, p, 0.0235*(0.0065+0.002*d.remoteness), 0, draft)
}

// sinceJanuary adds up the months of the year to the end of the period. Each month
// has its own noise, so the sum grows and only grows.
func (m *Model) sinceJanuary(what string, d *district, p auyl.Period, yearly float64, shape [12]float64) float64 {
	y := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	var all, done float64
	for i, s := range shape {
		all += s
		if i < int(p.Start().Time().Month()) {
			done += s * m.between(what, d.code, y+auyl.Day(i), 0.8, 1.2)
		}
	}
	return yearly * done / all
}

// invested is thousand tenge since January: much at the end of the year, when what
// was built is handed over.
func (m *Model) invested(d *district, p auyl.Period, draft bool) int64 {
	y := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	years := float64(y-alatauDay()) / 365.25
	yearly := float64(m.Population(d.code, y)) * (420 + 380*(1-d.remoteness)) * math.Pow(1.11, years) * m.logNormal("investment", d.code, y, 0.18)
	v := m.sinceJanuary("invested", d, p, yearly, [12]float64{3, 4, 6, 7, 8, 10, 9, 9, 10, 10, 10, 14})
	if draft {
		v *= 0.98
	}
	return int64(math.Round(v))
}

// investedPrivately is the part of the same months that no budget paid.
func (m *Model) investedPrivately(d *district, p auyl.Period, draft bool) int64 {
	y := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	var sum, before float64
	for q := auyl.NewPeriod(auyl.FreqMonth, y); q.Start() <= p.Start(); q = q.Shift(1) {
		v := float64(m.invested(d, q, false))
		share := clamp(m.between("private", d.code, 0, 0.55, 0.85)+m.between("private now", d.code, q.Start(), -0.06, 0.06)-0.15*d.remoteness, 0.2, 0.95)
		sum += (v - before) * share
		before = v
	}
	if draft {
		sum *= 0.98
	}
	return int64(math.Round(sum))
}

// investmentIndex is in tenths of a per cent: the money of this year over that of
// the same months of the last one, less a tenth for prices.
func (m *Model) investmentIndex(d *district, p auyl.Period, draft bool) int64 {
	last := float64(m.invested(d, p.Shift(-12), false))
	if last == 0 {
		return 1000
	}
	return int64(math.Round(1000 * float64(m.invested(d, p, draft)) / last / 1.08))
}

func (m *Model) retailTurnover(d *district, p auyl.Period, draft bool) int64 {
	y := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	years := float64(y-alatauDay()) / 365.25
	yearly := float64(m.Population(d.code, y)) * (260 + 520*(1-d.remoteness)) * math.Pow(1.1, years) * m.between("retail", d.code, 0, 0.85, 1.15)
	v := m.sinceJanuary("sold", d, p, yearly, [12]float64{7, 7, 8, 8, 8, 8, 8, 9, 9, 8, 9, 11})
	if draft {
		v *= 0.99
	}
	return int64(math.Round(v))
}

// employed is the mean of a quarter; in the spring and summer more work is done.
func (m *Model) employed(d *district, p auyl.Period, draft bool) int64 {
	season := [4]float64{0.985, 1.005, 1.015, 0.995}[(p.Start().Time().Month()-time.January)/3]
	n := float64(m.Population(d.code, p.Start())) * m.between("employed", d.code, 0, 0.40, 0.45) * season
	if draft {
		n *= 0.995
	}
	return int64(math.Round(n))
}

func (m *Model) employedInSME(d *district, p auyl.Period, draft bool) int64 {
	share := m.between("in SME", d.code, 0, 0.22, 0.34) + 0.06*(1-d.remoteness) + m.between("in SME now", d.code, p.Start(), -0.005, 0.005)
	return int64(math.Round(float64(m.employed(d, p, draft)) * share))
}

func (m *Model) selfEmployed(d *district, p auyl.Period, draft bool) int64 {
	share := m.between("self-employed", d.code, 0, 0.2, 0.3) + 0.15*d.remoteness
	return int64(math.Round(float64(m.employed(d, p, draft)) * share))
}
