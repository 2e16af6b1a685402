package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auyl-kz/auyl/ingest"
)

// loopback lets a test ask servers of its own.
func loopback(o ingest.WebOptions) *ingest.Web {
	o.AllowPrivate = append(o.AllowPrivate, "127.0.0.1", "localhost")
	return ingest.NewWeb(o)
}

// inner answers requests without a network, so that a bubble's time can move.
type inner struct {
	mu    sync.Mutex
	at    []time.Time
	serve http.HandlerFunc
}

func (n *inner) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.at = append(n.at, time.Now())
	n.mu.Unlock()
	rec := httptest.NewRecorder()
	n.serve(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func none(string) ingest.Known { return ingest.Known{} }

// had asks a door and returns the bodies of its pages.
func had(ctx context.Context, d ingest.Door) (bodies []string, err error) {
	err = d.Pages(ctx, none, func(p ingest.Page) error { bodies = append(bodies, string(p.Body)); return nil }, func(string) {})
	return bodies, err
}

func TestRetryAfterIsObeyedAsSecondsAndAsDate(t *testing.T) {
	t.Parallel()
	for _, date := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var n inner
			n.serve = func(w http.ResponseWriter, _ *http.Request) {
				if len(n.at) > 1 {
					fmt.Fprint(w, "ok")
					return
				}
				w.Header().Set("Retry-After", "40")
				if date {
					w.Header().Set("Retry-After", time.Now().Add(40*time.Second).UTC().Format(http.TimeFormat))
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}
			d := ingest.NewHTTPFiles([]*url.URL{address(t, "http://a.kz/1")}, ingest.Auth{}, ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: &n})})
			if _, err := had(t.Context(), d); err != nil || len(n.at) != 2 || n.at[1].Sub(n.at[0]).Round(time.Second) != 40*time.Second {
				t.Errorf("date %v: asked at %v, %v, want a second time 40 s later", date, n.at, err)
			}
		})
	}
}

func TestALongRetryAfterEndsThePullAndHoldsBackAllSourcesOfTheHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n inner
		n.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		web := ingest.NewWeb(ingest.WebOptions{Transport: &n})
		for _, path := range []string{"/1", "/2"} {
			d := ingest.NewHTTPFiles([]*url.URL{address(t, "http://a.kz"+path)}, ingest.Auth{}, ingest.HTTPOptions{Web: web})
			if _, err := had(t.Context(), d); !errors.Is(err, ingest.ErrLater) {
				t.Errorf("%s = %v, want ErrLater", path, err)
			}
		}
		if len(n.at) != 1 {
			t.Errorf("%d requests, want one: the second source waits too", len(n.at))
		}
		<-time.After(61 * time.Minute)
		n.serve = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }
		d := ingest.NewHTTPFiles([]*url.URL{address(t, "http://a.kz/2")}, ingest.Auth{}, ingest.HTTPOptions{Web: web})
		if _, err := had(t.Context(), d); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestPaceAndBudgetAreThoseOfAHost(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("Almaty", 5*3600)
	synctest.Test(t, func(t *testing.T) { // begins at midnight UTC, 05:00 in Almaty
		n := inner{serve: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }}
		web := ingest.NewWeb(ingest.WebOptions{Transport: &n, Zone: zone, Hosts: map[string]ingest.HostLimits{"a.kz": {PerSecond: 0.5, PerDay: 4}}})
		urls := func(h string) (list []*url.URL) {
			for i := range 3 {
				list = append(list, address(t, fmt.Sprintf("http://%s/%d", h, i)))
			}
			return list
		}
		one, two, other := ingest.NewHTTPFiles(urls("a.kz"), ingest.Auth{}, ingest.HTTPOptions{Web: web}), ingest.NewHTTPFiles(urls("a.kz"), ingest.Auth{}, ingest.HTTPOptions{Web: web}), ingest.NewHTTPFiles(urls("b.kz"), ingest.Auth{}, ingest.HTTPOptions{Web: web})
		begin := time.Now()
		if got, err := had(t.Context(), one); len(got) != 3 || err != nil || time.Since(begin) != 4*time.Second {
			t.Errorf("first source = %v, %v after %v, want 3 pages in 4 s", got, err, time.Since(begin))
		}
		if got, err := had(t.Context(), two); len(got) != 1 || !errors.Is(err, ingest.ErrLater) {
			t.Errorf("second source of the host = %v, %v, want the one page that is left of the day", got, err)
		}
		begin = time.Now()
		if got, err := had(t.Context(), other); len(got) != 3 || err != nil || time.Since(begin) != 0 {
			t.Errorf("another host = %v, %v after %v, want it untouched", got, err, time.Since(begin))
		}
		<-time.After(19 * time.Hour) // past midnight in Almaty
		if got, err := had(t.Context(), two); len(got) != 3 || err != nil {
			t.Errorf("the next day = %v, %v, want all pages", got, err)
		}
	})
}

func TestBackOffGrowsAndIsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := inner{serve: status(http.StatusInternalServerError)}
		o := ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: &n}), Jitter: func() float64 { return 0.25 }}
		if _, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, "http://a.kz/1")}, ingest.Auth{}, o)); err == nil {
			t.Error("no error")
		}
		var waits []time.Duration
		for i := 1; i < len(n.at); i++ {
			waits = append(waits, n.at[i].Sub(n.at[i-1]))
		}
		if fmt.Sprint(waits) != "[750ms 2.25s 6.75s]" {
			t.Errorf("waits = %v, want 0.75 of 1 s, 3 s, 9 s", waits)
		}
	})
}

func TestAHostThatIsDownIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := inner{serve: status(http.StatusBadGateway)}
		web := ingest.NewWeb(ingest.WebOptions{Transport: &n})
		var urls []*url.URL
		for i := range 5 {
			urls = append(urls, address(t, fmt.Sprintf("http://a.kz/%d", i)))
		}
		d := ingest.NewHTTPFiles(urls, ingest.Auth{}, ingest.HTTPOptions{Web: web})
		if _, err := had(t.Context(), d); !errors.Is(err, ingest.ErrLater) || len(n.at) != 8 {
			t.Errorf("%d requests, %v, want eight and then none", len(n.at), err)
		}
		<-time.After(61 * time.Second)
		if _, err := had(t.Context(), d); err == nil || len(n.at) != 9 {
			t.Errorf("%d requests after a minute, want a single try", len(n.at))
		}
		<-time.After(61 * time.Second)
		if _, err := had(t.Context(), d); err == nil || len(n.at) != 9 {
			t.Errorf("%d requests a minute after the failed try, want none: it cools twice as long", len(n.at))
		}
		<-time.After(time.Minute)
		n.serve = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }
		if got, err := had(t.Context(), d); err != nil || len(got) != 5 {
			t.Errorf("healed host = %v, %v, want all pages", got, err)
		}
	})
}

func TestInnerAddressesAreRefused(t *testing.T) {
	t.Parallel()
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	for _, u := range []string{s.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://0.0.0.0:" + port, "http://169.254.169.254/"} {
		d := ingest.NewHTTPFiles([]*url.URL{address(t, u)}, ingest.Auth{}, ingest.HTTPOptions{})
		if _, err := had(t.Context(), d); !errors.Is(err, ingest.ErrRefused) || !strings.Contains(err.Error(), "web.allow_private") {
			t.Errorf("%s = %v, want a refusal with the mend", u, err)
		}
	}
	if asked != 0 {
		t.Errorf("%d requests reached the inner server", asked)
	}
}

func TestRedirectsKeepToTheListAndTakeNoKeyAway(t *testing.T) {
	t.Parallel()
	var seen []string
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, fmt.Sprintf("%s key %q %q referer %q", r.URL, r.Header.Get("X-Api-Key"), r.Header.Get("Authorization"), r.Referer()))
		fmt.Fprint(w, "static")
	}))
	defer files.Close()
	to := ""
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }))
	defer door.Close()
	auth, err := ingest.NewAuth("header:X-Api-Key", "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() ([]string, error) {
		d, err := ingest.NewJSONPages(address(t, door.URL+"/list?q=1"), ingest.Paging{Kind: "next_link", Items: "items"}, auth, ingest.HTTPOptions{Web: loopback(ingest.WebOptions{}), Attempts: 1})
		if err != nil {
			t.Fatal(err)
		}
		return had(t.Context(), d)
	}
	to = strings.Replace(files.URL, "127.0.0.1", "localhost", 1) + "/f"
	if _, err := ask(); !errors.Is(err, ingest.ErrRefused) || !strings.Contains(err.Error(), "localhost is on no list") || len(seen) != 0 {
		t.Errorf("redirect to a host of no list = %v, %v asked", err, seen)
	}
	to = "http://169.254.169.254/latest"
	if _, err := ask(); !errors.Is(err, ingest.ErrRefused) {
		t.Errorf("redirect inside = %v, want a refusal", err)
	}
	to = "file:///etc/passwd"
	if _, err := ask(); !errors.Is(err, ingest.ErrRefused) {
		t.Errorf("redirect to a file = %v, want a refusal", err)
	}
	to = files.URL + "/f" // another port is another place
	if _, err := ask(); err == nil || len(seen) != 1 || seen[0] != `/f key "" "" referer ""` {
		t.Errorf("redirect = %v, %q, want the file asked without the key", err, seen)
	}
}

func TestAFileBehindARedirectKeepsItsName(t *testing.T) {
	t.Parallel()
	asked := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/iblock/element/6584/csv/file/ru/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/upload/a1/6584.csv", http.StatusFound)
	})
	mux.HandleFunc("GET /api/iblock/element/1/csv/file/ru/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/upload/gone.csv", http.StatusFound)
	})
	mux.HandleFunc("GET /upload/a1/6584.csv", func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.ServeContent(w, r, "", time.Date(2026, 8, 30, 0, 0, 0, 0, time.UTC), strings.NewReader("NAM\tVAL\n"))
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	u := address(t, s.URL+"/api/iblock/element/6584/csv/file/ru/")
	var l log
	p := puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{})
	pull(t, p)
	if got := l.frames[0].GetUrl(); got != u.String() {
		t.Errorf("page = %s, want the address that was asked", got)
	}
	if out := pull(t, p); out.Status != ingest.RunUnchanged || asked != 2 {
		t.Errorf("second pull = %+v, want 304 through the redirect", out)
	}
	gone := ingest.NewHTTPFiles([]*url.URL{address(t, s.URL+"/api/iblock/element/1/csv/file/ru/")}, ingest.Auth{}, quick())
	if _, err := had(t.Context(), gone); !errors.Is(err, ingest.ErrRefused) || !strings.Contains(err.Error(), "404") {
		t.Errorf("redirect to a missing file = %v, want a refusal with 404", err)
	}
}

func TestAGzipBombCostsNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(z, zeros{}, 256<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/br" {
			w.Header().Set("Content-Encoding", "br")
		} else {
			w.Header().Set("Content-Encoding", "gzip")
		}
		if _, err := w.Write(bomb.Bytes()); err != nil {
			return // the client has seen enough
		}
	}))
	defer s.Close()
	o := quick()
	o.MaxBodyBytes = 1 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, s.URL)}, ingest.Auth{}, o))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "body is too large: over 1048576 bytes") || asked != 1 {
		t.Errorf("a bomb of %d bytes = %v after %d requests", bomb.Len(), err, asked)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 { // other tests allocate beside
		t.Errorf("%d bytes allocated for a limit of 1 MiB", got)
	}
	if _, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, s.URL+"/br")}, ingest.Auth{}, o)); !errors.Is(err, ingest.ErrRefused) {
		t.Errorf("an encoding that nobody asked for = %v, want a refusal", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestOwnAuthoritiesAndProxyAreUsed(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(text("inside"))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	if _, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, s.URL)}, ingest.Auth{}, quick())); err == nil {
		t.Error("a certificate of an unknown authority was taken")
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	o := quick()
	o.Web = loopback(ingest.WebOptions{CA: pool})
	if got, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, s.URL)}, ingest.Auth{}, o)); err != nil || got[0] != "inside" {
		t.Errorf("own authority = %v, %v", got, err)
	}
	var agent, asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, agent = r.URL.String(), r.UserAgent()
		fmt.Fprint(w, "through")
	}))
	defer proxy.Close()
	o.Web = ingest.NewWeb(ingest.WebOptions{Proxy: address(t, proxy.URL), Contact: "data@example.kz"}) // the proxy itself may be inside
	if got, err := had(t.Context(), ingest.NewHTTPFiles([]*url.URL{address(t, "http://stat.example/x")}, ingest.Auth{}, o)); err != nil || got[0] != "through" || asked != "http://stat.example/x" {
		t.Errorf("through the proxy = %v, %v, asked %s", got, err, asked)
	}
	if !strings.Contains(agent, "auyl/") || !strings.Contains(agent, "data@example.kz") {
		t.Errorf("User-Agent = %q, want who asks and whom to write to", agent)
	}
}
