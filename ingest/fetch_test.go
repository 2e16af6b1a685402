package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// log is a RAW stream in memory: what a puller publishes, frame by frame. The
// real stream is driven in the tests of cmd/auyl.
type log struct {
	state  []byte
	frames []*wire.RawPage
	fail   error
}

func (l *log) State() []byte { return l.state }

func (l *log) Publish(_ context.Context, msgs []auyl.Payload, state []byte) error {
	if l.fail != nil {
		return l.fail
	}
	for _, m := range msgs {
		var p wire.RawPage
		if err := wire.Unmarshal(m.Data, &p); err != nil {
			return err
		}
		l.frames = append(l.frames, &p)
	}
	l.state = bytes.Clone(state)
	return nil
}

// said renders the frames: page number and body, or the end of a run.
func (l *log) said() []string {
	var out []string
	for _, p := range l.frames {
		if e := p.GetRunEnd(); e != nil {
			out = append(out, fmt.Sprintf("%s %s %d", e.GetRun(), e.GetStatus(), e.GetPages()))
		} else {
			out = append(out, fmt.Sprintf("%s page %d %s", p.GetVintage().GetRun(), p.GetVintage().GetPage(), p.GetData()))
		}
	}
	return out
}

type pages []ingest.Page

func (d pages) Pages(_ context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	for _, p := range d {
		if err := emit(p); err != nil {
			return err
		}
	}
	return nil
}

type failing struct {
	pages
	err error
}

func (d failing) Pages(ctx context.Context, known func(string) ingest.Known, emit func(ingest.Page) error, unchanged func(string)) error {
	if err := d.pages.Pages(ctx, known, emit, unchanged); err != nil {
		return err
	}
	return d.err
}

func puller(t *testing.T, l *log, d ingest.Door, o ingest.Options) *ingest.Puller {
	t.Helper()
	store, err := archive.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := ingest.NewPuller(ingest.Source{ID: "a.b", Origin: auyl.OriginReal, Door: d}, l, store, ingest.NewClock(time.Now), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pull(t *testing.T, p *ingest.Puller) ingest.Outcome {
	t.Helper()
	out, err := p.Pull(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnchangedPagesAreNotPublishedAgain(t *testing.T) {
	t.Parallel()
	var l log
	one := pages{{Key: "x", Body: []byte("1")}, {Key: "y", Body: []byte("2")}}
	pull(t, puller(t, &l, one, ingest.Options{}))
	out := pull(t, puller(t, &l, one, ingest.Options{}))
	if out.Status != ingest.RunUnchanged {
		t.Errorf("second pull = %s, want unchanged", out.Status)
	}
	pull(t, puller(t, &l, pages{one[0], {Key: "y", Body: []byte("3")}}, ingest.Options{}))
	want := []string{"a.b/1 page 1 1", "a.b/1 page 2 2", "a.b/1 ok 2", "a.b/2 unchanged 0", "a.b/3 page 1 3", "a.b/3 ok 1"}
	if d := cmp.Diff(want, l.said()); d != "" {
		t.Errorf("frames (-want +got):\n%s", d)
	}
}

func TestBrokenPullIsTakenUpUnderItsRun(t *testing.T) {
	t.Parallel()
	var l log
	all := pages{{Key: "x", Body: []byte("1")}, {Key: "y", Body: []byte("2")}}
	stop := errors.New("killed")
	d := doorFunc(func(emit func(ingest.Page) error) error {
		if err := emit(all[0]); err != nil {
			return err
		}
		l.fail = stop
		return emit(all[1])
	})
	if _, err := puller(t, &l, d, ingest.Options{}).Pull(t.Context()); !errors.Is(err, stop) {
		t.Fatalf("Pull = %v, want %v", err, stop)
	}
	l.fail = nil
	p := puller(t, &l, all, ingest.Options{})
	if !p.Interrupted() {
		t.Error("Interrupted = false after a broken pull")
	}
	pull(t, p)
	want := []string{"a.b/1 page 1 1", "a.b/1 page 2 2", "a.b/1 ok 2"}
	if d := cmp.Diff(want, l.said()); d != "" {
		t.Errorf("frames (-want +got):\n%s", d)
	}
}

type doorFunc func(emit func(ingest.Page) error) error

func (f doorFunc) Pages(_ context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	return f(emit)
}

func TestFaultOfASourceIsItsOutcome(t *testing.T) {
	t.Parallel()
	var l log
	fault := errors.New("status 500")
	if out := pull(t, puller(t, &l, failing{nil, fault}, ingest.Options{})); out.Status != ingest.RunFailed || !errors.Is(out.Err, fault) {
		t.Errorf("nothing had: outcome = %+v, want failed", out)
	}
	if out := pull(t, puller(t, &l, failing{pages{{Key: "x", Body: []byte("1")}}, fault}, ingest.Options{})); out.Status != ingest.RunPartial {
		t.Errorf("one page had: outcome = %+v, want partial", out)
	}
	if got := l.frames[0].GetRunEnd().GetError(); got != "status 500" {
		t.Errorf("run's error = %q, want the source's answer", got)
	}
}

func TestLargePageTravelsByHash(t *testing.T) {
	t.Parallel()
	var l log
	body := bytes.Repeat([]byte("x"), 2000)
	pull(t, puller(t, &l, pages{{Key: "x", Body: body}}, ingest.Options{InlineBytes: 1000}))
	sum := sha256.Sum256(body)
	if p := l.frames[0]; len(p.GetData()) != 0 || !bytes.Equal(p.GetVintage().GetRawSha256(), sum[:]) || p.GetSizeBytes() != 2000 {
		t.Errorf("page = %v, want the hash and no bytes", p)
	}
}

func TestPagesWithPersonalDataStayOutOfTheStream(t *testing.T) {
	t.Parallel()
	store, err := archive.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var l log
	p, err := ingest.NewPuller(ingest.Source{ID: "a.b", ByReference: true, Door: pages{{Key: "x", Body: []byte("991231500003")}}}, &l, store, ingest.NewClock(time.Now), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
	if strings.Contains(l.frames[0].String(), "991231500003") {
		t.Errorf("the page is in the stream: %v", l.frames[0])
	}
	if b, err := store.Get(t.Context(), [32]byte(l.frames[0].GetVintage().GetRawSha256())); err != nil || string(b) != "991231500003" {
		t.Errorf("raw object = %q, %v, want the page", b, err)
	}
}

func TestDropLeavesFilesThatAreStillWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.b@1.csv")
	if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	now := info.ModTime().Add(time.Second / 2)
	d := &ingest.Drop{Dirs: []string{dir}, Source: "a.b", Settle: time.Second, Now: func() time.Time { return now }}
	var l log
	p := puller(t, &l, d, ingest.Options{QuietUnchanged: true})
	if out := pull(t, p); out.Pages != 0 {
		t.Errorf("a file changed half a second ago was taken: %+v", out)
	}
	now = now.Add(time.Second)
	if out := pull(t, p); out.Pages != 1 {
		t.Errorf("a file left alone for a second was not taken: %+v", out)
	}
}

func TestRecordedTimesOnlyGrow(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_000_000)
	c := ingest.NewClock(func() time.Time { at = at.Add(-time.Hour); return at })
	a, b := c.Next(), c.Next()
	if !b.After(a) {
		t.Errorf("instants %v, %v: the second is not later though the clock was set back", a, b)
	}
	c.After(b.Add(time.Minute))
	if n := c.Next(); !n.After(b.Add(time.Minute)) {
		t.Errorf("instant %v is not after what was seen before", n)
	}
}

func TestDropTakesFinishedFilesOfItsSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, n := range []string{"a.b@1.csv", "a.b@2.csv.part", ".a.b@3.csv", "~$a.b@4.xlsx", "a.b@5.csv~", "c.d@1.csv", "stray.csv", "README.md"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(d *ingest.Drop) (got []string) {
		none := func(string) ingest.Known { return ingest.Known{} }
		err := d.Pages(t.Context(), none, func(p ingest.Page) error { got = append(got, p.Key); return nil }, nil)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if d := cmp.Diff([]string{"a.b@1.csv"}, keys(&ingest.Drop{Dirs: []string{dir, dir + "/none"}, Source: "a.b"})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"stray.csv"}, keys(&ingest.Drop{Dirs: []string{dir}, Claimed: []auyl.SourceID{"a.b", "c.d"}})); d != "" {
		t.Error(d)
	}
}

func TestDropReadsACorrectionBehindWhatItCorrects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := []string{"a.b@2026-09.csv", "a.b@2026-09-rev.csv", "a.b@2026-10.json"}
	for _, name := range []string{want[1], want[2], want[0]} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	var got []string
	d := &ingest.Drop{Dirs: []string{dir}, Source: "a.b"}
	must(t, d.Pages(t.Context(), func(string) ingest.Known { return ingest.Known{} }, func(p ingest.Page) error {
		got = append(got, p.Key)
		return nil
	}, func(string) {}))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

func TestDropReadsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.b@1.csv")
	if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	var l log
	d := &ingest.Drop{Dirs: []string{dir}, Source: "a.b"}
	p := puller(t, &l, d, ingest.Options{})
	pull(t, p)
	if err := os.Chmod(file, 0); err != nil { // whoever reads it now, as somebody else than root, fails
		t.Fatal(err)
	}
	asked := 0
	err := d.Pages(t.Context(), func(string) ingest.Known {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return ingest.Known{Modified: fmt.Sprintf("%d bytes, %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))}
	}, func(ingest.Page) error { asked++; return nil }, func(string) {})
	if err != nil || asked != 0 {
		t.Errorf("an unchanged file was read: %d, %v", asked, err)
	}
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, []byte("other"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if out := pull(t, p); out.Status != ingest.RunOK {
		t.Errorf("a changed file: %+v, want ok", out)
	}
}

// server answers in turn, the last answer for ever, and keeps what was asked.
func server(t *testing.T, answers ...http.HandlerFunc) (*url.URL, *[]*http.Request) {
	t.Helper()
	var asked []*http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r)
		answers[min(len(asked), len(answers))-1](w, r)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL + "/set")
	if err != nil {
		t.Fatal(err)
	}
	return u, &asked
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }
}

func quick() ingest.HTTPOptions {
	return ingest.HTTPOptions{Web: loopback(ingest.WebOptions{}), MaxWait: time.Millisecond, Attempts: 3}
}

func TestTemporaryAnswersAreAskedAgain(t *testing.T) {
	t.Parallel()
	u, asked := server(t, status(http.StatusTooManyRequests), status(http.StatusBadGateway), text("ok"))
	var l log
	out := pull(t, puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{}))
	if out.Status != ingest.RunOK || len(*asked) != 3 {
		t.Errorf("outcome = %+v after %d requests, want ok after 3", out, len(*asked))
	}
}

func TestRefusalsAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	u, asked := server(t, status(http.StatusForbidden))
	var l log
	out := pull(t, puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{}))
	if out.Status != ingest.RunFailed || !errors.Is(out.Err, ingest.ErrRefused) || len(*asked) != 1 {
		t.Errorf("outcome = %+v after %d requests, want one refusal", out, len(*asked))
	}
}

func TestConditionalGet(t *testing.T) {
	t.Parallel()
	u, asked := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		fmt.Fprint(w, "ok")
	})
	var l log
	d := ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick())
	pull(t, puller(t, &l, d, ingest.Options{}))
	if out := pull(t, puller(t, &l, d, ingest.Options{})); out.Status != ingest.RunUnchanged || len(*asked) != 2 {
		t.Errorf("outcome = %+v, want unchanged", out)
	}
}

func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	u, _ := server(t, text(strings.Repeat("x", 100)))
	o := quick()
	o.MaxBodyBytes = 99
	var l log
	if out := pull(t, puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, o), ingest.Options{})); out.Status != ingest.RunFailed {
		t.Errorf("outcome = %+v, want failed", out)
	}
}

func TestEGovReadsUntilAPageIsNotFull(t *testing.T) {
	t.Parallel()
	u, asked := server(t, text("aa"), text("bb"), text("c"))
	var l log
	d := ingest.NewEGov(u, ingest.EGovSet{PageSize: 2, Auth: apiKey(t, "key-7")}, func(b []byte) (int, error) { return len(b), nil }, quick())
	out := pull(t, puller(t, &l, d, ingest.Options{}))
	if out.Status != ingest.RunOK || out.Pages != 3 {
		t.Fatalf("outcome = %+v, want three pages", out)
	}
	if got := (*asked)[2].URL.Query(); got.Get("source") != `{"from":4,"size":2}` || got.Get("apiKey") != "key-7" {
		t.Errorf("third request = %v", got)
	}
	for _, p := range l.frames {
		if strings.Contains(p.String(), "key-7") {
			t.Errorf("the key is in the stream: %v", p)
		}
	}
}

func TestScheduleKeepsItsTimesInItsZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var l log
		n := 0
		d := doorFunc(func(emit func(ingest.Page) error) error {
			n++
			return emit(ingest.Page{Key: "x", Body: fmt.Append(nil, n)})
		})
		s, err := ingest.NewSchedule([]ingest.Scheduled{{Puller: puller(t, &l, d, ingest.Options{}), Times: "0 6 * * *"}}, zone, time.Now, testLog(t))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Hour)
		defer cancel()
		if err := s.Run(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if n != 2 {
			t.Errorf("%d pulls in fifty hours, want 2", n)
		}
		for _, p := range l.frames {
			if at := time.UnixMilli(p.GetVintage().GetRecordedAtMs()).In(zone); at.Hour() != 6 {
				t.Errorf("pulled at %v, want six in the morning in Almaty", at)
			}
		}
		// Nothing is due before the next morning, and a time that passed is caught up once.
		if err := s.PullDue(t.Context(), nil); err != nil || n != 2 {
			t.Errorf("PullDue = %v, %d pulls, want none", err, n)
		}
		<-time.After(72 * time.Hour) // simulated
		if err := s.PullDue(t.Context(), nil); err != nil || n != 3 {
			t.Errorf("PullDue after three days = %v, %d pulls, want one more", err, n)
		}
	})
}

func TestBadTimesAreRefused(t *testing.T) {
	t.Parallel()
	var l log
	_, err := ingest.NewSchedule([]ingest.Scheduled{{Puller: puller(t, &l, pages{}, ingest.Options{}), Times: "when it rains"}}, time.UTC, time.Now, testLog(t))
	if err == nil || !strings.Contains(err.Error(), "schedule of a.b") {
		t.Errorf("NewSchedule = %v, want the source named", err)
	}
}
