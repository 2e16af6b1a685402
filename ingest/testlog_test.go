package ingest_test

import (
	"log/slog"
	"testing"
)

// testLog writes a component's log to the test's own.
func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
