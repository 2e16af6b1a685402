package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serveHealth answers on one address: /healthz with the position of each part,
// /readyz with whether all that this process needs answers, and /metrics. It
// returns the address with the port that was free.
func (n *node) serveHealth(ctx context.Context, addr, role string, parts []part) (string, error) {
	n.metrics.about(role)
	if err := n.metrics.watch(parts); err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { n.positions(w, r, parts) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { n.ready(w, r, parts) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.registry, promhttp.HandlerOpts{Timeout: 2 * scrapeTime}))
	addr, err := n.serve(ctx, addr, &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second})
	if err != nil {
		return "", fmt.Errorf("health: %w", err)
	}
	return addr, nil
}

func (n *node) positions(w http.ResponseWriter, r *http.Request, parts []part) {
	type position struct {
		Part  string `json:"part"`
		Done  uint64 `json:"done"`
		Until uint64 `json:"until"`
	}
	var out []position
	for _, p := range parts {
		until, err := p.until(r.Context())
		if err != nil {
			http.Error(w, "NATS is out of reach", http.StatusServiceUnavailable)
			return
		}
		out = append(out, position{p.name, p.done(), until})
	}
	n.answer(w, r, http.StatusOK, out)
}

// ready says of each thing that is needed whether it answers.
func (n *node) ready(w http.ResponseWriter, r *http.Request, parts []part) {
	ctx, cancel := context.WithTimeout(r.Context(), scrapeTime)
	defer cancel()
	out, code := map[string]string{"nats": "ok"}, http.StatusOK
	fail := func(what string) { out[what], code = "out of reach", http.StatusServiceUnavailable }
	for _, p := range parts {
		if _, err := p.until(ctx); err != nil {
			fail("nats")
		}
	}
	if n.db != nil {
		out["clickhouse"] = "ok"
		if err := n.db.Ping(ctx); err != nil {
			fail("clickhouse")
		}
	}
	n.answer(w, r, code, out)
}

func (n *node) answer(w http.ResponseWriter, r *http.Request, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		n.log.DebugContext(r.Context(), "health not answered", "err", err)
	}
}
