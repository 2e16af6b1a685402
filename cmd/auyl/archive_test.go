package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/simulate"
	"github.com/auyl-kz/auyl/state"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// personalExports puts the newest exports with personal columns into a folder.
func personalExports(t *testing.T, dir string, sources ...auyl.SourceID) (names []string) {
	t.Helper()
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	now, err := auyl.ParseDay("2026-11-01")
	if err != nil {
		t.Fatal(err)
	}
	m, err := simulate.New(simulate.PlacesOf(house.Areas.All(), now, house.Areas.Terms()), simulate.Options{Seed: 3, Now: now, Months: 6})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files() {
		if !slices.Contains(sources, f.Source) {
			continue
		}
		b, err := m.Render(f)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, f.Name, string(b))
		names = append(names, f.Name)
	}
	return names
}

// schemasWith makes a folder of schemas in which a contract says one thing more.
func schemasWith(t *testing.T, source, line string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, schemas.FS); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "contracts", source+".yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, line+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// searched reads a whole data folder, through every form in which bytes lie there,
// and calls seen for each piece.
func searched(t *testing.T, data string, seen func(where string, b []byte)) {
	t.Helper()
	open, err := archive.Open(filepath.Join(data, "raw")) // without the key
	if err != nil {
		t.Fatal(err)
	}
	if err := open.Walk(t.Context(), func(o archive.Object) error {
		if o.Form == archive.Plain {
			b, err := open.Get(t.Context(), o.Sum)
			seen(o.Name(), b)
			return err
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	eachFile(t, data, seen)
	for _, stage := range []string{"district", "oblast"} {
		st, err := state.Open(filepath.Join(data, "state", stage), state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = st.Scan(nil, bytes.Repeat([]byte{0xff}, 64), func(k, v []byte) bool {
			seen("state "+stage, append(slices.Clone(k), v...))
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	srv, err := natsembedded.Start(t.Context(), natsembedded.Options{Dir: filepath.Join(data, "nats")})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	nc, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stream.Wrap(nc, stream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, name := range []string{stream.Raw, stream.Data, stream.Indicators} {
		last, err := conn.LastSeq(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for seq := uint64(1); seq <= last; seq++ {
			m, err := conn.Get(t.Context(), name, seq)
			if err != nil {
				t.Fatal(err)
			}
			seen(name+" "+m.Subject, m.Data)
		}
	}
}

// eachFile reads the files below a folder.
func eachFile(t *testing.T, dir string, seen func(path string, b []byte)) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		seen(path, b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNoPersonalNumberLiesInTheDataFolder runs registers with personal columns
// through the pipeline, some sealed and one not kept, and pages that are refused, and
// reads all that is left and all that is said.
func TestNoPersonalNumberLiesInTheDataFolder(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	names := personalExports(t, drop, "mlsp.asp", "moh.ambulance_103", "enbek.vacancies", "eotinish.appeals")
	names = append(names, pagesOfPersons(t, drop)...)
	path := filepath.Join(filepath.Dir(drop), "auyl.yaml")
	text := "schemas: " + schemasWith(t, "moh.ambulance_103", "raw: drop") + "\ndrop: {dirs: [drop], every: 100ms}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	holdNoPerson(t, "what a run says", p.said(t, "run", "--once"))

	if n := p.number(t, "SELECT count() AS n FROM auyl.flow WHERE source != 'platform.quality'"); n != len(names) {
		t.Errorf("%d pages were decoded, want %d: an object was missed", n, len(names))
	}
	if n := p.number(t, "SELECT uniqExact(reason) AS n FROM auyl.dead_letter"); n < 5 {
		t.Errorf("%d reasons of dead letters: the refused pages were not refused in many ways", n)
	}
	p.holdNothingSaid(t)
	pieces := map[string]int{}
	searched(t, p.data, func(where string, b []byte) {
		kind, _, _ := strings.Cut(where, " ")
		pieces[kind]++
		holdNoPerson(t, where, b)
	})
	for _, kind := range []string{"state", stream.Raw, stream.Data, stream.Indicators} {
		if pieces[kind] == 0 {
			t.Errorf("nothing of %s was searched", kind)
		}
	}

	// What is sealed is all there, for whoever has the key; what is dropped is gone.
	k, err := archive.ReadKey(filepath.Join(p.data, "archive.key"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := archive.OpenFolder(filepath.Join(p.data, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	store := archive.New(folder, k)
	forms := map[archive.Form]int{}
	if err := store.Walk(t.Context(), func(o archive.Object) error {
		forms[o.Form]++
		if o.Form == archive.Gone {
			return nil
		}
		b, err := store.Get(t.Context(), o.Sum)
		if personIn(b) == "" {
			t.Errorf("%s %s holds no canary: the test tests nothing", o.Form, o)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ambulance := 0
	for _, n := range names {
		if strings.HasPrefix(n, "moh.") {
			ambulance++
		}
	}
	if ambulance == 0 || forms[archive.Sealing] != len(names)-ambulance || forms[archive.Gone] != ambulance || forms[archive.Passing]+forms[archive.Plain] != 0 {
		t.Errorf("forms = %v, want %d sealed, %d gone, nothing else", forms, len(names)-ambulance, ambulance)
	}

	// The search itself finds what lies in the open.
	if _, err := store.Put(t.Context(), []byte("a careless copy of 991231600001")); err != nil {
		t.Fatal(err)
	}
	found := false
	searched(t, p.data, func(_ string, b []byte) { found = found || personIn(b) != "" })
	if !found {
		t.Error("a number in the open is not found")
	}
}
