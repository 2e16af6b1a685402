package state

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
)

// SetFormat writes a format version as another program would.
func SetFormat(s *Store, v uint32) error {
	return s.db.Set(metaFormat(), binary.BigEndian.AppendUint32(nil, v), pebble.Sync)
}
