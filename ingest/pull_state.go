package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Known is what a source gave for one page last time.
type Known struct {
	SHA256   string `json:"sha256"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	Rows     int    `json:"rows,omitempty"`
}

// pullState travels with each frame of a source, as the data of its cursor
// message in RAW: what was had, and whether a run is under way.
type pullState struct {
	Run            uint64           `json:"run"`       // number of the last run
	Open           bool             `json:"open"`      // it has not ended
	RunPages       uint32           `json:"run_pages"` // pages stored by it
	RunBytes       uint64           `json:"run_bytes"`
	StartedMs      int64            `json:"started_ms"`
	LastRecordedMs int64            `json:"last_recorded_ms"`
	Pages          map[string]Known `json:"pages"`
}

func parseState(b []byte) (pullState, error) {
	st := pullState{Pages: map[string]Known{}}
	if len(b) == 0 {
		return st, nil
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
	return b, nil
}
