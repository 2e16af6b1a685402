package ingest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
)

// sbr is a register that makes an extract in a while.
type sbr struct {
	cut    int
	orders []string
	polls  map[string]int
	ready  int // poll of an order at which the file is there; 0 is never
	lost   bool
	files  int
}

func (s *sbr) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch p := r.URL.Path; {
	case p == "/api/rcut/ru":
		fmt.Fprintf(w, `[{"id": %d, "name": "newest"}, {"id": 1}]`, s.cut)
	case p == "/api/sbr/request" && r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		s.orders = append(s.orders, string(body))
		fmt.Fprintf(w, `{"success": true, "obj": %d}`, 5000+len(s.orders))
	case strings.HasPrefix(p, "/api/sbr/requestResult/"):
		number := strings.Split(p, "/")[4]
		s.polls[number]++
		switch {
		case s.lost:
			http.NotFound(w, r)
		case s.ready == 0 || s.polls[number] < s.ready:
			fmt.Fprint(w, `{"success": false, "obj": null}`)
		default:
			fmt.Fprintf(w, `{"success": true, "obj": {"fileGuid": "g-%s"}}`, number)
		}
	case p == "/api/sbr/download" && r.URL.Query().Get("bucket") == "SBR_UREQUEST":
		s.files++
		fmt.Fprint(w, "PK\x03\x04 "+r.URL.Query().Get("guid"))
	default:
		http.NotFound(w, r)
	}
}

func TestAnExtractIsOrderedOnceAndWaitedForOverRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := &sbr{cut: 77, polls: map[string]int{}, ready: 45} // 45 polls of 30 s: longer than two pulls wait
		web := ingest.NewWeb(ingest.WebOptions{Transport: &inner{serve: reg.ServeHTTP}})
		conditions := json.RawMessage(`[{"classVersionId":2153,"itemIds":[742679]}]`)
		var l log
		again := func() ingest.Outcome { // each time as after a restart
			d := ingest.NewOrdered(address(t, "http://stat.example"), ingest.Order{Conditions: conditions}, ingest.Auth{}, ingest.HTTPOptions{Web: web})
			return pull(t, puller(t, &l, d, ingest.Options{}))
		}
		if out := again(); out.Status != ingest.RunPartial || !strings.Contains(out.Err.Error(), "order 5001 is not ready") {
			t.Fatalf("first pull = %+v, want an order that is waited for", out)
		}
		if out := again(); out.Err == nil {
			t.Fatalf("second pull = %+v, want the same order still open", out)
		}
		if out := again(); out.Status != ingest.RunOK || out.Pages != 1 {
			t.Fatalf("third pull = %+v, want the file", out)
		}
		if d := cmp.Diff([]string{`{"conditions":[{"classVersionId":2153,"itemIds":[742679]}],"cutId":77}`}, reg.orders); d != "" {
			t.Errorf("orders (-want +got):\n%s", d)
		}
		if reg.polls["5001"] != 45 {
			t.Errorf("%d polls, want 45", reg.polls["5001"])
		}
		if out := again(); out.Status != ingest.RunUnchanged || len(reg.orders) != 1 || reg.files != 1 {
			t.Errorf("pull of a cut that was had = %+v, %d orders, %d files", out, len(reg.orders), reg.files)
		}
		reg.cut, reg.ready = 78, 1
		if out := again(); out.Status != ingest.RunOK || len(reg.orders) != 2 || reg.files != 2 {
			t.Errorf("pull of the next cut = %+v, %d orders, %d files", out, len(reg.orders), reg.files)
		}
	})
}

func TestAnOrderThatNeverComesIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := &sbr{cut: 77, polls: map[string]int{}}
		web := ingest.NewWeb(ingest.WebOptions{Transport: &inner{serve: reg.ServeHTTP}})
		d := ingest.NewOrdered(address(t, "http://stat.example"), ingest.Order{Conditions: json.RawMessage("[]"), PollFor: time.Minute}, ingest.Auth{}, ingest.HTTPOptions{Web: web})
		var l log
		p := puller(t, &l, d, ingest.Options{})
		pull(t, p)
		<-time.After(23 * time.Hour)
		pull(t, p)
		if len(reg.orders) != 1 {
			t.Errorf("%d orders within a day, want one", len(reg.orders))
		}
		<-time.After(2 * time.Hour)
		pull(t, p)
		if len(reg.orders) != 2 {
			t.Errorf("%d orders after a day, want a second one", len(reg.orders))
		}
		reg.lost = true
		pull(t, p)
		reg.lost, reg.ready = false, 1
		if out := pull(t, p); out.Status != ingest.RunOK || len(reg.orders) != 3 {
			t.Errorf("after the register lost the order: %+v, %d orders, want it placed anew", out, len(reg.orders))
		}
	})
}
