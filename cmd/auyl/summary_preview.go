package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/send"
)

type summaryPreviewCmd struct {
	common
	Listen string `help:"Address of this machine on which the page is served." default:"127.0.0.1:8125" placeholder:"HOST:PORT"`
}

// Help implements kong's longer text.
func (*summaryPreviewCmd) Help() string {
	return `A page on this machine alone, to look at any summary before it is sent. Nothing is stored or sent.
Example:
  auyl summary preview`
}

// Run serves the page until it is interrupted.
func (c *summaryPreviewCmd) Run(ctx context.Context, s streams) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || !send.Loopback(host) {
		return &exitError{exitUsage, fmt.Errorf("--listen %s: the page asks for no password, so it is served to this machine alone: want 127.0.0.1:PORT", c.Listen)}
	}
	return c.reading(ctx, s, func(n *node) error {
		compose, err := n.composing(ctx)
		if err != nil {
			return err
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", c.Listen)
		if err != nil {
			return fmt.Errorf("preview: %w: take another --listen, 127.0.0.1:0 is any free port", err)
		}
		fmt.Fprintf(s.out, "Preview of summaries: http://%s/ (Ctrl-C ends it)\n", l.Addr())
		srv := &http.Server{Handler: newPreview(n, compose), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
		stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
		defer stop()
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

//go:embed summary_preview.tmpl
var previewPage string

// preview answers two addresses: the page with its choices, and one summary.
type preview struct {
	n       *node
	compose send.Renderer
	page    *template.Template
}

func newPreview(n *node, compose send.Renderer) http.Handler {
	p := &preview{n: n, compose: compose, page: template.Must(template.New("preview").Parse(previewPage))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.choose)
	mux.HandleFunc("GET /summary", p.show)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page elsewhere may give its name the address of this machine.
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !send.Loopback(host) {
			http.Error(w, "the preview is for this machine: ask for http://127.0.0.1", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type previewChoice struct {
	ID, Title, Period string
	Langs             []string
	Areas             []*auyl.Area
}

// choose shows what there is to look at.
func (p *preview) choose(w http.ResponseWriter, r *http.Request) {
	today := auyl.DayOf(time.Now())
	var list []previewChoice
	for i := range p.n.house.Summaries {
		def := &p.n.house.Summaries[i]
		x := previewChoice{ID: def.ID, Title: def.Titles.EN, Langs: def.Languages, Period: auyl.NewPeriod(def.Freq, today).Shift(-2).String(), Areas: p.n.house.Areas.OfLevel(def.Level, auyl.MaxDay-1)}
		list = append(list, x)
	}
	var out bytes.Buffer
	if err := p.page.Execute(&out, map[string]any{"Summaries": list, "Formats": summaryFormNames()}); err != nil {
		p.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	p.answer(w, "text/html; charset=utf-8", out.Bytes())
}

// show makes one summary.
func (p *preview) show(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	area, errArea := auyl.ParseAreaCode(q.Get("area"))
	period, errPeriod := parsePeriod(q.Get("period"))
	asOf, errTime := parseTime(q.Get("as_of"))
	def, errID := summaryOf(p.n.house, q.Get("id"))
	if err := errors.Join(errID, errArea, errPeriod, errTime); err != nil {
		p.fail(w, r, http.StatusBadRequest, err)
		return
	}
	form, err := p.form(def, area, period, q.Get("lang"), q.Get("format"))
	if err != nil {
		p.fail(w, r, http.StatusBadRequest, err)
		return
	}
	f, err := p.compose.Render(r.Context(), send.Request{Summary: def.ID, Area: area, Period: period, Lang: q.Get("lang"), Format: form.name, AsOf: asOf})
	if err != nil {
		p.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	if form.binary && form.name != send.FormatPDF {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.Name))
	}
	p.answer(w, f.ContentType, f.Bytes)
}

// form checks what is asked for before anything is read.
func (p *preview) form(def *schemas.Summary, area auyl.AreaCode, period auyl.Period, lang, format string) (summaryFormat, error) {
	if _, err := summary.CheckArea(p.n.house, def, area, period); err != nil {
		return summaryFormat{}, err
	}
	if !slices.Contains(def.Languages, lang) {
		return summaryFormat{}, fmt.Errorf("language %q: %s is written in %v", lang, def.ID, def.Languages)
	}
	return summaryForm(format)
}

func (*preview) answer(w http.ResponseWriter, contentType string, b []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	if strings.HasPrefix(contentType, "text/html") { // a viewer of PDF would be shut out, too
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b) // who asked is gone: there is nobody to tell
}

func (p *preview) fail(w http.ResponseWriter, r *http.Request, code int, err error) {
	p.n.log.WarnContext(r.Context(), "preview", "address", r.URL.Path, "err", err)
	http.Error(w, err.Error(), code) // as plain text
}
