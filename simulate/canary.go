package simulate

import "fmt"

// Persons in the exports cannot exist: they are born on 31 December 2099 (digit 5
// or 6 after 991231 is the 21st century), their telephones have the operator code
// 000, their cards begin with the digit 0 of no issuer, and their accounts have the
// check digits 00, which no account has. The check digit of the number is right, so that a filter that trusts
// it must catch them.

// impossibleIIN returns the n-th identity number of a person not yet born. Numbers
// whose check digit would be 10 in both rounds are never issued and are skipped.
func impossibleIIN(n uint64) string {
	for ; ; n++ {
		s := fmt.Sprintf("991231%d%04d", 5+n/10000%2, n%10000)
		if c, ok := checkDigit(s); ok {
			return s + string(rune('0'+c))
		}
	}
}

// checkDigit computes the twelfth digit from the first eleven: weights 1..11
// modulo 11, and for the remainder 10 weights 3..11,1,2 once more.
func checkDigit(s string) (int, bool) {
	for _, shift := range []int{0, 2} {
		sum := 0
		for i := range 11 {
			sum += int(s[i]-'0') * ((i+shift)%11 + 1)
		}
		if sum%11 < 10 {
			return sum % 11, true
		}
	}
	return 0, false
}

// impossiblePhone returns the n-th number under an operator code that does not exist.
func impossiblePhone(n uint64) string {
	n %= 10_000_000
	return fmt.Sprintf("+7 (000) %03d-%02d-%02d", n/10000, n/100%100, n%100)
}

// impossibleCard returns the n-th number of a bank card of no issuer.
func impossibleCard(n uint64) string {
	n %= 100_000_000
	return fmt.Sprintf("0000 0000 %04d %04d", n/10000, n%10000)
}

// impossibleAccount returns the n-th account (IBAN) of a bank that there is not.
func impossibleAccount(n uint64) string {
	return fmt.Sprintf("KZ00ZZZ0%012d", n%1_000_000_000_000)
}
