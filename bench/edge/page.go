//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// askPage wants a page from a quickstart: 200, and all of its body.
func askPage(ctx context.Context, at netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || n == 0 {
		return fmt.Errorf("the page answers %s with %d bytes", resp.Status, n)
	}
	return nil
}

// nobodyOn says whether an address is free, by listening on it for a moment.
func nobodyOn(at string) (bool, error) {
	ln, err := net.Listen("tcp", at)
	if err != nil {
		return false, err
	}
	return true, errors.Join(ln.Close())
}
