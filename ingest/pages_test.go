package ingest_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
)

func TestExpiredPagesWereReplacedEverywhere(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	days := func(id auyl.SourceID) int { return map[auyl.SourceID]int{"a.a": 30, "b.b": 300}[id] }
	page := func(seq uint64, source auyl.SourceID, key, body string, age int) ingest.PageRef {
		return ingest.PageRef{Seq: seq, Source: source, Key: key, Sum: sum(body), RecordedAt: now.AddDate(0, 0, -age)}
	}
	tests := []struct {
		name  string
		pages []ingest.PageRef
		want  []string
	}{
		{"the newest stays however old", []ingest.PageRef{page(1, "a.a", "x", "1", 900)}, nil},
		{"a replaced one goes", []ingest.PageRef{page(1, "a.a", "x", "1", 31), page(2, "a.a", "x", "2", 1)}, []string{"1"}},
		{"not on its last day", []ingest.PageRef{page(1, "a.a", "x", "1", 30), page(2, "a.a", "x", "2", 1)}, nil},
		{"another name replaces nothing", []ingest.PageRef{page(1, "a.a", "x", "1", 90), page(2, "a.a", "y", "2", 1)}, nil},
		{"another source replaces nothing", []ingest.PageRef{page(1, "a.a", "x", "1", 90), page(2, "b.b", "x", "2", 1)}, nil},
		{"each source has its days", []ingest.PageRef{page(1, "b.b", "x", "1", 90), page(2, "b.b", "x", "2", 1)}, nil},
		{"without days it stays", []ingest.PageRef{page(1, "c.c", "x", "1", 900), page(2, "c.c", "x", "2", 1)}, nil},
		{"bytes that came back stay", []ingest.PageRef{page(1, "a.a", "x", "1", 90), page(2, "a.a", "x", "2", 60), page(3, "a.a", "x", "1", 50)}, []string{"2"}},
		{"bytes of two sources stay with the longer one", []ingest.PageRef{page(1, "a.a", "x", "1", 90), page(2, "b.b", "x", "1", 90), page(3, "a.a", "x", "2", 1), page(4, "b.b", "x", "2", 1)}, nil},
		{"once, and in order", []ingest.PageRef{page(1, "a.a", "x", "1", 90), page(2, "a.a", "x", "2", 80), page(3, "a.a", "x", "1", 70), page(4, "a.a", "x", "3", 60)}, []string{"1", "2"}},
		{"not before it is decoded", []ingest.PageRef{page(11, "a.a", "x", "1", 90), page(12, "a.a", "x", "2", 1)}, nil},
	}
	for _, tt := range tests {
		var want [][sha256.Size]byte
		for _, body := range tt.want {
			want = append(want, sum(body))
		}
		if got := ingest.Expired(tt.pages, days, 10, now); !cmp.Equal(got, want) {
			t.Errorf("%s: Expired = %x, want %x", tt.name, got, want)
		}
	}
}
