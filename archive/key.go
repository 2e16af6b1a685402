package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// Key seals and unseals objects. The file that holds it is in the form of
// age-keygen: the first identity seals, each of them unseals, so that a new key is
// put above the old one.
type Key struct{ identities []*age.X25519Identity }

// ReadKey reads a key file. Errors: fs.ErrNotExist.
func ReadKey(path string) (*Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	parsed, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil {
		// What the library says may quote the line.
		return nil, fmt.Errorf("key of the raw archive: %s: no age identity: want lines AGE-SECRET-KEY-1…, as age-keygen writes them", path)
	}
	k := &Key{}
	for _, id := range parsed {
		x, ok := id.(*age.X25519Identity)
		if !ok {
			return nil, fmt.Errorf("key of the raw archive: %s: want X25519 identities (AGE-SECRET-KEY-1…)", path)
		}
		k.identities = append(k.identities, x)
	}
	return k, nil
}

// EnsureKey reads a key file, or makes it, for its owner alone, where there is
// none; of two that make it at once, both get the one that was first.
func EnsureKey(path string) (k *Key, err error) {
	if k, err := ReadKey(path); !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, werr := fmt.Fprintf(f, "# Unseals the personal pages of the raw archive. Without it they are lost;\n# with it anybody can read them. docs/operators.md says where to keep it.\n# public key: %s\n%s\n", id.Recipient(), id)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key of the raw archive: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return ReadKey(path)
}

// Recipient is the public half that seals, age1….
func (k *Key) Recipient() string { return k.identities[0].Recipient().String() }

// holds reports whether the key unseals what was sealed for a recipient.
func (k *Key) holds(recipient string) bool {
	for _, id := range k.identities {
		if id.Recipient().String() == recipient {
			return true
		}
	}
	return false
}

func (k *Key) all() []age.Identity {
	out := make([]age.Identity, len(k.identities))
	for i, id := range k.identities {
		out[i] = id
	}
	return out
}
