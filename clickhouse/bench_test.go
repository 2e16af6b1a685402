package clickhouse_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// wide is a page as a register gives it: 2,500 settlements by 20 series, months of ten years.
func wide(tb testing.TB, seq uint64, rows int) []byte {
	tb.Helper()
	m := &wire.Observations{Vintage: vintage(seq, auyl.RankAdministrative, base), DimsDict: []string{"", "sex=female", "sex=male"}}
	for i := range 20 {
		m.SeriesDict = append(m.SeriesDict, fmt.Sprintf("series_%02d", i))
	}
	month := int32(auyl.DayOf(time.Date(2016+int(seq/12%10), time.Month(1+seq%12), 1, 0, 0, 0, 0, time.UTC)))
	for i := range rows {
		m.Series = append(m.Series, uint32(i%20))
		m.Dims = append(m.Dims, uint32(i/20%3))
		m.Area = append(m.Area, 195000000+uint32(i/60)*100)
		m.Freq = append(m.Freq, 'M')
		m.Start = append(m.Start, month)
		m.Value = append(m.Value, int64(i*7919%1_000_000)*10_000)
		m.Status = append(m.Status, 'A')
		m.Row = append(m.Row, uint32(i+1))
	}
	b, err := wire.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// BenchmarkInsertObservations measures decoding, encoding and the engine, without the streams: rows/s, and CPU-seconds per
// million rows of this process and of the engine.
func BenchmarkInsertObservations(b *testing.B) {
	for _, parallel := range []int{1, 2} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) {
			db := open(b)
			const rows, perInsert = 5000, 100
			var messages [][]byte
			for i := range perInsert {
				messages = append(messages, wide(b, uint64(i+1), rows))
			}
			pid := engine(b).Pid()
			b.ReportAllocs()
			ours, theirs := cpu(b, 0), cpu(b, pid)
			b.ResetTimer()
			var wg sync.WaitGroup
			next := make(chan int)
			for range parallel {
				wg.Go(func() {
					for i := range next {
						if err := db.Writer().Insert(b.Context(), "observation", "bench"+strconv.Itoa(i), messages); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := range b.N {
				next <- i
			}
			close(next)
			wg.Wait()
			b.StopTimer()
			n := float64(b.N * rows * perInsert)
			b.ReportMetric(n/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric((cpu(b, 0)-ours)/n*1e6, "go-cpu-s/Mrow")
			b.ReportMetric((cpu(b, pid)-theirs)/n*1e6, "engine-cpu-s/Mrow")
		})
	}
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
