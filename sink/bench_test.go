package sink_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
)

// BenchmarkSinkObservations measures the way from the stream (file storage, compressed) to visible rows: rows/s, and
// CPU-seconds per million rows of this process, the NATS server included, and of the engine. The messages are there
// before the clock starts.
func BenchmarkSinkObservations(b *testing.B) {
	e := engine(b)
	for _, mb := range []int{8, 16, 32} {
		b.Run(fmt.Sprintf("range=%dMiB", mb), func(b *testing.B) {
			db, dsn := database(b, e)
			db.Close()
			db, err := clickhouse.Open(b.Context(), dsn, clickhouse.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			conn := streams(b, b.TempDir())
			const rows, messages = 5000, 20
			fillWide(b, conn, b.N, messages, rows)
			s := sink.New(conn, stream.Data, db.Writer(), sink.Options{MaxBytes: mb << 20})
			end := last(b, conn)
			ours, theirs := cpu(b, 0), cpu(b, e.Pid())
			b.ResetTimer()
			if err := runUntil(b.Context(), s, end); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			n := float64(b.N * rows * messages)
			b.ReportMetric(n/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric((cpu(b, 0)-ours)/n*1e6, "go-cpu-s/Mrow")
			b.ReportMetric((cpu(b, e.Pid())-theirs)/n*1e6, "engine-cpu-s/Mrow")
			counts, err := db.Counts(b.Context())
			if err != nil || counts["observation"] != uint64(n) {
				b.Errorf("%v rows are there, want %v (%v)", counts["observation"], n, err)
			}
		})
	}
}

// fillWide publishes frames as a register gives them: many settlements by 20 series, a month a frame over ten years.
func fillWide(b *testing.B, conn *stream.Conn, frames, messages, rows int) {
	b.Helper()
	p, err := conn.OpenPublisher(b.Context(), stream.Data, "cur.decode")
	if err != nil {
		b.Fatal(err)
	}
	for f := range frames {
		var ms []stream.Message
		v := vintage(uint64(f + 1))
		month := int32(auyl.DayOf(time.Date(2016+f/12%10, time.Month(1+f%12), 1, 0, 0, 0, 0, time.UTC)))
		for k := range messages {
			ms = append(ms, stream.Message{Subject: fmt.Sprintf("obs.1952%05d", k), Data: encode(b, wide(v, month, k, rows))})
		}
		if _, err := p.Publish(b.Context(), ms, stream.Next{InputSeq: uint64(f + 1)}); err != nil {
			b.Fatal(err)
		}
	}
}

func wide(v *wire.Vintage, month int32, k, rows int) *wire.Observations {
	m := &wire.Observations{Vintage: v, DimsDict: []string{"", "sex=female", "sex=male"}}
	for i := range 20 {
		m.SeriesDict = append(m.SeriesDict, fmt.Sprintf("series_%02d", i))
	}
	for i := range rows {
		m.Series = append(m.Series, uint32(i%20))
		m.Dims = append(m.Dims, uint32(i/20%3))
		m.Area = append(m.Area, uint32(190000000+k*100_000+i/60*100))
		m.Freq = append(m.Freq, 'M')
		m.Start = append(m.Start, month)
		m.Value = append(m.Value, int64((i*7919+k)%1_000_000)*10_000)
		m.Status = append(m.Status, 'A')
		m.Row = append(m.Row, uint32(k*rows+i+1))
	}
	return m
}

// cpu is the processor time that a process has used, in seconds; pid 0 is this one.
func cpu(tb testing.TB, pid int) float64 {
	tb.Helper()
	if pid == 0 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			tb.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skip(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(after)
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}
