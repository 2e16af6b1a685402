package transform

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Cells of sensitive indicators go from the districts to the oblast, which
// decides what is shown, on a stream that others read. They are sealed: whoever
// has not the key sees how many hundred bytes a frame takes and nothing else.

// errSealed says that a sealed message is not one of this key.
var errSealed = errors.New("sealed cells: not sealed with this key: both stages have to have the key of the data folder in which the cells were computed")

// minKey is the shortest key that stages take, in bytes.
const minKey = 16

// sealedBlock is what lengths are rounded up to: numbers are as long as they are
// large.
const sealedBlock = 512

// sealer seals messages. The same message gives the same bytes, as everything
// that a stage says must: its nonce is a keyed hash of what it seals, which
// tells who sees two equal ones that they are equal. It is safe for concurrent
// use.
type sealer struct {
	aead  cipher.AEAD
	nonce []byte // key of nonces
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("key of sealed cells: %d bytes, want %d at least", len(key), minKey)
	}
	derive := func(what string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte("auyl sealed cells: " + what))
		return h.Sum(nil)
	}
	block, err := aes.NewCipher(derive("content"))
	if err != nil {
		return nil, fmt.Errorf("key of sealed cells: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("key of sealed cells: %w", err)
	}
	return &sealer{aead, derive("nonce")}, nil
}

// seal returns the nonce and the sealed data of a message of a subject.
func (s *sealer) seal(subject string, data []byte) []byte {
	plain := binary.BigEndian.AppendUint32(make([]byte, 0, len(data)+sealedBlock), uint32(len(data)))
	plain = append(plain, data...)
	plain = append(plain, make([]byte, (sealedBlock-len(plain)%sealedBlock)%sealedBlock)...)
	h := hmac.New(sha256.New, s.nonce)
	h.Write(append([]byte(subject), 0))
	h.Write(plain)
	nonce := h.Sum(nil)[:s.aead.NonceSize()]
	return s.aead.Seal(slices.Clip(nonce), nonce, plain, []byte(subject))
}

// open returns what was sealed. Errors: errSealed.
func (s *sealer) open(subject string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(subject))
	if err != nil || len(plain) < 4 {
		return nil, errSealed
	}
	size := binary.BigEndian.Uint32(plain)
	if uint64(size) > uint64(len(plain)-4) {
		return nil, errSealed
	}
	return plain[4 : 4+size], nil
}
