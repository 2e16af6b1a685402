package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/simulate"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stage"
	"github.com/auyl-kz/auyl/state"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/transform"
)

// part is one loop of the pipeline with the position that it has reached in the
// stream that it reads.
type part struct {
	name  string
	run   func(context.Context) error
	done  func() uint64
	until func(context.Context) (uint64, error) // position at which it has read all there is
}

// stateCache bounds the block cache of each of the two stages. With 64 MiB and
// without what a pull needs given back, 172 to 195 MiB were resident after the
// first pull of the example; with 16 MiB and that given back, 149 MiB, and index
// blocks were read again and again. 64 MiB with it given back is not measured yet
// against the 150 MiB of the budget.
const stateCache = 64 << 20

// settle is how long a dropped file must have been left alone before it is taken.
const settle = time.Second

// decodePart is the loop from RAW to DATA.
func (n *node) decodePart() (part, error) {
	l, err := n.decodeLoop()
	if err != nil {
		return part{}, err
	}
	l.Sweeping(ingest.NewSweeper(n.conn, n.store, time.Now))
	return n.decoding(l), nil
}

func (n *node) decoding(l *ingest.Loop) part {
	return part{"decode", l.Run, l.Done, n.lastSeq(stream.Raw)}
}

func (n *node) decodeLoop() (*ingest.Loop, error) {
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	key, err := n.hashKey()
	if err != nil {
		return nil, err
	}
	d := ingest.NewDecoder(n.house.Contracts, n.house.Areas, ingest.DecodeOptions{Zone: zone, HashKey: key})
	l := ingest.NewLoop(n.conn, d, n.store)
	l.OnFrame(n.metrics.decoded)
	return l, nil
}

// hashKey is the key of what contracts hash: from the environment, else one that
// is made once and stays in the data folder. With another key the same person is
// another, so it must last as long as the data.
func (n *node) hashKey() ([]byte, error) {
	if v, ok := n.env("AUYL_HASH_KEY"); ok && v != "" {
		return []byte(v), nil
	}
	key, err := n.secret("hash.key")
	return []byte(key), err
}

// sealKey is the key of what the districts tell the oblast of sensitive
// indicators: from the environment, else one that is made once and stays in the
// data folder. What was sealed with another key cannot be read: without it IND is
// computed again.
func (n *node) sealKey() ([]byte, error) {
	if v, ok := n.env("AUYL_SEAL_KEY"); ok && v != "" {
		return []byte(v), nil
	}
	key, err := n.secret("seal.key")
	return []byte(key), err
}

// stageParts are the loops from DATA to IND: districts, then the oblast from them.
func (n *node) stageParts() ([]part, error) {
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	key, err := n.sealKey()
	if err != nil {
		return nil, err
	}
	d, err := transform.NewDistrict(n.house.Catalogue, n.house.Areas, transform.Options{Workers: runtime.GOMAXPROCS(0), Location: zone, Key: key})
	if err != nil {
		return nil, err
	}
	o, err := transform.NewOblast(n.house.Catalogue, n.house.Areas, transform.Options{Location: zone, Key: key})
	if err != nil {
		return nil, err
	}
	district, err := n.stagePart(d, stage.Options{
		Name: "district", InputStream: stream.Data, InputFilter: []string{"obs.>", "evt.>"}, InputCursor: "cur.decode",
		OutputStream: stream.Indicators, OutputCursor: "cur.district", Logger: n.log,
	})
	if err != nil {
		return nil, err
	}
	oblast, err := n.stagePart(o, stage.Options{
		Name: "oblast", InputStream: stream.Indicators, InputFilter: []string{"ind.d.>", "ind.x.>"}, InputCursor: "cur.district",
		OutputStream: stream.Indicators, OutputCursor: "cur.oblast", Logger: n.log,
	})
	if err != nil {
		return nil, err
	}
	return []part{district, oblast}, nil
}

func (n *node) stagePart(s stage.Stage, o stage.Options) (part, error) {
	st, err := state.Open(n.dir("state", o.Name), state.Options{CacheBytes: stateCache})
	if err != nil {
		return part{}, err
	}
	n.onClose(st.Close)
	o.Progress = n.metrics.computed(o.Name)
	l := stage.New(n.conn, st, s, o)
	return part{o.Name, l.Run, l.Done, n.lastCursor(o.InputStream, o.InputCursor)}, nil
}

// sinkParts are the loops from DATA and IND into tables. Tables without a row are
// filled from the beginning of the streams, whatever the sink's ledger says: they
// were lost, or are new beside old streams.
func (n *node) sinkParts(ctx context.Context) ([]part, error) {
	counts, err := n.db.Counts(ctx)
	if err != nil {
		return nil, err
	}
	rows := uint64(0)
	for _, c := range counts {
		rows += c
	}
	var parts []part
	for _, name := range []string{stream.Data, stream.Indicators} {
		if rows == 0 {
			if err := sink.Forget(ctx, n.conn, name, sink.Options{Replicas: n.cfg.NATS.Replicas}); err != nil {
				return nil, err
			}
		}
		s := sink.New(n.conn, name, countedTables{n.db.Writer(), n.metrics}, sink.Options{Logger: n.log, Replicas: n.cfg.NATS.Replicas})
		parts = append(parts, part{"sink " + name, s.Run, s.Done, n.lastSeq(name)})
	}
	return parts, nil
}

func (n *node) lastSeq(name string) func(context.Context) (uint64, error) {
	return func(ctx context.Context) (uint64, error) { return n.conn.LastSeq(ctx, name) }
}

func (n *node) lastCursor(name, subject string) func(context.Context) (uint64, error) {
	return func(ctx context.Context) (uint64, error) {
		p, err := n.conn.OpenPublisher(ctx, name, subject)
		if err != nil {
			return 0, err
		}
		return p.Cursor().Seq, nil
	}
}

// simulated starts the model of the oblast: its registers as files, its APIs on
// loopback. It returns the address and the folder of the files, both empty where
// the configuration does not want it.
func (n *node) simulated(ctx context.Context) (addr, dir string, err error) {
	c := n.cfg.Simulate
	if !c.Enabled {
		return "", "", nil
	}
	m, err := newModel(n.house, c)
	if err != nil {
		return "", "", err
	}
	dir = n.dir("registers")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", "", fmt.Errorf("simulate: %w", err)
	}
	if err := markSynthetic(dir); err != nil {
		return "", "", err
	}
	if _, err := m.WriteRegisters(dir); err != nil {
		return "", "", err
	}
	if addr, err = n.serve(ctx, c.Listen, &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second}); err != nil {
		return "", "", fmt.Errorf("simulate: %w", err)
	}
	return addr, dir, nil
}

// serve runs a server on an address until the node is closed, and returns the
// address with the port that was free.
func (n *node) serve(ctx context.Context, addr string, srv *http.Server) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // joined by the closer
	n.onClose(func() error {
		err := srv.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	})
	return l.Addr().String(), nil
}

func newModel(h *schemas.House, c config.Simulate) (*simulate.Model, error) {
	now, err := auyl.ParseDay(c.Now)
	if err != nil {
		return nil, err
	}
	places := simulate.PlacesOf(h.Areas.All(), now, h.Areas.Terms())
	return simulate.New(places, simulate.Options{Seed: c.Seed, Now: now, Months: c.Months, Scale: c.Scale, Cuts: c.Cuts})
}

// schedule builds a puller for each source: those of the configuration first,
// asked over HTTP, then a look through the drop folders for each contract whose
// data come as files, real ones before synthetic ones.
func (n *node) schedule(ctx context.Context, simAddr, registers string, quiet bool) (*ingest.Schedule, error) {
	zone, err := time.LoadLocation(n.cfg.Zone)
	if err != nil {
		return nil, err
	}
	web, err := n.web(simAddr)
	if err != nil {
		return nil, err
	}
	resume, err := time.ParseDuration(n.cfg.Web.ResumeWithin)
	if err != nil {
		return nil, err
	}
	var items []ingest.Scheduled
	jitter, err := time.ParseDuration(n.cfg.Web.Jitter)
	if err != nil {
		return nil, err
	}
	add := func(id auyl.SourceID, door ingest.Door, times string, releaseDay int, quiet bool) error {
		p, err := n.puller(ctx, id, door, ingest.Options{QuietUnchanged: quiet, ResumeWithin: resume})
		if err != nil {
			return err
		}
		items = append(items, ingest.Scheduled{Puller: p, Times: times, ReleaseDay: releaseDay, Jitter: jitter})
		return nil
	}

	drop, err := n.openDrops(registers, !quiet)
	if err != nil {
		return nil, err
	}
	every := "@every " + n.cfg.Drop.Every
	asked := map[auyl.SourceID]bool{qualitySource: true, accessSource: true} // auyl says those itself
	for _, s := range n.cfg.Sources {
		asked[auyl.SourceID(s.ID)] = true
	}
	for _, s := range n.cfg.Push.Sources {
		asked[auyl.SourceID(s.ID)] = true // its pages come of themselves, and from nowhere else
	}
	var claimed []auyl.SourceID
	for _, id := range fileSources(n.house.Contracts, asked) {
		claimed = append(claimed, id)
		if err := add(id, drop(id, nil), every, 0, quiet); err != nil {
			return nil, err
		}
	}
	for _, s := range n.cfg.Sources {
		id := auyl.SourceID(s.ID)
		if n.house.Contracts[id] == nil {
			return nil, fmt.Errorf("%s: source %s has no contract: write schemas/contracts/%s.yaml", n.Config, id, id)
		}
		door, err := n.webDoor(s, web, simAddr)
		if err != nil {
			return nil, err
		}
		if err := add(id, door, s.Schedule, s.ReleaseDay, false); err != nil {
			return nil, err
		}
	}
	// Files that no contract claims are told, not overlooked.
	if err := add(unclaimed, drop("", claimed), every, 0, true); err != nil {
		return nil, err
	}
	sched, err := n.scheduled(items, zone)
	if err != nil {
		return nil, err
	}
	pauses, err := ingest.OpenPauses(ctx, n.conn, n.cfg.NATS.Replicas, n.log)
	if err != nil {
		return nil, err
	}
	sched.PausedBy(pauses.Paused)
	return sched, nil
}

// scheduled is a schedule of which the metrics know.
func (n *node) scheduled(items []ingest.Scheduled, zone *time.Location) (*ingest.Schedule, error) {
	sched, err := ingest.NewSchedule(items, zone, time.Now, n.log)
	if err == nil {
		sched.OnPull(n.metrics.pulled(time.Now))
	}
	return sched, err
}

// puller asks a source through a door, nil for one whose pages come of themselves,
// and keeps its pages as its contract says.
func (n *node) puller(ctx context.Context, id auyl.SourceID, door ingest.Door, o ingest.Options) (*ingest.Puller, error) {
	raw, err := ingest.OpenRaw(ctx, n.conn, id)
	if err != nil {
		return nil, err
	}
	c := n.house.Contracts[id]
	src := ingest.Source{ID: id, Origin: auyl.OriginReal, Rank: auyl.RankSelfReported, Door: door}
	if c != nil {
		src.Origin, src.Rank, src.ContractVersion = c.Origin, c.Rank, c.Version
	}
	var keep ingest.Archive
	keep, src.ByReference = n.keeping(c, raw)
	o.Logger = n.log
	return ingest.NewPuller(src, raw, keep, n.clock, o)
}

// fileSources lists the sources whose data come as files: real before synthetic,
// then by name, so that the order of vintages is the same everywhere.
func fileSources(contracts map[auyl.SourceID]*schemas.Contract, asked map[auyl.SourceID]bool) []auyl.SourceID {
	var ids []auyl.SourceID
	for id, c := range contracts {
		if !asked[id] && c.ByFile() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b auyl.SourceID) int {
		if d := int(contracts[a].Origin) - int(contracts[b].Origin); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	return ids
}
