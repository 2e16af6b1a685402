package stream_test

import (
	"testing"

	"github.com/auyl-kz/auyl/stream"
)

// Frames of 16 messages of 512 KiB, of bytes that do not compress.
func benchFrame() []stream.Message {
	msgs := make([]stream.Message, 16)
	x := uint32(1)
	for i := range msgs {
		data := make([]byte, 512<<10)
		for k := range data {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			data[k] = byte(x)
		}
		msgs[i] = stream.Message{Subject: "obs.a", Data: data}
	}
	return msgs
}

func BenchmarkPublish(b *testing.B) {
	_, c := serve(b, b.TempDir())
	if err := stream.Ensure(b.Context(), c, stream.StreamOptions{DataMaxBytes: 1 << 30}); err != nil {
		b.Fatal(err)
	}
	p := publisher(b, c, stream.Data, "cur.decode")
	msgs := benchFrame()
	b.SetBytes(16 * 512 << 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Publish(b.Context(), msgs, stream.Next{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	_, c := serve(b, b.TempDir())
	p := publisher(b, c, stream.Data, "cur.decode")
	msgs := benchFrame()
	const frames = 64
	for range frames {
		if _, err := p.Publish(b.Context(), msgs, stream.Next{}); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(16 * 512 << 10)
	b.ReportAllocs()
	var f *stream.Frames
	for n := 0; b.Loop(); n++ {
		if n%frames == 0 {
			f = openFrames(b, c, stream.Data, []string{"obs.>"}, "cur.decode", 1)
		}
		if fr := next(b, f); len(fr.Messages) != 16 {
			b.Fatal("torn frame")
		}
	}
}
