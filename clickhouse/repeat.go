package clickhouse

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/template"
	"time"
)

// Repeat stores what an Insert of the same messages under the same token has left out, when nobody knows how far that
// Insert came. It may itself be repeated.
//
// A server of its own cannot be trusted with the token here. It writes the token of a part into its log and then makes the
// part visible; killed between the two, it has the token and not the rows, and passes over them when they come again
// (seen: 492 rows, one partition of one insert, lost in some 30 kills). So after a second Insert the rows go into a table
// aside, and from there those whose key is missing. The second Insert is for a first one that is late and comes after all:
// it finds its token. Whatever else works under the token is stopped. Replicated tables store part and token in one
// transaction of Keeper, so there the token decides.
func (w *Writer) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	if err := w.db.run(ctx, "wait", nil, url.Values{"param_token": {token}, "param_tag": {"_repeat_" + tag(token) + "_"}}); err != nil {
		return fmt.Errorf("repeat insert into %s: %w", table, err)
	}
	if err := w.Insert(ctx, table, token, messages); err != nil || w.db.o.Cluster != "" {
		return err
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
	// Of two that repeat at once, neither must empty the table of the other.
	s := struct{ Table, Stage, Columns, Key, Primary string }{
		Table: table + w.suffix, Stage: table + "_repeat_" + tag(token) + "_" + strings.ToLower(rand.Text()[:12]), Columns: strings.Join(names, ",\n    "),
	}
	if s.Key, s.Primary, err = db.keys(ctx, s.Table); err != nil {
		return err
	}
	if err := db.run(ctx, "stage", s, nil); err != nil {
		return err
	}
	defer func() {
		dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if e := db.http.exec(dctx, db.database, "DROP TABLE IF EXISTS "+s.Stage); err == nil {
			err = e
		}
	}()
	if err := w.into(ctx, table, s.Stage, "", messages); err != nil {
		return err
	}
	return db.run(ctx, "fill", s, nil)
}

// tag stands for a token in the name of a table, and so in the text of the statements that use it.
func tag(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
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
