package ingest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateOfThousandsOfPagesFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	st := pullState{Run: 7, Open: true, Pages: map[string]Known{}}
	for i := range 6000 {
		at := fmt.Sprintf("/v3/contract?page=next&search_after=%d", 15870001+i*50)
		st.Pages["https://ows.example"+at] = Known{SHA256: fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, i))), Rows: 50, Next: at, AtMs: 1795000000000 + int64(i)*997}
	}
	b, err := st.bytes()
	if err != nil || len(b) > 900<<10 {
		t.Fatalf("state of %d pages = %d bytes, %v, want less than a message holds", len(st.Pages), len(b), err)
	}
	got, err := parseState(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(st, got); d != "" {
		t.Errorf("state read back (-want +got):\n%s", d)
	}
	if _, err := parseState(b[:len(b)/2]); err == nil {
		t.Error("half a state was taken")
	}
}
