package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/schemas"
)

func TestPreviewShowsAnySummaryToThisMachineAlone(t *testing.T) {
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	h := newPreview(&node{house: house, log: slog.New(slog.DiscardHandler)}, synthetic{})
	const good = "/summary?id=district-monthly&area=195200000&period=2026-09&lang=kk&format="
	for _, x := range []struct {
		host, path string
		code       int
		says       string
	}{
		{"127.0.0.1:8125", "/", 200, `<option value="195200000">195200000 Қарасай ауданы / Карасайский район</option>`},
		{"localhost:8125", good + "html", 200, "synthetic district-monthly 195200000 2026-M09 kk html"},
		{"127.0.0.1:8125", good + "xlsx", 200, "kk xlsx"},
		{"127.0.0.1:8125", good + "docx", 400, `format "docx"`},
		{"127.0.0.1:8125", strings.Replace(good, "lang=kk", "lang=<b>", 1) + "html", 400, `language "<b>"`},
		{"127.0.0.1:8125", strings.Replace(good, "195200000", "199999999", 1) + "html", 400, "no code 199999999"},
		{"127.0.0.1:8125", strings.Replace(good, "district-", "distrikt-", 1) + "html", 400, `did you mean "district-monthly"?`},
		{"127.0.0.1:8125", good + "html&as_of=yesterday", 400, "yesterday"},
		{"127.0.0.1:8125", "/other", 404, ""},
		{"rebound.example:8125", "/", 403, "for this machine"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+x.host+x.path, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		if w.Code != x.code || !strings.Contains(string(body), x.says) {
			t.Errorf("%s%s: %d, want %d with %q:\n%.300s", x.host, x.path, w.Code, x.code, x.says, body)
		}
		if x.code >= 400 && w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: an error is %s", x.path, w.Header().Get("Content-Type"))
		}
	}
}
