package config_test

import (
	"strings"
	"testing"
)

func TestFaultsOfBackfillsAndReleasesAreNamed(t *testing.T) {
	t.Parallel()
	const head = "sources:\n  - id: a.b\n    urls: [\"https://x.kz/a\"]\n    schedule: \"0 6 * * *\"\n"
	tests := []struct{ name, more, want string }{
		{"all is well", "    release_day: 13\n    backfill: {url: \"https://x.kz/a?from={from}&to={to}\", step: Q}\n", ""},
		{"no placeholder", "    backfill: {url: \"https://x.kz/a\"}\n", "every range would have the same address"},
		{"an unknown one", "    backfill: {url: \"https://x.kz/a?d={day}\"}\n", "{day}: want one of {from}"},
		{"an unknown step", "    backfill: {url: \"https://x.kz/{year}\", step: month}\n", `"month": want A, S, Q, M, W or D`},
		{"no address", "    backfill: {url: \"x.kz/{year}\"}\n", "is not an address to ask"},
		{"no day", "    release_day: 32\n", "32 is no day of a month"},
	}
	for _, tt := range tests {
		c, err := load(t, head+tt.more, nil)
		switch {
		case tt.want == "" && (err != nil || c.Sources[0].Backfill.Step != "Q" || c.Web.Jitter != "1m"):
			t.Errorf("%s: %+v, %v", tt.name, c, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "auyl.yaml:")):
			t.Errorf("%s: %v, want %q at its place", tt.name, err, tt.want)
		}
	}
}
