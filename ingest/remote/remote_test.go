package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/ingest/remote"
	"github.com/auyl-kz/auyl/internal/s3/s3test"
)

// place is a folder on another machine, and how somebody puts a file there.
type place struct {
	remote.Folder
	put   func(name, body string)
	reads []string
}

func (p *place) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	p.reads = append(p.reads, name)
	return p.Folder.Read(ctx, name, limit)
}

// places are all kinds of folders; each fact holds for each of them.
func places(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	t.Run("sftp", func(t *testing.T) {
		t.Parallel()
		srv := serveSFTP(t)
		f, err := remote.OpenSFTP(srv.url(), func(p string) string { return p })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, &place{Folder: f, put: func(name, body string) {
			path := filepath.Join(srv.dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}})
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		srv := s3test.Start(t)
		f, err := remote.OpenBucket(srv.URL("out/akimat"), srv.Env)
		if err != nil {
			t.Fatal(err)
		}
		b, err := archive.OpenBucket(srv.URL("out/akimat"), srv.Env) // a way to put objects down
		if err != nil {
			t.Fatal(err)
		}
		test(t, &place{Folder: f, put: func(name, body string) {
			err := b.Put(t.Context(), name, func(w io.Writer) error {
				_, err := io.WriteString(w, body)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}})
	})
}

// clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// puller does what ingest.Puller does with what a door gives.
type puller struct {
	known  map[string]ingest.Known
	bodies []string
	err    error
}

func (p *puller) pull(t *testing.T, d ingest.Door) (got []string) {
	t.Helper()
	p.bodies = nil
	p.err = d.Pages(t.Context(), func(key string) ingest.Known { return p.known[key] }, func(pg ingest.Page) error {
		if p.known == nil {
			p.known = map[string]ingest.Known{}
		}
		p.known[pg.Key] = ingest.Known{ETag: pg.ETag, Modified: pg.Modified}
		got = append(got, pg.Key)
		p.bodies = append(p.bodies, string(pg.Body))
		return nil
	}, func(string) {})
	return got
}

const (
	every  = time.Minute
	settle = 5 * time.Second
)

func TestFilesAreTakenOnceSettledAndReadOnce(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, p *place) {
		t.Helper()
		c := &clock{time.Now()}
		look := func() *remote.Look {
			return remote.NewLook("there", p, remote.Options{Every: every, Settle: settle, Now: c.now})
		}
		l := look()
		sme, rest := &ingest.Drop{Source: "bns.sme"}, &ingest.Drop{Claimed: []auyl.SourceID{"bns.sme"}}
		mine, others := l.Door(sme.Wants, false), l.Door(rest.Wants, true)
		var a, b puller

		for _, name := range []string{"bns.sme@2026-09.csv", "bns.sme@2026-10.csv", "nobody@x.csv", ".bns.sme@hidden.csv", "bns.sme@half.csv.part", "below/bns.sme@deep.csv", "README.md"} {
			p.put(name, "first "+name)
		}
		if got := a.pull(t, mine); len(got) != 0 || a.err != nil {
			t.Fatalf("first look = %q, %v, want nothing: files may still be written", got, a.err)
		}
		c.pass(settle)
		if got := a.pull(t, mine); !slices.Equal(got, []string{"bns.sme@2026-09.csv", "bns.sme@2026-10.csv"}) || a.err != nil {
			t.Fatalf("second look = %q, %v", got, a.err)
		}
		if want := []string{"first bns.sme@2026-09.csv", "first bns.sme@2026-10.csv"}; !slices.Equal(a.bodies, want) {
			t.Errorf("bytes = %q, want %q", a.bodies, want)
		}
		if got := b.pull(t, others); !slices.Equal(got, []string{"nobody@x.csv"}) || b.err != nil {
			t.Errorf("of nobody = %q, %v", got, b.err)
		}
		for range 3 {
			c.pass(every)
			if got := a.pull(t, mine); len(got) != 0 {
				t.Errorf("again = %q, want nothing", got)
			}
		}
		// A restart knows what was had from RAW alone.
		l = look()
		mine = l.Door(sme.Wants, false)
		a.pull(t, mine)
		c.pass(settle)
		if got := a.pull(t, mine); len(got) != 0 {
			t.Errorf("after a restart = %q, want nothing", got)
		}
		if want := []string{"bns.sme@2026-09.csv", "bns.sme@2026-10.csv", "nobody@x.csv"}; !cmp.Equal(p.reads, want) {
			t.Errorf("read over the network: %q, want %q", p.reads, want)
		}

		// A file that grows from look to look is left alone until it rests.
		text := "revised"
		for range 4 {
			text += " and longer"
			p.put("bns.sme@2026-09.csv", text)
			c.pass(every)
			if got := a.pull(t, mine); len(got) != 0 {
				t.Errorf("while it is written = %q, want nothing", got)
			}
		}
		c.pass(settle)
		if got := a.pull(t, mine); !slices.Equal(got, []string{"bns.sme@2026-09.csv"}) || !slices.Equal(a.bodies, []string{text}) {
			t.Errorf("once it rests = %q %q, want it", got, a.bodies)
		}
	})
}

func TestPullThatWaitsTakesFilesAtOnce(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, p *place) {
		t.Helper()
		p.put("bns.sme@a.csv", "a")
		l := remote.NewLook("there", p, remote.Options{Every: every, Settle: time.Millisecond, Wait: true, Now: time.Now})
		var a puller
		if got := a.pull(t, l.Door((&ingest.Drop{Source: "bns.sme"}).Wants, false)); !slices.Equal(got, []string{"bns.sme@a.csv"}) || a.err != nil {
			t.Errorf("pull = %q, %v, want the file", got, a.err)
		}
	})
}

// TestACorrectionComesBehindWhatItCorrects: of two pages the later one stands, so
// the order of names is that of a folder on this machine.
func TestACorrectionComesBehindWhatItCorrects(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, p *place) {
		t.Helper()
		p.put("bns.sme@2026-10-rev.csv", "corrected")
		p.put("bns.sme@2026-10.csv", "first")
		l := remote.NewLook("there", p, remote.Options{Every: every, Settle: time.Millisecond, Wait: true, Now: time.Now})
		var a puller
		a.pull(t, l.Door((&ingest.Drop{Source: "bns.sme"}).Wants, false))
		if want := []string{"first", "corrected"}; !slices.Equal(a.bodies, want) || a.err != nil {
			t.Errorf("bytes = %q, %v, want %q", a.bodies, a.err, want)
		}
	})
}

// broken is a folder whose listings are ours.
type broken struct {
	files []remote.File
	err   error
	asked int
}

func (b *broken) List(context.Context) ([]remote.File, error) {
	b.asked++
	return slices.Clone(b.files), b.err
}

func (b *broken) Read(context.Context, string, int64) ([]byte, error) {
	return bytes.Repeat([]byte("x"), 7), nil
}

func TestFolderOutOfReachIsToldOnceAndAskedEverMoreRarely(t *testing.T) {
	t.Parallel()
	c := &clock{time.Now()}
	f := &broken{err: errors.New("no route")}
	l := remote.NewLook("sftp://there/out", f, remote.Options{Every: every, Settle: settle, Now: c.now})
	all := func(string) bool { return true }
	doors := []*remote.Door{l.Door(all, false), l.Door(all, false), l.Door(all, true)}
	told := 0
	for range 4 * 60 * 30 { // four hours, a pull of each source every two seconds
		for _, d := range doors {
			var p puller
			p.pull(t, d)
			if p.err != nil {
				told++
				if !strings.Contains(p.err.Error(), "sftp://there/out: no route") {
					t.Fatalf("fault = %v", p.err)
				}
			}
		}
		c.pass(2 * time.Second)
	}
	if told != f.asked || told < 10 || told > 25 {
		t.Errorf("asked %d times, told %d times, want the same, some twenty", f.asked, told)
	}
	f.err, f.files = nil, []remote.File{{Name: "a", Size: 7}}
	c.pass(15 * time.Minute)
	var p puller
	p.pull(t, doors[0])
	c.pass(settle)
	if got := p.pull(t, doors[0]); !slices.Equal(got, []string{"a"}) {
		t.Errorf("once it is back = %q, want the file", got)
	}
}

func TestFilesThatAreNotAsListedAreFaultsOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := &clock{time.Now()}
	f := &broken{files: []remote.File{{Name: "changes", Size: 9}, {Name: "huge", Size: ingest.MaxFileBytes + 1}, {Name: "whole", Size: 7}}}
	l := remote.NewLook("there", f, remote.Options{Every: every, Settle: settle, Now: c.now})
	d := l.Door(func(string) bool { return true }, true)
	var p puller
	p.pull(t, d)
	c.pass(settle)
	if got := p.pull(t, d); !slices.Equal(got, []string{"whole"}) {
		t.Errorf("taken: %q, want the whole one", got)
	}
	for _, part := range []string{"changes: 7 bytes, 9 were listed", "huge: 268435457 bytes, at most 268435456"} {
		if p.err == nil || !strings.Contains(p.err.Error(), part) {
			t.Errorf("fault = %v, want %q in it", p.err, part)
		}
	}
}
