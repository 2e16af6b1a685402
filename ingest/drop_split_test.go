package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

func contractOf(tb testing.TB, text string) *schemas.Contract {
	tb.Helper()
	cat, err := schemas.LoadCatalogue(schemas.FS)
	must(tb, err)
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "id: "), "\n")
	cs, err := schemas.LoadContracts(fstest.MapFS{"contracts/" + id + ".yaml": {Data: []byte(text)}}, cat)
	must(tb, err)
	return cs[auyl.SourceID(id)]
}

// writeRegister writes a register of at least so many bytes, one record in ten
// thousand of it bad, and returns how many records it has.
func writeRegister(tb testing.TB, path string, size int) (records int) {
	tb.Helper()
	f, err := os.Create(path)
	must(tb, err)
	w := bufio.NewWriterSize(f, 1<<20)
	n, err := w.WriteString("\ufeff" + peopleHeader)
	must(tb, err)
	for i := 0; n < size; i++ {
		code, people := []int{36, 40, 42, 52, 58, 62, 66, 68}[i%8], strconv.Itoa(i%5_000_000)
		if i%10_000 == 9_999 {
			people = "many"
		}
		more, err := fmt.Fprintf(w, "19%02d00000;\"село %d\";%s;%s;%s;\n", code, i%8, largeDay(i/8/3%41_000), []string{"both", "male", "female"}[i/8%3], people)
		must(tb, err)
		n += more
		records++
	}
	must(tb, w.Flush())
	must(tb, f.Close())
	return records
}

func TestLargeFileIsReadInParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "test.people@2026-10.csv")
	records := writeRegister(t, path, 9<<20)
	var l log
	door := &ingest.Drop{Dirs: []string{dir}, Source: "test.people", Contract: contractOf(t, peopleContract), SplitAbove: 8 << 20}
	again := func() ingest.Outcome {
		store, err := archive.Open(t.TempDir())
		must(t, err)
		p, err := ingest.NewPuller(ingest.Source{ID: "test.people", Door: door}, &l, store, ingest.NewClock(time.Now), ingest.Options{InlineBytes: 64 << 20})
		must(t, err)
		return pull(t, p)
	}
	out := again()
	if out.Status != ingest.RunOK || out.Pages != 3 {
		t.Fatalf("pull = %+v, want ok of 3 parts", out)
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	sum := sha256.Sum256(whole)
	d := decoder(t, peopleContract)
	page := &wire.RawPage{Url: "test.people@2026-10.csv", Vintage: &wire.Vintage{Source: "test.people"}}
	all, err := d.Decode(page, whole)
	must(t, err)
	want, got := words(t, all), said{}
	n := uint32(0)
	for _, p := range l.frames {
		if p.GetRunEnd() != nil {
			continue
		}
		n++
		part := p.GetPart()
		if part.GetNumber() != n || part.GetOf() != out.Pages || part.GetRecords() != uint64(records) || !bytes.Equal(part.GetSha256(), sum[:]) || part.GetSizeBytes() != uint64(len(whole)) {
			t.Errorf("part %d says %v", n, part)
		}
		said, err := d.Decode(p, p.GetData())
		must(t, err)
		w := words(t, said)
		got.Obs, got.Dead = append(got.Obs, w.Obs...), append(got.Dead, w.Dead...)
	}
	slices.Sort(want.Obs)
	slices.Sort(got.Obs)
	if !slices.Equal(want.Obs, got.Obs) {
		t.Errorf("parts tell %d observations, the file %d", len(got.Obs), len(want.Obs))
	}
	if diff := cmp.Diff(want.Dead, got.Dead); diff != "" || len(got.Dead) != records/10_000 {
		t.Errorf("%d dead letters (-file +parts):\n%s", len(got.Dead), diff)
	}

	// The same again is no news, under another time, too; one more record is the
	// last part alone.
	had := len(l.frames)
	if out := again(); out.Status != ingest.RunUnchanged {
		t.Errorf("the file again = %s, want unchanged", out.Status)
	}
	must(t, os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)))
	if out := again(); out.Status != ingest.RunUnchanged {
		t.Errorf("the file with another time = %s, want unchanged", out.Status)
	}
	must(t, os.WriteFile(path, append(whole, "193600000;a;2020-02-01;male;7;\n"...), 0o600))
	if out := again(); out.Status != ingest.RunOK || out.Pages != 1 {
		t.Errorf("one record more = %s of %d pages, want ok of 1", out.Status, out.Pages)
	}
	for _, p := range l.frames[had:] {
		if p.GetRunEnd() == nil && (p.GetPart().GetNumber() != n || p.GetPart().GetRecords() != uint64(records)+1) {
			t.Errorf("part %v is published again", p.GetPart())
		}
	}
}

// TestReplayOfAPartFindsItsRecord mends what was refused in a part: its letters are
// counted as in the whole file.
func TestReplayOfAPartFindsItsRecord(t *testing.T) {
	t.Parallel()
	part := &wire.Part{Number: 3, Of: 3, Records: 1002, RecordsBefore: 1000, LinesBefore: 2000}
	page := func(replay *wire.Replay) *wire.RawPage {
		return &wire.RawPage{Url: "test.people@x.csv#3", Part: part, Replay: replay, Vintage: &wire.Vintage{Source: "test.people"}}
	}
	body := []byte(peopleHeader + "193600000;a;2020-01-01;both;7;\n193600000;a;2020-01-01;male;many;\n")
	out, err := decoder(t, peopleContract).Decode(page(nil), body)
	must(t, err)
	if diff := cmp.Diff([]string{`line 2003 people not_a_number "many"`}, words(t, out).Dead); diff != "" {
		t.Fatalf("dead (-want +got):\n%s", diff)
	}
	mended := strings.Replace(peopleContract, `zero: ["-"]`, `zero: ["-", many]`, 1)
	out, err = decoder(t, mended).Decode(page(&wire.Replay{Letters: []*wire.Refused{{Row: 1002, Position: "line 2003", Field: "people", Reason: ingest.ReasonNumber}}}), body)
	must(t, err)
	if out.Flow.GetRecordsUsed() != 1 || out.Flow.GetObservations() != 1 {
		t.Errorf("replay = %v, want the one record used", out.Flow)
	}
}

// TestLeastRecordsAreOfTheFile judges a part by the records of its file.
func TestLeastRecordsAreOfTheFile(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract+"min_records: 100\n")
	for records, dead := range map[uint64]uint64{99: 1, 100: 0} {
		page := &wire.RawPage{Url: "test.people@x.csv#9", Part: &wire.Part{Number: 9, Of: 9, Records: records, RecordsBefore: records - 1}, Vintage: &wire.Vintage{Source: "test.people"}}
		out, err := d.Decode(page, []byte(peopleHeader+"193600000;a;2020-01-01;both;7;\n"))
		must(t, err)
		if out.Flow.GetRecordsDead() != dead {
			t.Errorf("%d records of 100 = %v, want %d dead", records, out.Flow, dead)
		}
	}
}

// TestFileThatIsJudgedAsAWholeIsNotSplit has contracts that need all of a file.
func TestFileThatIsJudgedAsAWholeIsNotSplit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "test.people@1.csv"))
	must(t, err)
	must(t, f.Truncate(ingest.MaxFileBytes+1)) // a hole: it takes no room
	must(t, f.Close())
	for want, contract := range map[string]string{
		"sum":      strings.Replace(peopleContract, "value: people,", "value: people, sum: true,", 1) + "unique: [kato, day, sex]\n",
		"unique":   peopleContract + "unique: [kato, day]\n",
		"restates": peopleContract + "restates: true\n",
		"totals":   peopleContract + "totals:\n  - {when: {name: [Всего]}, of: [people]}\n",
		"minimum":  peopleContract + "expect: {level: district, freq: D, by_day: 30, minimum: 0.5}\n",
		"contract": "",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := &ingest.Drop{Dirs: []string{dir}, Source: "test.people"}
			if contract != "" {
				d.Contract = contractOf(t, contract)
			}
			err := d.Pages(t.Context(), func(string) ingest.Known { return ingest.Known{} }, func(p ingest.Page) error { return fmt.Errorf("page %s", p.Key) }, nil)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "at most") {
				t.Errorf("Pages = %v, want a refusal for %s", err, want)
			}
		})
	}
}

// TestLargeFileStaysWithinItsMemory pulls, archives and decodes a file, in a process
// of its own. AUYL_LARGE_CSV says how many bytes it has: 2147483648 is the budget.
func TestLargeFileStaysWithinItsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("pulls and decodes more than 100 MB")
	}
	size := 100 << 20
	if v := os.Getenv("AUYL_LARGE_CSV"); v != "" { //nolint:forbidigo // how large
		var err error
		size, err = strconv.Atoi(v)
		must(t, err)
	}
	path := filepath.Join(t.TempDir(), "test.people@1.csv")
	records := writeRegister(t, path, size)
	began := time.Now()
	peak, told := peakMemory(t, "TestLargeFileTask", path)
	t.Logf("%d records, %d bytes: peak %d MiB, %v", records, size, peak>>20, time.Since(began))
	if !strings.Contains(told, fmt.Sprintf("in %d dead %d\n", records, records/10_000)) {
		t.Errorf("not all records were read, of %d: %s", records, told)
	}
	if peak > 128<<20 {
		t.Errorf("%d MiB resident, want at most 128", peak>>20)
	}
}

// TestLargeFileTask is the process of the test above.
func TestLargeFileTask(t *testing.T) {
	path := task(t)
	d := decoder(t, peopleContract)
	store, err := archive.Open(t.TempDir())
	must(t, err)
	l := &decodingLog{decoder: d, store: store}
	door := &ingest.Drop{Dirs: []string{filepath.Dir(path)}, Source: "test.people", Contract: contractOf(t, peopleContract)}
	p, err := ingest.NewPuller(ingest.Source{ID: "test.people", Door: door}, l, store, ingest.NewClock(time.Now), ingest.Options{})
	must(t, err)
	if out := pull(t, p); out.Status != ingest.RunOK {
		t.Fatal(out)
	}
	t.Logf("in %d dead %d", l.in, l.dead)
	tellPeak(t)
}

// decodingLog decodes each page as it comes, from the archive, as the loop does.
type decodingLog struct {
	decoder  *ingest.Decoder
	store    *archive.Store
	in, dead uint64
}

func (*decodingLog) State() []byte { return nil }

func (l *decodingLog) Publish(ctx context.Context, msgs []auyl.Payload, _ []byte) error {
	for _, m := range msgs {
		var p wire.RawPage
		if err := wire.Unmarshal(m.Data, &p); err != nil {
			return err
		}
		if p.GetRunEnd() != nil {
			continue
		}
		body, err := l.store.Get(ctx, [32]byte(p.GetVintage().GetRawSha256()))
		if err != nil {
			return err
		}
		out, err := l.decoder.Decode(&p, body)
		if err != nil {
			return err
		}
		l.in += out.Flow.GetRecordsIn()
		l.dead += out.Flow.GetRecordsDead()
	}
	return nil
}
