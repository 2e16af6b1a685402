// Package iin knows the shape of the individual identification number of
// Kazakhstan (ЖСН, ИИН) and of that of organizations (БСН, БИН): it tells one
// from the other and from any twelve digits, and finds numbers of persons in
// free text, so that they can be hidden. It has no register and no clock: a
// number that is well made is taken for that of a person.
//
// Rules of forming: decrees of the Government № 565 of 2003-06-11 and № 406 of
// 2007-05-22. An IIN is YYMMDD C SSSS K: date of birth, century and sex, serial,
// check digit. A BIN is YYMM T K SSSSS C with T from 4 to 6, where an IIN has the
// tens of the day: no number is both.
package iin

import (
	"errors"
	"strings"
	"time"
	"unicode"
)

// Why a text is no number of a person, in the order in which it is looked at.
var (
	ErrDigits    = errors.New("not digits alone")
	ErrASCII     = errors.New("digits of another script")
	ErrLength    = errors.New("not twelve digits")
	ErrBIN       = errors.New("the number of an organization")
	ErrCentury   = errors.New("no such century")
	ErrMonth     = errors.New("no such month")
	ErrDay       = errors.New("no such day")
	ErrNotIssued = errors.New("never issued: no check digit")
	ErrCheck     = errors.New("wrong check digit")
)

// The sexes that a number names.
const (
	Unknown = ""
	Male    = "male"
	Female  = "female"
)

// Number is what the number of a person says.
type Number struct {
	Born time.Time // midnight UTC; zero where the century is not said
	Sex  string    // Unknown where the century is not said
	Pass int       // of the check digit: 1 or 2
}

const length = 12

// Parse reads a text that is a number and nothing else: nothing is trimmed and
// no script but ASCII is read (see Fold). Errors: those above.
func Parse(s string) (Number, error) {
	for _, r := range s {
		if !unicode.Is(unicode.Nd, r) {
			return Number{}, ErrDigits
		}
	}
	switch {
	case s == "":
		return Number{}, ErrDigits
	case Fold(s) != s:
		return Number{}, ErrASCII
	case len(s) != length:
		return Number{}, ErrLength
	case IsBIN(s):
		return Number{}, ErrBIN
	}
	year, month, day, century := pair(s, 0), pair(s, 2), pair(s, 4), int(s[6]-'0')
	if century > 6 {
		return Number{}, ErrCentury
	}
	if month < 1 || month > 12 {
		return Number{}, ErrMonth
	}
	n := Number{}
	if century == 0 { // foreigners: the date must be one of some century
		if !exists(1800+year, month, day) && !exists(1900+year, month, day) && !exists(2000+year, month, day) {
			return Number{}, ErrDay
		}
	} else {
		year += 1800 + (century-1)/2*100
		if !exists(year, month, day) {
			return Number{}, ErrDay
		}
		n.Born = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		n.Sex = Female
		if century%2 == 1 {
			n.Sex = Male
		}
	}
	digit, pass := CheckDigit(s[:length-1])
	switch {
	case pass == 0:
		return Number{}, ErrNotIssued
	case s[length-1] != digit:
		return Number{}, ErrCheck
	}
	n.Pass = pass
	return n, nil
}

// IsBIN reports whether a text is the number of an organization.
func IsBIN(s string) bool {
	if len(s) != length || strings.Trim(s, "0123456789") != "" {
		return false
	}
	if m := pair(s, 2); m < 1 || m > 12 || s[4] < '4' || s[4] > '6' || s[5] > '3' {
		return false
	}
	digit, pass := CheckDigit(s[:length-1])
	return pass != 0 && s[length-1] == digit
}

// CheckDigit returns the twelfth digit for eleven ASCII digits, and in which pass
// it was found; pass 0 says that such a number is never issued. The first pass
// weighs the digits by 1 to 11 modulo 11, the second, where that gives 10, by 3
// to 11, 1, 2.
func CheckDigit(stem string) (digit byte, pass int) {
	for pass, shift := range []int{0, 2} {
		sum := 0
		for i := range length - 1 {
			sum += int(stem[i]-'0') * ((i+shift)%11 + 1)
		}
		if sum%11 < 10 {
			return byte('0' + sum%11), pass + 1
		}
	}
	return 0, 0
}

// Fold writes decimal digits of all scripts as ASCII digits: a number in
// Arabic-Indic or full-width digits is still that of a person.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := digitOf(r); ok {
			return '0' + d
		}
		return r
	}, s)
}

// digitOf returns the value of a decimal digit. Each range of the category Nd
// begins with a zero and holds whole tens.
func digitOf(r rune) (rune, bool) {
	if r < unicode.MaxASCII {
		return r - '0', r >= '0' && r <= '9'
	}
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10, true
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10, true
		}
	}
	return 0, false
}

func pair(s string, i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }

func exists(year, month, day int) bool {
	return day >= 1 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}
