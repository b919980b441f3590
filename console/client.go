package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/netwright/netwright/flow"
)

// Client speaks to the control socket of a running node. Its methods may be
// called concurrently.
type Client struct {
	path string
	http *http.Client
}

// Dial returns a client of the control socket at path. It connects when it is
// first asked something.
func Dial(path string) *Client {
	transport := &http.Transport{
		DialContext:           func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, path) },
		ResponseHeaderTimeout: time.Minute, // a reload may take its time
		MaxIdleConns:          1,
	}
	return &Client{path: path, http: &http.Client{Transport: transport}}
}

// Close closes the connections that the client keeps.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ErrNoNode is wrapped by errors about a socket on which no node answers.
var ErrNoNode = errors.New("no node answers there")

// Version returns what runs.
func (c *Client) Version(ctx context.Context) (Version, error) {
	return get[Version](ctx, c, "api/version", nil)
}

// Status returns how the node is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "api/status", nil)
}

// Pools returns the pools with their targets.
func (c *Client) Pools(ctx context.Context) ([]Pool, error) {
	return get[[]Pool](ctx, c, "api/pools", nil)
}

// Certificates returns what the node serves with.
func (c *Client) Certificates(ctx context.Context) ([]Certificate, error) {
	return get[[]Certificate](ctx, c, "api/certs", nil)
}

// Config returns the running config.
func (c *Client) Config(ctx context.Context) (RunningConfig, error) {
	return get[RunningConfig](ctx, c, "api/config", nil)
}

// Drain stops sending new requests to a target, or begins again.
func (c *Client) Drain(ctx context.Context, pool, target string, on bool) error {
	_, err := call[[]Pool](ctx, c, http.MethodPost, "api/drain", drainRequest{pool, target, &on})
	return err
}

// Reload applies the config file again and returns what changed.
func (c *Client) Reload(ctx context.Context) ([]string, error) {
	done, err := call[Reload](ctx, c, http.MethodPost, "api/reload", struct{}{})
	return done.Changes, err
}

// Records returns the last n records that the filter chooses, the oldest first.
func (c *Client) Records(ctx context.Context, filter Filter, n int) ([]flow.Record, error) {
	q := filter.Query()
	q.Set("n", strconv.Itoa(n))
	return get[[]flow.Record](ctx, c, "api/records", q)
}

// Follow calls each with the last n records that the filter chooses and then
// with all that come, and lost with the number of those that came too fast. It
// returns when ctx is done, when each fails, or when the node ends.
func (c *Client) Follow(ctx context.Context, filter Filter, n int, each func(*flow.Record) error, lost func(int)) error {
	q := filter.Query()
	q.Set("n", strconv.Itoa(n))
	q.Set("follow", "1")
	resp, err := c.do(ctx, http.MethodGet, "api/records", q, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	events := bufio.NewScanner(resp.Body)
	events.Buffer(nil, 64<<10)
	event := ""
	var r flow.Record
	for events.Scan() {
		name, value, _ := strings.Cut(events.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "data" && event == "record":
			if err := json.Unmarshal([]byte(value), &r); err != nil {
				return err
			}
			if err := each(&r); err != nil {
				return err
			}
		case name == "data" && event == "lost":
			if n, err := strconv.Atoi(value); err == nil {
				lost(n)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(events.Err(), fmt.Errorf("%s: the node has ended", c.path))
}

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	resp, err := c.do(ctx, http.MethodGet, path, q, nil)
	return decode[T](resp, err)
}

func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	body, err := json.Marshal(in)
	if err != nil {
		var none T
		return none, err
	}
	resp, err := c.do(ctx, method, path, nil, body)
	return decode[T](resp, err)
}

func decode[T any](resp *http.Response, err error) (out T, _ error) {
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("the node's answer: %w", err)
	}
	return out, nil
}

// do sends one request. An answer that is an error becomes one.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, body []byte) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "localhost", Path: "/" + path, RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return nil, fmt.Errorf("%s: %w: %w", c.path, ErrNoNode, dial.Err)
	}
	if err != nil || resp.StatusCode == http.StatusOK {
		return resp, err
	}
	defer resp.Body.Close()
	var wrong struct {
		Error string `json:"error"`
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(text, &wrong) != nil || wrong.Error == "" {
		wrong.Error = resp.Status
	}
	return nil, errors.New(wrong.Error)
}
