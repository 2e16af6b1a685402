package stream_test

import (
	"errors"
	"testing"

	"github.com/auyl-kz/auyl/stream"
)

func TestKVFences(t *testing.T) {
	t.Parallel()
	_, c := serve(t, t.TempDir())
	kv, err := c.OpenKV(t.Context(), "sink", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if _, _, err := kv.Get(ctx, "a"); !errors.Is(err, stream.ErrNotFound) {
		t.Fatalf("Get of no key: %v, want ErrNotFound", err)
	}
	r1, err := kv.Update(ctx, "a", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Update(ctx, "a", []byte("x"), 0); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("creating twice: %v, want ErrFenced", err)
	}
	r2, err := kv.Update(ctx, "a", []byte("2"), r1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Update(ctx, "a", []byte("x"), r1); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("updating an old revision: %v, want ErrFenced", err)
	}
	if err := kv.Delete(ctx, "a", r1); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("deleting an old revision: %v, want ErrFenced", err)
	}
	again, err := c.OpenKV(ctx, "sink", 0)
	if err != nil {
		t.Fatal(err)
	}
	if v, r, err := again.Get(ctx, "a"); string(v) != "2" || r != r2 || err != nil {
		t.Errorf("Get = %q, %d, %v, want 2 at %d", v, r, err, r2)
	}
	r3, err := kv.Put(ctx, "a", []byte("3"))
	if err != nil || r3 <= r2 {
		t.Errorf("Put = %d, %v, want more than %d", r3, err, r2)
	}
	if err := kv.Delete(ctx, "a", r3); err != nil {
		t.Error(err)
	}
	if _, _, err := kv.Get(ctx, "a"); !errors.Is(err, stream.ErrNotFound) {
		t.Errorf("Get of a deleted key: %v, want ErrNotFound", err)
	}
	if _, err := kv.Update(ctx, "a", []byte("4"), 0); err != nil {
		t.Errorf("creating after deletion: %v", err)
	}
}
