package ingest_test

import (
	"strings"
	"testing"
)

// TestNumberOfAPersonIsNotKept: fields that are kept as text, the number of an
// event and the words of a dimension, hold no number of a person, however it is
// written, and the letter does not quote it.
func TestNumberOfAPersonIsNotKept(t *testing.T) {
	t.Parallel()
	const person = "991231500006"
	got := decode(t, decoder(t, callsContract), "test.calls", "no;kato;at;arrived;norm;outcome;phone\n"+
		person+";195200000;2026-10-01 08:00:00;;10;;\n"+
		"call 991231-500006;195200000;2026-10-01 08:00:00;;10;;\n"+
		"7;195200000;2026-10-01 08:00:00;;10;;\n")
	if len(got.Events) != 1 || len(got.Dead) != 2 || got.Dead[0] != `line 2 no personal_number ""` {
		t.Errorf("got %+v", got)
	}
	sexes := strings.Replace(peopleContract, ", one_of: [both, male, female]", "", 1)
	got = decode(t, decoder(t, sexes), "test.people", peopleHeader+
		"195200000;;2023-01-01;"+person+";1;\n"+
		"195200000;;2023-01-01;male;1;\n")
	if len(got.Obs) != 1 || len(got.Dead) != 1 || got.Dead[0] != `line 2 sex personal_number ""` {
		t.Errorf("got %+v", got)
	}
}
