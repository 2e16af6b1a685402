package stream_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/stream"
)

// TestCopyIsTheSameStream copies frames in two goes; cursors go on in the copy.
func TestCopyIsTheSameStream(t *testing.T) {
	t.Parallel()
	_, from := serve(t, t.TempDir())
	_, to := serve(t, t.TempDir())
	a, b := publisher(t, from, stream.Raw, "cur.fetch.a"), publisher(t, from, stream.Raw, "cur.fetch.b")
	put(t, a, "raw.a", 2, 1)
	put(t, b, "raw.b", 1, 2)
	if err := stream.Copy(t.Context(), from, to, stream.Raw, nil); err != nil {
		t.Fatal(err)
	}
	put(t, a, "raw.a", 3, 3)
	var said []string
	if err := stream.Copy(t.Context(), from, to, stream.Raw, func(done, until uint64) { said = append(said, fmt.Sprint(done, "/", until)) }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"6/9", "7/9", "8/9", "9/9"}, said); d != "" {
		t.Errorf("said (-want +got):\n%s", d)
	}
	read := func(c *stream.Conn) (out []stream.Frame) {
		f := openFrames(t, c, stream.Raw, []string{"raw.>"}, "cur.fetch.>", 1)
		for range 3 {
			x, err := f.Next(within(t, 10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, x)
		}
		return out
	}
	if d := cmp.Diff(read(from), read(to)); d != "" {
		t.Errorf("frames (-from +to):\n%s", d)
	}
	if d := cmp.Diff(a.Cursor(), publisher(t, to, stream.Raw, "cur.fetch.a").Cursor()); d != "" {
		t.Errorf("cursor (-from +to):\n%s", d)
	}
	if err := to.Append(t.Context(), stream.Raw, 9, stream.Message{Subject: "raw.a"}); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("Append(9) behind 9 = %v, want ErrFenced", err)
	}
}
