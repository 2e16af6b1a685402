//go:build linux || darwin

package embedded

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// uploadBytes is how much of an insert's data is read at once.
const uploadBytes = 256 << 10

// runInsert feeds data to the engine. The rows are committed once the body has come to its proper end; a broken upload is
// canceled.
func runInsert(w http.ResponseWriter, c *conn, p insertParts, data io.Reader, params map[string]string) error {
	ins, err := c.insert(p.statement, p.format, params)
	if err != nil {
		return err
	}
	defer ins.close()
	buf := make([]byte, uploadBytes)
	for {
		n, rerr := data.Read(buf)
		if err := ins.append(buf[:n]); err != nil {
			return err
		}
		if rerr == io.EOF {
			break
		}
		if rerr != nil {
			return fault(1000, "POCO_EXCEPTION", "request body: %v", rerr)
		}
	}
	s, err := ins.finish()
	if err != nil {
		return err
	}
	w.Header().Set("X-ClickHouse-Summary", s.header())
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(http.StatusOK)
	return nil
}

// runQuery runs a statement and answers with its output. An error after the first byte goes into the data, in the way
// that ClickHouse does it.
func runQuery(w http.ResponseWriter, r *request, c *conn, statement string) error {
	format := formatClause(statement)
	for _, f := range []string{r.Header.Get("X-ClickHouse-Format"), r.query.Get("default_format"), "TabSeparated"} {
		if format == "" {
			format = f
		}
	}
	header := w.Header()
	header.Set("X-ClickHouse-Format", format)
	header.Set("Content-Type", contentType(format))
	out := newOutput(w, r.Request, r.query)
	var enc io.Writer = out
	if format == "Native" {
		revision, _ := strconv.ParseUint(r.query.Get("client_protocol_version"), 10, 64) // none is 0, as in ClickHouse
		enc = &transcoder{w: out, revision: revision}
		// Text formats are not streamed: in JSON, say, each chunk would be a document of its own. And the library streams
		// nothing but these two.
		if v := verb(statement); (v == "SELECT" || v == "WITH") && r.query.Get("wait_end_of_query") != "1" {
			return runStream(w, r, c, statement, out, enc)
		}
	}
	res, err := c.run(statement, format, r.params)
	if err != nil {
		return err
	}
	defer res.destroy()
	header.Set("X-ClickHouse-Summary", res.summary().header())
	if _, err := enc.Write(res.bytes()); err != nil {
		return notSent(err)
	}
	_ = out.Close() // the client is told by the missing end
	return nil
}

// notSent passes on an error of ours, and drops one of the connection, which nobody can be told.
func notSent(err error) error {
	if _, ok := errors.AsType[*EngineError](err); ok {
		return err
	}
	return nil
}

func runStream(w http.ResponseWriter, r *request, c *conn, statement string, out output, enc io.Writer) error {
	st, err := c.stream(statement, "Native", r.params)
	if err != nil {
		return err
	}
	defer st.close()
	tag := randomHex(8)
	w.Header().Set("X-ClickHouse-Exception-Tag", tag)
	for sent := false; ; sent = true {
		chunk, err := st.next()
		if err == nil && chunk == nil {
			_ = out.Close()
			return nil
		}
		if err == nil {
			err = r.Context().Err()
		}
		if err == nil {
			_, err = enc.Write(chunk.bytes())
		}
		if chunk != nil {
			chunk.destroy()
		}
		if err == nil {
			continue
		}
		if !sent {
			return err
		}
		msg := err.Error()
		_, _ = fmt.Fprintf(out, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, msg, len(msg)+1, tag)
		_ = out.Close()
		return nil
	}
}
