package ingest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/egov"
)

// portal has a set of 230 rows and bears no more than most of them at once.
type portal struct {
	most, rows, total int
	asked             []string
	fail              string
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked = append(p.asked, r.URL.Path+" "+r.URL.Query().Get("source"))
	switch {
	case r.URL.Path == "/api/v4/mapping/set":
		fmt.Fprint(w, `{"set": {"mappings": {"v3": {}, "v11": {}, "v9": {}}}}`)
		return
	case strings.HasPrefix(r.URL.Path, "/api/detailed/set/"):
		fmt.Fprintf(w, `{"totalCount": %d, "data": []}`, p.total)
		return
	}
	var s struct{ From, Size int }
	if err := json.Unmarshal([]byte(r.URL.Query().Get("source")), &s); err != nil || s.Size > p.most || p.fail != "" && strings.Contains(r.URL.Query().Get("source"), p.fail) {
		http.Error(w, "<h1>Internal Server Error</h1>", http.StatusInternalServerError)
		return
	}
	list := []map[string]int{}
	for i := s.From; i < min(s.From+s.Size, p.rows); i++ {
		list = append(list, map[string]int{"id": i})
	}
	_ = json.NewEncoder(w).Encode(list)
}

// apiKey is a key as the portal takes it.
func apiKey(t *testing.T, key string) ingest.Auth {
	t.Helper()
	auth, err := ingest.NewAuth("query:apiKey", key)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func TestEGovTakesTheHighestVersionAndHalvesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	g := &portal{most: 50, rows: 230, total: 230}
	s := httptest.NewServer(g)
	defer s.Close()
	door := func() *ingest.EGov {
		return ingest.NewEGov(address(t, s.URL+"/api/v4/set/latest"), ingest.EGovSet{PageSize: 200, Auth: apiKey(t, "k"), CheckTotal: true}, egov.CountRows, quick())
	}
	var l log
	if out := pull(t, puller(t, &l, door(), ingest.Options{})); out.Status != ingest.RunOK || out.Pages != 5 {
		t.Fatalf("outcome = %+v, want five pages of 50\nasked %q", out, g.asked)
	}
	if got := l.frames[0].GetUrl(); !strings.Contains(got, "/api/v4/set/v11?") || strings.Contains(got, "apiKey") {
		t.Errorf("page = %s, want version v11 and no key", got)
	}
	// The size that the set bears is remembered over a restart: mapping, 5 pages, total.
	g.asked = nil
	if out := pull(t, puller(t, &l, door(), ingest.Options{})); out.Status != ingest.RunUnchanged || len(g.asked) != 7 {
		t.Errorf("second pull = %+v, asked %q, want nothing tried in vain", out, g.asked)
	}
}

func TestEGovGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	g := &portal{most: 50, rows: 230, fail: `"from":150`}
	s := httptest.NewServer(g)
	defer s.Close()
	door := func() *ingest.EGov {
		return ingest.NewEGov(address(t, s.URL+"/api/v4/set/v3"), ingest.EGovSet{PageSize: 50}, egov.CountRows, quick())
	}
	var l log
	if out := pull(t, puller(t, &l, door(), ingest.Options{})); out.Status != ingest.RunPartial || out.Pages != 3 {
		t.Fatalf("outcome = %+v, want three pages", out)
	}
	g.fail, g.asked = "", nil
	if out := pull(t, puller(t, &l, door(), ingest.Options{})); out.Status != ingest.RunOK || out.Pages != 2 || len(g.asked) != 2 {
		t.Errorf("outcome = %+v, asked %q, want the last two pages alone", out, g.asked)
	}
}

func TestAShortSetOfThePortalIsIncomplete(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 229} {
		g := &portal{most: 500, rows: rows, total: 230}
		s := httptest.NewServer(g)
		d := ingest.NewEGov(address(t, s.URL+"/api/v4/set/v3"), ingest.EGovSet{PageSize: 100, CheckTotal: true}, egov.CountRows, quick())
		var l log
		out := pull(t, puller(t, &l, d, ingest.Options{}))
		if out.Status != ingest.RunPartial || !strings.Contains(out.Err.Error(), fmt.Sprintf("the portal says 230 rows, its pages had %d", rows)) {
			t.Errorf("%d of 230 rows: outcome = %+v, want a partial run that says so", rows, out)
		}
		s.Close()
	}
}
