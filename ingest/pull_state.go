package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/klauspost/compress/zstd"
)

// Known is what a source gave for one page last time.
type Known struct {
	SHA256   string `json:"sha256"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	Rows     int    `json:"rows,omitempty"`
	Total    int    `json:"total,omitempty"` // rows of all pages, as this one says
	Next     string `json:"next,omitempty"`  // where the page behind it is, as its door understands it
	AtMs     int64  `json:"at_ms,omitempty"` // when it was last had, or said to be unchanged
	// Fresh says that a pull that failed, or was broken off, has had the page not
	// long ago: a door that pages goes on behind it and does not ask again.
	Fresh bool `json:"-"`
}

// pullState travels with each frame of a source, as the data of its cursor
// message in RAW: what was had, and whether a run is under way.
type pullState struct {
	Run            uint64 `json:"run"`       // number of the last run
	Open           bool   `json:"open"`      // it has not ended
	RunPages       uint32 `json:"run_pages"` // pages stored by it
	RunBytes       uint64 `json:"run_bytes"`
	StartedMs      int64  `json:"started_ms"`
	LastRecordedMs int64  `json:"last_recorded_ms"`
	// Nonces of pushed pages, with the time until which each is remembered, in ms.
	Nonces map[string]int64 `json:"nonces,omitempty"`
	// BrokenMs is the start of the first of the pulls since the last good one; 0
	// when the last pull was good.
	BrokenMs int64            `json:"broken_ms,omitempty"`
	Pages    map[string]Known `json:"pages"`
}

func parseState(b []byte) (pullState, error) {
	st := pullState{Pages: map[string]Known{}}
	if len(b) == 0 {
		return st, nil
	}
	if !bytes.HasPrefix(b, []byte("{")) {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return st, fmt.Errorf("state of the last pull: %w", err)
		}
		defer dec.Close()
		if b, err = dec.DecodeAll(b, nil); err != nil {
			return st, fmt.Errorf("state of the last pull: %w", err)
		}
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, fmt.Errorf("state of the last pull: %w", err)
	}
	if st.Pages == nil {
		st.Pages = map[string]Known{}
	}
	return st, nil
}

func (s pullState) clone() pullState {
	s.Pages = maps.Clone(s.Pages)
	return s
}

func (s pullState) bytes() ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("state of the pull: %w", err)
	}
	if len(b) <= plainState {
		return b, nil
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("state of the pull: %w", err)
	}
	defer enc.Close() //nolint:errcheck // of nothing
	return enc.EncodeAll(b, nil), nil
}

// plainState is the size up to which a state is plain JSON. One of thousands of
// pages is compressed: it travels with every frame, and a message holds 1 MiB.
const plainState = 32 << 10
