package clickhouse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/template"
)

// Repeat stores what an Insert of the same messages under the same token has left out, when nobody knows how far that
// Insert came. It may itself be repeated.
//
// A server of its own cannot be trusted with the token here. It writes the token of a part into its log and then makes the
// part visible; killed between the two, it has the token and not the rows, and passes over them when they come again
// (seen: 492 rows, one partition of one insert, lost in 400 kills). So the rows go into a table aside, and from there those
// whose key is missing. Replicated tables store part and token in one transaction of Keeper, so there the token decides.
func (w *Writer) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	if w.db.o.Cluster != "" {
		return w.Insert(ctx, table, token, messages)
	}
	if err := w.fill(ctx, table, token, messages); err != nil {
		return fmt.Errorf("repeat insert into %s: %w", table, err)
	}
	return nil
}

func (w *Writer) fill(ctx context.Context, table, token string, messages [][]byte) (err error) {
	db := w.db
	enc, err := db.encoders.get(table)
	if err != nil {
		return err
	}
	names := columnNames(enc)
	db.encoders.put(table, enc)
	sum := sha256.Sum256([]byte(token))
	s := struct{ Table, Stage, Columns, Key, Primary string }{
		Table: table, Stage: table + "_repeat_" + hex.EncodeToString(sum[:8]), Columns: strings.Join(names, ",\n    "),
	}
	if s.Key, s.Primary, err = db.keys(ctx, table); err != nil {
		return err
	}
	if err := db.run(ctx, "wait", s, url.Values{"param_token": {token}}); err != nil {
		return err
	}
	if err := db.run(ctx, "stage", s, nil); err != nil {
		return err
	}
	if err := w.into(ctx, table, s.Stage, "", messages); err != nil {
		return err
	}
	if err := db.run(ctx, "fill", s, nil); err != nil {
		return err
	}
	return db.http.exec(ctx, db.database, "DROP TABLE IF EXISTS "+s.Stage)
}

// run executes a statement under sql/repeat.
func (db *DB) run(ctx context.Context, name string, data any, params url.Values) error {
	b, err := sqlFiles.ReadFile("sql/repeat/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("read statement: %w", err)
	}
	t, err := template.New(name).Parse(string(b))
	if err != nil {
		return fmt.Errorf("parse statement: %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return fmt.Errorf("fill in statement: %w", err)
	}
	if params == nil {
		params = url.Values{}
	}
	params.Set("database", db.database)
	params.Set("wait_end_of_query", "1")
	resp, err := db.http.post(ctx, params, &text)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return connectionError(ctx, err)
	}
	return nil
}

var errNoTable = errors.New("no such table")

// keys returns the natural and the primary key of a table, as lists of columns.
func (db *DB) keys(ctx context.Context, table string) (key, primary string, err error) {
	params := map[string]string{"table": table}
	err = db.query(ctx, "keys", params, func(scan func(...any) error) error { return scan(&key, &primary) })
	if err == nil && key == "" {
		err = fmt.Errorf("table %s: %w", table, errNoTable)
	}
	return key, primary, err
}
