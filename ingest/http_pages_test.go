package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auyl-kz/auyl/ingest"
)

// register serves 25 rows in pages, in each of the ways in which sources do, and
// notes what it was asked.
type register struct {
	asked []string
	fail  string // part of a request that is answered with 500
	rows  int
}

func (g *register) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.asked = append(g.asked, r.URL.RequestURI()+string(body))
	if g.fail != "" && strings.Contains(r.URL.RequestURI()+string(body), g.fail) {
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	q := r.URL.Query()
	number := func(name string) (n int) { _, _ = fmt.Sscan(q.Get(name), &n); return n }
	var from int
	size := 5
	out := map[string]any{}
	switch r.URL.Path {
	case "/offset":
		from, size = number("offset"), number("limit")
		out["count"] = g.rows
	case "/page":
		from, size = (number("page")-1)*number("per"), number("per")
	case "/next", "/cursor":
		from = number("after")
	case "/graphql":
		var p struct{ Variables struct{ Limit, After int } }
		if err := json.Unmarshal(body, &p); err != nil {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
		from, size = p.Variables.After, p.Variables.Limit
	}
	list := []int{}
	for i := from; i < min(from+size, 25); i++ {
		list = append(list, i)
	}
	end := from + size
	switch r.URL.Path {
	case "/graphql":
		out["data"] = map[string]any{"Contract": list}
		out["extensions"] = map[string]any{"pageInfo": map[string]any{"hasNextPage": end < 25, "lastId": end}}
	case "/next":
		out["items"], out["next_page"] = list, ""
		if end < 25 {
			out["next_page"] = fmt.Sprintf("/next?page=next&after=%d", end)
		}
	default:
		out["items"], out["cursor"] = list, nil
		if end < 25 {
			out["cursor"] = end
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func pagings() map[string]ingest.Paging {
	return map[string]ingest.Paging{
		"/next":    {Kind: "next_link", Items: "items"},
		"/offset":  {Kind: "offset", Items: "items", Param: "offset", SizeParam: "limit", Size: 5, Total: "count"},
		"/page":    {Kind: "page", Items: "items", Param: "page", SizeParam: "per", Size: 5, First: 1},
		"/cursor":  {Kind: "cursor", Items: "items", Param: "after", Next: "cursor"},
		"/graphql": {Kind: "graphql", Items: "data.Contract", Size: 5, Query: "query($limit: Int, $after: Int) { Contract(limit: $limit, after: $after) { id } }"},
	}
}

func jsonPages(t *testing.T, base string, p ingest.Paging, how, secret string) *ingest.JSONPages {
	t.Helper()
	auth, err := ingest.NewAuth(how, secret)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ingest.NewJSONPages(address(t, base), p, auth, quick())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryKindOfPagingReadsAllPagesAsTheyAre(t *testing.T) {
	t.Parallel()
	for path, p := range pagings() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			g := &register{rows: 25}
			s := httptest.NewServer(g)
			defer s.Close()
			bodies, err := had(t.Context(), jsonPages(t, s.URL+path, p, "bearer", ""))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, b := range bodies {
				var page struct {
					Items []json.Number                    `json:"items"`
					Data  struct{ Contract []json.Number } `json:"data"`
				}
				if err := json.Unmarshal([]byte(b), &page); err != nil {
					t.Fatal(err)
				}
				for _, id := range append(page.Items, page.Data.Contract...) {
					ids = append(ids, id.String())
				}
			}
			if got := strings.Join(ids, " "); len(bodies) != 5 || got != "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24" {
				t.Errorf("%d pages with rows %s\nasked %q", len(bodies), got, g.asked)
			}
		})
	}
}

// TestABrokenPagingGoesOnWhereItBroke: the fourth page fails; the next pull asks
// for it first, and the pull after a good one asks for all.
func TestABrokenPagingGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	fails := map[string]string{"/next": "after=15", "/offset": "offset=15", "/page": "page=4", "/cursor": "after=15", "/graphql": `"after":15`}
	for path, p := range pagings() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			g := &register{rows: 25, fail: fails[path]}
			s := httptest.NewServer(g)
			defer s.Close()
			var l log
			d := jsonPages(t, s.URL+path, p, "bearer", "")
			if out := pull(t, puller(t, &l, d, ingest.Options{})); out.Status != ingest.RunPartial || out.Pages != 3 || len(g.asked) != 3+3 {
				t.Fatalf("first pull = %+v after %d requests, want three pages and three tries of the fourth", out, len(g.asked))
			}
			g.fail, g.asked = "", nil
			left := 2
			if path == "/page" {
				left++ // nothing but an empty page says that the full one was the last
			}
			if out := pull(t, puller(t, &l, d, ingest.Options{})); out.Status != ingest.RunOK || out.Pages != 2 || len(g.asked) != left {
				t.Errorf("second pull = %+v, asked %q, want the two pages that were left", out, g.asked)
			}
			g.asked = nil
			if out := pull(t, puller(t, &l, d, ingest.Options{})); out.Status != ingest.RunUnchanged || len(g.asked) < 5 {
				t.Errorf("third pull = %+v, asked %q, want all pages looked at again", out, g.asked)
			}
		})
	}
}

func TestPagesOfAFailedPullGrowOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &register{rows: 25, fail: "after=15"}
		o := ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: &inner{serve: g.ServeHTTP}}), Attempts: 1}
		auth, _ := ingest.NewAuth("bearer", "")
		d, err := ingest.NewJSONPages(address(t, "http://a.kz/next"), pagings()["/next"], auth, o)
		if err != nil {
			t.Fatal(err)
		}
		var l log
		p := puller(t, &l, d, ingest.Options{ResumeWithin: time.Hour})
		pull(t, p)
		<-time.After(59 * time.Minute)
		g.asked = nil
		pull(t, p)
		if len(g.asked) != 1 {
			t.Errorf("after 59 minutes asked %q, want the broken page alone", g.asked)
		}
		<-time.After(2 * time.Minute)
		g.asked = nil
		pull(t, p)
		if len(g.asked) != 4 {
			t.Errorf("after 61 minutes asked %q, want the pages that are too old again", g.asked)
		}
	})
}

func TestAnswersUnderStatus200ThatAreNoPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
		tries            int
	}{
		{"goszakup's error", `{"name": "Unauthorized", "message": "Your request was made with invalid credentials.", "code": 0, "status": 401}`, "Unauthorized: Your request was made", 1},
		{"an error that may pass", `{"name": "Too Many Requests", "message": "slow down", "status": 429}`, "slow down", 3},
		{"GraphQL", `{"errors": [{"message": "unknown field for 991231500003"}], "data": null}`, "unknown field for #", 1},
		{"half a page", `{"items": [{"id": 1}`, "not whole JSON", 3},
		{"a page of HTML", `<!DOCTYPE html><title>вход</title>`, "not whole JSON", 3},
		{"no list", `{"items": {}}`, `no list under "items"`, 1},
		{"the key repeated", `{"name": "Unauthorized", "message": "token t0p-s3cret is unknown"}`, "token [key] is unknown", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, asked := server(t, text(tt.body))
			bodies, err := had(t.Context(), jsonPages(t, u.String(), pagings()["/next"], "bearer", "t0p-s3cret"))
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(bodies) != 0 || len(*asked) != tt.tries {
				t.Errorf("%d pages, %v after %d requests, want no page, %q and %d", len(bodies), err, len(*asked), tt.want, tt.tries)
			}
		})
	}
}

func TestPagingThatLeadsAstrayIsRefused(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/set?after=1":                "leads back",
		"https://elsewhere.kz/set":    "at another host",
		"//elsewhere.kz/set":          "at another host",
		"http://127.0.0.1:1/internal": "at another host",
		"file:///etc/passwd":          "at another host",
	} {
		u, asked := server(t, text(fmt.Sprintf(`{"items": [1], "next_page": %q}`, next)))
		_, err := had(t.Context(), jsonPages(t, u.String(), pagings()["/next"], "bearer", ""))
		if !errors.Is(err, ingest.ErrRefused) || !strings.Contains(err.Error(), want) || len(*asked) > 2 {
			t.Errorf("next_page %s = %v after %d requests, want %q", next, err, len(*asked), want)
		}
	}
}

func TestAShortSetIsIncomplete(t *testing.T) {
	t.Parallel()
	g := &register{rows: 26} // says one more than it has
	s := httptest.NewServer(g)
	defer s.Close()
	var l log
	out := pull(t, puller(t, &l, jsonPages(t, s.URL+"/offset", pagings()["/offset"], "bearer", ""), ingest.Options{}))
	if out.Status != ingest.RunPartial || !strings.Contains(out.Err.Error(), "26 rows, its pages had 25") {
		t.Errorf("outcome = %+v, want a partial run that says so", out)
	}
}

func TestKeysTravelAsDeclaredAndAreNotKept(t *testing.T) {
	t.Parallel()
	const key = "t0p s3cret/7"
	for how, carried := range map[string]func(*http.Request) string{
		"bearer":           func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") },
		"query:apiKey":     func(r *http.Request) string { return r.URL.Query().Get("apiKey") },
		"header:X-API-KEY": func(r *http.Request) string { return r.Header.Get("X-Api-Key") },
	} {
		first := true
		u, asked := server(t, func(w http.ResponseWriter, r *http.Request) {
			next := ""
			if first {
				next = r.URL.RequestURI() + "?after=1&apiKey=t0p+s3cret%2F7" // a source that repeats what it was asked
				if r.URL.RawQuery != "" {
					next = r.URL.RequestURI() + "&after=1"
				}
			}
			first = false
			fmt.Fprintf(w, `{"items": [1], "next_page": %q}`, next)
		})
		var l log
		out := pull(t, puller(t, &l, jsonPages(t, u.String(), pagings()["/next"], how, key), ingest.Options{}))
		if how == "query:apiKey" && (out.Status != ingest.RunOK || len(*asked) != 2) {
			t.Fatalf("%s: %+v after %d requests", how, out, len(*asked))
		}
		if how != "query:apiKey" && (!errors.Is(out.Err, ingest.ErrRefused) || len(*asked) != 1) {
			t.Fatalf("%s: %+v after %d requests, want an address with the key in it refused", how, out, len(*asked))
		}
		for i, r := range *asked {
			if got := carried(r); got != key {
				t.Errorf("%s: request %d carried %q", how, i, got)
			}
		}
		for _, f := range l.frames {
			if got := f.GetUrl() + f.GetRunEnd().GetError(); strings.Contains(got, "s3cret") {
				t.Errorf("%s: a name or an error has the key: %s", how, got)
			}
		}
		if strings.Contains(string(l.state), "s3cret") {
			t.Errorf("the state has the key: %s", l.state)
		}
	}
	auth, err := ingest.NewAuth("bearer", key)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", auth, auth, auth, auth); strings.Contains(got, "s3cret") {
		t.Errorf("auth prints %s", got)
	}
	for _, how := range []string{"", "basic", "query:", "header", "bearer:x"} {
		if _, err := ingest.NewAuth(how, key); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("NewAuth(%q) = %v", how, err)
		}
	}
}

func FuzzPageOfJSON(f *testing.F) {
	for _, s := range []string{`{"items": [1, {}], "next_page": "/v3?a=1"}`, `{"name": "x", "message": "y"}`, `[1]`, `{"items": [`, "\ufeff{}", `{"data": {"Contract": []}, "extensions": {"pageInfo": {"hasNextPage": true, "lastId": 7}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/next", "/graphql", "/offset"} {
			asked := 0
			tr := &inner{serve: func(w http.ResponseWriter, _ *http.Request) { asked++; _, _ = w.Write(body) }}
			auth, _ := ingest.NewAuth("bearer", "")
			d, err := ingest.NewJSONPages(address(t, "http://a.kz/x"), pagings()[path], auth, ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: tr}), Attempts: 1})
			if err != nil {
				t.Fatal(err)
			}
			got, err := had(t.Context(), d)
			if asked > 2 && path != "/offset" || err == nil && len(got) == 0 {
				t.Errorf("%s: %d requests, %d pages, %v", path, asked, len(got), err)
			}
		}
	})
}
