// Package mailaddr checks addresses of e-mail that people wrote into a list,
// before any of them can reach a header or a command of SMTP.
package mailaddr

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
)

// ErrInjection says that an address holds a line break or another control
// character: what follows it would be read as a header or a command.
var ErrInjection = errors.New("holds a line break or another control character, which would begin a header of its own")

// maxBytes is the longest path of RFC 5321 without its angle brackets.
const maxBytes = 254

// domain is letters, digits and hyphens: other scripts are written as xn--….
var domain = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// local is what stands before the @ without quotes; quoted ones are left to those
// who enjoy them.
var local = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")

// Check returns what is wrong with one bare address, such as akim@example.kz.
// Errors: ErrInjection, and others.
func Check(address string) error {
	if strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' }) {
		return fmt.Errorf("address %q %w", address, ErrInjection)
	}
	bad := func(why string) error {
		return fmt.Errorf("address %q %s: want one such as akim@example.kz", address, why)
	}
	if len(address) > maxBytes {
		return bad("is too long")
	}
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address {
		return bad("is not a bare address of e-mail")
	}
	at := strings.LastIndexByte(address, '@')
	if at > 64 || !local.MatchString(address[:at]) {
		return bad("has something other than Latin letters and digits before the @")
	}
	if !domain.MatchString(address[at+1:]) {
		return bad("has no domain behind the @ that DNS knows")
	}
	return nil
}

// Normal is the address such that two spellings of one mailbox are equal as far
// as one may know: domains have no case, and no server in use tells capitals
// before the @ apart.
func Normal(address string) string { return strings.ToLower(address) }

// Domain is what stands behind the @.
func Domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
