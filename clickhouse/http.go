package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// endpoint is ClickHouse's HTTP interface at one address.
type endpoint struct {
	client *http.Client
	url    url.URL // without user, path and query
	auth   driver.Auth
	extra  url.Values // settings of the DSN
}

func newEndpoint(u *url.URL, auth driver.Auth) *endpoint {
	extra := u.Query()
	for _, own := range []string{ // options of clickhouse-go, not settings of the engine
		"username", "password", "database", "dial_timeout", "read_timeout", "compress", "compress_level", "debug", "secure",
		"skip_verify", "max_open_conns", "max_idle_conns", "conn_max_lifetime", "connection_open_strategy",
		"block_buffer_size", "max_compression_buffer", "http_proxy", "http_path", "client_info_product",
	} {
		extra.Del(own)
	}
	return &endpoint{
		client: &http.Client{Transport: newTransport()},
		url:    url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"},
		auth:   auth, extra: extra,
	}
}

// post sends a body with parameters in the URL and returns the answer, whose body the caller closes, once its status is
// 200.
func (e *endpoint) post(ctx context.Context, params url.Values, body io.Reader) (*http.Response, error) {
	for k, v := range e.extra {
		if !params.Has(k) {
			params[k] = v
		}
	}
	u := e.url
	u.RawQuery = params.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if e.auth.Username != "" {
		req.Header.Set("X-ClickHouse-User", e.auth.Username)
		req.Header.Set("X-ClickHouse-Key", e.auth.Password)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, connectionError(ctx, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, answerError(resp)
	}
	return resp, nil
}

// exec runs a statement whose answer nobody wants.
func (e *endpoint) exec(ctx context.Context, database, statement string) error {
	resp, err := e.post(ctx, url.Values{"database": {database}, "wait_end_of_query": {"1"}}, strings.NewReader(statement))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return connectionError(ctx, err)
	}
	return nil
}
