// Gen writes what is made from the catalogue: schemas/indicators.lock and
// docs/indicators.md. Under go generate its working folder is schemas.
package main

import (
	"fmt"
	"os"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/words"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // a program of its own
	}
}

func write(dir string) error {
	fsys := os.DirFS(dir)
	h, err := schemas.Load(fsys)
	if err != nil {
		return err
	}
	lock, err := schemas.ReadLock(fsys)
	if err != nil {
		return err
	}
	if lock == nil {
		lock = schemas.Lock{}
	}
	lock.Add(h.Catalogue)
	if err := os.WriteFile(dir+"/"+schemas.LockFile, lock.Bytes(), 0o644); err != nil { //nolint:gosec // part of the source
		return fmt.Errorf("write lock: %w", err)
	}
	if err := os.WriteFile(dir+"/../docs/indicators.md", words.Page(h), 0o644); err != nil { //nolint:gosec // part of the source
		return fmt.Errorf("write catalogue: %w", err)
	}
	return nil
}
