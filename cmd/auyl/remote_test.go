package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/internal/s3/s3test"
)

// TestRunFromBucketIntoBucket takes a file from a drop folder in an S3 store and
// keeps its bytes in an archive in another folder of it.
func TestRunFromBucketIntoBucket(t *testing.T) {
	t.Parallel()
	srv := s3test.Start(t)
	outbox, err := archive.OpenBucket(srv.URL("outbox"), srv.Env)
	if err != nil {
		t.Fatal(err)
	}
	if err := outbox.Put(t.Context(), "bns.sme@2026-09.csv", func(w io.Writer) error {
		_, err := io.WriteString(w, smeHeader+"195234000\tЖамбылский с.о.\t2026-09\t100\t80\n")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p := build(t)
	path := t.TempDir() + "/auyl.yaml"
	text := "archive: {url: '" + srv.URL("raw") + "'}\ndrop: {dirs: ['" + srv.URL("outbox") + "'], remote_every: 100ms}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "AUYL_CONFIG="+path, "AWS_ACCESS_KEY_ID=for-tests-alone", "AWS_SECRET_ACCESS_KEY=for-tests-alone")
	p.must(t, "run", "--once")
	if n := p.number(t, "SELECT count() AS n FROM auyl.observation WHERE source = 'bns.sme'"); n != 2 {
		t.Errorf("%d observations, want 2", n)
	}
	if got := p.must(t, "raw", "ls"); !strings.Contains(got, "bns.sme@2026-09.csv") || strings.Contains(got, "missing") {
		t.Errorf("auyl raw ls = %s", got)
	}
	if got := p.must(t, "raw", "verify"); !strings.Contains(got, "1 sound, 0 faults") {
		t.Errorf("auyl raw verify = %s", got)
	}
	if _, err := os.Stat(p.data + "/raw"); !os.IsNotExist(err) {
		t.Errorf("bytes lie on this machine, too: %v", err)
	}
	before := srv.Downloads()
	p.must(t, "run", "--once")
	if got := srv.Downloads() - before; got != 2 { // the archive's recipient, and the end of its journal
		t.Errorf("%d downloads in a run without news, want 2", got)
	}
}
