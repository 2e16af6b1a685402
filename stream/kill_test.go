package stream_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
)

// childDir is the variable that makes the test binary a child which publishes
// frames into the directory until it is killed.
const childDir = "AUYL_STREAM_TEST_CHILD"

func child(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1) //nolint:forbidigo,revive // TestMain calls this
		}
	}
	ctx := context.Background()
	s, err := embedded.Start(ctx, embedded.Options{Dir: dir})
	fail(err)
	nc, err := s.Connect()
	fail(err)
	c, err := stream.Wrap(nc, stream.Options{})
	fail(err)
	fail(stream.Ensure(ctx, c, stream.StreamOptions{}))
	p, err := c.OpenPublisher(ctx, stream.Data, "cur.decode")
	fail(err)
	for {
		cur, err := p.Publish(ctx, []stream.Message{
			{Subject: "obs.a", Data: make([]byte, 20<<10)},
			{Subject: "flow.a", Data: make([]byte, 20<<10)},
		}, stream.Next{InputSeq: p.Cursor().Frame + 1})
		fail(err)
		fmt.Println(cur.Frame)
	}
}

func TestKilledPublisherTearsNoFrame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acked uint64
	for kill := range 6 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(cmd.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(out)
		for n := 0; sc.Scan(); n++ {
			if v, err := strconv.ParseUint(sc.Text(), 10, 64); err == nil {
				acked = v
			}
			if n == 20+kill*37 {
				_ = cmd.Process.Kill() // what was written before is still read
			}
		}
		_ = cmd.Wait() // always an error: it was killed

		s, c := serve(t, dir)
		cur := publisher(t, c, stream.Data, "cur.decode").Cursor()
		if last := lastSeq(t, c, stream.Data); cur.Frame < acked || last != 3*cur.Frame || cur.InputSeq != cur.Frame {
			t.Errorf("kill %d: acknowledged %d, cursor %d of input %d, messages %d", kill, acked, cur.Frame, cur.InputSeq, last)
		}
		f := openFrames(t, c, stream.Data, []string{"obs.>", "flow.>"}, "cur.decode", 1)
		for n := uint64(1); n <= cur.Frame; n++ {
			if fr := next(t, f); fr.Cursor.Frame != n || len(fr.Messages) != 2 {
				t.Fatalf("kill %d: frame %d has %d messages, want frame %d of 2", kill, fr.Cursor.Frame, len(fr.Messages), n)
			}
		}
		c.Close()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acked < 100 {
		t.Errorf("only %d frames acknowledged: the child hardly ran", acked)
	}
}
