package stage_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/stage"
	"github.com/auyl-kz/auyl/state"
	"github.com/auyl-kz/auyl/stream"
)

// startServer starts a real server with its own store and connects to it.
func startServer(t *testing.T) (conn *stream.Conn, url string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server is not ready")
	}
	conn = connect(t, s.ClientURL())
	if err := stream.Ensure(t.Context(), conn, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	return conn, s.ClientURL()
}

func connect(t *testing.T, url string) *stream.Conn {
	t.Helper()
	conn, err := stream.Connect(t.Context(), stream.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// counter counts the bytes of its input per subject and says each new sum: what
// it says twice, or leaves out, shows.
type counter struct{}

func (counter) Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error) {
	var s auyl.Step
	sums := map[string]uint64{}
	for _, p := range in {
		switch string(p.Data) {
		case "poison":
			return s, errPoison
		case "panic":
			panic("broken invariant")
		case "silent":
			continue
		}
		n, ok := sums[p.Subject]
		if !ok {
			b, err := v.Get([]byte(p.Subject))
			if err != nil {
				return s, err
			}
			if b != nil {
				n = binary.BigEndian.Uint64(b)
			}
		}
		n += uint64(len(p.Data))
		sums[p.Subject] = n
		s.Out = append(s.Out, auyl.Payload{Subject: "ind.d." + strings.TrimPrefix(p.Subject, "obs."), Data: fmt.Appendf(nil, "%d", n)})
		s.Changes = append(s.Changes, auyl.Change{Key: []byte(p.Subject), Value: binary.BigEndian.AppendUint64(nil, n)})
	}
	return s, nil
}

var errPoison = errors.New("cannot be computed")

func options() stage.Options {
	return stage.Options{
		Name: "district", InputStream: stream.Data, InputFilter: []string{"obs.>"}, InputCursor: "cur.decode",
		OutputStream: stream.Indicators, OutputCursor: "cur.district",
	}
}

func publish(t *testing.T, conn *stream.Conn, data ...string) {
	t.Helper()
	p, err := conn.OpenPublisher(t.Context(), stream.Data, "cur.decode")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range data {
		var msgs []stream.Message
		if d != "" {
			msgs = append(msgs, stream.Message{Subject: "obs.990000000", Data: []byte(d)}, stream.Message{Subject: "flow.a.b", Data: []byte("x")})
		}
		if _, err := p.Publish(t.Context(), msgs, stream.Next{InputSeq: p.Cursor().InputSeq + 1}); err != nil {
			t.Fatal(err)
		}
	}
}

func openState(t *testing.T, dir string) *state.Store {
	t.Helper()
	st, err := state.Open(dir, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// runUntil runs a loop until it has committed all of the input.
func runUntil(t *testing.T, conn *stream.Conn, st stage.Store, o stage.Options) []stage.Progress {
	t.Helper()
	p, err := conn.OpenPublisher(t.Context(), stream.Data, "cur.decode")
	if err != nil {
		t.Fatal(err)
	}
	last := p.Cursor().Seq
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out []stage.Progress
	o.Progress = func(p stage.Progress) {
		out = append(out, p)
		if p.InputSeq == last {
			cancel()
		}
	}
	l := stage.New(conn, st, counter{}, o)
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if lag, err := l.Lag(t.Context()); err != nil || lag != 0 || l.Done() != last {
		t.Fatalf("Lag() = %d, %v, Done() = %d; want 0 and %d", lag, err, l.Done(), last)
	}
	return out
}

// said returns the output: the data of each frame.
func said(t *testing.T, conn *stream.Conn) []string {
	t.Helper()
	frames, err := conn.OpenFrames(t.Context(), stream.Indicators, []string{"ind.>"}, "cur.district", 0, stream.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	var out []string
	input := uint64(0)
	for {
		f, ok, err := frames.TryNext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		if f.Cursor.InputSeq <= input {
			t.Errorf("frame %d answers input %d, the one before %d", f.Cursor.Frame, f.Cursor.InputSeq, input)
		}
		input = f.Cursor.InputSeq
		var texts []string
		for _, m := range f.Messages {
			texts = append(texts, string(m.Data))
		}
		out = append(out, strings.Join(texts, " "))
	}
}

func TestEachFrameIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	st := openState(t, t.TempDir())
	publish(t, conn, "a", "bb", "", "silent", "c")
	runUntil(t, conn, st, options())
	publish(t, conn, "dddd")
	if p := runUntil(t, conn, st, options()); len(p) != 1 || p[0].In != 1 || p[0].Out != 1 || p[0].Replayed {
		t.Errorf("second run: %+v, want one new frame", p)
	}
	if diff := cmp.Diff([]string{"1", "3", "", "", "4", "8"}, said(t, conn)); diff != "" {
		t.Error(diff)
	}
}

// torn is a store whose commits fail as a crash would have it.
type torn struct {
	*state.Store
	left int
}

var errTorn = errors.New("crash before the commit")

func (s *torn) Commit(changes []auyl.Change, cursor uint64) error {
	if s.left == 0 {
		return errTorn
	}
	s.left--
	return s.Store.Commit(changes, cursor)
}

func TestCrashBetweenPublishAndCommitSaysNothingTwice(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	st := openState(t, t.TempDir())
	publish(t, conn, "a", "bb", "ccc", "d")
	for n := range 4 { // crash before each of the commits
		err := stage.Run(t.Context(), conn, &torn{st, min(n, 1)}, counter{}, options())
		if !errors.Is(err, errTorn) {
			t.Fatalf("run %d: %v, want %v", n, err, errTorn)
		}
	}
	p := runUntil(t, conn, st, options())
	if len(p) != 1 || !p[0].Replayed {
		t.Errorf("last run: %+v, want the last frame, replayed", p)
	}
	if diff := cmp.Diff([]string{"1", "3", "6", "7"}, said(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func TestLostStateIsMadeAgainInSilence(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	publish(t, conn, "a", "bb")
	runUntil(t, conn, openState(t, t.TempDir()), options())
	publish(t, conn, "ccc")
	p := runUntil(t, conn, openState(t, t.TempDir()), options())
	if len(p) != 3 || !p[0].Replayed || !p[1].Replayed || p[2].Replayed {
		t.Errorf("progress = %+v, want two replayed frames and one new", p)
	}
	if diff := cmp.Diff([]string{"1", "3", "6"}, said(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func TestStateAheadOfOutputIsRefused(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	st := openState(t, t.TempDir())
	if err := st.Commit(nil, 7); err != nil {
		t.Fatal(err)
	}
	if err := stage.Run(t.Context(), conn, st, counter{}, options()); !errors.Is(err, stage.ErrAhead) {
		t.Errorf("Run: %v, want ErrAhead", err)
	}
}

func TestFrameThatCannotBeComputedStopsTheLoop(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"poison", "panic"} {
		t.Run(data, func(t *testing.T) {
			t.Parallel()
			conn, _ := startServer(t)
			st := openState(t, t.TempDir())
			publish(t, conn, "a", data, "b")
			for range 2 { // it stands before the frame, however often
				l := stage.New(conn, st, counter{}, options())
				err := l.Run(t.Context())
				var fe *stage.FrameError
				if !errors.As(err, &fe) || fe.Stage != "district" || fe.InputSeq != 6 || fe.FirstSeq != 4 {
					t.Fatalf("Run: %v, want a FrameError of frame 4-6", err)
				}
				if (fe.Stack != nil) != (data == "panic") || errors.Is(err, errPoison) != (data == "poison") {
					t.Errorf("error = %#v", fe)
				}
				if l.Done() != 3 {
					t.Errorf("Done() = %d, want 3", l.Done())
				}
			}
			if diff := cmp.Diff([]string{"1"}, said(t, conn)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// slow lets another loop overtake while it computes.
type slow struct{ overtake func() }

func (s slow) Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error) {
	s.overtake()
	return counter{}.Apply(v, in)
}

func TestOvertakenLoopIsFenced(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	publish(t, conn, "a")
	first, second := openState(t, t.TempDir()), openState(t, t.TempDir())
	err := stage.Run(t.Context(), conn, first, slow{func() { runUntil(t, conn, second, options()) }}, options())
	if !errors.Is(err, stream.ErrFenced) {
		t.Fatalf("Run: %v, want ErrFenced", err)
	}
	if c, err := first.Cursor(); err != nil || c != 0 {
		t.Errorf("the fenced loop committed %d, %v", c, err)
	}
	if diff := cmp.Diff([]string{"1"}, said(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func TestEndOfContextIsNoError(t *testing.T) {
	t.Parallel()
	conn, _ := startServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	publish(t, conn, "a")
	o := options()
	o.Progress = func(stage.Progress) { cancel() }
	if err := stage.Run(ctx, conn, openState(t, t.TempDir()), counter{}, o); err != nil {
		t.Errorf("Run: %v, want nil", err)
	}
}

// TestKilledProcessGoesOn kills a child that works through the input again and
// again; the server lives on in this process.
func TestKilledProcessGoesOn(t *testing.T) {
	if dir := os.Getenv("AUYL_STAGE_CHILD"); dir != "" { //nolint:forbidigo // set below
		child(t, dir)
		return
	}
	conn, url := startServer(t)
	dir := t.TempDir()
	var data, want []string
	sum := 0
	for i := range 120 {
		data = append(data, strings.Repeat("x", 1+i%3))
		sum += 1 + i%3
		want = append(want, fmt.Sprint(sum))
	}
	publish(t, conn, data...)
	kills := 0
	for kills < 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcessGoesOn$")
		cmd.Env = append(cmd.Environ(), "AUYL_STAGE_CHILD="+dir, "AUYL_STAGE_URL="+url)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The child writes a byte after each frame. Kill it after some.
		buf := make([]byte, 1)
		n := 0
		for n < 10+kills {
			if _, err := out.Read(buf); err != nil {
				t.Fatalf("child ended after %d frames: %v", n, err)
			}
			n++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		kills++
	}
	runUntil(t, conn, openState(t, dir), options())
	if diff := cmp.Diff(want, said(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func child(t *testing.T, dir string) {
	t.Helper()
	o := options()
	o.Progress = func(stage.Progress) {
		if _, err := os.Stdout.Write([]byte{'.'}); err != nil {
			os.Exit(2) //nolint:forbidigo,revive // this process is the child
		}
	}
	conn := connect(t, os.Getenv("AUYL_STAGE_URL")) //nolint:forbidigo // set by the parent
	if err := stage.Run(t.Context(), conn, openState(t, dir), counter{}, o); err != nil {
		t.Fatal(err)
	}
}
