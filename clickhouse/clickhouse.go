package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Database is the database when the DSN names none.
const Database = "auyl"

// Options are the choices of Open; the zero value is one server on its own.
type Options struct {
	// Cluster makes tables Replicated ones ON CLUSTER of this name. Empty means a single server.
	Cluster string
	// InsertTimeout bounds one attempt of one INSERT; 0 means 5 minutes.
	InsertTimeout time.Duration
	// BlockRows is the number of rows after which a block is sent; 0 means 65,536. It is part of what the token stands
	// for: change it only when no insert is unfinished.
	BlockRows int
	// Logger; nil discards.
	// Inserted is called after each insert that the engine took, by several at once; may be nil.
	Inserted func(table string, rows int)
	Logger   *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	conn     driver.Conn
	http     *endpoint
	database string
	user     string
	password string
	o        Options
	log      *slog.Logger
	reader   bool // its rights are the engine's business: no settings of ours
	encoders encoderPool
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Open connects to the engine at an address such as http://user:password@host:8123/auyl and creates the database where it
// is missing. The tables are made by Migrate. The caller closes. Errors: *Error.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	db, err := dial(dsn, o)
	if err != nil {
		return nil, err
	}
	// clickhouse-go asks for the version in its database first, so that nothing works before there is one.
	statement := "CREATE DATABASE IF NOT EXISTS " + db.database + onCluster(o.Cluster)
	if err := db.http.exec(ctx, "default", statement); err != nil {
		return nil, errors.Join(fmt.Errorf("create database %s: %w", db.database, err), db.Close())
	}
	return db, nil
}

// OpenReader connects as somebody who may only read: nothing is created, and questions alone work. The caller closes.
// Errors: *Error.
func OpenReader(ctx context.Context, dsn string) (*DB, error) {
	db, err := dial(dsn, Options{})
	if err != nil {
		return nil, err
	}
	db.reader = true
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func dial(dsn string, o Options) (*DB, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("clickhouse address: not a URL; want http://user:password@host:8123/auyl") // err quotes the password
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("clickhouse address: scheme %q: want http or https, such as http://user:password@host:8123/auyl", u.Scheme)
	}
	if o.Cluster != "" && !databaseName.MatchString(o.Cluster) {
		return nil, fmt.Errorf("clickhouse cluster %q: want letters, digits and underscores", o.Cluster)
	}
	opts, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("clickhouse address: %w", err)
	}
	if opts.Auth.Database == "" || u.Path == "" || u.Path == "/" {
		opts.Auth.Database = Database
	}
	if !databaseName.MatchString(opts.Auth.Database) {
		return nil, fmt.Errorf("clickhouse database %q: want letters, digits and underscores", opts.Auth.Database)
	}
	if o.InsertTimeout <= 0 {
		o.InsertTimeout = 5 * time.Minute
	}
	if o.BlockRows <= 0 {
		o.BlockRows = 1 << 16
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts.DialTimeout = 10 * time.Second
	opts.MaxOpenConns = 16
	db := &DB{
		database: opts.Auth.Database, user: opts.Auth.Username, password: opts.Auth.Password, o: o, log: log,
		http: newEndpoint(u, opts.Auth),
	}
	if db.conn, err = driver.Open(opts); err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	return db, nil
}

// Ping asks the engine for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	return wrap("ping clickhouse", db.http.exec(ctx, db.database, "SELECT 1"))
}

// Name returns the name of the database.
func (db *DB) Name() string { return db.database }

// Close gives the connections back. It may be called twice.
func (db *DB) Close() error {
	db.http.client.CloseIdleConnections()
	return wrap("close clickhouse", db.conn.Close())
}

func onCluster(name string) string {
	if name == "" {
		return ""
	}
	return " ON CLUSTER '" + name + "'"
}

func newTransport() *http.Transport {
	d := net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		DialContext:         d.DialContext,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     30 * time.Second,
		WriteBufferSize:     64 << 10,
	}
}
