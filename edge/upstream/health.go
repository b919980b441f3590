package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// CheckStatus is what the last active check of a target found.
type CheckStatus struct {
	At      time.Time     // zero where there was none
	OK      bool          // it went well
	Took    time.Duration // how long it took
	Problem string        // what was wrong, "" where it went well
}

// watch checks a target regularly until ctx ends. The first check comes soon,
// so that a pool that starts knows its targets.
func (p *Pool) watch(ctx context.Context, t *Target) {
	wait := time.Duration(rand.Int64N(int64(50 * time.Millisecond)))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		pl := p.view.Load().plan
		h := pl.Health
		if h == nil {
			return
		}
		start := time.Now()
		err := p.check(ctx, pl, t)
		if ctx.Err() != nil {
			return
		}
		p.checked(t, h, CheckStatus{At: start, OK: err == nil, Took: time.Since(start)}, err)
		timer.Reset(time.Until(start.Add(jittered(h.Every, h.Jitter))))
	}
}

// jittered varies d by up to the share either way.
func jittered(d time.Duration, share float64) time.Duration {
	if share <= 0 {
		return d
	}
	return d + time.Duration((2*rand.Float64()-1)*share*float64(d))
}

// checked takes the result of a check into the target's condition. Only a
// turn to the other side draws a new picture.
func (p *Pool) checked(t *Target, h *HealthConfig, s CheckStatus, err error) {
	if err != nil {
		s.Problem = err.Error()
	}
	p.mu.Lock()
	t.check = s
	if exhausted(err) { // tells nothing of the target
		p.mu.Unlock()
		return
	}
	t.streak++
	if s.OK != t.down {
		t.streak = 0 // as expected
	}
	turned := t.down && t.streak >= h.Rise || !t.down && t.streak >= h.Fall
	p.mu.Unlock()
	if !turned {
		return
	}
	p.change(func(now time.Time) {
		if t.gone || p.plan.Health == nil {
			return
		}
		t.down, t.streak = !t.down, 0
		if t.down {
			t.warm = time.Time{}
			t.idle.flush(t.drained) // whoever takes it back makes new ones
			p.noteTarget(t, Down, fmt.Sprintf("%d checks in a row failed; the last: %s", h.Fall, s.Problem))
			return
		}
		p.warmUp(t, now)
		p.noteTarget(t, Up, fmt.Sprintf("%d checks in a row went well", h.Rise))
	})
}

// check asks a target once, over a connection of its own.
func (p *Pool) check(ctx context.Context, pl *plan, t *Target) error {
	h := pl.Health
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	address := t.address
	if h.Port != 0 && t.source.network == "tcp" {
		host, _, _ := net.SplitHostPort(address)
		address = net.JoinHostPort(host, strconv.Itoa(h.Port))
	}
	conn, step, err := p.open(ctx, pl, t, address, ownPreface(pl.ProxyProtocol))
	if err != nil {
		return &trouble{step, err}
	}
	defer conn.Close()
	// Closing unblocks whatever the connection is at.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if h.Type == "tcp" {
		return nil
	}
	if err := ask(conn, pl, t); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("no answer within %v", h.Timeout)
		}
		return err
	}
	return nil
}

const (
	checkedHead = 64 << 10 // most of a check's answer that is read: its head,
	checkedBody = 64 << 10 // and its body
)

// ask sends the check's request and judges the answer.
func ask(conn net.Conn, pl *plan, t *Target) error {
	h := pl.Health
	if _, err := conn.Write(h.request(t.Host())); err != nil {
		return fmt.Errorf("cannot send the request: %w", err)
	}
	r := bufio.NewReader(io.LimitReader(conn, checkedHead+checkedBody))
	request := &http.Request{Method: h.Method, URL: &url.URL{Path: h.Path}}
	answer, err := http.ReadResponse(r, request)
	for err == nil && answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
		answer, err = http.ReadResponse(r, request)
	}
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errors.New("the connection was closed, or the head is too long")
		}
		return fmt.Errorf("no answer: %w", err)
	}
	defer answer.Body.Close()
	if !Contains(h.Status, answer.StatusCode) {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	if h.Body == "" {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, checkedBody))
	if strings.Contains(string(body), h.Body) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the body breaks off: %w", err)
	}
	return fmt.Errorf("the body does not contain %q", h.Body)
}

// ownPreface is the PROXY header of connections that are nobody's but the
// proxy's own.
func ownPreface(version string) []byte {
	switch version {
	case "v1":
		return []byte("PROXY UNKNOWN\r\n")
	case "v2":
		return []byte("\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00") // version 2, LOCAL, no addresses
	}
	return nil
}

// request writes the check's request.
func (h *HealthConfig) request(host string) []byte {
	if h.Host != "" {
		host = h.Host
	}
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", h.Method, h.Path, host)
	agent := "User-Agent: netwright-health\r\n"
	for name, value := range h.Headers {
		if strings.EqualFold(name, "User-Agent") {
			agent = ""
		}
		b = fmt.Appendf(b, "%s: %s\r\n", name, value)
	}
	return append(b, agent+"Connection: close\r\n\r\n"...)
}
