package ingest_test

import (
	"strings"
	"testing"
)

func TestAnEventSaidAgainSoonIsNoSecondOne(t *testing.T) {
	t.Parallel()
	contract := callsContract + "  repeats: {rule: again, same: [kato, norm], days: 30}\n"
	d := decoder(t, contract)
	const first = "1;195234000;2026-09-01 10:00:00;;15;;\n"
	tests := []struct{ name, line, flow string }{
		{"thirty days later", "2;195234000;2026-10-01 10:00:00;;15;;\n", "in 2 used 1 skipped map[again:1] dead 0 obs 0 evt 1"},
		{"a second more", "2;195234000;2026-10-01 10:00:01;;15;;\n", "in 2 used 2 skipped map[] dead 0 obs 0 evt 2"},
		{"before it", "2;195234000;2026-08-20 10:00:00;;15;;\n", "in 2 used 1 skipped map[again:1] dead 0 obs 0 evt 1"},
		{"another place", "2;195235000;2026-09-02 10:00:00;;15;;\n", "in 2 used 2 skipped map[] dead 0 obs 0 evt 2"},
		{"the same record", first, "in 2 used 1 skipped map[duplicate:1] dead 0 obs 0 evt 1"},
		{"counted from the first", "2;195234000;2026-09-20 10:00:00;;15;;\n3;195234000;2026-10-10 10:00:00;;15;;\n", "in 3 used 2 skipped map[again:1] dead 0 obs 0 evt 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, "test.calls", "no;kato;at;arrived;norm;outcome;phone\n"+first+tt.line)
			if got.Flow != tt.flow {
				t.Errorf("flow = %s, want %s (%s)", got.Flow, tt.flow, strings.Join(got.Dead, "; "))
			}
		})
	}
}
