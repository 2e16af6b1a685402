package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestAccessRegisterSaysWhoWasAskedAndWhatTheyAnswered puts pulls into the table,
// across the end of two months in Almaty, and reads what the register says of them.
func TestAccessRegisterSaysWhoWasAskedAndWhatTheyAnswered(t *testing.T) {
	t.Parallel()
	p := build(t)
	p.dropOnly(t)
	env := map[string]string{}
	for _, kv := range p.env {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	n, err := openNode(common{Data: p.data, Config: env["AUYL_CONFIG"], Log: "warn"}, streams{err: io.Discard, out: io.Discard, env: lookup})
	if err != nil {
		t.Fatal(err)
	}
	n.log = slog.New(slog.DiscardHandler)
	defer func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	must(n.lock("run"))
	must(n.openTables(ctx))
	must(n.db.Migrate(ctx))
	must(n.db.Exec(ctx, `INSERT INTO ingest_run (source, run_id, started_at, finished_at, status, error, origin) VALUES
		('bns.sme', '1', '2026-09-30 18:59:59.000', '2026-09-30 19:00:01.500', 'ok', '', 'synthetic'),
		('bns.sme', '2', '2026-09-30 19:00:00.000', '2026-09-30 19:00:00.250', 'unchanged', '', 'synthetic'),
		('bns.sme', '3', '2026-10-05 06:00:00.000', '2026-10-05 06:00:09.000', 'failed', 'GET http://x/403: connection reset', 'synthetic'),
		('mio.infrastructure', '1', '2026-10-01 06:00:00.000', '2026-10-01 06:00:01.000', 'failed', 'GET http://x: source refused: status 403 Forbidden', 'synthetic'),
		('mio.infrastructure', '2', '2026-10-02 06:00:00.000', '2026-10-02 06:01:00.000', 'partial', 'page 7: status 429 Too Many Requests', 'synthetic'),
		('mio.infrastructure', '3', '2026-10-03 06:00:00.000', '2026-10-03 06:00:01.000', 'failed', 'status 404 Not Found', 'synthetic'),
		('mio.infrastructure', '4', '2026-10-31 19:00:00.000', '2026-10-31 19:00:01.000', 'ok', '', 'synthetic'),
		('acs.staff', '1', '2026-10-03 06:00:00.000', '2026-10-03 06:00:01.000', 'ok', '', 'synthetic')`))
	door := &accessDoor{n.db, []auyl.SourceID{"bns.sme", "mio.infrastructure"}, "Asia/Almaty", func() string { return "2026-11" }, 190000000}
	const head = "kato,period,register,asked,answered,refused,seconds\n"
	want := []string{
		"platform.access@2026-09.csv\n" + head + "190000000,2026-09,bns.sme,1,1,0,2.500\n",
		"platform.access@2026-10.csv\n" + head + "190000000,2026-10,bns.sme,2,1,0,0.250\n190000000,2026-10,mio.infrastructure,3,0,2,0.000\n",
	}
	house, err := schemas.Load(schemas.FS)
	must(err)
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{})
	seen, observations := 0, uint64(0)
	must(door.Pages(ctx, nil, func(pg ingest.Page) error {
		if got := pg.Key + "\n" + string(pg.Body); seen >= len(want) || got != want[seen] {
			t.Errorf("page %d is\n%swant %q", seen+1, got, want)
		}
		seen++
		out, err := d.Decode(&wire.RawPage{Url: pg.Key, Vintage: &wire.Vintage{Source: string(accessSource)}}, pg.Body)
		observations += out.Flow.GetObservations()
		return err
	}, nil))
	if seen != len(want) || observations != 3*4 {
		t.Errorf("%d pages with %d observations, want %d with four of each register", seen, observations, len(want))
	}
}
