package simulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/auyl-kz/auyl"
)

// FaultKind is a way in which a source does not answer as it should.
type FaultKind byte

// The faults that a Handler can play.
const (
	FaultTooMany     FaultKind = iota + 1 // 429 with Retry-After
	FaultServerError                      // 500 with an HTML page
	FaultHTML                             // 200 with an HTML page instead of data
	FaultTruncated                        // 200 with the first half of the body, framed as if whole
	FaultCut                              // 200 and a connection that ends in the middle of the body
	FaultEmpty                            // 200 with an empty list
)

// Fault is what Handler does for a path instead of answering.
type Fault struct {
	Kind       FaultKind
	Times      int // how often before the path heals; 0 means for ever
	RetryAfter int // seconds, for FaultTooMany; 0 means 1
}

// Handler serves the doors of the sources: Taldau under / and /{ru|kk|en}/,
// data.egov.kz v4, and the register exports under /registers/. Faults are counted
// by this handler alone: another one begins anew.
func (m *Model) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, lang := range []string{"", "ru", "kk", "en"} {
		prefix := ""
		if lang != "" {
			prefix = "/" + lang
		}
		for _, method := range []string{"GET", "POST"} {
			api := method + " " + prefix
			mux.HandleFunc(api+"/Api/GetPeriodList", m.taldau(lang, (*Model).periodList))
			mux.HandleFunc(api+"/Api/GetSegmentList", m.taldau(lang, (*Model).segmentList))
			mux.HandleFunc(api+"/Api/GetIndexPeriods", m.taldau(lang, (*Model).indexPeriods))
			mux.HandleFunc(api+"/Api/GetIndexData/{id}", m.taldau(lang, (*Model).indexData))
			mux.HandleFunc(api+"/Api/GetIndexTreeData", m.taldau(lang, (*Model).indexTree))
			mux.HandleFunc(api+"/Api/GetIndexAttributes", m.taldau(lang, (*Model).indexAttributes))
		}
	}
	mux.HandleFunc("GET /meta/{uri}/{version}", m.egovMeta)
	mux.HandleFunc("GET /api/v4/mapping/{uri}", m.egovMapping)
	mux.HandleFunc("GET /api/v4/mapping/{uri}/{version}", m.egovMapping)
	mux.HandleFunc("GET /api/v4/{uri}/{version}", m.egovRows)
	mux.HandleFunc("GET /api/detailed/{uri}/{version}", m.egovDetailed)
	m.bureauFiles(mux)
	mux.HandleFunc("GET /registers/{$}", m.registerList)
	mux.HandleFunc("GET /registers/{source}/{file}", m.registerFile)

	left := map[string]int{}
	for path, f := range m.o.Faults {
		left[path] = f.Times
	}
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Auyl-Origin", auyl.OriginSynthetic.String())
		f, ok := m.o.Faults[r.URL.Path]
		if ok && f.Times > 0 {
			mu.Lock()
			ok = left[r.URL.Path] > 0
			left[r.URL.Path]--
			mu.Unlock()
		}
		if !ok {
			mux.ServeHTTP(w, r)
			return
		}
		f.play(w, r, mux)
	})
}

func (f Fault) play(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch f.Kind {
	case FaultTooMany:
		w.Header().Set("Retry-After", strconv.Itoa(max(f.RetryAfter, 1)))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	case FaultServerError:
		page(w, http.StatusInternalServerError, "Ошибка сервера")
	case FaultHTML:
		page(w, http.StatusOK, "Технические работы")
	case FaultEmpty:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		write(w, []byte("[]"))
	case FaultTruncated, FaultCut:
		whole := &recorder{header: http.Header{}}
		r = r.Clone(r.Context())
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
		next.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.header.Get("Content-Type"))
		if f.Kind == FaultCut { // the server closes a connection that owes bytes
			w.Header().Set("Content-Length", strconv.Itoa(whole.body.Len()))
		}
		write(w, whole.body.Bytes()[:whole.body.Len()/2])
	}
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// write sends bytes; a client that has gone is not our concern.
func write(w http.ResponseWriter, b []byte) { _, _ = w.Write(b) }

// page answers with an HTML page, as these sources do when something is wrong.
func page(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	write(w, fmt.Appendf(nil, "<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n<body><h1>%s</h1></body>\n</html>\n", title, title))
}

// answer sends v as JSON, or 304 where the client has it already.
func answer(w http.ResponseWriter, r *http.Request, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if unchanged(w, r, b.Bytes()) {
		return
	}
	write(w, b.Bytes())
}

// unchanged sets the ETag of a body and answers 304 where the client has it.
func unchanged(w http.ResponseWriter, r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	for t := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// listed is a line of the list of exports.
type listed struct {
	Source   string `json:"source"`
	Name     string `json:"name"`
	Period   string `json:"period"`
	Revision bool   `json:"revision"`
	Released string `json:"released"`
	Href     string `json:"href"`
}

func (m *Model) registerList(w http.ResponseWriter, r *http.Request) {
	list := []listed{}
	for _, f := range m.Files() {
		list = append(list, listed{
			Source: string(f.Source), Name: f.Name, Period: f.Period.String(), Revision: f.Revision,
			Released: f.Released.String(), Href: "/registers/" + string(f.Source) + "/" + f.Name,
		})
	}
	answer(w, r, list)
}

func (m *Model) registerFile(w http.ResponseWriter, r *http.Request) {
	for _, f := range m.Files() {
		if f.Name != r.PathValue("file") || string(f.Source) != r.PathValue("source") {
			continue
		}
		b, err := m.Render(f)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("Last-Modified", f.Released.Time().Format(http.TimeFormat))
		if unchanged(w, r, b) {
			return
		}
		http.ServeContent(w, r, "", f.Released.Time(), bytes.NewReader(b))
		return
	}
	http.NotFound(w, r)
}
