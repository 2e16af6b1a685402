package schemas_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl/schemas"
)

func TestAChangedFormulaWantsANewVersion(t *testing.T) {
	t.Parallel()
	file := func(indicator, lock string) fstest.MapFS {
		f := fstest.MapFS{"series/s.yaml": {Data: []byte(goodSeries)}, "indicators/x.yaml": {Data: []byte(indicator)}}
		if lock != "" {
			f["indicators.lock"] = &fstest.MapFile{Data: []byte(lock)}
		}
		return f
	}
	c, err := schemas.LoadCatalogue(file(goodIndicator, ""))
	if err != nil {
		t.Fatal(err)
	}
	lock := schemas.Lock{}
	lock.Add(c)
	locked := string(lock.Bytes())
	version := func(s, v string) string { return strings.Replace(s, "version: 1", "version: "+v, 1) }
	changed := strings.Replace(goodIndicator, "factor: 100", "factor: 1000", 1)
	for _, tt := range []struct{ name, indicator, lock, want string }{
		{"unchanged", goodIndicator, locked, ""},
		{"another name", strings.Replace(goodIndicator, "en: a}", "en: other}", 1), locked, ""},
		{"other spaces", strings.Replace(goodIndicator, "numerator: a", `numerator: "  a"`, 1), locked, ""},
		{"changed under its version", changed, locked, "indicators/x.yaml:17:14: indicator share: the formula changed and the version is still 1: cells that were published say version 1 and mean the old one. Write version: 2, then make generate"},
		{"changed under the next version", version(changed, "2"), locked, ""},
		{"a version that was followed", goodIndicator, locked + "share 2 ffff\n", "indicators/x.yaml:17:14: indicator share: version 1 was followed by version 2 (indicators.lock): a formula that comes back gets version 3"},
		{"no lock", changed, "", ""},
		{"a line of two words", goodIndicator, "share 1\n", "indicators.lock:1: 2 words, want an id, a version and a hash"},
		{"one version, two formulas", goodIndicator, "share 9 aa\nshare 9 bb\n", "indicators.lock:2: version 9 of share is there with two formulas: take back the line that was changed"},
	} {
		_, err := schemas.LoadCatalogue(file(tt.indicator, tt.lock))
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLockHasEveryFormula(t *testing.T) {
	t.Parallel()
	c, err := schemas.LoadCatalogue(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := schemas.ReadLock(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range c.Indicators {
		if lock[i.ID][i.Version] == "" {
			t.Errorf("indicators.lock has no version %d of %s: make generate", i.Version, i.ID)
		}
	}
}

// TestLockIsOnlyAddedTo holds the file against those of the last commits.
func TestLockIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	now, err := os.ReadFile("indicators.lock")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(now)) {
		has[strings.TrimSpace(line)] = true
	}
	for _, commit := range []string{"HEAD", "HEAD^"} {
		was, err := exec.CommandContext(t.Context(), "git", "show", commit+":./indicators.lock").Output()
		if err != nil {
			t.Logf("no indicators.lock at %s, or no git here: %v", commit, err)
			continue
		}
		for line := range strings.Lines(string(was)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && !has[line] {
				t.Errorf("indicators.lock had the line %q at %s: put it back, and give what changed the next version", line, commit)
			}
		}
	}
}

func FuzzLock(f *testing.F) {
	f.Add([]byte("share 1 aa\n# a\nb 2 cc\n"))
	f.Add([]byte("share 99999999999 aa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := schemas.ReadLock(fstest.MapFS{"indicators.lock": {Data: b}})
		if err != nil {
			return
		}
		again, err := schemas.ReadLock(fstest.MapFS{"indicators.lock": {Data: l.Bytes()}})
		if err != nil || !bytes.Equal(again.Bytes(), l.Bytes()) {
			t.Errorf("%q is read again as %q, %v", l.Bytes(), again.Bytes(), err)
		}
	})
}
