package auyl

import "fmt"

// AreaCode is a code of the Kazakh classifier of administrative and territorial
// objects (KATO): nine digits AB CD EF HIJ for oblast, district, okrug and
// settlement. A code alone does not name a place for ever: codes are reused, so
// an Area is a code and the interval in which the code meant that place.
// The zero value is no area; the country as a whole is written 000000000 and is
// CountryCode.
type AreaCode uint32

// CountryCode stands for the whole country, which has no code in the classifier.
// It is outside the range of nine digits so that the zero AreaCode stays "none".
const CountryCode AreaCode = 1_000_000_000

// ParseAreaCode reads nine digits. Errors: ErrSyntax.
func ParseAreaCode(s string) (AreaCode, error) {
	if len(s) != 9 {
		return 0, fmt.Errorf("area code %q: %w: want nine digits", s, ErrSyntax)
	}
	var n AreaCode
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("area code %q: %w: want nine digits", s, ErrSyntax)
		}
		n = n*10 + AreaCode(c-'0')
	}
	if n == 0 {
		return CountryCode, nil
	}
	return n, nil
}

// String returns the nine digits; 000000000 for the country.
func (a AreaCode) String() string {
	n := a
	if n >= CountryCode {
		n = 0
	}
	var b [9]byte
	for i := 8; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b[:])
}

// MarshalText writes the nine digits.
func (a AreaCode) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads nine digits. Errors: ErrSyntax.
func (a *AreaCode) UnmarshalText(b []byte) error {
	v, err := ParseAreaCode(string(b))
	*a = v
	return err
}

// Oblast returns the code of the oblast that the digits name: AB0000000.
func (a AreaCode) Oblast() AreaCode {
	if a >= CountryCode {
		return a
	}
	return a / 10_000_000 * 10_000_000
}

// District returns the code of the district that the digits name: ABCD00000.
// Of an oblast it is the oblast itself.
func (a AreaCode) District() AreaCode {
	if a >= CountryCode {
		return a
	}
	return a / 100_000 * 100_000
}

// Okrug returns the code of the rural okrug or town that the digits name: ABCDEF000.
func (a AreaCode) Okrug() AreaCode {
	if a >= CountryCode {
		return a
	}
	return a / 1000 * 1000
}

// Level is a level of the administrative hierarchy.
type Level byte

// Levels from the whole to the parts. The numbers are stored: do not change them.
const (
	LevelCountry    Level = 1
	LevelOblast     Level = 2
	LevelDistrict   Level = 3
	LevelOkrug      Level = 4
	LevelSettlement Level = 5
)

// ParseLevel reads the name of a level. Errors: ErrSyntax.
func ParseLevel(s string) (Level, error) {
	for l := LevelCountry; l <= LevelSettlement; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return 0, fmt.Errorf("level %q: %w: want country, oblast, district, okrug or settlement", s, ErrSyntax)
}

// String returns the name: country, oblast, district, okrug, settlement.
func (l Level) String() string {
	switch l {
	case LevelCountry:
		return "country"
	case LevelOblast:
		return "oblast"
	case LevelDistrict:
		return "district"
	case LevelOkrug:
		return "okrug"
	case LevelSettlement:
		return "settlement"
	}
	return fmt.Sprintf("level(%d)", byte(l))
}

// Area is one node of the registry: a code during the interval in which it
// meant this place.
type Area struct {
	Code      AreaCode
	Parent    AreaCode // 0 for the country
	Level     Level
	Kind      string // as the registry spells it: oblast, district, city_administration, rural_okrug, …
	NameKK    string
	NameRU    string
	NameEN    string // transliterated where there is no official name
	ValidFrom Day    // first day on which the code meant this place
	ValidTo   Day    // first day on which it did not any more; MaxDay while it does
	Rural     bool   // a rural settlement or rural okrug as the classifier counts them
}

// Valid reports whether the area exists on the day.
func (a *Area) Valid(d Day) bool { return a.ValidFrom <= d && d < a.ValidTo }
