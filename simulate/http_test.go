package simulate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/simulate"
)

func serve(t *testing.T, o simulate.Options) (*simulate.Model, *httptest.Server) {
	t.Helper()
	m := model(t, o)
	s := httptest.NewServer(m.Handler())
	t.Cleanup(s.Close)
	return m, s
}

// reply is an answer whose body has been read and closed.
type reply struct {
	StatusCode int
	Header     http.Header
}

// get asks and returns the answer with its whole body.
func get(t *testing.T, s *httptest.Server, path, etag string) (reply, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if got := resp.Header.Get("X-Auyl-Origin"); got != "synthetic" {
		t.Errorf("%s: origin %q, want synthetic", path, got)
	}
	return reply{resp.StatusCode, resp.Header}, b, err
}

func fetch(t *testing.T, s *httptest.Server, path string, v any) {
	t.Helper()
	resp, b, err := get(t, s, path, "")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", path, resp.StatusCode, err, b)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v in %s", path, err, b)
	}
}

const (
	wageData = "/ru/Api/GetIndexData/702972?period=5&dics=68,859,776,2813,576"
	lifeDics = "&dics=67,749,576"
)

type slice struct {
	Terms, TermNames []string
	Periods          []struct{ Name, Date, Value string }
}

func TestTaldauWalk(t *testing.T) {
	t.Parallel()
	m, s := serve(t, simulate.Options{Seed: 4})
	var periods []struct {
		ID   int
		Name string
	}
	fetch(t, s, "/Api/GetPeriodList?indexId=703831", &periods)
	if len(periods) != 1 || periods[0].ID != 5 {
		t.Fatalf("periods = %+v, want quarter alone", periods)
	}
	var segments []struct{ DicID, IDs, TermIDs string }
	fetch(t, s, "/kk/Api/GetSegmentList?indexId=703831&periodId=5", &segments)
	if segments[0].DicID != "67 + 749 + 576" || segments[0].TermIDs != "741880,741917,741935" {
		t.Fatalf("segments = %+v", segments)
	}
	var dates struct{ DateList, PeriodNameList, DatesToDraw, DatesIDs []string }
	fetch(t, s, "/ru/Api/GetIndexPeriods?p_measure_id=7&p_index_id=703831&p_period_id=5&p_terms=741880,741917,741935&p_term_id=741880&p_dicIds=67,749,576", &dates)
	last := len(dates.DateList) - 1
	if last < 6 || len(dates.DatesIDs) != last+1 || dates.DatesToDraw[last] != "01.10.2026" || dates.DateList[last] != "102026" {
		t.Fatalf("dates = %+v", dates)
	}
	var one []slice
	fetch(t, s, "/ru/Api/GetIndexData/703831?period=5&dics=67,749,576&dateIds="+dates.DatesIDs[last], &one)
	var sum int64
	for _, r := range one {
		if len(r.Periods) != 1 || len(r.Terms) != 3 || r.Terms[1] != "741917" {
			t.Fatalf("slice = %+v", r)
		}
		n, err := strconv.ParseInt(r.Periods[0].Value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if want := m.Population(oblast, day(t, "2026-10-01")); sum != want || len(one) != 11 {
		t.Errorf("%d regions with %d people, want 11 with %d", len(one), sum, want)
	}

	// The tree: from the root to every node that is no leaf.
	tree := "/ru/Api/GetIndexTreeData?p_index_id=703831&p_period_id=5&p_term_id=741880&dateIds=" + dates.DatesIDs[last]
	var leaves int
	for parents := []string{""}; len(parents) > 0; parents = parents[1:] {
		var nodes []map[string]any
		fetch(t, s, tree+"&p_parent_id="+parents[0], &nodes)
		for _, n := range nodes {
			if n["leaf"] == "false" {
				parents = append(parents, fmt.Sprint(n["id"]))
				continue
			}
			leaves++
			if n["102026"] != dates.DatesIDs[last] || n["y102026"] == nil {
				t.Errorf("leaf = %v", n)
			}
		}
	}
	if leaves != 11 {
		t.Errorf("leaves = %d, want 11", leaves)
	}
}

func TestTaldauHasConfidentialCells(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{Seed: 1, Months: 60})
	var rows []slice
	fetch(t, s, wageData, &rows)
	hidden, shown := 0, 0
	for _, r := range rows {
		for _, p := range r.Periods {
			if n, err := strconv.Atoi(p.Value); p.Value == "x" {
				hidden++
			} else if err != nil || n < 100_000 || n > 600_000 {
				t.Errorf("wage %q", p.Value)
			} else {
				shown++
			}
		}
	}
	if hidden == 0 || hidden > shown/10 {
		t.Errorf("hidden, shown = %d, %d, want a few hidden", hidden, shown)
	}
	var names []slice
	fetch(t, s, strings.Replace(wageData, "/ru/", "/kk/", 1), &names)
	if rows[3].TermNames[0] == names[3].TermNames[0] {
		t.Errorf("names in ru and kk are both %q", names[3].TermNames[0])
	}
}

func TestTaldauRefusesWhatItDoesNotHave(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{})
	for _, path := range []string{
		"/ru/Api/GetIndexData/702972?period=5&dics=67,749,576",
		"/ru/Api/GetIndexData/702972?period=7&dics=68,859,776,2813,576",
		"/ru/Api/GetIndexData/702972",
		"/ru/Api/GetIndexData/1?period=5" + lifeDics,
		"/Api/GetIndexPeriods?p_index_id=703839&p_terms=741880,1,741935",
		"/Api/GetIndexPeriods?p_index_id=703839&p_measure_id=1",
		"/Api/GetIndexTreeData?p_index_id=703839&p_parent_id=42",
		"/Api/GetIndexTreeData?p_index_id=703839&p_term_id=42",
		wageData + "&dateIds=1",
	} {
		resp, b, err := get(t, s, path, "")
		if err != nil || resp.StatusCode != http.StatusInternalServerError || !strings.Contains(string(b), "<title>Индекс за пределами диапазона</title>") {
			t.Errorf("%s: %d %.80s, %v, want 500 with the page of Taldau", path, resp.StatusCode, b, err)
		}
	}
}

func TestRevisionsAppearInSilence(t *testing.T) {
	t.Parallel()
	cells := func(seed uint64, now string) map[string]string {
		_, s := serve(t, simulate.Options{Seed: seed, Now: day(t, now), Months: 40})
		var rows []slice
		fetch(t, s, "/ru/Api/GetIndexData/703839?period=4"+lifeDics, &rows)
		out := map[string]string{}
		for _, r := range rows {
			for _, p := range r.Periods {
				out[r.Terms[0]+" "+p.Date] = p.Value
			}
		}
		return out
	}
	young, changed, old := 0, 0, 0
	for seed := range uint64(8) {
		before, after := cells(seed, "2026-03-25"), cells(seed, "2026-08-25")
		for k, v := range before {
			w, ok := after[k]
			switch recent := strings.HasSuffix(k, "11.2025") || strings.HasSuffix(k, "12.2025") || strings.HasSuffix(k, ".2026"); {
			case !ok: // fell out of the history
			case recent && v != w:
				changed++
				young++
			case recent:
				young++
			case v != w:
				old++
			}
		}
	}
	if changed == 0 || changed > young/8 || old > 0 {
		t.Errorf("of %d recent cells %d changed, of older ones %d; want one in twenty and none", young, changed, old)
	}
}

func TestUnchangedAnswersAre304(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{Seed: 4})
	for _, path := range []string{
		wageData, "/registers/", "/registers/bns.sme/bns.sme@2026-10.csv", "/meta/mal_basy/v3",
		"/api/v4/mal_basy/v3?apiKey=k&source=" + url.QueryEscape(`{"from":0,"size":5}`),
	} {
		resp, b, err := get(t, s, path, "")
		tag := resp.Header.Get("ETag")
		if err != nil || resp.StatusCode != http.StatusOK || tag == "" || len(b) == 0 {
			t.Fatalf("%s: %d, tag %q, %v", path, resp.StatusCode, tag, err)
		}
		if resp, b, _ := get(t, s, path, `"other", W/`+tag); resp.StatusCode != http.StatusNotModified || len(b) != 0 {
			t.Errorf("%s with its tag: %d and %d bytes, want 304", path, resp.StatusCode, len(b))
		}
		if resp, _, _ := get(t, s, path, `"other"`); resp.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: %d, want 200", path, resp.StatusCode)
		}
	}
}

type herd struct{ ID, Kato, OkrugRU, OkrugKK, Tur, Bas, Kuni, Modified string }

func TestPagesCoverEveryRowOnce(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{Seed: 4})
	for _, version := range []string{"v3", "data"} {
		seen, pages, total := map[string]bool{}, 0, 0
		for from := 0; ; from += 100 {
			q := "?apiKey=k&source=" + url.QueryEscape(fmt.Sprintf(`{"from":%d,"size":100}`, from))
			var rows []herd
			fetch(t, s, "/api/v4/mal_basy/"+version+q, &rows)
			if len(rows) == 0 {
				break
			}
			pages++
			for _, r := range rows {
				if seen[r.ID] {
					t.Errorf("row %s twice", r.ID)
				}
				seen[r.ID] = true
				if _, err := auyl.ParseAreaCode(r.Kato); err != nil || r.Modified <= r.Kuni || r.OkrugKK == "" {
					t.Errorf("row %+v", r)
				}
			}
			var detailed struct {
				TotalCount int
				Data       []herd
			}
			fetch(t, s, "/api/detailed/mal_basy/v3"+q, &detailed)
			if total = detailed.TotalCount; len(detailed.Data) != len(rows) {
				t.Errorf("detailed gives %d rows, v4 %d", len(detailed.Data), len(rows))
			}
		}
		if len(seen) != total || pages < 2 {
			t.Errorf("%s: %d rows on %d pages, totalCount %d", version, len(seen), pages, total)
		}
	}
}

func TestEgovQueryMappingAndRefusals(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{Seed: 4})
	var rows []herd
	q := `{"from":0,"size":500,"query":{"bool":{"must":[{"match":{"tur":"КРС"}},{"range":{"modified":{"gte":"2026-07-01","lt":"2026-08-01"}}}]}}}`
	fetch(t, s, "/api/v4/mal_basy/v3?apiKey=k&source="+url.QueryEscape(q), &rows)
	for _, r := range rows {
		if r.Tur != "КРС" || r.Modified < "2026-07-01" || r.Modified >= "2026-08-01" {
			t.Errorf("row %+v does not match", r)
		}
	}
	if len(rows) < 90 {
		t.Errorf("query finds %d rows", len(rows))
	}
	var mapping map[string]struct{ Mappings map[string]any }
	fetch(t, s, "/api/v4/mapping/mal_basy", &mapping)
	if mapping["mal_basy"].Mappings["v3"] == nil {
		t.Errorf("mapping = %v", mapping)
	}
	for path, want := range map[string]int{
		"/api/v4/mal_basy/v3": http.StatusForbidden, "/api/detailed/mal_basy/v3": http.StatusForbidden,
		"/api/v4/mal_basy/v9?apiKey=k": http.StatusNotFound, "/meta/other/v3": http.StatusNotFound,
		"/api/v4/mapping/other":                                    http.StatusNotFound,
		"/api/v4/mal_basy/v3?apiKey=k&source=%7B":                  http.StatusBadRequest,
		"/api/v4/mal_basy/v3?apiKey=k&source=%7B%22size%22:501%7D": http.StatusInternalServerError,
		"/registers/bns.sme/none.csv":                              http.StatusNotFound, "/registers/moh.ambulance_103/bns.sme@2026-10.csv": http.StatusNotFound,
	} {
		if resp, _, _ := get(t, s, path, ""); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestRegistersByHTTPAreThoseOnDisk(t *testing.T) {
	t.Parallel()
	m, s := serve(t, simulate.Options{Seed: 4, Months: 3})
	var list []struct{ Source, Name, Href, Released string }
	fetch(t, s, "/registers/", &list)
	if len(list) != len(m.Files()) {
		t.Fatalf("list has %d lines, want %d", len(list), len(m.Files()))
	}
	for _, f := range list {
		resp, b, err := get(t, s, f.Href, "")
		if err != nil || !bytes.Equal(b, render(t, m, f.Name)) {
			t.Errorf("%s: other bytes by HTTP, %v", f.Href, err)
		}
		if resp.Header.Get("Last-Modified") == "" {
			t.Errorf("%s: no Last-Modified", f.Href)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	path := "/ru/Api/GetIndexData/702972"
	for name, tt := range map[string]struct {
		fault  simulate.Fault
		status int
		bad    func(r reply, b []byte, err error) bool
	}{
		"too many": {simulate.Fault{Kind: simulate.FaultTooMany, RetryAfter: 7}, 429, func(r reply, _ []byte, _ error) bool {
			return r.Header.Get("Retry-After") == "7"
		}},
		"server error": {simulate.Fault{Kind: simulate.FaultServerError}, 500, func(_ reply, b []byte, _ error) bool {
			return strings.Contains(string(b), "<html>")
		}},
		"html": {simulate.Fault{Kind: simulate.FaultHTML}, 200, func(_ reply, b []byte, _ error) bool {
			return strings.Contains(string(b), "<html>")
		}},
		"truncated": {simulate.Fault{Kind: simulate.FaultTruncated}, 200, func(_ reply, b []byte, err error) bool {
			return err == nil && strings.HasPrefix(string(b), "[{") && !json.Valid(b)
		}},
		"cut": {simulate.Fault{Kind: simulate.FaultCut}, 200, func(_ reply, _ []byte, err error) bool {
			return err != nil
		}},
		"empty": {simulate.Fault{Kind: simulate.FaultEmpty}, 200, func(_ reply, b []byte, _ error) bool {
			return string(b) == "[]"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.fault.Times = 2
			_, s := serve(t, simulate.Options{Faults: map[string]simulate.Fault{path: tt.fault}})
			for range 2 {
				resp, b, err := get(t, s, wageData, "")
				if resp.StatusCode != tt.status || !tt.bad(resp, b, err) {
					t.Errorf("status %d, body %.60q, %v", resp.StatusCode, b, err)
				}
			}
			if resp, b, err := get(t, s, wageData, ""); err != nil || resp.StatusCode != http.StatusOK || !json.Valid(b) {
				t.Errorf("healed path: %d, %v", resp.StatusCode, err)
			}
			if resp, _, _ := get(t, s, "/Api/GetPeriodList?indexId=702972", ""); resp.StatusCode != http.StatusOK {
				t.Errorf("another path: %d", resp.StatusCode)
			}
		})
	}
}
