package mailaddr_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/internal/mailaddr"
)

func TestAddressesAreBare(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"akim@example.kz":                           "",
		"akim+auyl@mail.example.kz":                 "",
		"o'neil@xn--80ak6aa92e.kz":                  "",
		"a@localhost":                               "",
		"a@example.kz\r\nBcc: b@example.kz":         "line break",
		"a@example.kz\n":                            "line break",
		"a\u2028@example.kz":                        "line break",
		"a\x00@example.kz":                          "control character",
		" a@example.kz":                             "not a bare address",
		"<a@example.kz>":                            "not a bare address",
		"a@example.kz,b@example.kz":                 "not a bare address",
		"a(b)@example.kz":                           "not a bare address",
		`"a b"@example.kz`:                          "not a bare address",
		"a@[127.0.0.1]":                             "domain",
		"a@-example.kz":                             "domain",
		"a@example..kz":                             "not a bare address",
		strings.Repeat("a", 65) + "@example.kz":     "before the @",
		"a@" + strings.Repeat("a.", 130) + "kz":     "too long",
		"a@" + strings.Repeat("a", 64) + ".example": "domain",
		"": "not a bare address",
	} {
		err := mailaddr.Check(address)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Check(%q) = %v, want %q", address, err, want)
		}
		if want == "line break" && !errors.Is(err, mailaddr.ErrInjection) {
			t.Errorf("Check(%q) = %v, want ErrInjection", address, err)
		}
	}
}

// FuzzCheck: what is taken stays one address in a header and in a command.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"akim@example.kz", "a@b\r\nBcc: c@d", "a@b>\r\nRCPT TO:<c@d", `"a"@b`, "a@b,c@d", "А@б.kz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if mailaddr.Check(s) != nil {
			return
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>,;:\\\"()[]", r) }) {
			t.Errorf("%q is taken", s)
		}
		list, err := mail.ParseAddressList(s)
		if err != nil || len(list) != 1 || list[0].Address != s {
			t.Errorf("%q reads as %v, %v", s, list, err)
		}
		if n := mailaddr.Normal(s); mailaddr.Check(n) != nil || mailaddr.Normal(n) != n || !strings.EqualFold(mailaddr.Domain(s), mailaddr.Domain(n)) {
			t.Errorf("%q is normally %q", s, n)
		}
	})
}
