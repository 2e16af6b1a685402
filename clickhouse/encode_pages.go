package clickhouse

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/auyl-kz/auyl/schemas/wire"
)

func pageVintage() vintageColumns {
	return vintageColumns{
		source: newTextDict(), run: newTextDict(), plain: new(hashColumn), recorded: int64s(),
		seq: uint64s(), page: uint32s(), contract: uint32s(), origin: new(bytesColumn),
	}
}

// flowEncoder encodes wire.Flow: one message is one row.
type flowEncoder struct {
	m       wire.Flow
	vintage vintageColumns
	counts  [8]*numbers[uint64]
	rules   *proto.ColMap[string, uint64]
	unknown *proto.ColArr[string]
	columns []column
}

func newFlowEncoder() *flowEncoder {
	e := &flowEncoder{vintage: pageVintage(), rules: proto.NewMap(new(proto.ColStr), new(proto.ColUInt64)), unknown: proto.NewArray(new(proto.ColStr))}
	v := &e.vintage
	e.columns = []column{{"run_id", typeDict, v.run}, {"source", typeDict, v.source}, {"page", "UInt32", v.page}}
	for i, name := range []string{"records_in", "records_used", "records_skipped", "records_dead", "observations", "events", "replay_of", "retried"} {
		e.counts[i] = uint64s()
		e.columns = append(e.columns, column{name, "UInt64", e.counts[i]})
	}
	e.columns = append(e.columns, column{"skipped_by_rule", "Map(String, UInt64)", e.rules},
		column{"unknown_columns", "Array(String)", e.unknown}, column{"raw_seq", "UInt64", v.seq},
		column{"raw_sha256", "FixedString(32)", v.plain}, column{"recorded_at", typeTime, v.recorded},
		column{"origin", dialect{}.Origin(), v.origin}, column{"contract_version", "UInt32", v.contract})
	return e
}

func (e *flowEncoder) block() []column { return e.columns }

func (e *flowEncoder) reset() { resetAll(e.columns) }

func (e *flowEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	if err := e.vintage.add(m.GetVintage(), 1); err != nil {
		return err
	}
	for i, n := range []uint64{m.GetRecordsIn(), m.GetRecordsUsed(), m.GetRecordsSkipped(), m.GetRecordsDead(), m.GetObservations(), m.GetEvents(), m.GetReplayOf(), m.GetRetried()} {
		e.counts[i].run(n, 1)
	}
	appendMap(e.rules, m.GetSkippedByRule())
	e.unknown.Append(m.GetUnknownColumns())
	return nil
}

// appendMap appends a row in the order of the keys: the same message must give the same block each time.
func appendMap[V any](c *proto.ColMap[string, V], m map[string]V) {
	kv := make([]proto.KV[string, V], 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		kv = append(kv, proto.KV[string, V]{Key: k, Value: m[k]})
	}
	c.AppendKV(kv)
}

// runEncoder encodes wire.RunEnd: one message is one row.
type runEncoder struct {
	m                         wire.RunEnd
	source                    *dictColumn[string]
	status                    *dictColumn[string]
	run, fault                proto.ColStr
	started, finished, volume *numbers[int64]
	pages                     *numbers[uint32]
	origin                    bytesColumn
	columns                   []column
}

func newRunEncoder() *runEncoder {
	e := &runEncoder{source: newTextDict(), status: newTextDict(), started: int64s(), finished: int64s(), volume: int64s(), pages: uint32s()}
	e.columns = []column{
		{"source", typeDict, e.source},
		{"run_id", "String", &e.run},
		{"started_at", typeTime, e.started},
		{"finished_at", typeTime, e.finished},
		{"status", typeDict, e.status},
		{"pages", "UInt32", e.pages},
		{"bytes", "UInt64", e.volume},
		{"error", "String", &e.fault},
		{"origin", dialect{}.Origin(), &e.origin},
	}
	return e
}

func (e *runEncoder) block() []column { return e.columns }
func (e *runEncoder) reset()          { resetAll(e.columns) }

func (e *runEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	if m.GetSource() == "" || m.GetOrigin() < 1 || m.GetOrigin() > 2 {
		return fmt.Errorf("end of run: source %q, origin %d", m.GetSource(), m.GetOrigin())
	}
	e.source.run(m.GetSource(), 1)
	e.run.Append(m.GetRun())
	e.started.run(m.GetStartedAtMs(), 1)
	e.finished.run(m.GetFinishedAtMs(), 1)
	e.status.run(m.GetStatus(), 1)
	e.pages.run(m.GetPages(), 1)
	e.volume.run(int64(m.GetBytes()), 1)
	e.fault.Append(m.GetError())
	e.origin.run(byte(m.GetOrigin()), 1)
	return nil
}

// deadEncoder encodes wire.DeadLetters.
type deadEncoder struct {
	m       wire.DeadLetters
	vintage vintageColumns
	row     *numbers[uint32]
	replay  *numbers[uint64]
	seen    *numbers[int64]
	solved  *numbers[uint32]
	reason  *dictColumn[string]
	texts   [8]proto.ColStr
	verdict *dictColumn[string]
	held    bytesColumn
	columns []column
}

func newDeadEncoder() *deadEncoder {
	e := &deadEncoder{vintage: pageVintage(), row: uint32s(), replay: uint64s(), seen: int64s(), solved: uint32s(), reason: newTextDict(), verdict: newTextDict()}
	v := &e.vintage
	e.columns = []column{
		{"source", typeDict, v.source},
		{"run_id", typeDict, v.run},
		{"page", "UInt32", v.page},
		{"row", "UInt32", e.row},
		{"reason", typeDict, e.reason},
		{"raw_seq", "UInt64", v.seq},
		{"raw_sha256", "FixedString(32)", v.plain},
		{"recorded_at", typeTime, v.recorded},
		{"origin", dialect{}.Origin(), v.origin},
		{"contract_version", "UInt32", v.contract},
		{"replay_seq", "UInt64", e.replay},
		{"seen_at", typeTime, e.seen},
		{"resolved_by", "UInt32", e.solved},
		{"held", "UInt8", &e.held},
		{"decision", typeDict, e.verdict},
	}
	for i, name := range []string{"position", "field", "found", "expected", "mend", "record", "decided_by", "decided_why"} {
		e.columns = append(e.columns, column{name, "String", &e.texts[i]})
	}
	return e
}

func (e *deadEncoder) block() []column { return e.columns }

func (e *deadEncoder) reset() { resetAll(e.columns) }

func (e *deadEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	if err := e.vintage.add(m.GetVintage(), len(m.GetLetters())); err != nil {
		return err
	}
	n, v := len(m.GetLetters()), m.GetVintage()
	e.replay.run(v.GetReplaySeq(), n)
	e.seen.run(max(v.GetRecordedAtMs(), v.GetReplayedAtMs()), n)
	for _, l := range m.GetLetters() {
		if l == nil {
			return errors.New("empty dead letter")
		}
		e.row.run(l.GetRow(), 1)
		e.solved.run(l.GetResolvedBy(), 1)
		e.reason.run(l.GetReason(), 1)
		e.held.run(flag(l.GetHeld()), 1)
		e.verdict.run(verdict(l.GetDecision()), 1)
		for i, text := range []string{
			l.GetPosition(), l.GetField(), l.GetFound(), l.GetExpected(), l.GetMend(), string(l.GetRecord()),
			l.GetDecision().GetBy(), l.GetDecision().GetWhy(),
		} {
			e.texts[i].Append(text)
		}
	}
	return nil
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// verdict is the word for a decision, "" for none.
func verdict(d *wire.Decision) string {
	switch {
	case d == nil:
		return ""
	case d.GetAccept():
		return "accepted"
	}
	return "rejected"
}
