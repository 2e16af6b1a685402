//go:build linux || darwin

package embedded

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	ownerUser  = "default"
	readerUser = "reader"

	// maxStatementBytes bounds a statement, not the data behind an INSERT.
	maxStatementBytes = 1 << 20
	// idleUpload is how long a client may send nothing while a request's place in the engine is taken.
	idleUpload = 5 * time.Minute
)

// handler is the part of ClickHouse's HTTP interface that its clients need. Each request gets a connection of its own
// (about 0.7 ms), so that no setting, database, role or temporary table of one is seen by another.
type handler struct {
	lib            *library
	dataDir        string
	database       string
	ownerPassword  string
	readerPassword string
	limits         limits
	slots          chan struct{} // one for each request that is in the engine
	keep           *conn         // keeps the engine running between requests
	kills          sync.WaitGroup
	timezone, name string
}

// newHandler boots the engine and creates the database. The caller closes the handler once no request is running.
func newHandler(lib *library, c childConfig, f engineFiles) (*handler, error) {
	h := &handler{
		lib: lib, dataDir: f.dataDir(), database: c.Database, ownerPassword: c.OwnerPassword,
		readerPassword: c.ReaderPassword, limits: limits{c.ReaderTime, c.ReaderMemoryBytes},
		slots: make(chan struct{}, c.Parallel),
	}
	var err error
	if h.keep, err = lib.open("--path="+h.dataDir, "--config-file="+f.configPath()); err != nil {
		return nil, err
	}
	if err = h.keep.exec("CREATE DATABASE IF NOT EXISTS " + quoteName(c.Database)); err == nil {
		h.timezone, err = h.keep.value("SELECT timezone()")
	}
	if err == nil {
		h.name, err = h.keep.value("SELECT displayName()")
	}
	if err != nil {
		h.keep.close()
		return nil, fmt.Errorf("prepare database: %w", err)
	}
	return h, nil
}

// close stops the engine.
func (h *handler) close() {
	h.kills.Wait()
	h.keep.close()
}

// request is what is known about a request before its statement runs.
type request struct {
	*http.Request
	query    url.Values
	reader   bool
	tag      string // finds the running query in the engine; random, never the client's query_id
	params   map[string]string
	settings map[string]string
}

// ServeHTTP answers /ping to anyone and statements to the two users.
func (h *handler) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if hr.URL.Path == "/ping" || hr.URL.Path == "/replicas_status" {
		_, _ = io.WriteString(w, "Ok.\n")
		return
	}
	r := newRequest(hr)
	id := r.query.Get("query_id")
	if id == "" {
		id = randomHex(16)
	}
	header := w.Header()
	header.Set("X-ClickHouse-Query-Id", id)
	header.Set("X-ClickHouse-Server-Display-Name", h.name)
	header.Set("X-ClickHouse-Timezone", h.timezone)
	if err := h.identify(r); err != nil {
		fail(w, err)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-r.Context().Done():
		return
	}
	if err := h.serve(w, r); err != nil && r.Context().Err() == nil { //nolint:contextcheck // the request has it
		fail(w, err)
	}
}

// newRequest sorts the parameters of the URL: those of the statement, settings, and those of the interface itself.
func newRequest(hr *http.Request) *request {
	r := &request{Request: hr, query: hr.URL.Query(), tag: "request-" + randomHex(12), params: map[string]string{}, settings: map[string]string{}}
	for name, v := range r.query {
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			r.params[p] = v[0]
			continue
		}
		switch name {
		case "query", "database", "default_format", "query_id", "client_protocol_version", "compress", "decompress", "user",
			"password", "quota_key", "wait_end_of_query", "buffer_size", "session_id", "session_timeout", "session_check",
			"stacktrace", "role", "http_native_compression_disable_checksumming_on_decompress", "log_comment":
		default:
			r.settings[name] = v[0]
		}
	}
	return r
}

// identify finds out who asks, and refuses what needs more than this interface has.
func (h *handler) identify(r *request) error {
	user, password, ok := r.BasicAuth()
	if !ok {
		user, password = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
		if user == "" {
			user, password = r.query.Get("user"), r.query.Get("password")
		}
	}
	same := func(name, pw string) bool {
		return pw != "" && subtle.ConstantTimeCompare([]byte(sha256Hex(user+"\x00"+password)), []byte(sha256Hex(name+"\x00"+pw))) == 1
	}
	switch {
	case same(ownerUser, h.ownerPassword):
	case same(readerUser, h.readerPassword):
		r.reader = true
	default:
		return fault(516, "AUTHENTICATION_FAILED", "Authentication failed: password is incorrect, or there is no user with such name")
	}
	switch {
	case r.query.Get("session_id") != "":
		return fault(48, "NOT_IMPLEMENTED", "sessions over HTTP are not supported")
	case r.query.Get("role") != "":
		return fault(48, "NOT_IMPLEMENTED", "choosing a role is not supported")
	case strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/"):
		return fault(48, "NOT_IMPLEMENTED", "external tables are not supported")
	}
	return nil
}

// serve runs the statement of a request. An error that it returns has not been answered yet.
func (h *handler) serve(w http.ResponseWriter, r *request) error {
	in, err := body(&upload{http.NewResponseController(w), r.Body}, r.Header.Get("Content-Encoding"), r.query)
	if err != nil {
		return err
	}
	statement, data, whole, err := readStatement(r.query.Get("query"), in)
	if err != nil {
		return err
	}
	if clause := clientClause(statement); clause != "" && !r.reader {
		return fault(48, "NOT_IMPLEMENTED", "%s is for clickhouse-client, not for HTTP", clause)
	}
	var ins insertParts
	insert := false
	if verb(statement) == "INSERT" && !r.reader {
		ins, insert = splitInsert(statement)
	}
	if !insert && !whole {
		return fault(62, "SYNTAX_ERROR", "the statement is longer than %d bytes", maxStatementBytes)
	}

	c, err := h.lib.open("--path=" + h.dataDir)
	if err != nil {
		return err
	}
	defer c.close()
	if r.reader {
		statement, err = h.prepareReader(c, r, statement)
	} else {
		err = h.prepareOwner(c, r)
	}
	if err != nil {
		return err
	}

	done := make(chan struct{})
	defer close(done)
	stop := context.AfterFunc(r.Context(), func() { h.kill(r.tag, done) })
	defer stop()
	if insert {
		return runInsert(w, c, ins, io.MultiReader(strings.NewReader(ins.data), data), r.params)
	}
	return runQuery(w, r, c, statement)
}

// readStatement gives the statement: the URL's, continued by the body, or the body alone. Where that is longer than a
// statement may be, whole is false and data has the rest: an INSERT may go on there.
//
//nolint:revive // four results, used in one place
func readStatement(fromURL string, in io.Reader) (statement string, data io.Reader, whole bool, err error) {
	if verb(fromURL) == "INSERT" {
		if _, ok := splitInsert(fromURL); ok {
			return fromURL, in, true, nil
		}
	}
	var b bytes.Buffer
	if fromURL != "" {
		b.WriteString(fromURL)
	}
	part, err := io.ReadAll(io.LimitReader(in, maxStatementBytes+1))
	if err != nil {
		return "", nil, false, fault(1000, "POCO_EXCEPTION", "request body: %v", err)
	}
	if fromURL != "" && len(part) > 0 {
		b.WriteByte('\n')
	}
	b.Write(part)
	if strings.TrimSpace(b.String()) == "" {
		return "", nil, false, fault(62, "SYNTAX_ERROR", "Empty query")
	}
	return b.String(), in, len(part) <= maxStatementBytes, nil
}

// prepareOwner makes the connection the owner's.
func (h *handler) prepareOwner(c *conn, r *request) error {
	if err := c.exec("SET ROLE owner"); err != nil {
		return err
	}
	if db := r.query.Get("database"); db != "" {
		if err := c.exec("USE " + quoteName(db)); err != nil {
			return err
		}
	}
	r.settings["log_comment"] = r.tag
	if r.Method == http.MethodGet {
		r.settings["readonly"] = "2"
	}
	return set(c, r.settings)
}

// prepareReader makes the connection the reader's and gives the statement as it is to be executed. The order matters: the
// check needs no rights and must not be swayed by settings of the request; limits come before the profile that then
// forbids to lift them; readonly comes last, since it ends all setting.
func (h *handler) prepareReader(c *conn, r *request, statement string) (string, error) {
	if db := r.query.Get("database"); db != "" && db != h.database && db != "default" {
		return "", fault(497, "ACCESS_DENIED", "reader: database %s is not for readers", db)
	}
	if strings.ContainsRune(statement, 0) {
		return "", fault(62, "SYNTAX_ERROR", "a statement has no zero bytes")
	}
	if err := c.exec(fmt.Sprintf("SET max_query_size=%d", 8*maxStatementBytes)); err != nil {
		return "", err
	}
	canonical, err := c.value("SELECT formatQuerySingleLine(" + quote(statement) + ")")
	if err != nil {
		return "", err
	}
	if err := readerStatement(canonical, r.params); err != nil {
		return "", err
	}
	fixed, free, err := readerAssignments(r.settings, h.limits)
	if err != nil {
		return "", err
	}
	fixed["log_comment"], free["readonly"] = r.tag, "2"
	if err := errors.Join(c.exec("USE "+quoteName(h.database)), c.exec("SET ROLE reader"), set(c, fixed), c.exec("SET profile='reader'"), set(c, free)); err != nil {
		return "", err
	}
	return canonical, nil
}

// set is done by statement and not by arguments of the connection, because a wrong name or value then gets the engine's
// own error.
func set(c *conn, settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	var s []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		s = append(s, quoteName(name)+"="+quote(settings[name]))
	}
	return c.exec("SET " + strings.Join(s, ", "))
}

// kill ends the query of a client that went away. The query may not have begun yet, so this is said again until the
// request is done.
func (h *handler) kill(tag string, done <-chan struct{}) {
	h.kills.Add(1)
	defer h.kills.Done()
	c, err := h.lib.open("--path=" + h.dataDir)
	if err != nil {
		return
	}
	defer c.close()
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		_ = c.exec("KILL QUERY WHERE Settings['log_comment']=" + quote(tag) + " ASYNC") // once more, if it did not help
		select {
		case <-done:
			return
		case <-time.After(wait):
		}
	}
}

// upload reads a request body and gives up on a client that has stopped sending.
type upload struct {
	rc *http.ResponseController
	r  io.Reader
}

func (u *upload) Read(p []byte) (int, error) {
	_ = u.rc.SetReadDeadline(time.Now().Add(idleUpload)) // a connection without deadlines is read without
	n, err := u.r.Read(p)
	if err != nil { // the server watches the connection from here on, and must not take the deadline for its end
		_ = u.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}
