package send_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/summary/send"
)

// childEnv makes the test binary a sender; see order.
const childEnv = "AUYL_SEND_CHILD"

// order is what a child does: send to n people, and kill itself at a step.
type order struct {
	NATS, Bucket string
	Port         int
	CA           string
	People       int
	Step         string // empty: to the end
	Nth          int    // time at which that step kills
	Clock        time.Time
}

// fuse kills the process at the nth time that its step is reached.
type fuse struct {
	order
	seen int
}

func (f *fuse) at(step string) {
	if step != f.Step {
		return
	}
	f.seen++
	if f.seen == f.Nth {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until it arrives
	}
}

// fusedLedger and fusedChannel name the steps of a delivery.
type fusedLedger struct {
	send.Ledger
	f *fuse
}

func (l fusedLedger) Update(ctx context.Context, key string, value []byte, expected uint64) (uint64, error) {
	var d send.Delivery
	if err := json.Unmarshal(value, &d); err != nil {
		return 0, err
	}
	l.f.at("before " + string(d.State))
	rev, err := l.Ledger.Update(ctx, key, value, expected)
	l.f.at("after " + string(d.State))
	return rev, err
}

type fusedChannel struct {
	send.Channel
	f *fuse
}

func (c fusedChannel) Send(ctx context.Context, m send.Message) (string, error) {
	receipt, err := c.Channel.Send(ctx, m)
	c.f.at("handed over")
	return receipt, err
}

func child() error {
	var f fuse
	text := os.Getenv(childEnv) //nolint:forbidigo // how a test tells its child what to do
	if err := json.Unmarshal([]byte(text), &f.order); err != nil {
		return err
	}
	ctx := context.Background()
	l, conn, err := connectNATS(ctx, f.NATS, f.Bucket)
	if err != nil {
		return err
	}
	defer conn.Close()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(f.CA))
	m, err := send.NewMail(send.MailOptions{Host: "127.0.0.1", Port: f.Port, CA: pool, From: "auyl@example.kz"})
	if err != nil {
		return err
	}
	s := send.New(fusedLedger{l, &f}, map[string]send.Channel{"mail": fusedChannel{m, &f}}, forms{}, send.Options{
		Domain: "example.kz", Now: func() time.Time { return f.Clock },
	})
	got, err := s.Deliver(ctx, run(), people(f.People))
	if err != nil {
		return err
	}
	fmt.Println("sent", got.Sent, "uncertain", got.Uncertain, "pending", got.Pending, "failed", got.Failed)
	return nil
}

// TestKilledSenderSendsNobodyTwice kills a real process with kill -9 three times
// at each step of a delivery. The ledger is in a NATS that lives on.
func TestKilledSenderSendsNobodyTwice(t *testing.T) {
	t.Parallel()
	const n = 6
	nats := serveNATS(t)
	tests := []struct {
		step      string
		uncertain int // deliveries of which the ledger cannot know
		lost      int // of these, those that never left
	}{
		{"before planned", 0, 0},
		{"after planned", 0, 0},
		{"before sending", 0, 0},
		{"after sending", 3, 3},
		{"handed over", 3, 0},
		{"before sent", 3, 0},
		{"after sent", 0, 0},
	}
	for i, tt := range tests {
		t.Run(tt.step, func(t *testing.T) {
			t.Parallel()
			s := serveMail(t, serverOptions{}, nil)
			bucket := "kill" + strconv.Itoa(i)
			o := order{NATS: nats.ClientURL(), Bucket: bucket, Port: s.port, CA: s.pemOf(t), People: n, Step: tt.step, Nth: 2, Clock: day()}
			for range 3 {
				if out, err := runChild(t, o); err == nil {
					t.Fatalf("the child was not killed: %s", out)
				}
				o.Clock = o.Clock.Add(time.Hour)
				if strings.HasSuffix(tt.step, "planned") {
					o.Nth = 1 // those before are planned by now
				}
			}
			o.Step = ""
			out, err := runChild(t, o)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			want := fmt.Sprintf("sent %d uncertain %d pending 0 failed 0", n-tt.uncertain, tt.uncertain)
			if !strings.Contains(out, want) {
				t.Errorf("the last child says %q, want %q", out, want)
			}
			for to, k := range s.counts() {
				if k > 1 {
					t.Errorf("%s got %d messages", to, k)
				}
			}
			if got := len(s.counts()); got != n-tt.lost {
				t.Errorf("%d mailboxes have a message before anybody decides, want %d", got, n-tt.lost)
			}
			// A person looks for the Message-ID at the server, and decides.
			l, conn, err := connectNATS(t.Context(), nats.ClientURL(), bucket)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			h, err := send.ReadHistory(t.Context(), l, 0)
			if err != nil {
				t.Fatal(err)
			}
			sender := newSender(t, l, mailTo(t, s), func() time.Time { return o.Clock })
			for _, d := range h.Deliveries {
				if d.State == send.Uncertain {
					if _, err := sender.Resolve(t.Context(), d.Key(), s.has(d.MessageID)); err != nil {
						t.Error(err)
					}
				}
			}
			if got, err := sender.Deliver(t.Context(), run(), people(n)); err != nil || got.Sent != n {
				t.Errorf("after that %+v, %v, want %d sent", got, err, n)
			}
			once(t, s, people(n))
		})
	}
}

func (s *mailServer) pemOf(t *testing.T) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert}))
}

func runChild(t *testing.T, o order) (string, error) {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(b)) //nolint:forbidigo // how a test tells its child what to do
	out, err := cmd.CombinedOutput()
	return string(out), err
}
