package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
	"github.com/auyl-kz/auyl/summary/send/sendtest"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// world is a simulated oblast: a wall clock that can be set, a mailbox that notes
// what came when, and data that are there or not. Everything is synthetic.
type world struct {
	mu     sync.Mutex
	skew   time.Duration // of the wall clock to the clock of the bubble
	zone   *time.Location
	came   []string
	absent map[string][]string // by summary
}

// starting makes the wall clock show a time.
func starting(z *time.Location, at string) *world {
	w := &world{zone: z, absent: map[string][]string{}}
	w.set(at)
	return w
}

const shown = "2006-01-02 15:04"

func (w *world) set(at string) {
	t, err := time.ParseInLocation(shown, at, w.zone)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skew = time.Until(t)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.skew)
}

// until lets time pass until the wall clock shows a time.
func (w *world) until(t *testing.T, at string) {
	t.Helper()
	to, err := time.ParseInLocation(shown, at, w.zone)
	if err != nil {
		t.Fatal(err)
	}
	timer := time.NewTimer(to.Sub(w.now()))
	<-timer.C
	synctest.Wait()
}

func (w *world) lack(summary string, what ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.absent[summary] = what
}

// Worth implements schedule.Completeness: of a summary called quiet there is nothing to say.
func (*world) Worth(_ context.Context, d schedule.Declaration, _ auyl.AreaCode, _ auyl.Period) (bool, error) {
	return d.Summary != "quiet", nil
}

// Missing implements schedule.Completeness.
func (w *world) Missing(_ context.Context, d schedule.Declaration, _ auyl.AreaCode, p auyl.Period) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(w.absent[d.Summary], w.absent[d.Summary+" "+p.String()]...), nil
}

// Send implements send.Channel.
func (w *world) Send(_ context.Context, m send.Message) (string, error) {
	line := fmt.Sprintf("%s %s %s %s %s", w.now().In(w.zone).Format(shown), m.Run.Summary, m.Run.Period, m.Run.Area, m.To.ID)
	if m.Run.Late {
		line += " late"
	}
	if len(m.Run.Missing) > 0 {
		line += " without " + strings.Join(m.Run.Missing, ", ")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.came = append(w.came, line)
	return "", nil
}

// Render implements send.Renderer.
func (*world) Render(_ context.Context, r send.Request) (send.Form, error) {
	return send.Form{Title: r.Summary, Name: "s." + r.Format, Bytes: []byte(fmt.Sprint(r))}, nil
}

func (w *world) mailbox() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.came)
}

func declaration(z *time.Location, summary string, f auyl.Freq, times string) schedule.Declaration {
	return schedule.Declaration{
		Summary: summary, Version: 1, Areas: []auyl.AreaCode{190000000}, Freq: f, Times: times, Zone: z,
		Recipients: []send.Recipient{{ID: "akim", Channel: "box", Kind: send.KindFolder, Address: "akim", Langs: []string{"kk"}, Formats: []string{"pdf"}}},
	}
}

// start runs a scheduler as a process would, and returns what ends it.
func (w *world) start(t *testing.T, l send.Ledger, list ...schedule.Declaration) (stop func()) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	sender := send.New(l, map[string]send.Channel{"box": w}, w, send.Options{Now: w.now, Logger: log})
	s, err := schedule.New(l, sender, w, list, schedule.Options{Now: w.now, Logger: log, Poll: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	synctest.Wait()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func expect(t *testing.T, w *world, want ...string) {
	t.Helper()
	got := w.mailbox()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestAMonthOfAlmaty is a month of the example's schedules: two budgets that never
// come, a machine that is down over a Monday, a clock that is set back by hand.
func TestAMonthOfAlmaty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := zone(t, "Asia/Almaty")
		w, l := starting(z, "2026-03-27 10:00"), &sendtest.Memory{}
		quarterly := declaration(z, "okrug-quarterly", auyl.FreqQuarter, "0 9 10 1,4,7,10 *")
		quarterly.WaitFor, quarterly.Deadline = []string{"maslikhat.okrug_budget"}, "0 12 12 * *"
		quarterly.Areas = []auyl.AreaCode{191610100, 191630100}
		district := declaration(z, "district-monthly", auyl.FreqMonth, "0 10 6 * *")
		district.WaitFor, district.Deadline = []string{"bns.taldau_wage"}, "0 9 15 * *"
		list := []schedule.Declaration{
			declaration(z, "oblast-monthly", auyl.FreqMonth, "0 9 5 * *"), district, quarterly,
			declaration(z, "operations-weekly", auyl.FreqWeek, "0 8 * * 1"),
			declaration(z, "oblast-yearly", auyl.FreqYear, "0 9 1 2 *"),
			declaration(z, "quiet", auyl.FreqDay, "0 7 * * *"), // never worth sending
		}
		w.lack("okrug-quarterly", "2 of 131 budgets")
		w.lack("district-monthly", "wages")

		stop := w.start(t, l, list...)
		w.until(t, "2026-03-29 23:00")
		stop() // the machine is down over Monday the 30th
		w.until(t, "2026-03-31 10:00")
		stop = w.start(t, l, list...)
		w.until(t, "2026-04-06 10:30")
		w.set("2026-04-06 06:30") // somebody sets the clock back, before that Monday's summary
		w.until(t, "2026-04-07 12:00")
		stop()
		stop = w.start(t, l, list...) // a restart in the middle of nothing
		w.until(t, "2026-04-08 15:30")
		w.lack("district-monthly") // the wages come
		w.until(t, "2026-04-27 10:00")
		stop()
		expect(t, w,
			"2026-03-31 10:00 operations-weekly 2026-W13 190000000 akim late",
			"2026-04-05 09:00 oblast-monthly 2026-M03 190000000 akim",
			"2026-04-06 08:00 operations-weekly 2026-W14 190000000 akim",
			"2026-04-08 15:35 district-monthly 2026-M03 190000000 akim", // at the next look after they came
			"2026-04-12 12:00 okrug-quarterly 2026-Q1 191610100 akim without 2 of 131 budgets",
			"2026-04-12 12:00 okrug-quarterly 2026-Q1 191630100 akim without 2 of 131 budgets",
			"2026-04-13 08:00 operations-weekly 2026-W15 190000000 akim",
			"2026-04-20 08:00 operations-weekly 2026-W16 190000000 akim",
			"2026-04-27 08:00 operations-weekly 2026-W17 190000000 akim",
		)
	})
}

// TestAMonthWithSummerTime has a daily summary in the hour that Berlin leaves out
// in spring and has twice in autumn.
func TestAMonthWithSummerTime(t *testing.T) {
	for _, tt := range []struct{ name, from, to string }{
		{"spring", "2026-03-10 12:00", "2026-04-10 12:00"},
		{"autumn", "2026-10-10 12:00", "2026-11-10 12:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := zone(t, "Europe/Berlin")
				w, l := starting(z, tt.from), &sendtest.Memory{}
				stop := w.start(t, l, declaration(z, "daily", auyl.FreqDay, "30 2 * * *"), declaration(z, "weekly", auyl.FreqWeek, "30 2 * * 0"))
				w.until(t, tt.to)
				stop()
				seen := map[string]int{}
				days, weeks := 0, 0
				for _, line := range w.mailbox() {
					f := strings.Fields(line)
					seen[f[2]+f[3]]++
					if f[2] == "daily" {
						days++
					} else {
						weeks++
					}
					if f[1] != "02:30" && line[:16] != "2026-03-29 03:30" || strings.Contains(line, "late") {
						t.Errorf("%s: want 02:30, or 03:30 on the day without 02:30, and not late", line)
					}
				}
				for what, n := range seen {
					if n != 1 {
						t.Errorf("%s came %d times", what, n)
					}
				}
				if wantWeeks := map[string]int{"spring": 4, "autumn": 5}[tt.name]; days != 31 || weeks != wantWeeks {
					t.Errorf("%d days and %d weeks, want 31 and %d", days, weeks, wantWeeks)
				}
			})
		})
	}
}

func TestClockThatJumpsNeitherSkipsNorDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := zone(t, "Asia/Almaty")
		w, l := starting(z, "2026-09-01 12:00"), &sendtest.Memory{}
		stop := w.start(t, l, declaration(z, "daily", auyl.FreqDay, "0 9 * * *"))
		w.until(t, "2026-09-02 10:00")
		w.set("2026-09-05 10:00") // ahead by three days: the last is sent, those between are noted
		w.until(t, "2026-09-05 11:00")
		w.set("2026-09-02 11:00") // and put right
		w.until(t, "2026-09-07 10:00")
		w.set("2026-09-06 08:00") // back over a summary that was sent
		w.until(t, "2026-09-08 10:00")
		stop()
		expect(t, w,
			"2026-09-02 09:00 daily 2026-09-01 190000000 akim",
			"2026-09-05 10:05 daily 2026-09-04 190000000 akim late",
			"2026-09-03 09:00 daily 2026-09-02 190000000 akim", // had been skipped, and its time came
			"2026-09-04 09:00 daily 2026-09-03 190000000 akim",
			"2026-09-06 09:00 daily 2026-09-05 190000000 akim",
			"2026-09-07 09:00 daily 2026-09-06 190000000 akim",
			"2026-09-08 09:00 daily 2026-09-07 190000000 akim",
		)
	})
}

func TestMissedTimesAreMadeUpForAsDeclared(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprintf("all=%v", all), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := zone(t, "Asia/Almaty")
				w, l := starting(z, "2026-06-20 12:00"), &sendtest.Memory{}
				d := declaration(z, "monthly", auyl.FreqMonth, "0 9 5 * *")
				d.All = all
				w.start(t, l, d)()
				w.until(t, "2026-09-20 12:00")
				stop := w.start(t, l, d)
				w.until(t, "2026-09-21 12:00")
				stop()
				want := []string{"2026-09-20 12:00 monthly 2026-M08 190000000 akim late"}
				if all {
					want = []string{
						"2026-09-20 12:00 monthly 2026-M06 190000000 akim late",
						"2026-09-20 12:00 monthly 2026-M07 190000000 akim late", want[0],
					}
				}
				expect(t, w, want...)
				h, err := send.ReadHistory(t.Context(), l, 0)
				if err != nil || len(h.Runs) != 3 {
					t.Errorf("history has %d runs, %v: want all three, skipped ones too", len(h.Runs), err)
				}
			})
		})
	}
}

func TestFirstStartOfAnExampleMakesTheLastSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := zone(t, "Asia/Almaty")
		w, l := starting(z, "2026-09-20 12:00"), &sendtest.Memory{}
		w.lack("quarterly", "budgets")
		d := declaration(z, "quarterly", auyl.FreqQuarter, "0 9 10 1,4,7,10 *")
		d.WaitFor, d.Deadline = []string{"budgets"}, "0 9 12 * *"
		// Of August half is missing: July is shown.
		w.lack("monthly 2026-M08", "calls")
		monthly := declaration(z, "monthly", auyl.FreqMonth, "0 9 12 * *")
		monthly.WaitFor, monthly.Deadline = []string{"calls"}, "0 9 28 * *"
		for range 2 {
			sender := send.New(l, map[string]send.Channel{"box": w}, w, send.Options{Now: w.now})
			s, err := schedule.New(l, sender, w, []schedule.Declaration{d, monthly}, schedule.Options{Now: w.now, First: true})
			if err != nil {
				t.Fatal(err)
			}
			if next, err := s.Look(t.Context()); err != nil || next.In(z).Format(shown) != "2026-10-10 09:00" {
				t.Errorf("next %v, %v", next.In(z), err)
			}
		}
		expect(t, w, "2026-09-20 12:00 monthly 2026-M07 190000000 akim", "2026-09-20 12:00 quarterly 2026-Q2 190000000 akim without budgets")
	})
}

// TestDeliveryThatAPersonSendsAgainIsLookedAfter has the only delivery of a run
// in doubt: the run is done, and opened again by what the person decides.
func TestDeliveryThatAPersonSendsAgainIsLookedAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := zone(t, "Asia/Almaty")
		w, l := starting(z, "2026-09-01 12:00"), &sendtest.Memory{}
		lost := lostAnswers{w}
		sender := send.New(l, map[string]send.Channel{"box": lost}, w, send.Options{Now: w.now})
		look := func(c send.Channel) {
			t.Helper()
			s, err := schedule.New(l, send.New(l, map[string]send.Channel{"box": c}, w, send.Options{Now: w.now}), w,
				[]schedule.Declaration{declaration(z, "daily", auyl.FreqDay, "0 9 * * *")}, schedule.Options{Now: w.now, First: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		look(lost)
		look(w)
		h, err := send.ReadHistory(t.Context(), l, 0)
		if err != nil || len(h.Runs) != 1 || h.Runs[0].State != send.Done || len(h.Deliveries) != 1 || h.Deliveries[0].State != send.Uncertain {
			t.Fatalf("history %+v, %v, want a run that is done and a delivery in doubt", h, err)
		}
		expect(t, w)
		if _, err := sender.Resolve(t.Context(), h.Deliveries[0].Key(), false); err != nil {
			t.Fatal(err)
		}
		if err := send.ReopenRun(t.Context(), l, h.Runs[0].Run); err != nil {
			t.Fatal(err)
		}
		look(w)
		look(w)
		expect(t, w, "2026-09-01 12:00 daily 2026-08-31 190000000 akim")
	})
}

// lostAnswers is a channel that never says what became of a message.
type lostAnswers struct{ *world }

func (lostAnswers) Send(context.Context, send.Message) (string, error) {
	return "", errors.New("connection reset")
}

// lease is a lease of one of several schedulers.
type lease struct {
	lost chan struct{}
	free func()
}

func (l *lease) Lost() <-chan struct{} { return l.lost }
func (l *lease) Close() error          { l.free(); return nil }

func TestOfSeveralSchedulersOneSends(t *testing.T) {
	for _, leased := range []bool{true, false} {
		t.Run(fmt.Sprintf("leased=%v", leased), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := zone(t, "Asia/Almaty")
				w, l := starting(z, "2026-09-01 12:00"), &sendtest.Memory{}
				turn := make(chan struct{}, 1) // who holds it leads
				var mu sync.Mutex
				var leading *lease
				acquire := func(ctx context.Context) (schedule.Lease, error) {
					if !leased {
						return &lease{lost: make(chan struct{}), free: func() {}}, nil // as if the courtesy had failed
					}
					select {
					case turn <- struct{}{}:
					case <-ctx.Done():
						return nil, ctx.Err()
					}
					mu.Lock()
					defer mu.Unlock()
					leading = &lease{lost: make(chan struct{}), free: func() { <-turn }}
					return leading, nil
				}
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				for range 3 {
					sender := send.New(l, map[string]send.Channel{"box": w}, w, send.Options{Now: w.now})
					s, err := schedule.New(l, sender, w, []schedule.Declaration{declaration(z, "daily", auyl.FreqDay, "0 9 * * *")}, schedule.Options{Now: w.now, Poll: 5 * time.Minute})
					if err != nil {
						t.Fatal(err)
					}
					wg.Go(func() {
						if err := s.Lead(ctx, acquire); err != nil {
							t.Error(err)
						}
					})
				}
				w.until(t, "2026-09-02 12:00")
				if leased {
					mu.Lock()
					close(leading.lost)
					mu.Unlock()
				}
				w.until(t, "2026-09-03 12:00")
				cancel()
				wg.Wait()
				expect(t, w, "2026-09-02 09:00 daily 2026-09-01 190000000 akim", "2026-09-03 09:00 daily 2026-09-02 190000000 akim")
			})
		})
	}
}

func TestDeclarationsAreChecked(t *testing.T) {
	z := zone(t, "Asia/Almaty")
	good := declaration(z, "daily", auyl.FreqDay, "0 9 * * *")
	for name, change := range map[string]func(*schedule.Declaration){
		"five fields":             func(d *schedule.Declaration) { d.Times = "9 *" },
		"intervals have no":       func(d *schedule.Declaration) { d.Times = "@every 2h" },
		"zone is that of":         func(d *schedule.Declaration) { d.Times = "CRON_TZ=UTC 0 9 * * *" },
		"wait_for and deadline":   func(d *schedule.Declaration) { d.WaitFor = []string{"x"} },
		"no area":                 func(d *schedule.Declaration) { d.Areas = nil },
		"small letters":           func(d *schedule.Declaration) { d.Summary = "a.b" },
		"frequency":               func(d *schedule.Declaration) { d.Freq = 'X' },
		"times \"0 9 12 * *  *\"": func(d *schedule.Declaration) { d.WaitFor, d.Deadline = []string{"x"}, "0 9 12 * *  *" },
	} {
		d := good
		change(&d)
		_, err := schedule.New(&sendtest.Memory{}, nil, nil, []schedule.Declaration{d}, schedule.Options{})
		if err == nil || !strings.Contains(err.Error(), name) && name != "five fields" && name != "frequency" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := schedule.New(&sendtest.Memory{}, nil, nil, []schedule.Declaration{good, good}, schedule.Options{}); err == nil {
		t.Error("a summary declared twice is taken")
	}
}
