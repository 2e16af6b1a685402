package clickhouse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

//go:embed sql
var sqlFiles embed.FS

// ErrMigrationEdited says that a migration that was applied reads differently now. Migrations only go forward: write a new
// one.
var ErrMigrationEdited = errors.New("migration was edited after it was applied")

// dialect is what the text of a migration depends on.
type dialect struct {
	Database string
	Cluster  string
	user     string // of dictionaries; empty for the default user without a password
	password string
}

// OnCluster is the clause that makes every node of a cluster run a statement.
func (d dialect) OnCluster() string { return onCluster(d.Cluster) }

// Replacing is the engine of all tables. Where it replicates, path and replica are the server's default ones, which hold
// the table's UUID.
func (d dialect) Replacing() string {
	if d.Cluster == "" {
		return "ReplacingMergeTree"
	}
	return "ReplicatedReplacingMergeTree"
}

// Window makes a table remember the tokens of its last blocks. It counts blocks, each partition of an insert being one: an
// insert of 1 M rows over 30 years is some 30, so that hundreds of unfinished ranges fit.
func (d dialect) Window() string {
	if d.Cluster == "" {
		return "non_replicated_deduplication_window = 10000"
	}
	return "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000"
}

// DictionaryUser is as whom a dictionary reads its table; empty for the default user without a password.
func (d dialect) DictionaryUser() string {
	if d.user == "" {
		return ""
	}
	return "USER " + quote(d.user) + " PASSWORD " + quote(d.password) + " "
}

// Known makes the arguments of the partial "cells": where narrows the vintages to those that were known at a time.
func (d dialect) Known(where string) any {
	return struct {
		dialect
		AsOf string
	}{d, where}
}

// AreaName asks the dictionary for a field of the area whose code is in a column, on the last day of the row's period:
// the figures were counted on the boundaries of that day.
func (d dialect) AreaName(field, column string) string {
	return fmt.Sprintf("dictGet('%s.area_name', '%s', toUInt64(%s), toInt64(toInt32(period_end)))", d.Database, field, column)
}

// Freq is the type of a column with the letter of a frequency; the letters are the stored bytes.
func (d dialect) Freq() string {
	return "Enum8('A' = 65, 'D' = 68, 'M' = 77, 'Q' = 81, 'S' = 83, 'W' = 87)"
}

// Status is the type of a column with the letter of a status.
func (d dialect) Status() string {
	return "Enum8('A' = 65, 'B' = 66, 'C' = 67, 'E' = 69, 'I' = 73, 'M' = 77, 'P' = 80)"
}

// Origin is the type of a column with an origin.
func (d dialect) Origin() string { return "Enum8('real' = 1, 'synthetic' = 2)" }

// Level is the type of a column with a level.
func (d dialect) Level() string {
	return "Enum8('country' = 1, 'oblast' = 2, 'district' = 3, 'okrug' = 4, 'settlement' = 5)"
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// migration is one numbered file.
type migration struct {
	number     int
	name       string
	sha256     string // of the text before it is rendered: a change of cluster or password is no edit
	statements []string
}

// migrations reads and renders all files in the order of their numbers.
func migrations(d dialect) ([]migration, error) {
	all := template.New("").Option("missingkey=error")
	partials, err := fs.Glob(sqlFiles, "sql/partials/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list partials: %w", err)
	}
	for _, f := range partials {
		b, err := sqlFiles.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read partial: %w", err)
		}
		if _, err := all.Parse(string(b)); err != nil {
			return nil, fmt.Errorf("parse %s: %w", f, err)
		}
	}
	files, err := fs.Glob(sqlFiles, "sql/migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(files)
	out := make([]migration, 0, len(files))
	for _, f := range files {
		m, err := render(all, f, d)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func render(all *template.Template, file string, d dialect) (migration, error) {
	b, err := sqlFiles.ReadFile(file)
	if err != nil {
		return migration{}, fmt.Errorf("read migration: %w", err)
	}
	m := migration{name: strings.TrimSuffix(path.Base(file), ".sql")}
	digits, _, _ := strings.Cut(m.name, "_")
	if m.number, err = strconv.Atoi(digits); err != nil {
		return migration{}, fmt.Errorf("migration %s: name does not begin with a number: %w", m.name, err)
	}
	sum := sha256.Sum256(b)
	m.sha256 = hex.EncodeToString(sum[:])
	t, err := all.New(m.name).Parse(string(b))
	if err != nil {
		return migration{}, fmt.Errorf("migration %s: %w", m.name, err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, d); err != nil {
		return migration{}, fmt.Errorf("migration %s: %w", m.name, err)
	}
	m.statements = split(text.String())
	return m, nil
}

// split cuts a file into statements: each ends with a semicolon at the end of a line.
func split(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text+"\n", ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

const ledger = `CREATE TABLE IF NOT EXISTS schema_migration%s
(
    version    UInt32 COMMENT 'number of the file under sql/migrations',
    name       String COMMENT 'name of the file',
    sha256     String COMMENT 'of its text before cluster and names are filled in, hexadecimal',
    applied_at DateTime DEFAULT now() COMMENT 'when it was applied, UTC'
)
ENGINE = %s(applied_at)
ORDER BY version
COMMENT 'which migrations were applied'`

// Migrate brings the tables and views to what this program needs. Running it twice, or two at once, does no harm: every
// statement creates only what is missing, and a migration is written down after its statements.
// Errors: ErrMigrationEdited.
func (db *DB) Migrate(ctx context.Context) error {
	d := db.dialect()
	ms, err := migrations(d)
	if err != nil {
		return err
	}
	if err := db.create(ctx, fmt.Sprintf(ledger, d.OnCluster(), d.Replacing())); err != nil {
		return wrap("create schema_migration", err)
	}
	applied, err := db.applied(ctx)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if sum, ok := applied[m.number]; ok {
			if sum != m.sha256 {
				return fmt.Errorf("migration %s: %w", m.name, ErrMigrationEdited)
			}
			continue
		}
		for _, s := range m.statements {
			if err := db.create(ctx, s); err != nil {
				return wrap("migration "+m.name, err)
			}
		}
		record := fmt.Sprintf("INSERT INTO schema_migration (version, name, sha256) VALUES (%d, %s, %s)", m.number, quote(m.name), quote(m.sha256))
		if err := db.http.exec(ctx, db.database, record); err != nil {
			return wrap("record migration "+m.name, err)
		}
		db.log.InfoContext(ctx, "migration applied", "name", m.name)
	}
	if err := db.sweep(ctx); err != nil {
		return err
	}
	return db.reloadDictionaries(ctx)
}

// sweep drops the tables that a Repeat or a LoadReference left when its process was killed. A younger one may be in use.
func (db *DB) sweep(ctx context.Context) error {
	var left []string
	err := db.query(ctx, "left_over", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		left = append(left, name)
		return err
	})
	for _, name := range left {
		if err == nil {
			err = wrap("drop "+name, db.http.exec(ctx, db.database, "DROP TABLE IF EXISTS "+name+onCluster(db.o.Cluster)))
		}
	}
	return err
}

// reloadDictionaries has the dictionaries read their tables anew. A dictionary logs in by itself, as the default user
// without a password unless its definition says otherwise. The engine inside this process lets that pass; a server that
// does not gets the definition with our own user, again whenever the password has changed.
func (db *DB) reloadDictionaries(ctx context.Context) error {
	for _, name := range []string{"area_name", "indicator_name"} {
		reload := "SYSTEM RELOAD DICTIONARY" + onCluster(db.o.Cluster) + " " + db.database + "." + name
		err := db.http.exec(ctx, db.database, reload)
		var e *Error
		if errors.As(err, &e) && (e.Code == 516 || e.Code == 194) { // AUTHENTICATION_FAILED, REQUIRED_PASSWORD
			if err = db.redefine(ctx, name); err == nil {
				err = db.http.exec(ctx, db.database, reload)
			}
		}
		if err != nil {
			return wrap("load dictionary "+name, err)
		}
	}
	return nil
}

// redefine gives a dictionary our user and password.
func (db *DB) redefine(ctx context.Context, name string) error {
	d := db.dialect()
	d.user, d.password = db.user, db.password
	ms, err := migrations(d)
	if err != nil {
		return err
	}
	const create = "CREATE DICTIONARY IF NOT EXISTS "
	for _, m := range ms {
		for _, s := range m.statements {
			if at := strings.Index(s, create+name); at >= 0 {
				return db.http.exec(ctx, db.database, "CREATE OR REPLACE DICTIONARY "+s[at+len(create):])
			}
		}
	}
	return fmt.Errorf("no migration creates dictionary %s", name)
}

// Schema returns the statements of all migrations as a database and a cluster get them; cluster is empty for one server.
func Schema(database, cluster string) ([]string, error) {
	ms, err := migrations(dialect{Database: database, Cluster: cluster})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range ms {
		out = append(out, m.statements...)
	}
	return out, nil
}

// Exec runs a statement of an operator that gives no answer, such as OPTIMIZE TABLE.
func (db *DB) Exec(ctx context.Context, statement string) error {
	return wrap("exec", db.http.exec(ctx, db.database, statement))
}

// create runs a CREATE … IF NOT EXISTS. Between two that run at once the slower one may be told that the thing exists.
func (db *DB) create(ctx context.Context, statement string) error {
	err := db.http.exec(ctx, db.database, statement)
	var e *Error
	const tableExists = 57
	if errors.As(err, &e) && e.Code == tableExists {
		return nil
	}
	return err
}

func (db *DB) applied(ctx context.Context) (map[int]string, error) {
	rows, err := db.conn.Query(ctx, ask("applied_migrations"))
	if err != nil {
		return nil, wrap("read schema_migration", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	out := map[int]string{}
	for rows.Next() {
		var version uint32
		var sum string
		if err := rows.Scan(&version, &sum); err != nil {
			return nil, wrap("read schema_migration", err)
		}
		out[int(version)] = sum
	}
	return out, wrap("read schema_migration", rows.Err())
}

func (db *DB) dialect() dialect {
	return dialect{Database: db.database, Cluster: db.o.Cluster}
}
