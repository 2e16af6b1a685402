package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/auyl-kz/auyl/clickhouse"
)

// A rebuild lives in the folder rebuild/ of the data folder until it takes the
// place of what it rebuilds:
//
//	plan.json          this file: what is being built, and how far it is
//	nats/ state/       streams and memory, as they will lie
//	old-nats/ …        those that they replace, until all is done
type plan struct {
	By     string              `json:"by"`     // program and schemas that it is built with: others begin anew
	Tables clickhouse.TableIDs `json:"tables"` // those aside
	Phase  string              `json:"phase"`

	FromArchive bool `json:"from_archive,omitempty"`
}

// The phases of a rebuild. Before the second nothing that is in use was touched;
// from its beginning on there is no way back, and only auyl rebuild goes on.
const (
	phaseBuild = "build"
	phasePlace = "put in place"
)

func (n *node) rebuildDir(parts ...string) string {
	return n.dir(append([]string{"rebuild"}, parts...)...)
}

// readPlan returns nil where no rebuild was begun.
func (n *node) readPlan() (*plan, error) {
	b, err := os.ReadFile(n.rebuildDir("plan.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no plan is no fault
	}
	var p plan
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return nil, fmt.Errorf("plan of the rebuild: %w", err)
	}
	return &p, nil
}

// writePlan replaces the plan, whole and durably.
func (n *node) writePlan(p *plan) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(n.rebuildDir(), 0o750); err != nil {
		return fmt.Errorf("plan of the rebuild: %w", err)
	}
	f, err := os.OpenFile(n.rebuildDir("plan.json.part"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("plan of the rebuild: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("plan of the rebuild: %w", err)
	}
	if err := os.Rename(f.Name(), n.rebuildDir("plan.json")); err != nil {
		return fmt.Errorf("plan of the rebuild: %w", err)
	}
	return errors.Join(syncFolder(n.rebuildDir()), syncFolder(n.Data))
}

// settled refuses a data folder of which a part is old and a part is new.
func (n *node) settled() error {
	if err := n.restored(); err != nil || n.rebuilds {
		return err
	}
	p, err := n.readPlan()
	if err == nil && p != nil && p.Phase == phasePlace {
		err = &exitError{exitData, fmt.Errorf("a rebuild of %s was broken off while it was put in place: auyl rebuild --data %s finishes it", n.Data, n.Data)}
	}
	return err
}

// builder stands for program and schemas: what one of them began, another one
// may not finish.
func (n *node) builder() (string, error) {
	h := sha256.New()
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(exe)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read from
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	if n.cfg.Schemas == "" {
		return hex.EncodeToString(h.Sum(nil)), nil // the program holds them
	}
	return foldersSum(h, os.DirFS(n.cfg.Path(n.cfg.Schemas)))
}

// foldersSum adds the files that schemas are read from.
func foldersSum(h hash.Hash, fsys fs.FS) (string, error) {
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || d.IsDir() || ext != ".yaml" && ext != ".csv" {
			return err
		}
		b, err := fs.ReadFile(fsys, path)
		fmt.Fprintf(h, "%s %d\n", path, len(b))
		_, _ = h.Write(b) // a hash takes everything
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// swapDir puts a folder that was built in the place of the live one. It may be
// called again after it was broken off at any point.
func (n *node) swapDir(name string) error {
	built, live, old := n.rebuildDir(name), n.dir(name), n.rebuildDir("old-"+name)
	if _, err := os.Stat(built); errors.Is(err, fs.ErrNotExist) {
		return nil // in place
	}
	if _, err := os.Stat(live); err == nil {
		if err := os.Rename(live, old); err != nil {
			return fmt.Errorf("put %s aside: %w", name, err)
		}
	}
	if err := os.Rename(built, live); err != nil {
		return fmt.Errorf("put %s in place: %w", name, err)
	}
	return errors.Join(syncFolder(n.rebuildDir()), syncFolder(n.Data))
}

// syncFolder makes renames in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
