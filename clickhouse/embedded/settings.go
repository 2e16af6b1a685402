package embedded

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed config/*.xml.tmpl
var configFiles embed.FS

// engineFiles is what the engine's configuration files are made of. The two kinds of engine share the templates.
type engineFiles struct {
	Dir      string // absolute; the engine's own data are in Dir/data
	Database string
	Server   bool // a clickhouse server: real users, ports, log files
	HTTPPort int  // Server only
	// OwnerHash and ReaderHash are SHA-256 of the passwords in hex. Server only: the library's one user has no password,
	// since nothing but the child itself can reach it.
	OwnerHash, ReaderHash string
	MaxMemoryBytes        int64
	ReaderSeconds         int64
	ReaderMemoryBytes     int64
	ReaderTables          []string
}

func newEngineFiles(c childConfig) engineFiles {
	f := engineFiles{
		Dir: c.Dir, Database: c.Database, MaxMemoryBytes: c.MaxMemoryBytes, ReaderTables: readerTables,
		ReaderSeconds: int64(c.ReaderTime / time.Second), ReaderMemoryBytes: c.ReaderMemoryBytes,
	}
	if c.Kind == Server {
		f.Server = true
		f.OwnerHash, f.ReaderHash = sha256Hex(c.OwnerPassword), sha256Hex(c.ReaderPassword)
	}
	return f
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// dataDir is where the engine keeps its tables.
func (f engineFiles) dataDir() string { return filepath.Join(f.Dir, "data") }

// configPath is the file that the engine is started with.
func (f engineFiles) configPath() string { return filepath.Join(f.Dir, "config.xml") }

// write puts both files into the folder, readable for their owner only. Each start writes them anew.
func (f engineFiles) write() error {
	for _, name := range []string{"config.xml", "users.xml"} {
		b, err := f.render(name)
		if err != nil {
			return err
		}
		path := filepath.Join(f.Dir, name)
		// Written aside first: an old file may be open to more than its owner, and a new name never is.
		if err := os.WriteFile(path+".new", b, 0o600); err != nil {
			return fmt.Errorf("write engine configuration: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("write engine configuration: %w", err)
		}
	}
	return nil
}

func (f engineFiles) render(name string) ([]byte, error) {
	t, err := template.New(name+".tmpl").Funcs(template.FuncMap{"xml": xmlText}).ParseFS(configFiles, "config/"+name+".tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, f); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func xmlText(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}
