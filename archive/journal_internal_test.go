package archive

import "testing"

// FuzzJournal holds what is read of a segment to what can be written of it.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"before\":\"\"}\n{\"seq\":1,\"subject\":\"raw.a\",\"data\":\"AA==\"}\n"))
	f.Add([]byte("{\"before\":\"ab\"}\n"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, _, err := parseEntries(b)
		if err == nil && len(entries) > len(b) {
			t.Errorf("%d entries out of %d bytes", len(entries), len(b))
		}
	})
}

// FuzzSegmentName accepts no name but those that a segment has.
func FuzzSegmentName(f *testing.F) {
	f.Add("journal/00000000000000000001-00000000000000000009.ab.zst")
	f.Add("journal/1-2.ab.zst")
	f.Add("once/x")
	f.Fuzz(func(t *testing.T, name string) {
		if g, ok := parseSegment(name); ok && g.name() != name {
			t.Errorf("parseSegment(%q).name() = %q", name, g.name())
		}
	})
}
