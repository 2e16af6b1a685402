package clickhouse

import (
	"context"
	"errors"
	"fmt"
)

// asideSuffix ends the name of a table that is built anew beside the live one. Readers look at neither.
const asideSuffix = "_rebuild"

// sinkTables are the tables that are made from streams, those that others are explained by first: who reads two of them in
// the moment of an exchange finds an old cell over new observations rather than the other way around.
func sinkTables() []string {
	return []string{"ingest_run", "flow", "dead_letter", "observation", "event", "indicator_value"}
}

// TableIDs say by which number the engine knows each table of the sink. A number stays with the rows: after an exchange the
// name has the other one.
type TableIDs map[string]string

// ErrAsideLost says that the tables aside are not those that were begun.
var ErrAsideLost = errors.New("the tables aside are gone or are others")

// NewAside makes an empty table aside for each table of the sink, in place of those that an earlier rebuild left.
func (db *DB) NewAside(ctx context.Context) (TableIDs, error) {
	is, err := db.tableIDs(ctx)
	if err != nil {
		return nil, err
	}
	if err := db.DropAside(ctx); err != nil {
		return nil, err
	}
	on := onCluster(db.o.Cluster)
	for _, t := range sinkTables() {
		// The text about the table is all that AS does not take over.
		s := fmt.Sprintf("CREATE TABLE %s%s%s AS %s COMMENT %s", t, asideSuffix, on, t, quote(is.comments[t]))
		if err := db.http.exec(ctx, db.database, s); err != nil {
			return nil, wrap("create table aside of "+t, err)
		}
	}
	is, err = db.tableIDs(ctx)
	return is.aside, err
}

// HasAside reports whether the tables aside are those with these numbers.
func (db *DB) HasAside(ctx context.Context, ids TableIDs) (bool, error) {
	is, err := db.tableIDs(ctx)
	for _, t := range sinkTables() {
		if is.aside[t] == "" || is.aside[t] != ids[t] {
			return false, err
		}
	}
	return true, err
}

// AsideWriter writes into the tables aside what Writer writes into the live ones.
func (db *DB) AsideWriter() *Writer { return &Writer{db: db, suffix: asideSuffix} }

// ExchangeAside gives the tables aside with these numbers the names of the live ones, and the other way around. Each
// exchange is one step of the engine, so that a reader sees all of the old rows of a table or all of the new ones; between
// the tables lie milliseconds. It may be called again after it was broken off at any point. Errors: ErrAsideLost.
func (db *DB) ExchangeAside(ctx context.Context, ids TableIDs) error {
	is, err := db.tableIDs(ctx)
	if err != nil {
		return err
	}
	for _, t := range sinkTables() {
		if ids[t] == "" || is.live[t] != ids[t] && is.aside[t] != ids[t] {
			return fmt.Errorf("exchange %s: %w", t, ErrAsideLost)
		}
	}
	for _, t := range sinkTables() {
		if is.live[t] == ids[t] {
			continue // before it was broken off
		}
		if err := db.http.exec(ctx, db.database, "EXCHANGE TABLES "+t+" AND "+t+asideSuffix+onCluster(db.o.Cluster)); err != nil {
			return wrap("exchange "+t, err)
		}
	}
	return nil
}

// DropAside removes the tables aside: after an exchange, the old rows.
func (db *DB) DropAside(ctx context.Context) error {
	for _, t := range sinkTables() {
		if err := db.http.exec(ctx, db.database, "DROP TABLE IF EXISTS "+t+asideSuffix+onCluster(db.o.Cluster)); err != nil {
			return wrap("drop table aside of "+t, err)
		}
	}
	return nil
}

// numbered are the tables of the sink by their names.
type numbered struct {
	live, aside TableIDs
	comments    map[string]string
}

func (db *DB) tableIDs(ctx context.Context) (numbered, error) {
	is := numbered{TableIDs{}, TableIDs{}, map[string]string{}}
	err := db.query(ctx, "table_ids", nil, func(scan func(...any) error) error {
		var name, id, comment string
		if err := scan(&name, &id, &comment); err != nil {
			return err
		}
		if n := len(name) - len(asideSuffix); n > 0 && name[n:] == asideSuffix {
			is.aside[name[:n]] = id
			return nil
		}
		is.live[name], is.comments[name] = id, comment
		return nil
	})
	return is, err
}

// Content is how many rows a table has, and a number that depends on all that they say and not on how they lie.
type Content struct {
	Rows        uint64
	Fingerprint uint64
}

// Contents reads the tables of the sink through: the live ones, or those aside.
func (db *DB) Contents(ctx context.Context, aside bool) (map[string]Content, error) {
	out := map[string]Content{}
	for _, t := range sinkTables() {
		name := t
		if aside {
			name += asideSuffix
		}
		var c Content
		err := db.query(ctx, "fingerprint", map[string]string{"table": name}, func(scan func(...any) error) error {
			return scan(&c.Rows, &c.Fingerprint)
		})
		if err != nil {
			return nil, err
		}
		out[t] = c
	}
	return out, nil
}
