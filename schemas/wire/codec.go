// Package wire is the format of the messages in the streams: versioned protobuf,
// struct of arrays with dictionaries. The messages are generated from wire.proto
// by `make generate`; this file holds the little that is written by hand.
package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Marshal encodes a message; the same message always gives the same bytes.
func Marshal(m proto.Message) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return b, nil
}

// Unmarshal decodes bytes into a message, which is reset first.
func Unmarshal(b []byte, m proto.Message) error {
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("decode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return nil
}

// Message is any message of this package.
type Message = proto.Message

// CloneVintage returns a copy of v.
func CloneVintage(v *Vintage) *Vintage { return proto.CloneOf(v) }
