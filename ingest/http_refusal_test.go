package ingest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auyl-kz/auyl/ingest"
)

// answer is a handler of one status, with what stands beside it.
func answer(code int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// packed is a body under gzip of which the last bytes are cut off.
func packed(body string, cut int) http.HandlerFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(body)) // into memory
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes()[:b.Len()-cut])
	}
}

// TestHabitsOfHostsHaveTheirOutcome is one row for each way in which hosts answer
// otherwise than HTTP means it: how often they are asked, how the pull ends, how
// many pages there are, and what the record of the run says.
func TestHabitsOfHostsHaveTheirOutcome(t *testing.T) {
	t.Parallel()
	const login = "<!DOCTYPE html><html><head><title>Вход в\n систему</title></head></html>"
	long := strings.Repeat("195259000;7\n", 500)
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	tests := []struct {
		name    string
		answers []http.HandlerFunc // the last one again and again
		tries   int
		status  string
		pages   uint32
		says    string
	}{
		{"429 without Retry-After", []http.HandlerFunc{status(429), text("ok")}, 2, ingest.RunOK, 1, ""},
		{"403 that asks for patience in words", []http.HandlerFunc{answer(403, "", "", "Too many requests, retry after 1 second"), text("ok")}, 2, ingest.RunOK, 1, ""},
		{"403 that asks for patience in Russian", []http.HandlerFunc{answer(403, "", "", `{"message": "Превышен лимит обращений, повторите позже"}`), text("ok")}, 2, ingest.RunOK, 1, ""},
		{"403 that asks for patience without end", []http.HandlerFunc{answer(403, "", "", "Слишком много запросов")}, 3, ingest.RunFailed, 0, "status 403 Forbidden"},
		{"403 with a long Retry-After", []http.HandlerFunc{answer(403, "Retry-After", "3600", "")}, 1, ingest.RunFailed, 0, "asked too early"},
		{"403 without a key", []http.HandlerFunc{answer(403, "", "", "apiKey is required")}, 1, ingest.RunFailed, 0, "source refused: status 403 Forbidden"},
		{"500 with a title", []http.HandlerFunc{answer(500, "", "", "<html><title>Индекс за пределами диапазона</title></html>")}, 3, ingest.RunFailed, 0, `status 500 Internal Server Error, titled "Индекс за пределами диапазона"`},
		{"500 whose title repeats a person", []http.HandlerFunc{answer(500, "", "", "<TITLE lang=ru>нет записи 991231500003</TITLE>")}, 3, ingest.RunFailed, 0, `titled "нет записи …"`},
		{"200 with a login page, then data", []http.HandlerFunc{text(login), text("ok")}, 2, ingest.RunOK, 1, ""},
		{"200 with a login page without end", []http.HandlerFunc{text(login)}, 3, ingest.RunOK, 1, ""},
		{"302 to a login page", []http.HandlerFunc{redirect("/login"), text(login), redirect("/file"), text("ok")}, 4, ingest.RunOK, 1, ""},
		{"302 to a file that is gone", []http.HandlerFunc{redirect("/gone"), status(404)}, 2, ingest.RunFailed, 0, "source refused: status 404 Not Found"},
		{"302 in a circle", []http.HandlerFunc{redirect("/set")}, 10, ingest.RunFailed, 0, "ten redirects"},
		{"gzip that ends early, then whole", []http.HandlerFunc{packed(long, 9), packed(long, 0)}, 2, ingest.RunOK, 1, ""},
		{"gzip that ends early without end", []http.HandlerFunc{packed(long, 9)}, 3, ingest.RunFailed, 0, "body: unexpected EOF"},
		{"gzip that is none", []http.HandlerFunc{answer(200, "Content-Encoding", "gzip", "kato;people\n")}, 3, ingest.RunFailed, 0, "gzip: invalid header"},
		{"a body shorter than it says", []http.HandlerFunc{answer(200, "Content-Length", "400", "kato;people\n")}, 3, ingest.RunFailed, 0, "body: unexpected EOF"},
		{"200 without a byte", []http.HandlerFunc{text("")}, 1, ingest.RunOK, 1, ""}, // a page that decode refuses
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, asked := server(t, tt.answers...)
			var l log
			out := pull(t, puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{}))
			said := ""
			if out.Err != nil {
				said = out.Err.Error()
			}
			if out.Status != tt.status || out.Pages != tt.pages || len(*asked) != tt.tries || !strings.Contains(said, tt.says) || strings.Contains(said, "991231") {
				t.Errorf("%s, %d pages after %d requests, says %q; want %s, %d after %d, %q", out.Status, out.Pages, len(*asked), said, tt.status, tt.pages, tt.tries, tt.says)
			}
		})
	}
}

// TestALoginPageIsNotWhatTheFileIsComparedWith: the page is younger than the file
// that it hid, which would be "not modified since" for ever.
func TestALoginPageIsNotWhatTheFileIsComparedWith(t *testing.T) {
	t.Parallel()
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
		w.Header().Set("ETag", `"login"`)
		fmt.Fprint(w, "<html>login</html>")
	}
	u, asked := server(t, slices.Concat(slices.Repeat([]http.HandlerFunc{page}, 3), []http.HandlerFunc{text("kato;people\n")})...)
	var l log
	p := puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{})
	pull(t, p)
	if out := pull(t, p); out.Status != ingest.RunOK || out.Pages != 1 {
		t.Errorf("second pull = %+v, want the file", out)
	}
	last := (*asked)[len(*asked)-1].Header
	if last.Get("If-Modified-Since") != "" || last.Get("If-None-Match") != "" {
		t.Errorf("the file was asked for under the marks of the login page: %v", last)
	}
	if want := []string{"a.b/1 page 1 <html>login</html>", "a.b/1 ok 1", "a.b/2 page 1 kato;people\n", "a.b/2 ok 1"}; strings.Join(l.said(), "|") != strings.Join(want, "|") {
		t.Errorf("RAW = %q, want %q", l.said(), want)
	}
}

// TestAFileThatIsReplacedInPlaceIsANewPage: the address and the size stay.
func TestAFileThatIsReplacedInPlaceIsANewPage(t *testing.T) {
	t.Parallel()
	u, _ := server(t, text("kato;people\n195259000;7\n"), text("kato;people\n195259000;8\n")) // the last one again and again
	var l log
	p := puller(t, &l, ingest.NewHTTPFiles([]*url.URL{u}, ingest.Auth{}, quick()), ingest.Options{})
	for i, want := range []string{ingest.RunOK, ingest.RunOK, ingest.RunUnchanged} {
		if out := pull(t, p); out.Status != want || errors.Is(out.Err, ingest.ErrRefused) {
			t.Errorf("pull %d = %+v, want %s", i+1, out, want)
		}
	}
}

// slowly answers after a while, if it is still waited for.
type slowly struct{ after time.Duration }

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.after):
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("[]")), Header: http.Header{}, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestASlowAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{45 * time.Second: ingest.RunOK, 75 * time.Second: ingest.RunFailed} {
		synctest.Test(t, func(t *testing.T) {
			o := ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: slowly{after}}), Attempts: 1}
			var l log
			if out := pull(t, puller(t, &l, ingest.NewHTTPFiles([]*url.URL{address(t, "http://taldau.example/index")}, ingest.Auth{}, o), ingest.Options{})); out.Status != want {
				t.Errorf("an answer after %s: %+v, want %s", after, out, want)
			}
		})
	}
}
