// Package s3test serves an S3-compatible store in the process of a test.
package s3test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Server is a store with one bucket, called registers.
type Server struct {
	endpoint string
	gets     atomic.Int64
}

// Start serves until the test ends.
func Start(t *testing.T) *Server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("registers"); err != nil {
		t.Fatal(err)
	}
	s := &Server{}
	h := gofakes3.New(backend).Server()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && len(r.URL.Path) > len("/registers/") {
			s.gets.Add(1)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.endpoint = srv.URL
	return s
}

// URL is the address of a folder in the bucket.
func (s *Server) URL(prefix string) string {
	return "s3://registers/" + prefix + "?endpoint=" + url.QueryEscape(s.endpoint) + "&region=kz-1"
}

// Env gives secrets, which the server does not look at.
func (s *Server) Env(name string) (string, bool) {
	switch name {
	case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY":
		return "for-tests-alone", true
	}
	return "", false
}

// Downloads counts the objects that were asked for so far.
func (s *Server) Downloads() int64 { return s.gets.Load() }
