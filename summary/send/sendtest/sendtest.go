// Package sendtest has a ledger in memory, and what every ledger must hold to.
package sendtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/auyl-kz/auyl/summary/send"
)

// Memory is a ledger that lasts as long as it does. The zero value is ready to use.
type Memory struct {
	mu       sync.Mutex
	keys     map[string]send.Entry
	revision uint64
}

// Get implements send.Ledger.
func (m *Memory) Get(_ context.Context, key string) (value []byte, revision uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.keys[key]
	if !ok {
		return nil, 0, send.ErrNone
	}
	return slices.Clone(e.Value), e.Revision, nil
}

// Update implements send.Ledger.
func (m *Memory) Update(_ context.Context, key string, value []byte, expected uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys[key].Revision != expected {
		return 0, send.ErrFenced
	}
	if m.keys == nil {
		m.keys = map[string]send.Entry{}
	}
	m.revision++
	m.keys[key] = send.Entry{Key: key, Value: slices.Clone(value), Revision: m.revision}
	return m.revision, nil
}

// Entries implements send.Ledger.
func (m *Memory) Entries(_ context.Context, prefix string, after uint64) ([]send.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []send.Entry
	for _, e := range m.keys {
		if e.Revision > after && strings.HasPrefix(e.Key, prefix) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b send.Entry) int { return int(a.Revision) - int(b.Revision) })
	return out, nil
}

// Ledger holds a ledger that nobody has used against what package send needs.
func Ledger(t *testing.T, l send.Ledger) {
	t.Helper()
	ctx := t.Context()
	if _, _, err := l.Get(ctx, "run.a.1"); !errors.Is(err, send.ErrNone) {
		t.Fatalf("Get of nothing: %v, want ErrNone", err)
	}
	write := func(key, value string, expected uint64) uint64 {
		t.Helper()
		rev, err := l.Update(ctx, key, []byte(value), expected)
		if err != nil {
			t.Fatalf("Update(%s, %d): %v", key, expected, err)
		}
		return rev
	}
	refused := func(key string, expected uint64) {
		t.Helper()
		if _, err := l.Update(ctx, key, []byte("no"), expected); !errors.Is(err, send.ErrFenced) {
			t.Fatalf("Update(%s, %d): %v, want ErrFenced", key, expected, err)
		}
	}
	a := write("run.a.1", "1", 0)
	refused("run.a.1", 0)
	b := write("dlv.a.2026-M09.0.kk.ff", "2", 0)
	c := write("run.b-c.1", "3", 0)
	a2 := write("run.a.1", "4", a)
	refused("run.a.1", a)
	if !slices.IsSorted([]uint64{a, b, c, a2}) {
		t.Fatalf("revisions %d %d %d %d do not grow", a, b, c, a2)
	}
	if v, rev, err := l.Get(ctx, "run.a.1"); err != nil || string(v) != "4" || rev != a2 {
		t.Fatalf("Get = %q at %d, %v", v, rev, err)
	}
	list := func(prefix string, after uint64) (keys []string) {
		t.Helper()
		entries, err := l.Entries(ctx, prefix, after)
		if err != nil {
			t.Fatalf("Entries(%s, %d): %v", prefix, after, err)
		}
		for _, e := range entries {
			keys = append(keys, e.Key+"="+string(e.Value))
		}
		return keys
	}
	for _, tt := range []struct {
		prefix string
		after  uint64
		want   []string
	}{
		{"run.", 0, []string{"run.b-c.1=3", "run.a.1=4"}},
		{"run.", c, []string{"run.a.1=4"}},
		{"run.", a2, nil},
		{"dlv.", 0, []string{"dlv.a.2026-M09.0.kk.ff=2"}},
		{"", a, []string{"dlv.a.2026-M09.0.kk.ff=2", "run.b-c.1=3", "run.a.1=4"}},
		{"sch.", 0, nil},
	} {
		if got := list(tt.prefix, tt.after); !slices.Equal(got, tt.want) {
			t.Errorf("Entries(%s, %d) = %q, want %q", tt.prefix, tt.after, got, tt.want)
		}
	}
}
